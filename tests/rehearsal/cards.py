"""A virtual Pi that becomes a board of the room by its card alone.

Its FAT partition is a real one within an image: `invoke cards --into` writes it through mtools, and the board finds it
mounted by fusefat, since not every kernel has vfat. Like vfat, that one refuses to change modes.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fleet.boards.known_keys import KnownKeys
from fleet.doctor import card
from tests.rehearsal.conftest import PATIENCE_S, Lab, typed, wait_until
from tests.unit import card_parts
from virtual.commands import run
from virtual.containers import guest, power

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

SECTOR, FIRST, SECTORS = 512, 8192, 131072
SETTINGS = {"card_wifi_password": "open sesame", "card_country": "KR", "card_timezone": "Asia/Seoul"}
FIRST_START_S = 150.0
# A fresh image: no account but the image's own, no host key, ssh off, and cloud-init has never run.
AS_AN_IMAGE = """
set -e
userdel --remove anna 2>/dev/null || true
rm -rf /var/lib/cloud /var/lib/pilab-card /etc/cloud/cloud-init.disabled /etc/ssh/ssh_host_*
rm -f /etc/netplan/50-cloud-init.yaml /etc/sudoers.d/010_pilab-card /etc/sudoers.d/90-cloud-init-users
rm -f /etc/systemd/system/pilab-card*.service
rm -f /etc/systemd/system/multi-user.target.wants/pilab-card*.service
echo raspberrypi >/etc/hostname
printf '127.0.0.1 localhost\\n127.0.1.1 raspberrypi\\n' >/etc/hosts
systemctl disable --quiet ssh
"""


@dataclass
class Seat:
    """A board that is off, the image of its card, and the folder of the teacher who made it."""

    lab: Lab
    folder: Path
    board: str
    mount: str = "boot/firmware"
    # What is on the card before the first start, and may not be afterwards.
    secrets: list[bytes] = field(default_factory=list)

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
        return guest.folder_of(self.lab.place, self.lab.guest(self.board)) / "root"

    @property
    def firmware(self) -> Path:
        return self.root / self.mount

    @property
    def key(self) -> Path:
        """The teacher's."""
        return self.folder / "key"

    @property
    def known(self) -> KnownKeys:
        return KnownKeys(self.folder / "known_hosts")

    def ssh(self, command: str) -> subprocess.CompletedProcess[str]:
        """Log in as the README's commands do: by the key that was known before the first start, or not at all."""
        words = [
            "ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "StrictHostKeyChecking=yes",
            "-o", f"UserKnownHostsFile={self.known.path}", "-o", "GlobalKnownHostsFile=/dev/null",
            "-o", f"HostKeyAlias={self.board}", "-o", "IdentitiesOnly=yes",
            "-i", str(self.key), f"anna@{self.lab.address_of(self.board)}", command,
        ]  # fmt: skip
        return subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, check=False)

    def say(self, command: str) -> str:
        done = self.ssh(command)
        assert done.returncode == 0, done.stderr + self.console()
        return done.stdout.strip()

    def switch_on(self) -> None:
        guest.boot(self.lab.place, self.lab.guest(self.board))

    def cut_power(self) -> None:
        power.cut(self.lab.place, self.lab.guest(self.board))

    def is_done(self) -> bool:
        return (self.firmware / "pilab/done.txt").exists()

    def console(self) -> str:
        """The last words of the board and of cloud-init."""
        console = guest.folder_of(self.lab.place, self.lab.guest(self.board)) / "console.log"
        logs = [self.root / "var/log" / name for name in ("cloud-init.log", "cloud-init-output.log")]
        return "".join(path.read_text(errors="replace")[-3000:] for path in (console, *logs) if path.exists())


def make(seat: Seat, release: str, ssid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a fresh card of a release that of a board, as a teacher types it."""
    folder = seat.folder
    (folder / "group_vars").mkdir()
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(seat.key))
    way = f"ansible_host={seat.lab.address_of(seat.board)} ansible_user=anna ansible_ssh_private_key_file={seat.key}"
    (folder / "inventory.ini").write_text(f"[lab]\n{seat.board} {way}\n")
    settings = {**SETTINGS, **({"card_wifi_ssid": ssid} if ssid else {})}
    (folder / "group_vars/all.yml").write_text("".join(f'{key}: "{value}"\n' for key, value in settings.items()))
    monkeypatch.setenv("ANSIBLE_INVENTORY", str(folder / "inventory.ini"))
    make_image(seat.image, card_parts.fresh_card(folder / "stock", release))
    done = typed("invoke", "cards", "--hosts", seat.board, "--into", str(seat.image))
    assert done.returncode == 0, done.stdout + done.stderr
    words = (f"if={seat.image}", f"of={seat.fat}", f"bs={SECTOR}", f"skip={FIRST}", f"count={SECTORS}")
    run("dd", *words, "status=none")
    seat.secrets = secrets_of(seat, ssid)
    assert all(secret in seat.fat.read_bytes() for secret in seat.secrets), "the card lacks what it is to have"


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


def secrets_of(seat: Seat, ssid: str) -> list[bytes]:
    """What may be on no card that a board has started from: a line of the host key, and the key of the Wi-Fi.

    The latter is worked out by openssl, not by us (IEEE 802.11i-2004, H.4).
    """
    line = (seat.folder / "host_keys" / seat.board).read_text().splitlines()[3].encode()
    if not ssid:
        return [line]
    recipe = ("digest:SHA1", "iter:4096", f"pass:{SETTINGS['card_wifi_password']}", f"hexsalt:{ssid.encode().hex()}")
    words = [word for each in recipe for word in ("-kdfopt", each)]
    key = run("openssl", "kdf", "-keylen", "32", *words, "PBKDF2").strip().replace(":", "").lower()
    return [line, key.encode()]


@contextmanager
def plugged_in(seat: Seat) -> Iterator[Seat]:
    """Put the card into the board that is off."""
    run("chroot", str(seat.root), "sh", "-c", AS_AN_IMAGE)
    run("fusefat", "-o", "rw+,nonempty", str(seat.fat), str(seat.firmware))
    try:
        yield seat
    finally:
        seat.cut_power()
        run("umount", str(seat.firmware))


def assert_it_is_a_board(seat: Seat) -> None:
    """The board is whole: what its card said, and nothing of it left that others should not read."""
    wait_until(seat.is_done, FIRST_START_S)
    wait_until(lambda: seat.ssh("true").returncode == 0, pause_s=0.5)
    own_address = f"getent ahostsv4 {seat.board} | head -n 1 | cut -d' ' -f1"
    assert seat.say(f"hostname; cat /etc/hostname; {own_address}").split() == [
        seat.board, seat.board, "127.0.1.1",
    ]  # fmt: skip
    assert seat.say("sudo -n id --user") == "0"
    assert {"sudo", "video", "gpio"} <= set(seat.say("id --name --groups").split())
    assert seat.say("sudo passwd --status anna").split()[:2] == ["anna", "L"]
    told = (seat.firmware / "pilab/done.txt").read_text()
    assert told.startswith(f"seat: {seat.board}\n"), told
    assert told.endswith("\nend\n"), told
    assert "failed" not in told
    assert f"host key: {seat.known.key_of(seat.board)}" in told
    assert_its_card_says_where_it_was(seat)
    assert_no_secret_is_left(seat)


def assert_its_card_says_where_it_was(seat: Seat) -> None:
    """A board that has an address is told by none of these rules, and nothing that noted it is left behind."""
    note = seat.firmware / "pilab/done.txt"
    wait_until(lambda: "\naddress: " in note.read_text(), pause_s=0.5)
    assert f"\naddress: {seat.lab.address_of(seat.board)}" in note.read_text()
    found = {each.code: str(each.sentence) for each in card.diagnose(seat.firmware)}
    assert not set(found) & {"card-no-address", "card-failed", "card-not-started"}
    assert seat.lab.address_of(seat.board) in found["card-started"]
    wait_until(lambda: not [*(seat.root / "etc/systemd/system").rglob("pilab-card*")])


def assert_no_secret_is_left(seat: Seat) -> None:
    """Neither in a file nor in the part of the partition that is free."""
    wait_until(lambda: not (seat.root / "var/lib/pilab-card").exists())
    os.sync()
    left = seat.fat.read_bytes()
    assert [secret for secret in seat.secrets if secret in left] == []
    names = {path.name for path in seat.firmware.rglob("*")}
    gone = {"ssh_host_ed25519_key", "network-config", "wifi.nmconnection", "wpa_supplicant.conf", "custom.toml"}
    assert not names & gone
    assert not [name for name in names if name.endswith(".new")]
