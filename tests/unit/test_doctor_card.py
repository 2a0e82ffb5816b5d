from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from fleet.doctor.card import MOST_BYTES, diagnose
from fleet.doctor.finding import Level
from fleet.errors import InventoryError

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.doctor.finding import Finding

FIRSTBOOT = "init=/usr/lib/raspberrypi-sys-mods/firstboot"
CMDLINE = (
    "console=serial0,115200 console=tty1 root=PARTUUID=1-02 rootfstype=ext4 rootwait ds=nocloud;i=pilab-pi07-0a1b2c3d\n"
)
TRIXIE = {
    "config.txt": "camera_auto_detect=1\n[all]\n",
    "cmdline.txt": CMDLINE,
    "kernel8.img": "",
    "user-data": "#cloud-config\nhostname: pi07\nuser:\n  name: anna\n",
    "meta-data": "instance-id: pilab-pi07-0a1b2c3d\n",
    "network-config": "network:\n  version: 2\n",
    "pilab/seat": "name=pi07\naccount=anna\n",
}
DONE = "seat: pi07\ntime: 2026-11-27T08:00:00Z\naddresses: 192.168.1.107 \nhost key: ssh-ed25519 AAAA\n"
STARTED = {**TRIXIE, "user-data": "#cloud-config\n", "network-config": "", "pilab/done.txt": f"{DONE}end\n"}
BOOKWORM = {**TRIXIE, "cmdline.txt": CMDLINE.replace(" ds=", f" {FIRSTBOOT} ds="), "user-data": "", "meta-data": "",
            "custom.toml": "config_version = 1\n[system]\nhostname = 'pi07'\n"}  # fmt: skip
COMMAND = re.compile(r"type: (.*)\Z", re.DOTALL)


def card(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, newline="")
    return folder


def faults(folder: Path) -> dict[str, Finding]:
    return {each.code: each for each in diagnose(folder) if each.level is Level.FAULT}


# A card that was prepared and has not come to the end of its first start always says so.
WAITS = "card-not-started"
BROKEN: dict[str, tuple[list[str], dict[str, str]]] = {
    "two lines": (["cmdline-lines", WAITS], {**TRIXIE, "cmdline.txt": f"{CMDLINE}cfg80211.ieee80211_regdom=KR\n"}),
    "two lines of windows": (["cmdline-lines", WAITS], {**TRIXIE, "cmdline.txt": f"{CMDLINE.strip()}\r\nquiet\r\n"}),
    "no line": (["cmdline-empty", WAITS], {**TRIXIE, "cmdline.txt": "\n"}),
    "no root": (["cmdline-root", WAITS], {**TRIXIE, "cmdline.txt": "console=tty1\n"}),
    "no kernel": (["card-kernel", WAITS], {name: text for name, text in TRIXIE.items() if name != "kernel8.img"}),
    "no config": (["card-config", WAITS], {name: text for name, text in TRIXIE.items() if name != "config.txt"}),
    "repaired": (["card-damaged", WAITS], {**TRIXIE, "FSCK0000.REC": "x"}),
    "tab": (["user-data-yaml", WAITS], {**TRIXIE, "user-data": "#cloud-config\nuser:\n\tname: anna\n"}),
    "a list": (["user-data-yaml", WAITS], {**TRIXIE, "user-data": "#cloud-config\n- hostname\n"}),
    "a brace": (["network-config-yaml", WAITS], {**TRIXIE, "network-config": "network: {version: 2\n"}),
    "first line": (["user-data-first-line", WAITS], {**TRIXIE, "user-data": "hostname: pi07\n"}),
    "no id": (["instance-id", WAITS], {**TRIXIE, "meta-data": "instance_id: rpios-image\n"}),
    "two ids": (["instance-id-two", WAITS], {**TRIXIE, "meta-data": "instance-id: pilab-pi07-ffffffff\n"}),
    "late": (["user-data-late"], {**STARTED, "user-data": "#cloud-config\nhostname: pi08\n"}),
    "toml": (["custom-toml", WAITS], {**BOOKWORM, "custom.toml": "config_version = \n"}),
    "deep toml": (["custom-toml", WAITS], {**BOOKWORM, "custom.toml": f"a = {'[' * 5000}\n"}),
    "old toml": (["custom-toml-version", WAITS], {**BOOKWORM, "custom.toml": "[system]\n"}),
    "left toml": (["custom-toml-left", WAITS], {**BOOKWORM, "cmdline.txt": CMDLINE}),
    "failed": (["card-failed"], {**STARTED, "pilab/done.txt": f"{DONE}failed: there is no account anna\nend\n"}),
    "no address": (["card-no-address"], {**STARTED, "pilab/done.txt": DONE.replace("192.168.1.107 ", "")}),
    "secret": (["card-secret"], {**STARTED, "network-config": "wifis:\n  wlan0:\n    password: beef\n"}),
    "key": (["card-secret"], {**STARTED, "pilab/ssh_host_ed25519_key": "-----BEGIN"}),
    "bare": (["card-not-prepared"], {name: TRIXIE[name] for name in ("config.txt", "cmdline.txt", "kernel8.img")}),
    "long": (["card-file", WAITS], {**TRIXIE, "network-config": "x" * (MOST_BYTES + 1)}),
}
# Those whose fix is a command for this very folder.
MENDED = ("two lines", "two lines of windows", "first line", "no id", "two ids", "secret", "key")


@pytest.mark.parametrize(("codes", "files"), BROKEN.values(), ids=BROKEN)
def test_a_card_that_is_broken_in_one_way_says_which(tmp_path: Path, codes: list[str], files: dict[str, str]) -> None:
    found = faults(card(tmp_path, files))
    assert sorted(found) == sorted(codes)
    assert all(each.fix for each in found.values())


@pytest.mark.parametrize("name", MENDED)
def test_what_is_broken_is_mended_by_the_command_as_it_stands(tmp_path: Path, name: str) -> None:
    codes, files = BROKEN[name]
    folder = card(tmp_path / "boot fs", files)
    command = COMMAND.search(faults(folder)[codes[0]].fix)
    assert command
    subprocess.run(["sh", "-c", command[1]], check=True, capture_output=True)
    assert codes[0] not in faults(folder)


def test_two_lines_become_one_and_lose_no_word(tmp_path: Path) -> None:
    test_what_is_broken_is_mended_by_the_command_as_it_stands(tmp_path, "two lines of windows")
    assert (tmp_path / "boot fs/cmdline.txt").read_text().split() == [*CMDLINE.split(), "quiet"]


def test_a_card_that_did_its_first_start_tells_when_and_where(tmp_path: Path) -> None:
    (found,) = diagnose(card(tmp_path, STARTED))
    assert (found.level, found.code) == (Level.NOTE, "card-started")
    assert "as pi07, with the address 192.168.1.107" in found.sentence


def test_a_card_of_bookworm_that_waits_for_its_first_start_is_no_worse_than_that(tmp_path: Path) -> None:
    assert list(faults(card(tmp_path, BOOKWORM))) == [WAITS]


@pytest.mark.parametrize("make", [lambda _: None, lambda path: path.mkdir(), lambda path: path.write_text("x")])
def test_what_is_no_card_is_one_sentence(tmp_path: Path, make: object) -> None:
    place = tmp_path / "place"
    make(place)  # type: ignore[operator]
    with pytest.raises(InventoryError, match="--card"):
        diagnose(place)


@pytest.mark.timeout(20)
def test_a_card_that_means_harm_is_read_no_further_than_its_files_go(tmp_path: Path) -> None:
    aliases = "\n".join(f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]" for number in range(1, 40))
    folder = card(tmp_path, {**TRIXIE, "user-data": f"#cloud-config\na0: &a0 x\n{aliases}\n",
                             "network-config": "[" * 60_000, "pilab/seat": "name=$(reboot)\n"})  # fmt: skip
    (folder / "meta-data").unlink()
    os.mkfifo(folder / "meta-data")
    (folder / "custom.toml").symlink_to("/etc/passwd")
    found = diagnose(folder)
    assert [each.code for each in found if each.code == "card-file"] == ["card-file", "card-file"]
    assert not any("$(reboot)" in each.fix or "root:" in each.sentence for each in found)
