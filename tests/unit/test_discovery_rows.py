from __future__ import annotations

import pytest

from fleet.discovery.rows import Expected, Found, Row, Sighting, match
from fleet.i18n import Language


def board(number: int, *keys: str, address: str = "", spots: tuple[tuple[str, int], ...] | None = None) -> Expected:
    where = address or f"10.0.0.{number}"
    return Expected(f"pi{number:02}", where, ((where, 22),) if spots is None else spots, keys)


def seen(number: int, key: str, *names: str) -> Sighting:
    return Sighting((f"10.0.0.{number}", 22), key, names)


def told(rows: list[Row]) -> list[tuple[str, str, str, str]]:
    return [(row.name, str(row.state), row.address, row.sentence) for row in rows]


def test_a_board_is_where_its_key_is() -> None:
    rows = match([board(1, "a"), board(2, "b"), board(3, "c")], [seen(2, "b"), seen(9, "a", "pi01")])
    assert told(rows) == [
        ("pi01", "moved", "10.0.0.9", "moved from 10.0.0.1"),
        ("pi02", "here", "10.0.0.2", ""),
        ("pi03", "not-found", "", "not found"),
    ]
    assert [row.was for row in rows] == ["10.0.0.1", "", ""]


def test_two_boards_that_changed_places_both_moved() -> None:
    rows = match([board(1, "a"), board(2, "b")], [seen(1, "b"), seen(2, "a")])
    assert [(row.name, row.state, row.address) for row in rows] == [
        ("pi01", Found.MOVED, "10.0.0.2"), ("pi02", Found.MOVED, "10.0.0.1")
    ]  # fmt: skip


def test_who_is_at_the_address_of_a_board_that_is_gone_is_told() -> None:
    rows = match([board(1, "a"), board(2, "b")], [seen(1, "a", "pi01"), seen(2, "x")])
    assert rows[1].sentence.startswith(
        "not found; at its address 10.0.0.2 is another computer, or its card was written"
    )
    assert "invoke enrol pi02 10.0.0.2 --again" in rows[1].sentence
    rows = match([board(1, "a"), board(2, "b")], [seen(2, "a", "pi01")])
    assert told(rows)[1][3] == "not found; the card of pi01, or a copy of it, is at its address 10.0.0.2"


@pytest.mark.parametrize(
    ("sightings", "sentence"),
    [
        ([seen(1, "a", "pi01"), seen(7, "a", "pi01-2")], "copies of one card; write one of them anew"),
        ([seen(1, "a"), seen(2, "a")], "copies of one card; write one of them anew"),  # pi02's own address
        ([seen(1, "a"), seen(7, "a")], "or one board with a cable and Wi-Fi"),
    ],
)
def test_one_key_at_two_addresses_is_a_copied_card(sightings: list[Sighting], sentence: str) -> None:
    row = match([board(1, "a"), board(2, "b")], sightings)[0]
    assert (row.state, row.address) == (Found.COPIED, "10.0.0.1")
    assert row.sentence.endswith(sentence)


def test_a_board_with_cable_and_wifi_is_one_board() -> None:
    sightings = [seen(1, "a", "pi01"), seen(7, "a", "pi01")]
    assert told(match([board(1, "a")], sightings)) == [("pi01", "here", "10.0.0.1", "also at 10.0.0.7")]
    assert match([board(5, "a")], sightings)[0].sentence == "moved from 10.0.0.5"


def test_one_key_under_two_names_of_the_list_is_told_for_both() -> None:
    rows = match([board(1, "a"), board(2, "a")], [seen(1, "a")])
    assert [row.sentence[:28] for row in rows] == ["has the same key as pi02: co", "has the same key as pi01: co"]


def test_a_board_whose_key_nobody_has_compared_is_not_believed() -> None:
    rows = match([board(1), board(2), board(3)], [seen(1, "a", "pi01"), seen(9, "b", "pi02")])
    assert told(rows) == [
        ("pi01", "unconfirmed", "10.0.0.1", "its key is not known yet; type: invoke enrol pi01 10.0.0.1"),
        ("pi02", "unconfirmed", "10.0.0.9", "its key is not known yet; type: invoke enrol pi02 10.0.0.9"),
        ("pi03", "not-found", "", "not found"),
    ]


def test_a_stranger_that_calls_itself_as_a_board_does_is_new_and_not_that_board() -> None:
    rows = match([board(1, "a")], [seen(9, "x", "pi01-2")])
    assert told(rows) == [
        ("pi01", "not-found", "", "not found"),
        ("", "new", "10.0.0.9", "calls itself pi01-2; invoke enrol pi01 10.0.0.9"),
    ]
    assert told(match([], [seen(9, "x", "raspberrypi")])) == [
        ("", "new", "10.0.0.9", "calls itself raspberrypi; invoke enrol NAME 10.0.0.9")
    ]
    assert match([], [seen(9, "x")])[0].sentence == "does not say its name; invoke enrol NAME 10.0.0.9"


def test_copies_of_a_new_card_are_told_before_they_are_taken_in() -> None:
    (row,) = match([], [seen(8, "x", "raspberrypi"), seen(9, "x", "raspberrypi-2")])
    assert row.sentence.startswith("one key at 10.0.0.8, 10.0.0.9: copies of one card")


def test_a_name_in_a_command_is_never_one_that_a_stranger_chose() -> None:
    (row,) = match([], [seen(9, "x", "$(reboot)")])
    assert row.sentence.endswith("; invoke enrol NAME 10.0.0.9")


def test_an_address_that_this_computer_cannot_look_up_is_one_that_moved() -> None:
    row = match([board(1, "a", address="pi01.local", spots=())], [seen(9, "a", "pi01")])[0]
    assert (row.state, row.address, row.was) == (Found.MOVED, "10.0.0.9", "pi01.local")
    assert row.sentence == "found there; this computer finds no address of pi01.local"
    assert Language("ko")(row.sentence).startswith("이 주소에서 찾음")


def test_addresses_come_in_the_order_of_their_numbers() -> None:
    rows = match([], [seen(20, "x"), seen(9, "y"), seen(100, "z")])
    assert [row.address for row in rows] == ["10.0.0.9", "10.0.0.20", "10.0.0.100"]
