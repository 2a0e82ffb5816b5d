"""Cards of bookworm and bullseye: the script is run by systemd, through the kernel's command line.

Their first start has two parts. The first is Raspberry Pi's own firstboot, which is not in Debian: what it does is done
here by hand. The second is real: systemd takes what cmdline.txt says for the kernel's command line, as it does in a
container, runs the script alone, and restarts the board.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal import cards
from tests.rehearsal.cards import Seat
from tests.rehearsal.conftest import Lab, room_apart
from virtual.commands import run
from virtual.containers import guest, power, room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.rehearsal, pytest.mark.long, pytest.mark.timeout(1800)]

BULLSEYE, BOOKWORM = "pi01", "pi02"
START_LIMIT_S = 120
# nspawn's status where its guest wants to restart.
RESTARTS = 133
FIRSTBOOT = "init=/usr/lib/raspberrypi-sys-mods/firstboot"
NETWORKS = {
    "bookworm": "/etc/NetworkManager/system-connections/pilab-card.nmconnection",
    "bullseye": "/etc/wpa_supplicant/wpa_supplicant.conf",
}
# A stand-in for the reader of custom.toml, as far as an account goes.
INIT_CONFIG = """#!/usr/bin/env python3
import subprocess, sys, tomllib
told = tomllib.load(open(sys.argv[1], "rb"))
subprocess.run(["useradd", "--create-home", told["user"]["name"]], check=True)
"""


@pytest.fixture(scope="module")
def off(may_boot: None) -> Iterator[Lab]:  # noqa: ARG001 - asked for so that it comes first
    with room_apart("y") as here:
        lab = Lab(here, room.up(2, print))
        power.shut_down(here, lab.room.guests)
        yield lab


@pytest.fixture
def bookworm(off: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Seat]:
    seat = Seat(off, tmp_path, BOOKWORM)
    cards.make(seat, "bookworm", "학교 5G", monkeypatch)
    with cards.plugged_in(seat):
        yield seat


@pytest.fixture
def bullseye(off: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Seat]:
    seat = Seat(off, tmp_path, BULLSEYE, "boot")
    cards.make(seat, "bullseye", "학교 5G", monkeypatch)
    with cards.plugged_in(seat):
        yield seat


def words(seat: Seat) -> list[str]:
    """What the kernel would be started with."""
    return (seat.firmware / "cmdline.txt").read_text().split()


def firstboot(seat: Seat, *, was_cut: bool = False) -> None:
    """What the image's own first part does; it takes itself off the command line before all else."""
    assert FIRSTBOOT in words(seat)
    (seat.firmware / "cmdline.txt").write_text(" ".join(word for word in words(seat) if word != FIRSTBOOT) + "\n")
    if not was_cut:
        run("chroot", str(seat.root), "useradd", "--create-home", "anna")
        (seat.firmware / "custom.toml").unlink()


def start(seat: Seat) -> int:
    """Start the board with the words of its card, and wait until it ends; returns the status of nspawn."""
    told = [word for word in words(seat) if word.startswith("systemd.")]
    command = [*guest.nspawn(seat.lab.place, seat.lab.guest(seat.board)), *told]
    environment = {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    return subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=START_LIMIT_S, check=False
    ).returncode


@pytest.mark.parametrize("release", ["bookworm", "bullseye"])
def test_the_second_part_of_the_first_start_makes_it_a_board(release: str, request: pytest.FixtureRequest) -> None:
    seat: Seat = request.getfixturevalue(release)
    firstboot(seat)
    assert start(seat) == RESTARTS
    assert seat.is_done(), list(seat.firmware.rglob("*"))
    assert not [word for word in words(seat) if word.startswith(("systemd.", "init="))]
    seat.switch_on()
    cards.assert_it_is_a_board(seat)
    assert seat.say("sudo cat " + NETWORKS[release]).count(seat.secrets[1].decode()) == 1


def test_what_firstboot_did_not_come_to_is_done_by_the_script(bookworm: Seat) -> None:
    reader = bookworm.root / "usr/lib/raspberrypi-sys-mods/init_config"
    reader.parent.mkdir(parents=True, exist_ok=True)
    reader.write_text(INIT_CONFIG)
    reader.chmod(0o755)
    firstboot(bookworm, was_cut=True)
    assert start(bookworm) == RESTARTS
    bookworm.switch_on()
    cards.assert_it_is_a_board(bookworm)


def test_a_board_without_its_account_says_so_on_its_card(bookworm: Seat) -> None:
    firstboot(bookworm)
    run("chroot", str(bookworm.root), "userdel", "--remove", "anna")
    assert start(bookworm) == RESTARTS
    assert "\nfailed: there is no account anna\nend\n" in (bookworm.firmware / "pilab/done.txt").read_text()
    cards.assert_no_secret_is_left(bookworm)


def test_networkmanager_gets_a_network_with_any_name(bookworm: Seat) -> None:
    firstboot(bookworm)
    assert start(bookworm) == RESTARTS
    kept = bookworm.root / "etc/NetworkManager/system-connections/pilab-card.nmconnection"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert f"ssid={''.join(f'{byte};' for byte in '학교 5G'.encode())}\n" in kept.read_text()
