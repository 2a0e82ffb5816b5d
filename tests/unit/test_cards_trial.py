"""An image that was made the card of a board: which can be tried, and what its first start has to have done."""

from __future__ import annotations

import lzma
import os
import shutil
import subprocess
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fleet.boards.inventory import Board
from fleet.cards import image, prepared, write
from fleet.cards.card import ImageCard
from fleet.cards.formats.custom_toml import CustomToml
from fleet.cards.seat import HostKey, Seat
from fleet.doctor import trial
from fleet.errors import CardError, InventoryError
from tests.unit import card_parts
from tests.unit.card_parts import small_image

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.fleet_sshd import Sshd

pytestmark = pytest.mark.skipif(shutil.which("mformat") is None, reason="mtools is needed")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The keys of a teacher, of a board, and of somebody else."""
    folder = tmp_path_factory.mktemp("keys")
    for name, words in {"teacher": "", "board": "", "other": "", "locked": "secret"}.items():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", words, "-C", name, "-f", folder / name], check=True)
    return folder


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Path:
    """The image of a card that was prepared for pi07."""
    folder = tmp_path_factory.mktemp("fresh")
    path = small_image(folder / "card.img", card_parts.fresh_card(folder / "stock", **{"kernel8.img": "kernel"}))
    write.put(ImageCard(path), seat(keys))
    return path


def seat(keys: Path, opened_by: str = "teacher") -> Seat:
    public = (keys / f"{opened_by}.pub").read_text().strip()
    host_key = HostKey((keys / "board").read_text(), card_parts.key_of(keys / "board"))
    return card_parts.seat(authorized_keys=(public,), host_key=host_key)


@pytest.fixture
def room(tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a teacher whose list has pi07, known by the key on its card."""
    (tmp_path / "inventory.ini").write_text("[lab]\npi07\n")
    (tmp_path / "known_hosts").write_text(f"pi07 {card_parts.key_of(keys / 'board')}\n")
    monkeypatch.setenv("ANSIBLE_INVENTORY", str(tmp_path / "inventory.ini"))
    return tmp_path


def board(keys: Path, key: str = "teacher", name: str = "pi07") -> Board:
    return Board(name, name, user="anna", key_file=str(keys / key))


def read(path: Path, boards: list[Board]) -> prepared.Prepared:
    return prepared.read(path, boards)


def test_a_card_says_whose_it_is_and_with_which_key_it_is_opened(fresh: Path, room: Path, keys: Path) -> None:
    before = fresh.read_bytes()
    found = read(fresh, [board(keys, name="pi01"), board(keys)])
    assert (found.name, found.account, found.asks_for_sudo) == ("pi07", "anna", False)
    assert (found.key_file, found.known_hosts) == (keys / "teacher", room / "known_hosts")
    assert (found.table.boot.start, found.table.root.number) == (8192 * 512, 2)
    assert "Raspberry Pi OS trixie 2026-06-18" in str(found.system)
    assert fresh.read_bytes() == before


def test_what_is_secret_is_the_secret_half_of_the_host_key_and_the_key_of_the_network(
    fresh: Path,
    room: Path,  # noqa: ARG001 - it is in the environment
    keys: Path,
) -> None:
    host, network = read(fresh, [board(keys)]).secrets
    lines = (keys / "board").read_text().splitlines()
    # Its seed has 32 bytes from byte 161 on (PROTOCOL.key of OpenSSH), and a line 52.
    assert host.decode() == lines[4]
    assert network.decode() == card_parts.PMK


def changed(path: Path, fresh: Path, name: str, text: str) -> Path:
    shutil.copy(fresh, path)
    ImageCard(path).write({name: text})
    return path


def test_what_no_first_start_can_be_tried_of_is_refused_with_what_to_type(
    fresh: Path, room: Path, keys: Path, tmp_path: Path
) -> None:
    mine = [board(keys)]
    cases = {
        "started.img": (write.DONE, "end\n", "A board has started from .* already, .*--again pi07 --into"),
        "silent.img": (
            write.SEAT,
            "name=pi07\naccount=anna\nsudo=free\n",
            "does not say host_key; make the card again",
        ),
        "root.img": ("cmdline.txt", "root=PARTUUID=deadbeef-02 resize\n", "the partition of Linux is 4d8fd085-02"),
        "system.img": ("issue.txt", "Armbian\n", "is not Raspberry Pi OS"),
    }
    for name, (file, text, sentence) in cases.items():
        with pytest.raises(CardError, match=sentence):
            read(changed(tmp_path / name, fresh, file, text), mine)
    bare = small_image(tmp_path / "bare.img", card_parts.fresh_card(tmp_path / "stock"))
    with pytest.raises(CardError, match=r"was not prepared, .*invoke cards --into .*bare.img --hosts BOARD"):
        read(bare, mine)
    with pytest.raises(InventoryError, match=r"is the card of pi07, and the inventory has no such board"):
        read(fresh, [board(keys, name="pi08")])
    (room / "known_hosts").write_text(f"pi07 {card_parts.PUBLIC}\n")
    with pytest.raises(CardError, match=r"has another host key than .*known_hosts has for pi07: a later card"):
        read(fresh, mine)


def test_a_key_that_opens_nothing_or_has_a_passphrase_is_named(
    fresh: Path,
    room: Path,  # noqa: ARG001 - it is in the environment
    keys: Path,
    tmp_path: Path,
) -> None:
    with pytest.raises(CardError, match=r"None of your keys opens .*\(.*other\); name one with"):
        read(fresh, [board(keys, "other")])
    locked = small_image(tmp_path / "locked.img", card_parts.fresh_card(tmp_path / "stock"))
    write.put(ImageCard(locked), seat(keys, "locked"))
    with pytest.raises(CardError, match=r"The key .*locked has a passphrase"):
        read(locked, [board(keys, "locked")])


def test_an_image_of_32_bits_or_without_a_system_or_cut_off_is_refused(tmp_path: Path) -> None:
    old = small_image(tmp_path / "old.img", card_parts.fresh_card(tmp_path / "stock"), "armhf")
    with pytest.raises(CardError, match=r"old.img is an image of 32 bits, and an emulated Pi has 64"):
        image.see_that_it_has_64_bits(image.read(old))
    with old.open("r+b") as file:
        file.truncate(30_000 * 512)
    with pytest.raises(CardError, match=r"is cut off: it has 15360000 bytes, and its table speaks of 35651584"):
        image.see_that_it_has_64_bits(image.read(old))
    noise = tmp_path / "noise.img"
    table = "label: dos\n8192,20480,c\n28672,,83\n"
    noise.write_bytes(bytes(69632 * 512))
    subprocess.run(["/usr/sbin/sfdisk", "--quiet", str(noise)], input=table, text=True, check=True)
    with pytest.raises(CardError, match=r"holds no system of Debian's on its partition 2"):
        image.see_that_it_has_64_bits(image.read(noise))


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("label: dos\n8192,20480,83\n", "has no FAT partition"),
        ("label: dos\n8192,20480,c\n", "has no partition of Linux behind the first"),
        ("label: gpt\n8192,20480,U\n", "has no partition of Linux behind the first"),
    ],
)
def test_a_table_without_a_partition_that_a_board_needs_is_refused(tmp_path: Path, table: str, sentence: str) -> None:
    path = tmp_path / "pi.img"
    path.write_bytes(bytes(40_000 * 512))
    subprocess.run(["/usr/sbin/sfdisk", "--quiet", str(path)], input=table, text=True, check=True)
    found = image.read(path)
    with pytest.raises(CardError, match=sentence):
        assert found.boot != found.root


def test_what_is_compressed_is_refused_whatever_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "2026-06-18 raspios.img"
    path.write_bytes(lzma.compress(bytes(1000)))
    with pytest.raises(CardError, match=r"is compressed; .*xz --decompress --keep '.*2026-06-18 raspios\.img'"):
        image.read(path)


def test_an_image_that_somebody_writes_to_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pi.img"
    path.write_bytes(bytes(512))
    image.see_that_nobody_writes(path)
    with path.open("r+b"), pytest.raises(CardError, match=r"is being written by another program"):
        image.see_that_nobody_writes(path)
    image.see_that_nobody_writes(path)


@pytest.fixture
def card(fresh: Path, room: Path, keys: Path) -> prepared.Prepared:  # noqa: ARG001 - the room is in the environment
    return read(fresh, [board(keys)])


GOOD = trial.Told("pi07", "pi07", "anna", frozenset({"anna", "sudo", "video"}), "0")


def codes(rows: list[trial.Row]) -> dict[str, list[str]]:
    return {row.what: [each.code for each in row.findings] for row in rows}


def test_a_board_that_is_what_its_card_says_has_a_word_for_each_thing(card: prepared.Prepared) -> None:
    assert codes(trial.of_told(card, GOOD)) == {"name": [], "account": [], "root": []}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"hostname": "raspberrypi"}, {"name": ["trial-name"]}),
        ({"written": "raspberrypi"}, {"name": ["trial-name"]}),
        ({"account": "pi"}, {"account": ["trial-account"]}),
        ({"groups": frozenset({"anna"})}, {"account": ["trial-groups"]}),
        ({"root": "sudo: a password is required"}, {"root": ["trial-sudo"]}),
        ({"hostname": "", "written": "", "account": "", "groups": frozenset(), "root": ""},
         {"name": ["trial-name"], "account": ["trial-account"], "root": ["trial-sudo"]}),
    ],
)  # fmt: skip
def test_what_is_not_as_the_card_says_is_found(
    card: prepared.Prepared, changes: dict[str, object], found: dict[str, list[str]]
) -> None:
    rows = codes(trial.of_told(card, replace(GOOD, **changes)))  # type: ignore[arg-type]
    assert {what: each for what, each in rows.items() if each} == found


def test_sudo_that_should_ask_and_does_not_is_found(card: prepared.Prepared) -> None:
    asking = replace(card, asks_for_sudo=True)
    assert codes(trial.of_told(asking, GOOD))["root"] == ["trial-sudo-free"]
    assert codes(trial.of_told(asking, replace(GOOD, root="sudo: a password is required")))["root"] == []


def bootfs(path: Path, fresh: Path, *, scrubbed: bool, note: str) -> Path:
    """The FAT partition by itself, as a first start leaves it."""
    whole = path.with_suffix(".whole")
    shutil.copy(fresh, whole)
    if scrubbed:
        for name in (prepared.HOST_KEY, "network-config"):
            subprocess.run(["mdel", "-i", f"{whole}@@{8192 * 512}", f"::{name}"], check=True)
        ImageCard(whole).write({"user-data": "#cloud-config\n"})
    if note:
        ImageCard(whole).write({write.DONE: note})
    with whole.open("rb") as file:
        file.seek(8192 * 512)
        path.write_bytes(file.read(20480 * 512))
    return path


NOTE = "seat: pi07\ntime: 2026-11-27T09:12:44Z\naddress: 10.0.2.15\nhost key: ssh-ed25519 AAAA\n"


def test_a_first_start_is_over_once_the_address_is_noted_and_not_before(
    card: prepared.Prepared, sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "PAUSE_S", 0.1)
    note = tmp_path / write.DONE
    note.parent.mkdir()
    note.write_text(NOTE.replace("address: 10.0.2.15\n", ""))
    there = replace(card, system=replace(card.system, format=CustomToml(str(tmp_path))))
    later = threading.Timer(1.0, note.write_text, [NOTE])
    later.start()
    trial.wait_until_over(there, sshd.board())
    found = note.read_text()
    later.join()
    assert found == NOTE
    monkeypatch.setattr(trial, "OVER_LIMIT_S", 0.5)
    note.unlink()
    trial.wait_until_over(there, sshd.board())


def test_bytes_of_a_secret_are_found_where_no_file_has_them_any_more(
    card: prepared.Prepared, fresh: Path, tmp_path: Path
) -> None:
    path = bootfs(tmp_path / "fat", fresh, scrubbed=True, note=f"{NOTE}end\n")
    assert codes(trial.of_bootfs(card, path)) == {"first start": ["card-started"], "secrets": ["trial-secret"]}
    content = path.read_bytes()
    for secret in card.secrets:
        content = content.replace(secret, b"x" * len(secret))
    path.write_bytes(content)
    assert codes(trial.of_bootfs(card, path)) == {"first start": ["card-started"], "secrets": []}


def test_a_start_that_failed_in_a_part_says_which_and_how_the_image_is_made_again(
    card: prepared.Prepared, fresh: Path, tmp_path: Path
) -> None:
    path = bootfs(tmp_path / "fat", fresh, scrubbed=False, note=f"{NOTE}failed: the Wi-Fi country is not set\nend\n")
    start, secrets = trial.of_bootfs(card, path)
    (failed,) = [each for each in start.findings if each.code == "card-failed"]
    assert "the Wi-Fi country is not set" in failed.sentence
    assert failed.fix == f"type: invoke cards --again pi07 --into {card.path}"
    assert {"card-secret", "trial-secret"} == {each.code for each in secrets.findings}
    assert not secrets.is_fine


def test_a_board_that_never_answered_is_told_by_its_card(card: prepared.Prepared, fresh: Path, tmp_path: Path) -> None:
    path = bootfs(tmp_path / "fat", fresh, scrubbed=False, note="")
    rows = trial.silent(card, path, "emu01 did not answer within 2400 s; see failed.log.")
    assert codes(rows) == {"answer": ["silent"], "first start": ["card-not-started"]}
    assert not rows[0].is_fine


def test_what_is_no_file_system_is_told(card: prepared.Prepared, tmp_path: Path) -> None:
    (tmp_path / "fat").write_bytes(os.urandom(100_000))
    with pytest.raises(CardError, match="holds no FAT file system"):
        trial.of_bootfs(card, tmp_path / "fat")
