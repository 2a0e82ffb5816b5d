"""`invoke discover` over real sshds on this computer, and what it prints and writes."""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fleet.boards.inventory import Board
from fleet.boards.known_keys import KnownKeys
from fleet.discovery import announced, discover, networks
from fleet.discovery.discover import Discovery
from fleet.discovery.networks import Neighbours
from fleet.discovery.rows import Found, Row
from fleet.errors import InventoryError
from fleet.i18n import lazy
from tests.unit.fleet_sshd import free_port, make_key, public

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.fleet_sshd import Sshd

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP4we2TxVPicYwdaVDKnD3q4Ce+DDLPfJnyUCABFPZyh"


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer whose only network is its own."""
    monkeypatch.setattr(networks, "own", lambda: [IPv4Interface("127.0.0.1/8")])
    monkeypatch.setattr(announced, "listen", lambda _interfaces: [])


def known(sshd: Sshd, name: str, port: int) -> Board:
    file = str(sshd.folder / "beside")
    return replace(sshd.board(name), port=port, known_hosts=file, key_alias=name, known_keys=file)


@pytest.mark.usefixtures("alone")
def test_who_answers_is_told_by_the_key(sshd: Sshd) -> None:
    keys = KnownKeys(sshd.folder / "beside")
    keys.put("pi01", public(sshd.host_key))
    keys.put("pi02", public(make_key(sshd.folder / "of_pi02")))
    here, off = known(sshd, "pi01", sshd.port), known(sshd, "pi02", free_port())
    found = discover.discover([here, off], None)
    assert [(row.name, row.state) for row in found.rows] == [("pi01", Found.HERE), ("pi02", Found.NOT_FOUND)]
    assert found.notes == ["Boards that do not announce themselves are found with --sweep."]


@pytest.mark.usefixtures("alone")
def test_a_board_that_is_known_by_its_address_only_is_known_too(sshd: Sshd) -> None:
    sshd.know(sshd.host_key)
    (row,) = discover.discover([sshd.board("pi01")], None).rows
    assert row.state is Found.HERE
    sshd.know(make_key(sshd.folder / "another"))
    (row,) = discover.discover([sshd.board("pi01")], None).rows
    assert "another computer, or its card was written anew" in row.sentence


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    ("wsl", "seen", "sentence"),
    [
        (True, Neighbours("", frozenset()), "This is Linux inside Windows, in a network of its own"),
        (False, Neighbours("127.0.0.9", frozenset({"127.0.0.9"})), "Only the router 127.0.0.9 answers"),
        (False, Neighbours("127.0.0.9", frozenset()), "Boards that do not announce themselves"),
    ],
)
def test_if_nobody_is_found_it_is_said_why_as_far_as_that_can_be_told(
    monkeypatch: pytest.MonkeyPatch,
    wsl: bool,  # noqa: FBT001 (a table)
    seen: Neighbours,
    sentence: str,
) -> None:
    monkeypatch.setattr(networks, "is_wsl", lambda: wsl)
    monkeypatch.setattr(networks, "neighbours", lambda: seen)
    (note,) = discover.discover([Board("pi01", "127.0.0.2", free_port())], None).notes
    assert note.startswith(sentence)


def deaf(_interfaces: object) -> list[announced.Announcement]:
    raise OSError(101, "Network is unreachable")


def test_a_computer_without_a_network_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "own", list)
    monkeypatch.setattr(announced, "listen", deaf)
    assert discover.discover([], None).notes == [
        "Announcements cannot be heard on this computer (Network is unreachable)."
    ]


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "inventory.ini"
    path.write_text("[lab]\npi01 ansible_host=10.0.0.1 # door\npi02 ansible_host=10.0.0.2\n")
    monkeypatch.setenv("ANSIBLE_INVENTORY", str(path))
    return path


def moved(name: str, address: str, was: str) -> Row:
    return Row(name, Found.MOVED, address, lazy("moved from {address}", address=was), was)


def test_the_list_follows_and_a_board_is_known_by_its_name_from_then_on(room: Path) -> None:
    (room.parent / "old").write_text(f"10.0.0.1 {KEY}\n")
    beside = str(room.parent / "known_hosts")
    boards = [
        Board("pi01", "10.0.0.1", known_hosts=str(room.parent / "old"), known_keys=beside), Board("pi02", "10.0.0.2")
    ]  # fmt: skip
    done = discover.follow(boards, [moved("pi01", "10.0.0.9", "10.0.0.1")])
    assert done == [f"{room}: the address of pi01 was written; the old list is inventory.ini.bak."]
    assert room.read_text().splitlines()[1:] == ["pi01 ansible_host=10.0.0.9 # door", "pi02 ansible_host=10.0.0.2"]
    assert KnownKeys(Path(beside)).key_of("pi01") == KEY


def test_two_boards_never_get_one_address(room: Path) -> None:
    boards = [Board("pi01", "10.0.0.1"), Board("pi02", "10.0.0.2")]
    before = room.read_text()
    rows = [moved("pi01", "10.0.0.2", "10.0.0.1"), Row("pi02", Found.NOT_FOUND, "", "not found")]
    assert discover.follow(boards, rows) == []
    assert room.read_text() == before
    discover.follow(boards, [rows[0], moved("pi02", "10.0.0.1", "10.0.0.2")])
    assert room.read_text().splitlines()[1:] == ["pi01 ansible_host=10.0.0.2 # door", "pi02 ansible_host=10.0.0.1"]


def test_a_board_that_no_list_names_is_told(room: Path) -> None:
    with pytest.raises(
        InventoryError, match=r"names pi07: write its address there yourself, as ansible_host=10\.0\.0\.9"
    ):
        discover.readdress({"pi07": "10.0.0.9"})
    assert not room.with_name("inventory.ini.bak").exists()


ROWS = [
    Row("pi01", Found.HERE, "10.0.0.1", ""),
    moved("pi02", "10.0.0.9", "10.0.0.2"),
    Row(
        "",
        Found.NEW,
        "10.0.0.8",
        lazy("calls itself {name}; {enrol}", name="\x1b[2J\x9bx", enrol="invoke enrol NAME 10.0.0.8"),
    ),
]


@pytest.fixture
def found(room: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(
        discover, "discover", lambda _boards, _sweep: Discovery(ROWS, [lazy("{reason}", reason="A note.")])
    )
    return room


@pytest.mark.usefixtures("found")
def test_rows_are_harmless_and_counted(typed: Callable[..., tuple[int, str, str]]) -> None:
    status, out, err = typed("discover")
    assert (status, err) == (1, "A note.\n")
    assert out.splitlines() == [
        "pi01  10.0.0.1",
        "pi02  10.0.0.9  moved from 10.0.0.2",
        "new   10.0.0.8  calls itself \\x1b[2J\\x9bx; invoke enrol NAME 10.0.0.8",
        "1 of 2 boards are where the inventory says. moved: 1, new: 1",
    ]
    assert "\x1b" not in out
    status, out, _ = typed("discover", "--hosts", "pi01", "--lang", "ko")
    assert (status, out.splitlines()[-1]) == (0, "보드 1대 중 1대가 인벤토리의 주소에 있습니다.")


@pytest.mark.usefixtures("found")
def test_other_programs_get_a_line_for_each_row(typed: Callable[..., tuple[int, str, str]]) -> None:
    status, out, _ = typed("discover", "--json")
    rows = [json.loads(line) for line in out.split("\n")[:-1]]
    assert status == 1
    assert out.isascii()
    assert "\x1b" not in out
    assert rows[1] == {
        "schema": 1, "board": "pi02", "state": "moved", "address": "10.0.0.9", "was": "10.0.0.2",
        "sentence": "moved from 10.0.0.2",
    }  # fmt: skip
    assert len(rows) == 3


def test_what_was_written_is_right(found: Path, typed: Callable[..., tuple[int, str, str]]) -> None:
    status, out, _ = typed("discover", "--write")
    assert status == 0
    assert out.splitlines()[-1] == "2 of 2 boards are where the inventory says. new: 1"
    assert "pi02 ansible_host=10.0.0.9\n" in found.read_text()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["discover", "--sweep", "8.8.8.0/24"], "--sweep is '8.8.8.0/24', which is no private network"),
        (["enrol", "pi 1", "10.0.0.1"], "'pi 1' cannot be the name of a board"),
        (["enrol", "pi03", "10.0.0.3", "--fingerprint", "SHA256:x"], "--fingerprint is 'SHA256:x'; give it as"),
        (["enrol", "--hosts", "lab", "--fingerprint", "SHA256:x"], "--fingerprint is of one board"),
    ],
)
@pytest.mark.usefixtures("room", "alone")
def test_what_makes_no_sense_is_told(
    typed: Callable[..., tuple[int, str, str]], words: list[str], sentence: str
) -> None:
    status, out, err = typed(*words)
    assert (status, out) == (1, "")
    assert err.startswith(sentence)
