"""A board that floods the teacher's computer or keeps it waiting: it is this board that loses its row, and soon."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.conftest import typed, wait_until
from tests.rehearsal.hostile import (
    ADD_STRAY,
    HOSTILE,
    IS_LOOK,
    LIMIT_S,
    NOTHING,
    SHORT,
    others,
    python_of,
)
from tests.rehearsal.playbooks import playbook, rows

if TYPE_CHECKING:
    from tests.rehearsal.conftest import Lab

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(900)]


KINDS = {
    "mute": "sleep 100000",
    "drip": "while :; do printf x; sleep 1; done",
    "endless": "yes",
    "one line of 300 MB": "head -c 300000000 /dev/zero | tr '\\0' x",
    "endless errors": "yes >&2",
    "300 MB of lists": "printf '{\"a\":['; yes '[],' | tr -d '\\n' | head -c 300000000; printf '1]}'",
    "a deep list": "printf '{\"a\":'; yes '[' | tr -d '\\n' | head -c 900000",
    "nothing": "true",
}
PAIRS = (
    ("mute", "drip"),
    ("endless", "endless errors"),
    ("one line of 300 MB", "a deep list"),
    ("300 MB of lists", "nothing"),
)
BAD, GOOD = ("pi01", "pi03"), "pi02"
WITH_MEMORY = (
    "import resource, subprocess, sys; status = subprocess.call(sys.argv[1:]); "
    "print('most', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(status)"
)
MOST_KIB = 250 * 1024  # of the largest process; without limits, a line of 300 MB took 900 MiB


@pytest.mark.parametrize("of", ["the look", "a module"])
@pytest.mark.parametrize("kinds", PAIRS, ids=" and ".join)
def test_boards_that_flood_drip_or_hang_cost_their_own_rows_only(safe: Lab, kinds: tuple[str, str], of: str) -> None:
    """Two at once, each in its way, beside an honest one."""
    is_asked = IS_LOOK if of == "the look" else f"! {IS_LOOK}"
    with ExitStack() as hostile:
        for name, kind in zip(BAD, kinds, strict=True):
            safe.say(name, ADD_STRAY)
            hostile.enter_context(python_of(safe, name, f'{is_asked} || exec REAL "$@"\n{KINDS[kind]}'))
        began = time.monotonic()
        command = ("ansible-playbook", "site.yml", *SHORT)
        done = typed(sys.executable, "-c", WITH_MEMORY, *command, timeout_s=300)
    output = done.stdout + done.stderr
    assert rows(output)[GOOD] == "nothing to change"
    assert not [name for name in BAD if rows(output)[name] == "nothing to change"]
    assert time.monotonic() - began < LIMIT_S + 60
    assert int(re.findall(r"^most (\d+)", output, re.MULTILINE)[0]) < MOST_KIB


def test_others_are_done_while_a_board_hangs(safe: Lab) -> None:
    safe.say("pi02", ADD_STRAY)
    with python_of(safe, HOSTILE, f'{IS_LOOK} || exec REAL "$@"\nsleep 100000'):
        began = time.monotonic()
        with subprocess.Popen(
            ["ansible-playbook", "site.yml", "-e", "__base_look_limit_s=40"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stdout
            lines = [(time.monotonic() - began, line) for line in process.stdout]
    changed = [at for at, line in lines if line.startswith("pi02  ") and "Install the code" in line]
    assert changed
    assert changed[0] < 40


def test_a_board_that_freezes_is_given_up(safe: Lab) -> None:
    freeze = "sleep 1; pkill -STOP -x sshd; sleep 45; pkill -CONT -x sshd"
    safe.say(HOSTILE, f"sudo systemd-run sh -c '{freeze}'")
    time.sleep(2)
    began = time.monotonic()
    _, output = playbook(*SHORT)
    assert others(output) == NOTHING
    assert rows(output)[HOSTILE] != "nothing to change"
    assert time.monotonic() - began < LIMIT_S + 60
    wait_until(lambda: safe.ssh(HOSTILE, "true", timeout_s=80).returncode == 0)
