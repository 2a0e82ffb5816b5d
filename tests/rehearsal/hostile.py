"""A board whose programs answer what a pupil likes, among boards that are honest."""

from __future__ import annotations

import base64
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.playbooks import playbook, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rehearsal.conftest import Lab

HOSTILE, OTHERS = "pi01", ("pi02", "pi03")
LIMIT_S = 20  # of every task but the look, in these tests
SHORT = ("-e", f"task_limit_s={LIMIT_S}")
# The look says -I to Python, modules of Ansible do not.
IS_LOOK = '[ "$1" = -I ]'
ADD_STRAY, REMOVE_STRAY = (f"sudo {deed} /opt/pilab/agent/stray.py" for deed in ("touch", "rm -f"))
NOTHING = dict.fromkeys(OTHERS, "nothing to change")


@contextmanager
def python_of(lab: Lab, name: str, program: str) -> Iterator[None]:
    """A board whose Python is a shell script; REAL in it is the real one."""
    real = lab.say(name, "readlink -f /usr/bin/python3")
    put_file(lab, name, "/usr/bin/python3.hostile", f"#!/bin/sh\n{program}\n".replace("REAL", real))
    lab.say(name, "sudo chmod 755 /usr/bin/python3.hostile && sudo ln -sf python3.hostile /usr/bin/python3")
    try:
        yield
    finally:
        lab.say(name, f"sudo ln -sf {real} /usr/bin/python3; sudo rm -f /usr/bin/python3.hostile")


def put_file(lab: Lab, name: str, path: str, content: str) -> None:
    encoded = base64.b64encode(content.encode()).decode()
    lab.say(name, f"echo {encoded} | base64 -d | sudo tee {path} > /dev/null")


def others(output: str) -> dict[str, str]:
    return {name: row for name, row in rows(output).items() if name in OTHERS}


@pytest.fixture(scope="module")
def room(provisioned: Lab) -> Iterator[Lab]:
    """Boards that no test of a file changes: at its end there is nothing to mend."""
    yield provisioned
    assert rows(playbook()[1]) == {HOSTILE: "nothing to change", **NOTHING}


@pytest.fixture
def safe(room: Lab) -> Iterator[Lab]:
    """Boards without what made the playbook have something to do."""
    yield room
    for name in (HOSTILE, *OTHERS):
        room.say(name, REMOVE_STRAY)
