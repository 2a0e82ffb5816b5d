"""`invoke doctor` on boards that are broken on purpose: each rule fires, and is silent after its own fix was typed."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.rehearsal.checkout import CHECKOUT
from tests.rehearsal.conftest import BOARDS, HOLD_THE_LOCK, HOLDING, room_apart, typed, wait_until
from virtual.containers import faults, room

if TYPE_CHECKING:
    from tests.rehearsal.conftest import Lab

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]

BOARD = "pi02"
HARDWARE = "/srv/pilab-hardware"
CONFIG_TXT = "/boot/firmware/config.txt"
COMMAND = re.compile(r"(?:type|with): (.*)\Z", re.DOTALL)
RUN_BY_HAND = ("invoke doctor", "invoke cards")
# A Wi-Fi device that is used, and the programs that say how it is.
WLAN = (
    "ip link add wlan0 type veth peer name peer0 && ip link set wlan0 up && ip link set peer0 up && "
    'printf \'#!/bin/sh\\ncase "$*" in\\n*get?power_save) echo "Power save: $(cat /run/sleeps)";;\\n'
    '*power_save?off) echo off >/run/sleeps;;\\nreg*) echo "country $(cat /run/country): DFS-ETSI";;\\nesac\\n\' '
    ">/usr/local/sbin/iw && chmod +x /usr/local/sbin/iw"
)
NO_WLAN = "ip link del wlan0; rm -f /usr/local/sbin/iw /run/sleeps /run/country"
COUNTRY = (
    'printf \'#!/bin/sh\\n[ "$2" = do_wifi_country ] && echo "$3" >/run/country\\n\' >/usr/local/sbin/raspi-config && '
    "chmod +x /usr/local/sbin/raspi-config"
)


@dataclass(frozen=True)
class Broken:
    """One way to break a board, as root on it; the hand is what the fix wants done that is no command."""

    code: str
    shell: str
    hand: str = ""
    restarts: bool = False
    back: str = ""


BREAKS = (
    Broken("under-voltage-since", f"echo 0x50000 >{HARDWARE}/throttled", restarts=True),
    Broken(
        "under-voltage-now", f"echo 0x50005 >{HARDWARE}/throttled", f"echo 0x50000 >{HARDWARE}/throttled", restarts=True
    ),
    Broken("slowed-now", f"echo 0x40004 >{HARDWARE}/throttled", f"echo 0x40000 >{HARDWARE}/throttled", restarts=True),
    Broken("slowed-since", f"echo 0x80000 >{HARDWARE}/throttled", restarts=True),
    Broken("hot", f"echo 84.2 >{HARDWARE}/temperature", f"echo 51.0 >{HARDWARE}/temperature"),
    Broken(
        "card-errors",
        "printf '#!/bin/sh\\necho \"[ 9.1] I/O error, dev mmcblk0, sector 8\"\\n' >/usr/local/sbin/dmesg && "
        "chmod +x /usr/local/sbin/dmesg",
        "rm /usr/local/sbin/dmesg",
    ),
    Broken(
        "name-reset",
        "mkdir -p /etc/cloud/cloud.cfg.d; printf '#cloud-config\\nhostname: raspberrypi\\n' >/boot/firmware/user-data",
        back="rm -rf /etc/cloud /boot/firmware/user-data",
    ),
    Broken("wifi-asleep", f"{WLAN} && echo on >/run/sleeps && echo KR >/run/country", back=NO_WLAN),
    Broken(
        "wifi-country",
        f"{WLAN} && {COUNTRY} && echo off >/run/sleeps && echo 00 >/run/country",
        back=f"{NO_WLAN}; rm /usr/local/sbin/raspi-config",
    ),
    Broken(
        "packages-busy",
        f'rm -f {HOLDING}; nohup python3 -c "{HOLD_THE_LOCK}" >/dev/null 2>&1 & '
        f"until test -e {HOLDING}; do sleep 0.1; done",
        "pkill -f [l]ock-frontend",
    ),
    Broken(
        "packages-unfinished",
        "sed -i '/^Package: htop$/,/^$/ s/^Status: .*/Status: install ok half-configured/' /var/lib/dpkg/status",
    ),
    Broken("camera-legacy", f"echo start_x=1 >>{CONFIG_TXT}", back=f"sed -i /start_x/d {CONFIG_TXT}"),
    Broken(
        "camera-none",
        "printf '#!/bin/sh\\necho \"No cameras available!\"\\n' >/usr/local/sbin/rpicam-hello && "
        "chmod +x /usr/local/sbin/rpicam-hello",
        "rm /usr/local/sbin/rpicam-hello",
    ),
    Broken(
        "turbo-forced", f"echo force_turbo=1 >>{CONFIG_TXT}", restarts=True, back=f"sed -i /force_turbo/d {CONFIG_TXT}"
    ),
    Broken("governor", "echo powersave >/sys/devices/system/cpu/cpufreq/policy0/scaling_governor"),
    Broken("service-stopped", "systemctl stop pilab-agent"),
    Broken("python-missing", "rm /usr/bin/python3"),
)
# What `make test` has of these, all at once: no restart and no playbook among them.
QUICK = ("hot", "packages-busy", "governor", "service-stopped")


def doctor(*words: str) -> tuple[int, list[dict[str, Any]], str]:
    """What the doctor says to programs: its status, its rows and what it complains of."""
    done = typed("invoke", "doctor", "--json", *words)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def findings(board: str = BOARD) -> dict[str, dict[str, Any]]:
    """The faults of one board, by their codes."""
    _, rows, complaints = doctor("--hosts", board)
    assert rows, complaints
    return {each["code"]: each for each in rows[0]["findings"] if each["level"] == "fault"}


def type_fix(lab: Lab, finding: dict[str, Any], broken: Broken) -> None:
    """Do what a finding says, to the letter: what is for hands first, then the command."""
    if broken.hand:
        lab.ssh(BOARD, f"sudo sh -c '{broken.hand}'")
    command = COMMAND.search(finding["fix"] or finding["sentence"])
    assert command, finding
    if command[1].startswith(RUN_BY_HAND):
        return
    before = booted(lab)
    # A board that restarts does not say good-bye.
    done = subprocess.run(command[1], shell=True, cwd=CHECKOUT, capture_output=True, text=True, check=False)  # noqa: S602 (as a person types it)
    if broken.restarts:
        wait_until(lambda: booted(lab) not in {"", before})
    else:
        assert done.returncode == 0, done.stdout + done.stderr


def booted(lab: Lab) -> str:
    """Which start of the board this is; nothing while it is away."""
    return lab.ssh(BOARD, "systemctl show --property=UserspaceTimestampMonotonic --value").stdout.strip()


def break_it(lab: Lab, shell: str, board: str = BOARD) -> None:
    lab.ssh(board, f"sudo sh -c {shlex.quote(shell)}")


@pytest.fixture(scope="module")
def configured(provisioned: Lab) -> Lab:
    """Boards of which the doctor has nothing to say; of an agent that has just been started anew it would."""
    for name in BOARDS:
        provisioned.wait(name, "/opt/pilab/bin/pilab status | grep -E '\"frames\": *[1-9]'")
    status, rows, complaints = doctor()
    assert status == 0, rows
    assert [row["is_fine"] for row in rows[:-1]] == [True] * 3
    assert (rows[-1], complaints) == ({"schema": 1, "kind": "summary", "fine": 3, "boards": 3}, "")
    return provisioned


def test_what_is_broken_at_once_is_all_told_and_each_fix_mends_its_own(configured: Lab) -> None:
    broken = [each for each in BREAKS if each.code in QUICK]
    for each in broken:
        break_it(configured, each.shell)
    with faults.unplugged(configured.place, configured.guest("pi03")):
        status, rows, _ = doctor()
    assert status == 1
    assert [row.get("is_fine") for row in rows[:3]] == [True, False, False]
    found = {each["code"]: each for each in rows[1]["findings"]}
    assert set(QUICK) <= set(found)
    assert "does not answer" in rows[2]["findings"][0]["sentence"]
    for each in broken:
        type_fix(configured, found[each.code], each)
    wait_until(lambda: not findings(), pause_s=1)


@pytest.mark.long
@pytest.mark.parametrize("broken", BREAKS, ids=lambda each: each.code)
def test_a_rule_fires_on_a_board_that_is_broken_and_is_silent_after_its_own_fix(
    configured: Lab, broken: Broken
) -> None:
    break_it(configured, broken.shell)
    try:
        found = findings()
        assert broken.code in found, found
        type_fix(configured, found[broken.code], broken)
        wait_until(lambda: broken.code not in findings(), pause_s=1)
    finally:
        break_it(configured, broken.back or "true")


@pytest.mark.long
def test_two_cards_that_are_copies_are_told_apart_again_by_the_fix(configured: Lab) -> None:
    copied = configured.say("pi01", "cat /etc/machine-id")
    break_it(configured, f"echo {copied} >/etc/machine-id")
    _, rows, _ = doctor("--hosts", "pi01:pi02")
    (together,) = [row for row in rows if row["kind"] == "together"]
    assert (together["boards"], together["code"]) == (["pi01", "pi02"], "machine-id-twice")
    type_fix(configured, together, Broken("", "", restarts=True))
    assert doctor("--hosts", "pi01:pi02")[0] == 0


@pytest.mark.long
def test_an_account_without_root_is_told_so_and_looked_at_all_the_same(configured: Lab) -> None:
    took = "printf 'teacher ALL=(ALL) ALL\nteacher ALL=(ALL) NOPASSWD: /bin/rm /etc/sudoers.d/zz\n' >/etc/sudoers.d/zz"
    break_it(configured, took)
    try:
        _, rows, _ = doctor("--hosts", BOARD)
        assert [each["code"] for each in rows[0]["findings"]] == ["sudo-password"]
    finally:
        configured.say(BOARD, "sudo /bin/rm /etc/sudoers.d/zz")


@pytest.mark.long
def test_boards_that_nobody_has_configured_are_fine_and_one_line_says_what_comes_next(may_boot: None) -> None:  # noqa: ARG001 - asked for so that it comes first
    with room_apart("d"):
        room.up(2, print)
        done = typed("invoke", "doctor")
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines() == [
        "pi01  fine",
        "pi02  fine",
        "Note on pi01, pi02: [not-configured] it is not configured yet; type: ansible-playbook site.yml",
        "2 of 2 boards are fine.",
    ]
