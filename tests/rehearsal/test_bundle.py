"""A room that is cut off from everything but the teacher's computer, and is provisioned from the bundle."""

from __future__ import annotations

import json
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal import power
from tests.rehearsal.checkout import CHECKOUT
from tests.rehearsal.conftest import BOARDS, PLAYBOOK_TIMEOUT_S, PURGE, Lab, room_apart, typed
from tests.rehearsal.gates import without_ssh
from tests.rehearsal.playbooks import playbook, rows
from virtual.containers import faults, room

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]

FOLDER = CHECKOUT / "bundle"
FROM_BUNDLE = ("-e", "base_from_bundle=true")
# The board that is off, or has no bundle, where the others have what they need.
OTHER = "pi03"
REACHES_OUT = "python3 -c 'import socket; socket.create_connection((\"deb.debian.org\", 80), 5)'"


@dataclass(frozen=True)
class Bundled(Lab):
    """Boards that are cut off, some of them with a bundle of their kind on the teacher's computer."""

    boards: tuple[str, ...]

    @property
    def limit(self) -> tuple[str, str]:
        return "--limit", ":".join(self.boards)


# Every release takes minutes, so it is one of them beside a board that has no bundle; `make test-long` has them all.
@pytest.fixture(
    scope="module",
    params=[
        pytest.param(("pi02",), id="one release"),
        pytest.param(BOARDS, id="all releases", marks=pytest.mark.long),
    ],
)
def bundled(may_boot: None, request: pytest.FixtureRequest) -> Iterator[Bundled]:  # noqa: ARG001 - it comes first
    """Boards that nobody has provisioned, and a bundle that was gathered from them; then the room is cut off."""
    with room_apart("b") as here:
        lab = Bundled(here, room.up(sorted({int(name[2:]) for name in (*request.param, OTHER)}), print), request.param)
        gathered = typed("invoke", "bundle", "--hosts", ",".join(lab.boards), timeout_s=PLAYBOOK_TIMEOUT_S)
        assert gathered.returncode == 0, gathered.stdout + gathered.stderr
        lab.say("pi02", power.KEEP_FOR_AN_UNPACKING)
        for one in lab.room.guests:
            lab.say(one.name, "sudo find /var/lib/apt/lists /var/cache/apt -type f -delete")
        with faults.cut_off(here):
            yield lab


def test_a_bundle_says_what_is_in_it(bundled: Bundled) -> None:
    for name in bundled.boards:
        index = json.loads((FOLDER / f"{bundled.guest(name).release}-amd64.json").read_text())
        assert {"htop", "python3-opencv"} <= set(index["names"])
        assert {"htop", "python3-opencv"} <= {package["name"] for package in index["packages"]}


def test_a_room_that_is_cut_off_is_told_so_without_a_bundle(bundled: Bundled) -> None:
    names = [one.name for one in bundled.room.guests]
    assert all(bundled.ssh(name, REACHES_OUT).returncode for name in names)
    status, output = playbook()
    assert status != 0
    assert all(rows(output)[name].startswith("it cannot reach its package sources") for name in names), output


def test_a_look_shows_what_the_bundle_would_bring_and_leaves_nothing(bundled: Lab) -> None:
    _, output = playbook(*FROM_BUNDLE, "--check", "--tags", "base", "--limit", "pi02")
    assert rows(output)["pi02"] == "would be changed in base", output
    bundled.say("pi02", "! which htop && ! ls /var/cache/pilab")


def test_a_room_that_is_cut_off_is_provisioned_from_the_bundle(bundled: Bundled) -> None:
    status, output = playbook(*FROM_BUNDLE, *bundled.limit, timeout_s=PLAYBOOK_TIMEOUT_S)
    assert status == 0, output
    assert all("base" in rows(output)[name] for name in bundled.boards)
    for name in bundled.boards:
        assert bundled.say(name, "systemctl is-active pilab-agent") == "active"
        bundled.say(name, "which htop byobu gcc && python3 -c 'import cv2'")
        # The room that the bundle took is free again, and the board's own lists are as they were: empty.
        bundled.say(
            name, "! ls /var/cache/pilab; ! find /var/lib/apt/lists /var/cache/apt/archives -type f -size +0 | grep ."
        )
    assert rows(playbook(*FROM_BUNDLE, *bundled.limit)[1]) == dict.fromkeys(bundled.boards, "nothing to change")


def test_a_board_whose_installation_was_cut_short_is_mended_from_the_bundle(bundled: Bundled) -> None:
    power.cut_short_an_unpacking(bundled, "pi02")
    status, output = playbook(*FROM_BUNDLE, *bundled.limit)
    assert status == 0, output
    assert bundled.say("pi02", "sudo dpkg --audit") == ""
    bundled.say("pi02", "which byobu tmux && ! ls /var/cache/pilab")


@contextmanager
def one_byte_changed(archive: str, member: str) -> Iterator[None]:
    """Damage a file in the middle of a bundle, which stays as large as it was."""
    with tarfile.open(FOLDER / archive) as tar:
        entry = next(each for each in tar if member in each.name)
    middle = entry.offset_data + entry.size // 2
    flip(archive, middle)
    try:
        yield
    finally:
        flip(archive, middle)


def flip(archive: str, at: int) -> None:
    with (FOLDER / archive).open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


@pytest.fixture(scope="module")
def without_htop(bundled: Lab) -> Lab:
    bundled.say("pi02", f"{PURGE} htop")
    return bundled


@pytest.mark.parametrize("member", ["/htop_", "dists/bookworm/InRelease", "dists/bookworm/main/binary-amd64/Packages"])
def test_a_bundle_that_was_changed_is_not_installed(without_htop: Lab, member: str) -> None:
    with one_byte_changed("bookworm-amd64.tar", member):
        status, output = playbook(*FROM_BUNDLE, "--limit", "pi02")
    assert status != 0
    assert (
        rows(output)["pi02"] == "the bundle is damaged, or not what was published: gather it again with `invoke bundle`"
    )
    without_htop.say("pi02", "! which htop && ! ls /var/cache/pilab")


def test_a_bundle_from_before_a_package_was_wanted_names_it(without_htop: Lab) -> None:
    index = FOLDER / "bookworm-amd64.json"
    whole = index.read_text()
    told = json.loads(whole)
    index.write_text(json.dumps(told | {"names": [name for name in told["names"] if name != "htop"]}))
    try:
        status, output = playbook(*FROM_BUNDLE, "--limit", "pi02")
    finally:
        index.write_text(whole)
    assert status != 0
    assert (
        rows(output)["pi02"] == "the bundle has no htop: gather it again with `invoke bundle` where there is internet."
    )
    without_htop.say("pi02", "! which htop && ! ls /var/cache/pilab")


def test_a_bundle_that_is_whole_again_is_installed(without_htop: Lab) -> None:
    assert rows(playbook(*FROM_BUNDLE, "--limit", "pi02")[1])["pi02"] == "changed in base"
    without_htop.say("pi02", "which htop")


@pytest.fixture
def without_one(bundled: Bundled) -> Iterator[str]:
    """A board that needs a package, and whose kind has no bundle."""
    index, kept = FOLDER / "trixie-amd64.json", FOLDER / "trixie-amd64.kept"
    bundled.ssh(OTHER, f"{PURGE} htop")
    if index.exists():
        index.rename(kept)
    yield OTHER
    if kept.exists():
        kept.rename(index)


def test_a_board_without_a_bundle_of_its_kind_is_refused_before_anything_changes(
    bundled: Bundled, without_one: str
) -> None:
    status, output = playbook(*FROM_BUNDLE)
    assert status != 0
    assert rows(output) == dict.fromkeys(bundled.boards, "nothing to change") | {
        without_one: "there is no bundle for trixie-amd64: gather it with `invoke bundle` where there is internet.",
    }


def test_a_board_that_is_off_has_its_row_and_what_the_others_have_is_not_downloaded_again(bundled: Lab) -> None:
    archive = FOLDER / "bookworm-amd64.tar"
    before = archive.read_bytes()
    with without_ssh(bundled, OTHER):
        done = typed("invoke", "bundle", timeout_s=PLAYBOOK_TIMEOUT_S)
    assert done.returncode == 1
    assert done.stderr.startswith(f"[no-ssh] {OTHER} at ")
    assert "pi02  bookworm-amd64: " in done.stdout
    assert "downloading" not in done.stdout
    assert archive.read_bytes() == before


@pytest.mark.usefixtures("bundled")
def test_gathering_again_downloads_what_is_damaged() -> None:
    archive, htop = FOLDER / "bookworm-amd64.tar", next((FOLDER / "bookworm-amd64/archives").glob("htop_*.deb"))
    before = archive.read_bytes()
    htop.write_bytes(htop.read_bytes()[:-1] + b"?")
    again = typed("invoke", "bundle", "--hosts", "pi02", timeout_s=PLAYBOOK_TIMEOUT_S)
    assert "downloading 1 of" in again.stdout
    assert archive.read_bytes() == before
