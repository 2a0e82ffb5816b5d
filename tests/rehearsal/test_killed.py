"""Playbooks that are killed in the middle, on boards that nobody has provisioned; in a room of their own."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal import power
from tests.rehearsal.checkout import CHECKOUT
from tests.rehearsal.conftest import BOARDS, PLAYBOOK_TIMEOUT_S, Lab, room_apart, typed
from tests.rehearsal.playbooks import playbook, rows
from virtual.containers import room

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]

# From the first connection to well into the installation and past it: a first run takes about a minute.
LONGEST_S = 25


# Every release takes minutes, so it is the oldest here; `make test-long` has them all, and kills more often.
@pytest.fixture(
    scope="module",
    params=[
        pytest.param(("pi01",), id="one release"),
        pytest.param(BOARDS, id="all releases", marks=pytest.mark.long),
    ],
)
def fresh(may_boot: None, request: pytest.FixtureRequest) -> Iterator[Lab]:  # noqa: ARG001 - it comes first
    """Boards that nobody has provisioned."""
    with room_apart("v") as here:
        yield Lab(here, room.up(len(request.param), print))


def kill_a_playbook_after(seconds: float) -> None:
    """Start the playbook and kill it with everything that it started on this computer."""
    process = subprocess.Popen(
        ["ansible-playbook", "site.yml"], cwd=CHECKOUT,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        # Its workers have sessions of their own, so killing a group would leave them.
        for number in [process.pid, *descendants(process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        process.wait()


def descendants(number: int) -> list[int]:
    """The processes that one started, and those that they did."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    children = [child for child, parent in pairs if parent == number]
    return [found for child in children for found in (child, *descendants(child))]


def test_playbooks_that_are_killed_at_any_moment_never_keep_the_next_one_from_finishing(fresh: Lab) -> None:
    names = [one.name for one in fresh.room.guests]
    moments = random.Random(3)  # noqa: S311 - the same moments every time
    for _ in range(10 if len(names) > 1 else 4):
        kill_a_playbook_after(moments.uniform(0.5, LONGEST_S))
    status, output = playbook(timeout_s=PLAYBOOK_TIMEOUT_S)
    assert status == 0, output
    assert rows(playbook()[1]) == dict.fromkeys(names, "nothing to change")
    for name in names:
        assert fresh.say(name, "systemctl is-active pilab-agent") == "active"
        assert fresh.say(name, "sudo dpkg --audit") == ""


def test_the_legacy_camera_waits_for_its_restart_and_then_works(fresh: Lab) -> None:
    """The boards were provisioned just now and have not restarted since."""
    assert fresh.ssh("pi01", "raspistill -o image.jpg").returncode != 0
    status, output = playbook("-e", "camera_may_reboot=true", "--limit", "pi01", "--tags", "camera")
    assert status == 0, output
    assert fresh.say("pi01", "raspistill -o image.jpg && head -c 2 image.jpg | od -An -tx1") == "ff d8"


def test_a_board_whose_installation_was_cut_short_can_be_restored(fresh: Lab) -> None:
    name = fresh.room.guests[-1].name
    power.cut_short_an_unpacking(fresh, name)
    words = ("-e", "restore_packages=true", "--limit", name)
    restored = typed("ansible-playbook", "restore.yml", *words, timeout_s=PLAYBOOK_TIMEOUT_S)
    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert fresh.say(name, "sudo dpkg --audit") == ""
    fresh.say(name, "! which htop && ! which byobu && ! ls /opt/pilab /var/lib/pilab")
