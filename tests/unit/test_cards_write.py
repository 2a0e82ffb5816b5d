"""Which cards are taken, which are refused, and what a refusal leaves behind: nothing."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from fleet.cards import folder, write
from fleet.cards import system as systems
from fleet.cards.card import ImageCard, MountedCard
from fleet.errors import CardError, PlanError
from tests.unit.card_parts import FIRSTBOOT, PMK, PRIVATE, ROOT, contents, fresh_card, seat, stock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IMAGER = (
    " cfg80211.ieee80211_regdom=GB systemd.run=/boot/firstrun.sh systemd.run_success_action=reboot"
    " systemd.unit=kernel-command-line.target"
)
needs_mtools = pytest.mark.skipif(
    not (shutil.which("mcopy") and shutil.which("sfdisk", path="/usr/sbin:/sbin:/usr/bin")),
    reason="mtools or sfdisk is not installed",
)


@pytest.mark.parametrize(
    ("release", "named"),
    [
        ("trixie", "Raspberry Pi OS trixie 2026-06-18, cloud-init"),
        ("bookworm", "Raspberry Pi OS bookworm 2025-05-13, custom.toml"),
        ("bullseye", "Raspberry Pi OS bullseye 2024-10-22, custom.toml"),
    ],
)
def test_a_fresh_card_becomes_that_of_a_seat(tmp_path: Path, release: str, named: str) -> None:
    card = MountedCard(fresh_card(tmp_path, release))
    assert str(write.put(card, seat())) == named
    assert write.owner_of(card) == "pi07"
    assert card.read("pilab/ssh_host_ed25519_key") == PRIVATE
    assert sorted(path for path in contents(tmp_path) if path.endswith(".new")) == []


def test_what_makes_a_card_count_comes_last(tmp_path: Path) -> None:
    for release, last in (("trixie", "meta-data"), ("bookworm", "cmdline.txt")):
        made = write.files(seat(), systems.of_card(MountedCard(fresh_card(tmp_path / release, release))))
        assert list(made)[-1] == last


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "", "\n\n", " \r\n\x1a"])
@pytest.mark.parametrize("begin", ["", "\ufeff"])
def test_the_command_line_stays_one_line_whoever_has_edited_it(tmp_path: Path, begin: str, end: str) -> None:
    line = f"{ROOT} resize ds=nocloud;i=rpi-imager-1 cfg80211.ieee80211_regdom=GB"
    card = MountedCard(fresh_card(tmp_path, **{"cmdline.txt": begin + line + end}))
    write.put(card, seat())
    written = card.read("cmdline.txt") or ""
    instance = yaml.safe_load(card.read("meta-data") or "")["instance-id"]
    assert written == f"{ROOT} resize ds=nocloud;i={instance} cfg80211.ieee80211_regdom=KR\n"


def test_every_writing_is_a_new_instance(tmp_path: Path) -> None:
    card = MountedCard(fresh_card(tmp_path))
    seen = set()
    for _ in range(3):
        write.put(card, seat())
        seen.add(card.read("meta-data"))
    assert len(seen) == 3


def test_what_imager_was_to_run_is_not_run_as_well(tmp_path: Path) -> None:
    card = MountedCard(fresh_card(tmp_path, "bookworm", **{"cmdline.txt": f"{ROOT} quiet {FIRSTBOOT}{IMAGER}\n"}))
    write.put(card, seat())
    words = (card.read("cmdline.txt") or "").split()
    assert [word for word in words if word.startswith("systemd.run=")] == ["systemd.run=/boot/firmware/pilab/first.sh"]
    assert FIRSTBOOT in words


def _started(path: Path) -> None:
    (path / "pilab").mkdir()
    (path / "pilab/seat").write_text("name=pi03\n")
    (path / "pilab/done.txt").write_text("seat: pi03\n")


def _others(path: Path) -> None:
    (path / "pilab").mkdir()
    (path / "pilab/seat").write_text("name=pi03\r\n")


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "another seat's": (_others, "is pi03's; to make it pi07's, type the command with --force."),
    "started": (_started, "is pi03's, which has started from it: write its system anew with Raspberry Pi Imager."),
    "started by somebody": (
        lambda path: (path / "cmdline.txt").write_text(f"{ROOT}\n"),
        "A board has started from the card at ",
    ),
    "two lines": (
        lambda path: (path / "cmdline.txt").write_text(f"{ROOT} resize\r\nds=nocloud\r\n"),
        "has 2 lines, and the board reads one",
    ),
    "of Windows": (
        lambda path: (path / "cmdline.txt").write_text(f"{ROOT} resize\n", encoding="utf-16"),
        "cmdline.txt on ",
    ),
    "no line": (lambda path: (path / "cmdline.txt").write_text("\n"), "has 0 lines"),
    "Ubuntu": (lambda path: (path / "issue.txt").unlink(), "is not Raspberry Pi OS"),
    "another distribution": (lambda path: (path / "issue.txt").write_text("Ubuntu 24.04\n"), "is not Raspberry Pi OS"),
    "no card": (lambda path: (path / "config.txt").unlink(), "is not the FAT partition of a card"),
    "half of cloud-init": (lambda path: (path / "meta-data").unlink(), "is not known, or has been started already"),
    "binary": (lambda path: (path / "issue.txt").write_bytes(b"\xff" * 500_000), "is not Raspberry Pi OS"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_card_that_cannot_be_used_is_refused_and_left_as_it_is(tmp_path: Path, what: str) -> None:
    spoil, sentence = WRONG[what]
    spoil(fresh_card(tmp_path))
    before = contents(tmp_path)
    with pytest.raises(CardError) as refused:
        write.put(MountedCard(tmp_path), seat())
    assert sentence in str(refused.value)
    assert str(tmp_path) in str(refused.value)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("what", "taken"), [("another seat's", True), ("started by somebody", True), ("started", False), ("Ubuntu", False)]
)
def test_force_takes_a_card_that_still_can_become_another(tmp_path: Path, what: str, taken: bool) -> None:  # noqa: FBT001
    WRONG[what][0](fresh_card(tmp_path))
    if taken:
        write.put(MountedCard(tmp_path), seat(), force=True)
    else:
        with pytest.raises(CardError):
            write.put(MountedCard(tmp_path), seat(), force=True)
    assert (write.owner_of(MountedCard(tmp_path)) == "pi07") is taken


def test_a_started_card_of_bookworm_has_nothing_left_to_be_told_by(tmp_path: Path) -> None:
    fresh_card(tmp_path, "bookworm", **{"cmdline.txt": f"{ROOT}\n"})
    with pytest.raises(CardError, match=r"2025-05-13.*has been started already"):
        write.put(MountedCard(tmp_path), seat())


def test_a_card_without_room_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh_card(tmp_path)
    before = contents(tmp_path)
    monkeypatch.setattr(MountedCard, "free_bytes", lambda _: 1000)
    with pytest.raises(CardError, match="has 1000 bytes free, and"):
        write.put(MountedCard(tmp_path), seat())
    assert contents(tmp_path) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
@pytest.mark.parametrize(("options", "sentence"), [("ro,remount", "is write-protected"), ("", "bytes free, and")])
def test_a_card_that_is_full_or_write_protected_says_so_itself(tmp_path: Path, options: str, sentence: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "card", str(tmp_path)], check=True)
    try:
        fresh_card(tmp_path)
        if options:
            subprocess.run(["mount", "-o", options, str(tmp_path)], check=True)
        else:
            (tmp_path / "start.elf").write_bytes(b"\0" * 100_000)
        before = contents(tmp_path)
        with pytest.raises(CardError, match=sentence):
            write.put(MountedCard(tmp_path), seat())
        assert contents(tmp_path) == before
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_card_that_fills_up_in_between_keeps_the_file_that_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh_card(tmp_path)
    real, left = os.fsync, [3]

    def fill(number: int) -> None:
        left[0] -= 1
        if not left[0]:
            raise OSError(28, "No space left on device")
        real(number)

    monkeypatch.setattr(os, "fsync", fill)
    with pytest.raises(CardError, match="is full; write its system anew"):
        write.put(MountedCard(tmp_path), seat())
    assert (tmp_path / "meta-data").read_text() == stock("trixie")["meta-data"]
    assert not list(tmp_path.rglob("*.new"))
    write.put(MountedCard(tmp_path), seat())
    assert "instance-id: pilab-pi07-" in (tmp_path / "meta-data").read_text()


def test_a_card_that_is_taken_out_in_between_has_what_it_had_and_can_be_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh_card(tmp_path)
    real, left = os.fsync, [3]

    def lose(number: int) -> None:
        left[0] -= 1
        if left[0] <= 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(number)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lose)
        with pytest.raises(CardError, match="was taken out or is broken: Input/output error"):
            write.put(MountedCard(tmp_path), seat())
    assert {name: (tmp_path / name).read_text() for name in stock("trixie")} == stock("trixie")
    write.put(MountedCard(tmp_path), seat())
    assert write.owner_of(MountedCard(tmp_path)) == "pi07"


def test_a_folder_has_exactly_the_files_of_a_seat_and_an_earlier_one_gives_way(tmp_path: Path) -> None:
    system = systems.of_release("trixie")
    path = folder.put(tmp_path, seat(), system)
    folder.put(tmp_path, seat(wifi=None), system)
    assert sorted(contents(path)) == [
        "meta-data", "pilab/authorized_keys", "pilab/first.sh", "pilab/seat", "pilab/ssh_host_ed25519_key", "user-data",
    ]  # fmt: skip
    assert path.stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.iterdir()] == ["pi07"]


def test_a_folder_of_somebody_else_stays(tmp_path: Path) -> None:
    (tmp_path / "pi07").mkdir()
    (tmp_path / "pi07/homework.txt").write_text("mine")
    with pytest.raises(CardError, match="pi07 is not of Pilab's making"):
        folder.put(tmp_path, seat(), systems.of_release("trixie"))
    assert contents(tmp_path) == {"pi07/homework.txt": b"mine"}


@pytest.mark.parametrize("release", ["bookworm", "bullseye", "forky", ""])
def test_a_folder_for_another_release_asks_for_its_card(release: str) -> None:
    with pytest.raises(PlanError, match="show one with --like"):
        systems.of_release(release)


def image(path: Path, release: str = "trixie", table: str = "label: dos\n8192,20480,c\n28672,,83\n") -> Path:
    """An image as pi-gen makes it, small: a table of partitions, and FAT on the first."""
    with path.open("wb") as file:
        file.truncate(16 * 2**20)
    subprocess.run(
        ["sfdisk", "-q", str(path)], input=table, text=True, check=True, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}
    )
    at = f"{path}@@{8192 * 512}"
    subprocess.run(["mformat", "-i", at, "-T", "20480", "-v", "bootfs", "::"], check=True)
    stocked = fresh_card(path.with_suffix(".fat"), release)
    for each in stocked.iterdir():
        subprocess.run(["mcopy", "-i", at, str(each), f"::{each.name}"], check=True)
    return path


@needs_mtools
@pytest.mark.parametrize("release", ["trixie", "bookworm"])
@pytest.mark.parametrize(
    "table", ["label: dos\n8192,20480,c\n28672,,83\n", "label: gpt\n8192,20480,U\n28672,4000,L\n"], ids=["dos", "gpt"]
)
def test_an_image_is_written_without_root_and_reads_as_a_card_would(tmp_path: Path, release: str, table: str) -> None:
    card = ImageCard(image(tmp_path / "pi.img", release, table))
    assert write.put(card, seat()).release == release
    write.put(card, seat())
    again = ImageCard(tmp_path / "pi.img")
    read = tmp_path / "read"
    read.mkdir()
    subprocess.run(["mcopy", "-s", "-i", f"{tmp_path / 'pi.img'}@@{8192 * 512}", "::pilab", str(read)], check=True)
    assert contents(read)["pilab/first.sh"] == write.FIRST.read_bytes()
    assert contents(read)["pilab/ssh_host_ed25519_key"] == PRIVATE.encode()
    assert write.owner_of(again) == "pi07"
    assert PMK in (again.read("network-config") or "" if release == "trixie" else PMK)
    assert len((again.read("cmdline.txt") or "").splitlines()) == 1
    with pytest.raises(CardError, match="is pi07's; to make it pi08's"):
        write.put(again, seat(name="pi08"))


@needs_mtools
def test_an_image_that_is_cut_off_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    cut = image(tmp_path / "pi.img")
    os.truncate(cut, 15 * 2**20)
    before = cut.read_bytes()
    with pytest.raises(CardError, match=r"pi\.img is cut off: it has 15728640 bytes, and its table speaks of 16777216"):
        write.put(ImageCard(cut), seat())
    assert cut.read_bytes() == before


@needs_mtools
def test_an_image_that_is_full_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = image(tmp_path / "pi.img")
    (tmp_path / "start.elf").write_bytes(b"\0" * (10 * 2**20 - 150_000))
    subprocess.run(["mcopy", "-i", f"{path}@@{8192 * 512}", str(tmp_path / "start.elf"), "::start.elf"], check=True)
    before = path.read_bytes()
    with pytest.raises(CardError, match="bytes free, and"):
        write.put(ImageCard(path), seat())
    assert path.read_bytes() == before


@needs_mtools
@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("none.img", None, "There is no image "),
        ("pi.img.xz", b"\xfd7zXZ", "is compressed; unpack it first"),
        ("empty.img", b"", "is no image of a card"),
        ("noise.img", b"\x5a" * 100_000, "is no image of a card"),
    ],
)
def test_what_is_no_image_is_refused(tmp_path: Path, name: str, content: bytes | None, sentence: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CardError, match=sentence):
        ImageCard(tmp_path / name)


def test_a_program_that_is_missing_is_named_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pi.img").touch()
    monkeypatch.setattr("fleet.cards.programs.subprocess.run", _gone)
    with pytest.raises(CardError, match="sfdisk is missing; install it with: sudo apt-get install fdisk"):
        ImageCard(tmp_path / "pi.img")


def _gone(*_: object, **__: object) -> None:
    raise FileNotFoundError
