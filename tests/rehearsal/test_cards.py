"""A virtual trixie Pi becomes a board of the room by its card alone, with Debian's own cloud-init.

Its FAT partition is a real one within an image: `invoke cards --into` writes it through mtools, and the board finds it
mounted by fusefat, since not every kernel has vfat. Like vfat, that one refuses to change modes.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from fleet.boards.known_keys import KnownKeys
from fleet.cards.formats.cloud_init import CloudInit
from fleet.cards.seat import Wifi
from tests.rehearsal.conftest import Lab, room_apart, typed, wait_until
from tests.rehearsal.test_cloud_init import SYSTEM
from tests.unit import card_parts
from virtual.commands import run
from virtual.containers import guest, power, room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(900)]

NUMBER, BOARD = 3, "pi03"
SECTOR, FIRST, SECTORS = 512, 8192, 131072
PASSWORD = "open sesame"  # noqa: S105 - of no network
KEYS_LEFT_TO_ITS_SERVICE = "ssh_deletekeys: false\nssh_genkeytypes: []\n"
INSTALL = (
    "apt-get install --yes --quiet --no-install-recommends cloud-init keyboard-configuration console-setup netplan.io"
)
FIRST_START_S = 150.0
# A fresh image: no account but the image's own, no host key, ssh off, and cloud-init has never run.
AS_AN_IMAGE = """
set -e
userdel --remove anna 2>/dev/null || true
rm -rf /var/lib/cloud /var/lib/pilab-card /etc/cloud/cloud-init.disabled /etc/ssh/ssh_host_*
rm -f /etc/sudoers.d/010_pilab-card /etc/sudoers.d/90-cloud-init-users /etc/systemd/system/pilab-card.service
rm -f /etc/systemd/system/multi-user.target.wants/pilab-card.service
echo raspberrypi >/etc/hostname
printf '127.0.0.1 localhost\\n127.0.1.1 raspberrypi\\n' >/etc/hosts
systemctl disable --quiet ssh
"""


@dataclass
class Seat:
    """A board that is off, the image of its card, and the teacher who made it."""

    lab: Lab
    folder: Path

    @property
    def image(self) -> Path:
        return self.folder / "card.img"

    @property
    def fat(self) -> Path:
        """The FAT partition by itself, which the board has as its own."""
        return self.folder / "bootfs.fat"

    @property
    def root(self) -> Path:
        """The board's disk, as this computer sees it."""
        return guest.folder_of(self.lab.place, self.lab.guest(BOARD)) / "root"

    @property
    def known(self) -> KnownKeys:
        return KnownKeys(self.folder / "known_hosts")

    def ssh(self, command: str, *options: str, name: str = BOARD) -> subprocess.CompletedProcess[str]:
        """Log in as the README's commands do: by the key that was known before the first start, or not at all."""
        words = [
            "ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "StrictHostKeyChecking=yes",
            "-o", f"UserKnownHostsFile={self.known.path}", "-o", "GlobalKnownHostsFile=/dev/null",
            "-o", f"HostKeyAlias={name}",
            "-o", "IdentitiesOnly=yes", "-i", str(self.folder / "home/.ssh/id_ed25519"), *options,
            f"anna@{self.lab.address_of(BOARD)}", command,
        ]  # fmt: skip
        return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)

    def say(self, command: str) -> str:
        done = self.ssh(command)
        assert done.returncode == 0, done.stderr + self.console()
        return done.stdout.strip()

    def switch_on(self) -> None:
        guest.boot(self.lab.place, self.lab.guest(BOARD))

    def cut_power(self) -> None:
        power.cut(self.lab.place, self.lab.guest(BOARD))

    def is_done(self) -> bool:
        return (self.root / "boot/firmware/pilab/done.txt").exists()

    def console(self) -> str:
        console = guest.folder_of(self.lab.place, self.lab.guest(BOARD)) / "console.log"
        return "".join(path.read_text(errors="replace")[-3000:] for path in (console, *self.logs()) if path.exists())

    def logs(self) -> list[Path]:
        return [self.root / "var/log/cloud-init.log", self.root / "var/log/cloud-init-output.log"]


@pytest.fixture(scope="module")
def off(may_boot: None) -> Iterator[Lab]:  # noqa: ARG001 - asked for so that it comes first
    """A virtual trixie Pi with Debian's cloud-init, set up as Raspberry Pi OS has it, and switched off."""
    with room_apart("c") as here:
        lab = Lab(here, room.up([NUMBER], print))
        for path, text in SYSTEM.items():
            lab.say(BOARD, f"sudo mkdir -p /etc/cloud/cloud.cfg.d; sudo tee {path} >/dev/null <<'END'\n{text}END")
        lab.say(BOARD, f"sudo tee -a {next(iter(SYSTEM))} >/dev/null <<'END'\n{KEYS_LEFT_TO_ITS_SERVICE}END")
        lab.say(BOARD, f"sudo sh -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive {INSTALL}'", timeout_s=300)
        power.shut_down(here, [lab.guest(BOARD)])
        yield lab


@contextmanager
def plugged_in(seat: Seat) -> Iterator[Seat]:
    """Put the card into the board that is off."""
    firmware = seat.root / "boot/firmware"
    run("chroot", str(seat.root), "sh", "-c", AS_AN_IMAGE)
    run("fusefat", "-o", "rw+,nonempty", str(seat.fat), str(firmware))
    try:
        yield seat
    finally:
        seat.cut_power()
        run("umount", str(firmware))


@pytest.fixture
def seat(off: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Seat]:
    """The card that a teacher has made for the board, put in; it is typed as at the root of the project."""
    made = Seat(off, tmp_path)
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "inventory.ini").write_text(f"[lab]\n{BOARD} ansible_user=anna\npi04 ansible_user=anna\n")
    lines = {
        "card_wifi_ssid": "학교 5G",
        "card_wifi_password": PASSWORD,
        "card_country": "KR",
        "card_timezone": "Asia/Seoul",
    }
    (tmp_path / "group_vars/all.yml").write_text("".join(f'{key}: "{value}"\n' for key, value in lines.items()))
    monkeypatch.setenv("ANSIBLE_INVENTORY", str(tmp_path / "inventory.ini"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    make_image(made.image, card_parts.fresh_card(tmp_path / "stock"))
    done = typed("invoke", "cards", "--hosts", BOARD, "--into", str(made.image))
    assert done.returncode == 0, done.stdout + done.stderr
    run("dd", f"if={made.image}", f"of={made.fat}", f"bs={SECTOR}", f"skip={FIRST}", f"count={SECTORS}", "status=none")
    assert all(secret in made.fat.read_bytes() for secret in secrets_of(made).values()), (
        "the card lacks what it is to have"
    )
    with plugged_in(made):
        yield made


def make_image(path: Path, stock: Path) -> None:
    """An image as pi-gen makes it, as far as the FAT partition goes."""
    with path.open("wb") as file:
        file.truncate((FIRST + SECTORS + 8192) * SECTOR)
    search = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    table = f"label: dos\n{FIRST},{SECTORS},c\n{FIRST + SECTORS},,83\n"
    subprocess.run(["sfdisk", "--quiet", str(path)], input=table, text=True, check=True, env=search)
    at = f"{path}@@{FIRST * SECTOR}"
    run("mformat", "-i", at, "-T", str(SECTORS), "-v", "bootfs", "::")
    for each in stock.iterdir():
        run("mcopy", "-i", at, str(each), f"::{each.name}")


def secrets_of(seat: Seat) -> Mapping[str, bytes]:
    """What may be on no card that a board has started from."""
    key = (seat.folder / "host_keys" / BOARD).read_bytes()
    pmk = subprocess.run(
        ["mtype", "-i", f"{seat.image}@@{FIRST * SECTOR}", "::network-config"], capture_output=True, check=True
    )
    found = re.search(rb'password: "([0-9a-f]{64})"', pmk.stdout)
    assert found
    return {"host key": key.splitlines()[3], "Wi-Fi": found[1]}


def assert_it_is_a_board(seat: Seat) -> None:
    """The board is whole: what its card said, and nothing of it left that others should not read."""
    wait_until(seat.is_done, FIRST_START_S)
    wait_until(lambda: seat.ssh("true").returncode == 0)
    assert seat.say("hostname; cat /etc/hostname; getent ahostsv4 pi03 | head -n 1 | cut -d' ' -f1").split() == [
        BOARD, BOARD, "127.0.1.1",
    ]  # fmt: skip
    assert seat.say("sudo -n id --user") == "0"
    assert {"sudo", "video", "gpio"} <= set(seat.say("id --name --groups").split())
    assert seat.say("cat /etc/timezone; sudo passwd --status anna").split()[:3] == ["Asia/Seoul", "anna", "L"]
    told = (seat.root / "boot/firmware/pilab/done.txt").read_text()
    assert told.startswith(f"seat: {BOARD}\n"), told
    assert told.endswith("\nend\n"), told
    assert "failed" not in told
    assert f"host key: {seat.known.key_of(BOARD)}" in told
    assert_no_secret_is_left(seat)


def assert_no_secret_is_left(seat: Seat) -> None:
    """Neither in a file nor in the part of the partition that is free."""
    wait_until(lambda: not (seat.root / "var/lib/pilab-card").exists())
    os.sync()
    left = seat.fat.read_bytes()
    assert [name for name, secret in secrets_of(seat).items() if secret in left] == []
    lines = base64.b64decode("".join((seat.folder / "host_keys" / BOARD).read_text().splitlines()[1:-1]))
    assert lines[-80:-48] not in left
    assert (seat.root / "boot/firmware/user-data").read_text() == "#cloud-config\n"
    names = {path.name for path in (seat.root / "boot/firmware").rglob("*")}
    assert not names & {"ssh_host_ed25519_key", "network-config", "wifi.nmconnection"}
    assert not [name for name in names if name.endswith(".new")]


def test_a_board_is_known_by_its_first_answer_and_keeps_its_name_over_two_restarts(seat: Seat) -> None:
    seat.switch_on()
    assert_it_is_a_board(seat)
    refused = seat.ssh("true", name="pi04")
    assert refused.returncode != 0
    assert "Host key verification failed" in refused.stderr
    key = seat.say("cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub")
    for _ in range(2):
        power.shut_down(seat.lab.place, [seat.lab.guest(BOARD)])
        seat.switch_on()
        wait_until(lambda: seat.ssh("true").returncode == 0)
        assert seat.say("hostname; cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub").splitlines() == [BOARD, key]
    assert not seat.say("systemctl list-units --all --plain --no-legend pilab-card.service")
    done = typed("invoke", "cards", "--again", BOARD, "--onto", str(seat.root / "boot/firmware"))
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
    for moment in ("at the account", "at our script", "when all is set"):
        seat.switch_on()
        see(MOMENTS[moment], seat)
        seat.cut_power()
    seat.switch_on()
    assert_it_is_a_board(seat)


# As pi-gen has it.
RENDERER = "network:\n  version: 2\n  renderer: NetworkManager\n"
NAMES = ["school", '"', "\\", "a: b # c", "{{ x }}", "$(reboot)`'", "no", " x ", "🏫", "학교 5G"]


SCHEMA = """
cd /var/tmp/schema
for file in *.user-data; do cloud-init schema -c $file >$file.out 2>&1; echo $file $?; done
for file in *.network-config; do
  cloud-init schema -c $file -t network-config >$file.out 2>&1; echo $file $?
  mkdir -p root.$file/etc/netplan
  cp renderer.yaml root.$file/etc/netplan/00-network-manager-all.yaml
  cp $file root.$file/etc/netplan/50-cloud-init.yaml
  chmod 600 root.$file/etc/netplan/*
  netplan generate --root-dir root.$file
done
"""


@pytest.mark.long
def test_cloud_init_and_netplan_themselves_find_nothing_wrong_with_their_files(off: Lab) -> None:
    """Their own reading of ours, and of one that is wrong, so that they are seen to look."""
    root = guest.folder_of(off.place, off.guest(BOARD)) / "root"
    folder = write_files(root / "var/tmp/schema")
    found = dict(line.split() for line in run("chroot", str(root), "sh", "-c", SCHEMA, timeout_s=300).splitlines())
    said = {name: (folder / f"{name}.out").read_text() for name in found}
    assert found.pop("bad.user-data") != "0", said["bad.user-data"]
    assert len(found) == 2 * len(NAMES)
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
