"""The literal `invoke cards --into` and `emulate.up --image`: a prepared image starts once, and stays as it is."""

from __future__ import annotations

import hashlib
import os
import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest

from fleet.cards.card import ImageCard
from tests.emulated import debian
from tests.emulated.conftest import say
from tests.rehearsal.conftest import own_room, typed
from virtual import needs, place
from virtual.errors import NeedsError
from virtual.machines import vm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.emulated, pytest.mark.timeout(14400)]

TRIAL_TIMEOUT_S = 5400
BOARD = "pi07"
SETTINGS = 'card_wifi_ssid: "학교 5G"\ncard_wifi_password: "open sesame"\ncard_country: KR\ncard_timezone: Asia/Seoul\n'
PROMISED = ("answer", "name", "account", "root", "first start", "secrets", "restart")


class Teacher(NamedTuple):
    """Who prepared an image: the folder with list and keys, and the image."""

    folder: Path
    image: Path

    def try_it(self) -> tuple[int, dict[str, str], str]:
        """What is told of each thing that the card promised, after `invoke emulate.up --image`."""
        done = typed("invoke", "emulate.up", "--image", str(self.image), timeout_s=TRIAL_TIMEOUT_S)
        say(done.stdout + done.stderr)
        lines = done.stdout.splitlines()
        rows = {what: line[len(what) :].strip() for what in PROMISED for line in lines if line.startswith(f"{what}  ")}
        return done.returncode, rows, done.stdout + done.stderr


@pytest.fixture(scope="module")
def stock() -> Iterator[Path]:
    """An image of Debian in the shape of Raspberry Pi OS, in a place apart from the other emulated Pi."""
    if os.geteuid() != 0:
        pytest.skip("emulated Pis need root")
    try:
        needs.check(needs.EMULATED_PIS)
    except NeedsError as error:
        pytest.fail(str(error))
    with own_room("f"):
        typed("invoke", "emulate.down")
        yield debian.ensure()
        typed("invoke", "emulate.down")


@pytest.fixture
def teacher(stock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Teacher]:
    """A teacher who has typed `invoke cards --into` for one board."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    way = f"ansible_user=anna ansible_ssh_private_key_file={tmp_path / 'key'}"
    (tmp_path / "inventory.ini").write_text(f"[lab]\n{BOARD} {way}\n")
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars/all.yml").write_text(SETTINGS)
    monkeypatch.setenv("ANSIBLE_INVENTORY", f"virtual/inventory.py,{tmp_path / 'inventory.ini'}")
    image = tmp_path / "card.img"
    subprocess.run(["cp", "--sparse=always", stock, image], check=True)
    done = typed("invoke", "cards", "--hosts", BOARD, "--into", str(image))
    assert done.returncode == 0, done.stdout + done.stderr
    yield Teacher(tmp_path, image)
    typed("invoke", "emulate.down")


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def test_a_prepared_image_is_tried_and_is_what_its_card_says(teacher: Teacher) -> None:
    before = digest(teacher.image)
    status, rows, said = teacher.try_it()
    assert status == 0, said
    assert rows == dict.fromkeys(PROMISED, "fine"), said
    assert digest(teacher.image) == before
    # An emulated processor beside other work was seen to take longer than the 15 s that a board has for sudo.
    ping = typed("ansible", "emu01", "-m", "ansible.builtin.ping", "--become", "--timeout", "300", timeout_s=900)
    assert ping.returncode == 0, ping.stdout + ping.stderr
    again = typed("invoke", "emulate.up", "--image", str(teacher.image))
    assert (again.returncode, "take it down with: invoke emulate.down" in again.stderr) == (1, True), again.stderr
    assert typed("invoke", "emulate.down").returncode == 0
    here = place.emulation()
    assert not vm.running(here)
    assert not here.guests.exists()
    assert digest(teacher.image) == before


def test_what_the_first_start_leaves_undone_is_said_and_the_command_fails(teacher: Teacher) -> None:
    """A script that wipes nothing: the rest of the start is as it should be."""
    card = ImageCard(teacher.image)
    script = card.read("pilab/first.sh")
    assert script
    wipes = '[ ! -f "$file" ] || shred'
    assert wipes in script
    card.write({"pilab/first.sh": script.replace(wipes, "true || shred")})
    status, rows, said = teacher.try_it()
    assert status == 1, said
    wrong = rows.pop("secrets")
    assert "a secret is still on it" in wrong, said
    assert rows == dict.fromkeys(set(PROMISED) - {"secrets"}, "fine"), said


def test_a_board_that_never_answers_is_told_by_its_card_and_nothing_stays_up(teacher: Teacher) -> None:
    card = ImageCard(teacher.image)
    line = card.read("cmdline.txt")
    assert line
    card.write({"cmdline.txt": line.replace(" resize", " resize init=/nonexistent")})
    status, rows, said = teacher.try_it()
    assert status == 1, said
    assert "gave up (Kernel panic" in rows["answer"]
    assert "its first start did not come to its end" in rows["first start"]
    assert not vm.running(place.emulation())
