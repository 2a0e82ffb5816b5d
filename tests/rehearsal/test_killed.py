"""Playbooks that are killed in the middle; in rooms of their own."""

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
from tests.rehearsal.conftest import BOARDS, PLAYBOOK_TIMEOUT_S, PURGE, Lab, room_apart, typed
from tests.rehearsal.playbooks import playbook, rows
from virtual.containers import room

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]

# Boards that nobody has provisioned take minutes: `make test-long` has them, of all releases, and kills more often. In
# `make test` it is one that is provisioned and lacks much again.
LACKING = (
    f"{PURGE} --autoremove gcc make byobu htop python3-gpiozero; "
    "sudo systemctl disable --now --quiet pilab-agent; "
    "sudo rm -r /opt/pilab /etc/pilab /etc/systemd/system/pilab-agent.service"
)
KILLS_S, KILLS_OF_FRESH_S = 4 * [10.0], 10 * [25.0]


@pytest.fixture(scope="module")
def fresh(may_boot: None) -> Iterator[Lab]:  # noqa: ARG001 - it comes first
    """Boards that nobody has provisioned."""
    with room_apart("v") as here:
        yield Lab(here, room.up(len(BOARDS), print))


@pytest.fixture
def lacking(snapshot: Path) -> Iterator[Lab]:
    """A board on which most of what a playbook does is to be done again."""
    with room_apart("v") as here:
        lab = Lab(here, room.up(1, print, snapshot))
        lab.say("pi01", LACKING)
        yield lab


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


def test_playbooks_that_are_killed_at_any_moment_never_keep_the_next_one_from_finishing(lacking: Lab) -> None:
    finishes_after_kills(lacking, KILLS_S)


@pytest.mark.long
def test_playbooks_that_are_killed_on_fresh_boards_never_keep_the_next_one_from_finishing(fresh: Lab) -> None:
    finishes_after_kills(fresh, KILLS_OF_FRESH_S)


def finishes_after_kills(lab: Lab, at_latest_s: Sequence[float]) -> None:
    names = [one.name for one in lab.room.guests]
    moments = random.Random(3)  # noqa: S311 - the same moments every time
    for longest_s in at_latest_s:
        kill_a_playbook_after(moments.uniform(0.5, longest_s))
    status, output = playbook(timeout_s=PLAYBOOK_TIMEOUT_S)
    assert status == 0, output
    assert rows(playbook()[1]) == dict.fromkeys(names, "nothing to change")
    for name in names:
        assert lab.say(name, "systemctl is-active pilab-agent") == "active"
        assert lab.say(name, "sudo dpkg --audit") == ""


@pytest.mark.long
def test_the_legacy_camera_waits_for_its_restart_and_then_works(fresh: Lab) -> None:
    """The boards were provisioned just now and have not restarted since."""
    assert fresh.ssh("pi01", "raspistill -o image.jpg").returncode != 0
    status, output = playbook("-e", "camera_may_reboot=true", "--limit", "pi01", "--tags", "camera")
    assert status == 0, output
    assert fresh.say("pi01", "raspistill -o image.jpg && head -c 2 image.jpg | od -An -tx1") == "ff d8"


@pytest.mark.long
def test_a_board_whose_installation_was_cut_short_can_be_restored(fresh: Lab) -> None:
    name = fresh.room.guests[-1].name
    power.cut_short_an_unpacking(fresh, name)
    words = ("-e", "restore_packages=true", "--limit", name)
    restored = typed("ansible-playbook", "restore.yml", *words, timeout_s=PLAYBOOK_TIMEOUT_S)
    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert fresh.say(name, "sudo dpkg --audit") == ""
    fresh.say(name, "! which htop && ! which byobu && ! ls /opt/pilab /var/lib/pilab")
