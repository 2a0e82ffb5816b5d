"""From fresh boards to provisioned ones and back, and through kills of the playbook; in a room of their own."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal import power
from tests.rehearsal.checkout import CHECKOUT
from tests.rehearsal.conftest import BOARDS, GOVERNOR, PLAYBOOK_TIMEOUT_S, Lab, room_apart, typed
from tests.rehearsal.playbooks import playbook, rows
from virtual.containers import room

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]

KILLS = 10
# From the first connection to well into the installation and past it: a first run takes about a minute.
LONGEST_S = 25
# What is no part of a board as it is found: kernel interfaces, what lives until the next start, and simulated hardware.
APART = ("/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp", "/srv")  # noqa: S108 - places on a board
# Logs, and what Debian's own tools keep about their last work.
KEPT_BY_TOOLS = re.compile(r"""
    /var/(log|cache)(/.*)?
    | /var/lib/apt/(lists|periodic|extended_states).*
    | /var/lib/dpkg/(status|available|diversions|statoverride|triggers|lock|alternatives|info)\S*
    | /etc/(passwd|group|shadow|gshadow|subuid|subgid)-
    | /etc/ld\.so\.cache
    | /var/lib/systemd/(random-seed|timers/.*|catalog.*)
    | /(root|home/teacher)/\.(cache|ansible)(/.*)?
    | /etc/g(roup|shadow) # Debian's packages never take their groups back; see groups()
    | /etc/machine-id
    | /usr/(local/)?share/fonts(/.*)? # fontconfig numbers every folder of fonts, and forgets these files when it goes
    | /var/lib/ucf/hashfile.*
    """, re.VERBOSE)  # fmt: skip


@pytest.fixture(scope="module")
def fresh(may_boot: None) -> Iterator[Lab]:  # noqa: ARG001 - it comes first
    """Three boards that nobody has provisioned."""
    with room_apart("v") as here:
        yield Lab(here, room.up(3, print))


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


def tree(lab: Lab, name: str) -> dict[str, str]:
    """Every path of a board with its kind, rights, owner, target and content."""
    apart = " -o ".join(f"-path {path}" for path in APART)
    found = f"find / -xdev \\( {apart} \\) -prune -o"
    listed = lab.say(name, f"sudo {found} -printf '%p\\t%y %m %u %g %l\\n'", timeout_s=120)
    summed = lab.say(name, f'sudo sh -c "{found} -type f -print0 | xargs -0 sha256sum"', timeout_s=120)
    contents = {path: digest for digest, _, path in (line.partition("  ") for line in summed.splitlines())}
    packages = lab.say(name, "dpkg-query --show --showformat '${Package} ${db:Status-Status}\\n' | grep ' installed$'")
    pairs = (line.split("\t", 1) for line in listed.splitlines())
    kept = {path: f"{about} {contents.get(path, '')}" for path, about in pairs if not KEPT_BY_TOOLS.fullmatch(path)}
    return {"packages": packages, **kept}


def groups(lab: Lab, name: str) -> set[str]:
    """Every group of a board with its members."""
    return set(lab.say(name, "cat /etc/group").splitlines())


def test_restoring_gives_back_every_file_and_the_governor(fresh: Lab) -> None:
    before = {name: tree(fresh, name) for name in BOARDS}
    groups_before = {name: groups(fresh, name) for name in BOARDS}
    provisioned = typed("ansible-playbook", "site.yml", "-e", "governor_name=powersave", timeout_s=PLAYBOOK_TIMEOUT_S)
    assert provisioned.returncode == 0, provisioned.stdout
    restored = typed("ansible-playbook", "restore.yml", "-e", "restore_packages=true", timeout_s=PLAYBOOK_TIMEOUT_S)
    assert restored.returncode == 0, restored.stdout + restored.stderr
    for name in BOARDS:
        different = sorted({path for path, _ in tree(fresh, name).items() ^ before[name].items()})
        assert not different, "\n".join(different)
        assert groups_before[name] <= groups(fresh, name)
        assert "pilab" not in fresh.say(name, "cat /etc/group /etc/passwd")
        assert fresh.say(name, f"cat {GOVERNOR}") == "ondemand"


def test_restoring_again_changes_nothing(fresh: Lab) -> None:
    assert fresh.room.guests
    restored = typed("ansible-playbook", "restore.yml", timeout_s=PLAYBOOK_TIMEOUT_S)
    assert restored.returncode == 0
    assert rows(restored.stdout) == dict.fromkeys(BOARDS, "nothing to change")


def test_playbooks_that_are_killed_at_any_moment_never_keep_the_next_one_from_finishing(fresh: Lab) -> None:
    moments = random.Random(3)  # noqa: S311 - the same moments every time
    for _ in range(KILLS):
        kill_a_playbook_after(moments.uniform(0.5, LONGEST_S))
    status, output = playbook(timeout_s=PLAYBOOK_TIMEOUT_S)
    assert status == 0, output
    assert rows(playbook()[1]) == dict.fromkeys(BOARDS, "nothing to change")
    for name in BOARDS:
        assert fresh.say(name, "systemctl is-active pilab-agent") == "active"
        assert fresh.say(name, "sudo dpkg --audit") == ""


def test_the_legacy_camera_waits_for_its_restart_and_then_works(fresh: Lab) -> None:
    """The boards were provisioned just now and have not restarted since."""
    assert fresh.ssh("pi01", "raspistill -o image.jpg").returncode != 0
    status, output = playbook("-e", "camera_may_reboot=true", "--limit", "pi01", "--tags", "camera")
    assert status == 0, output
    assert fresh.say("pi01", "raspistill -o image.jpg && head -c 2 image.jpg | od -An -tx1") == "ff d8"


def test_a_board_whose_installation_was_cut_short_can_be_restored(fresh: Lab) -> None:
    power.cut_short_an_unpacking(fresh, "pi03")
    restored = typed("ansible-playbook", "restore.yml", "-e", "restore_packages=true", timeout_s=PLAYBOOK_TIMEOUT_S)
    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert fresh.say("pi03", "sudo dpkg --audit") == ""
    fresh.say("pi03", "! which htop && ! which byobu && ! ls /opt/pilab /var/lib/pilab")
