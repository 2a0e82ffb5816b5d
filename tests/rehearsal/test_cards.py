"""A virtual trixie Pi becomes a board of the room by its card alone, with Debian's own cloud-init."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fleet.cards.formats.cloud_init import CloudInit
from fleet.cards.seat import Wifi
from tests.rehearsal import cards
from tests.rehearsal.cards import FIRST_START_S, Seat
from tests.rehearsal.conftest import PATIENCE_S, Lab, disks_with, room_apart, typed, wait_until
from tests.rehearsal.test_cloud_init import SYSTEM
from tests.unit import card_parts
from virtual.commands import run
from virtual.containers import guest, power, room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]

NUMBER, BOARD = 3, "pi03"
PLACE = "/etc/cloud/cloud.cfg.d/99_raspberry-pi.cfg"
# As pi-gen has them.
RENDERER = "network:\n  version: 2\n  renderer: NetworkManager\n"
FILES = {
    PLACE: f"{SYSTEM[PLACE]}ssh_deletekeys: false\nssh_genkeytypes: []\n",
    "/etc/netplan/00-network-manager-all.yaml": RENDERER,
}
PUT = "".join(f"mkdir -p {Path(path).parent}; cat >{path} <<'END'\n{text}END\n" for path, text in FILES.items())
# It does nothing until the card is in: see AS_AN_IMAGE.
INSTALL = f"""
set -e
{PUT}
apt-get update -qq
export DEBIAN_FRONTEND=noninteractive
apt-get install --yes --quiet --no-install-recommends cloud-init keyboard-configuration console-setup netplan.io
touch /etc/cloud/cloud-init.disabled
"""


@pytest.fixture(scope="module")
def off(may_boot: None) -> Iterator[Lab]:  # noqa: ARG001 - asked for so that it comes first
    """A virtual trixie Pi with Debian's cloud-init, set up as Raspberry Pi OS has it, and switched off."""
    with room_apart("c") as here:
        lab = Lab(here, room.up([NUMBER], print, disks_with("cloud-init", INSTALL, [NUMBER])))
        power.shut_down(here, [lab.guest(BOARD)])
        yield lab


@pytest.fixture
def seat(off: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Seat]:
    """The card that a teacher has made for the board, put in."""
    made = Seat(off, tmp_path, BOARD)
    cards.make(made, "trixie", "학교 5G", monkeypatch)
    with cards.plugged_in(made):
        yield made


def assert_it_is_a_board(seat: Seat) -> None:
    cards.assert_it_is_a_board(seat)
    assert seat.say("cat /etc/timezone") == "Asia/Seoul"
    network = (seat.root / "etc/netplan/50-cloud-init.yaml").read_text()
    assert seat.secrets[1].decode() in network
    assert (seat.firmware / "user-data").read_text() == "#cloud-config\n"


def test_a_board_is_known_by_its_first_answer_and_keeps_its_name_over_two_restarts(seat: Seat) -> None:
    seat.switch_on()
    assert_it_is_a_board(seat)
    key = seat.say("cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub")
    ping = ("ansible", BOARD, "-m", "ansible.builtin.ping", "--become")
    assert typed(*ping).returncode == 0
    seat.known.put(BOARD, card_parts.PUBLIC)
    assert typed(*ping).returncode != 0
    refused = seat.ssh("true")
    assert refused.returncode != 0
    assert "Host key verification failed" in refused.stderr
    seat.known.put(BOARD, key)
    for _ in range(2):
        power.shut_down(seat.lab.place, [seat.lab.guest(BOARD)])
        seat.switch_on()
        wait_until(lambda: seat.ssh("true").returncode == 0, pause_s=0.5)
        assert seat.say("hostname; cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub").splitlines() == [BOARD, key]
    assert not seat.say("systemctl list-units --all --plain --no-legend pilab-card.service")
    done = typed("invoke", "cards", "--again", BOARD, "--onto", str(seat.firmware))
    assert f"is {BOARD}'s, which has started from it: write its system anew" in done.stderr


# Moments of the first start, by what can be seen on the board's disk then.
MOMENTS: dict[str, Callable[[Path], bool]] = {
    "before the account": lambda root: begun(root, "s*"),
    "at the account": lambda root: begun(root, "users_groups"),
    "at the keyboard": lambda root: begun(root, "keyboard"),
    "at our script": lambda root: (root / "var/lib/pilab-card/failed").exists(),
    "when all is set": lambda root: (root / "var/lib/pilab-card/is-set").exists(),
    "when cloud-init is ended": lambda root: (root / "etc/cloud/cloud-init.disabled").exists(),
}


def begun(root: Path, module: str) -> bool:
    """Whether a module of cloud-init has begun, and is marked as done."""
    return any(root.glob(f"var/lib/cloud/instances/*/sem/config_{module}"))


def see(moment: Callable[[Path], bool], seat: Seat) -> None:
    """Wait for a moment as closely as can be."""
    deadline = time.monotonic() + FIRST_START_S
    while not moment(seat.root):
        assert time.monotonic() < deadline, seat.console()
        time.sleep(0.002)


@pytest.mark.long
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_power_cut_during_the_first_start_does_no_harm(seat: Seat, moment: str) -> None:
    seat.switch_on()
    see(MOMENTS[moment], seat)
    seat.cut_power()
    assert not seat.is_done()
    if moment == "at the account":
        # As if it had not been on the card yet, although its module is marked as done.
        run("chroot", str(seat.root), "sh", "-c", "userdel --remove anna || true")
    seat.switch_on()
    assert_it_is_a_board(seat)


# What a power cut leaves of an account while useradd replaces one file after the other.
HALVES = {
    "no group": "sed -i '/^anna:/d' /etc/group /etc/gshadow",
    "no shadow": "sed -i '/^anna:/d' /etc/shadow",
    "no home": "rm -r /home/anna",
    "a name alone": "sed -i '/^anna:/d' /etc/group /etc/gshadow /etc/shadow; rm -r /home/anna",
    "locks of a process that is another one now": "cd /etc; echo 1 | tee passwd.lock shadow.lock group.lock",
}


@pytest.mark.long
@pytest.mark.parametrize("half", HALVES)
def test_an_account_that_a_power_cut_left_half_made_is_made_whole(seat: Seat, half: str) -> None:
    run("chroot", str(seat.root), "sh", "-ec", f"useradd --create-home anna; {HALVES[half]}")
    seat.switch_on()
    assert_it_is_a_board(seat)
    assert seat.say("stat --format '%U:%G %a' ~ ~/.ssh ~/.ssh/authorized_keys; cd; ls -A .profile").split() == [
        "anna:anna", "700", "anna:anna", "700", "anna:anna", "600", ".profile",
    ]  # fmt: skip


@pytest.mark.long
def test_a_power_cut_at_each_of_three_starts_does_no_harm(seat: Seat) -> None:
    network = seat.root / "etc/netplan/50-cloud-init.yaml"
    for moment in ("at the account", "at our script", "when all is set"):
        seat.switch_on()
        see(MOMENTS[moment], seat)
        seat.cut_power()
        if moment == "at the account":
            network.write_text("")  # what ext4 makes of a file whose content was not on the card yet
    seat.switch_on()
    assert_it_is_a_board(seat)


NAMES = [
    "school", '"', "\\", "a: b # c", "{{ x }}", "$(reboot)`'", "no", " x ", "🏫", "학교 5G", "~", "null", "0x1F",
    "1;2;x", "..", "a/b", "!vault", "한글" * 5 + "ab",
]  # fmt: skip
# With a password and without one.
WITH_USER_DATA = 2


SCHEMA = """
cd /var/tmp/schema
for file in *.user-data; do cloud-init schema -c $file >$file.out 2>&1; echo $file $?; done
for file in *.network-config; do
  cloud-init schema -c $file -t network-config >$file.out 2>&1; echo $file $?
  mkdir -p root.$file/etc/netplan
  cp renderer.yaml root.$file/etc/netplan/00-network-manager-all.yaml
  # It has netplan write the file anew, which puts it below / whatever --directory says.
  cloud-init devel net-convert -p $file -k yaml -d made.$file -D debian -O netplan >>$file.out 2>&1
  mv /etc/netplan/50-cloud-init.yaml root.$file/etc/netplan/
  chmod 600 root.$file/etc/netplan/*
  netplan generate --root-dir root.$file
done
"""


@pytest.mark.long
def test_cloud_init_and_netplan_themselves_find_nothing_wrong_with_their_files(off: Lab) -> None:
    """Their own reading of ours, and of one that is wrong, so that they are seen to look."""
    root = guest.folder_of(off.place, off.guest(BOARD)) / "root"
    folder = write_files(root / "var/tmp/schema")
    told = run("chroot", str(root), "sh", "-c", SCHEMA, timeout_s=3 * PATIENCE_S)
    found = dict(line.split() for line in told.splitlines())
    said = {name: (folder / f"{name}.out").read_text() for name in found}
    assert found.pop("bad.user-data") != "0", said["bad.user-data"]
    assert len(found) == len(NAMES) + WITH_USER_DATA
    assert {name: said[name] for name, status in found.items() if status != "0"} == {}
    assert {name for name in found if "Valid schema" not in said[name]} == set()
    assert {name: text for name, text in said.items() if "deprecat" in text.lower()} == {}
    assert [ssid_of(folder / f"root.{number}.network-config") for number in range(len(NAMES))] == NAMES


def write_files(folder: Path) -> Path:
    """Write files for seats with networks of all kinds, and one that is wrong."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, name in enumerate(NAMES):
        wifi = Wifi(name.encode(), card_parts.PMK if number % 2 else "", is_hidden=bool(number % 3))
        made = card_parts.seat(wifi=wifi, password_hash="$6$salt$hash" * (number % 2))
        for file, text in CloudInit().files(made, "pilab-pi03-0badcafe").items():
            # Its user-data differs in the password alone, and cloud-init takes a second for each file.
            if number < WITH_USER_DATA or file != "user-data":
                (folder / f"{number}.{file}").write_text(text)
    (folder / "renderer.yaml").write_text(RENDERER)
    (folder / "bad.user-data").write_text("#cloud-config\nssh_keyz: {}\nuser: [1]\n")
    return folder


def ssid_of(root: Path) -> str:
    """The name by which NetworkManager looks for a network: as netplan hands it on, escaped as GKeyFile does."""
    (connection,) = root.glob("run/NetworkManager/system-connections/netplan-wlan0-*")
    lines = connection.read_text().splitlines()
    written = next(line.removeprefix("ssid=") for line in lines if line.startswith("ssid="))
    return re.sub(r"\\(.)", lambda found: {"s": " ", "\\": "\\"}[found[1]], written)
