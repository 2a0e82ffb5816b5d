"""`invoke doctor` on boards that are broken on purpose: each rule fires, and is silent after its own fix was typed."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.rehearsal.conftest import HOLD_THE_LOCK, typed, wait_until
from virtual.containers import faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rehearsal.conftest import Lab

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(900)]

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
        "printf '#!/bin/sh\\necho \"[ 9.1] I/O error, dev mmcblk0, sector 8 op 0x0:(READ)\"\\n' >/usr/local/sbin/dmesg && "
        "chmod +x /usr/local/sbin/dmesg",
        "rm /usr/local/sbin/dmesg",
    ),
    Broken(
        "name-reset",
        "mkdir -p /etc/cloud/cloud.cfg.d && printf '#cloud-config\\nhostname: raspberrypi\\n' >/boot/firmware/user-data",
        back="rm -rf /etc/cloud /boot/firmware/user-data",
    ),
    Broken("wifi-asleep", f"{WLAN} && echo on >/run/sleeps && echo KR >/run/country", back=NO_WLAN),
    Broken(
        "wifi-country",
        f"{WLAN} && {COUNTRY} && echo off >/run/sleeps && echo 00 >/run/country",
        back=f"{NO_WLAN}; rm /usr/local/sbin/raspi-config",
    ),
    Broken(
        "packages-busy", f'nohup python3 -c "{HOLD_THE_LOCK}" >/dev/null 2>&1 & sleep 1', "pkill -f [l]ock-frontend"
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
# What `make test` has of these: no restart, no playbook.
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
    done = subprocess.run(command[1], shell=True, cwd=typed_in(), capture_output=True, text=True, check=False)  # noqa: S602 (as a person types it)
    if broken.restarts:
        wait_until(lambda: booted(lab) not in {"", before})
    else:
        assert done.returncode == 0, done.stdout + done.stderr


def typed_in() -> str:
    from tests.rehearsal.checkout import CHECKOUT  # noqa: PLC0415

    return str(CHECKOUT)


def booted(lab: Lab) -> str:
    """Which start of the board this is; nothing while it is away."""
    return lab.ssh(BOARD, "systemctl show --property=UserspaceTimestampMonotonic --value").stdout.strip()


def fire_and_vanish(lab: Lab, broken: Broken) -> None:
    assert broken.code not in findings()
    lab.ssh(BOARD, f"sudo sh -c {quoted(broken.shell)}")
    try:
        found = findings()
        assert broken.code in found, found
        type_fix(lab, found[broken.code], broken)
        wait_until(lambda: broken.code not in findings(), timeout_s=60)
    finally:
        lab.ssh(BOARD, f"sudo sh -c {quoted(broken.back or 'true')}")


def quoted(shell: str) -> str:
    import shlex  # noqa: PLC0415

    return shlex.quote(shell)
