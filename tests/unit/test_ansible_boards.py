from __future__ import annotations

import pytest

from tests.unit.ansible_parts import plugin

boards = plugin("module_utils", "boards")


@pytest.mark.parametrize("name", ["pi01", "PI-7", "a", "7up"])
def test_letters_digits_and_hyphens_make_a_hostname(name: str) -> None:
    assert boards.is_hostname(name)


@pytest.mark.parametrize("name", ["localhost", "LocalHost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"])
def test_no_board_is_called_as_every_computer_is(name: str) -> None:
    assert not boards.is_hostname(name)


@pytest.mark.parametrize("name", ["", "pi_01", "-pi", "pi-", "10.0.0.7", "pi 1", "12", "x" * 64, "pi01\n"])
def test_anything_else_makes_none(name: str) -> None:
    assert not boards.is_hostname(name)


def test_a_board_finds_its_own_name_and_nobody_elses_is_lost() -> None:
    hosts = "127.0.0.1 localhost\n127.0.1.1\traspberrypi\n10.0.0.9 printer\n"
    named = boards.hosts_naming(hosts, "pi01")
    assert named == "127.0.0.1 localhost\n127.0.1.1\tpi01\n10.0.0.9 printer\n"
    assert boards.hosts_naming(named, "pi01") == named
    assert boards.hosts_naming("127.0.0.1 localhost\n", "pi01") == "127.0.0.1 localhost\n127.0.1.1\tpi01\n"
    assert boards.hosts_naming("", "pi01") == "127.0.1.1\tpi01\n"


@pytest.mark.parametrize(
    "hosts",
    [
        "127.0.1.1 pi01 pi01.school\n",
        "127.0.1.1\tcard7.lan\tpi01 # desk 7\n",
        "127.0.1.1 other\n127.0.1.1 pi01\n",
        "127.0.0.1 localhost pi01\n",
        "127.0.1.1 PI01\r\n",
        " 127.0.1.1 pi01",
    ],
)
def test_a_name_that_stands_there_already_is_enough(hosts: str) -> None:
    assert boards.hosts_naming(hosts, "pi01") == hosts
    assert boards.hosts_naming(hosts, "pi01", "card7") == hosts
    assert boards.hosts_naming(hosts, "pi0") != hosts


@pytest.mark.parametrize(
    ("hosts", "old", "named"),
    [
        ("127.0.1.1\tcard7.lan\tcard7 printer\n", "", "127.0.1.1\tcard7.lan\tpi01 printer\n"),
        ("127.0.1.1 printer card7 # card7\n", "card7", "127.0.1.1 printer pi01 # card7\n"),
        ("127.0.1.1 card7.lan\n", "", "127.0.1.1 card7.lan pi01\n"),
        ("127.0.1.1 card70 x-card7\n", "card7", "127.0.1.1 card70 x-card7 pi01\n"),
        ("127.0.1.1 printer # ours\r\n::1 card7\r\n", "card7", "127.0.1.1 printer pi01 # ours\r\n::1 card7\r\n"),
        ("127.0.1.1 a\n127.0.1.1 b card7\n", "card7", "127.0.1.1 a\n127.0.1.1 b pi01\n"),
        ("# 127.0.1.1 pi01\n", "card7", "# 127.0.1.1 pi01\n127.0.1.1\tpi01\n"),
        ("127.0.0.1 localhost\r\n", "", "127.0.0.1 localhost\r\n127.0.1.1\tpi01\r\n"),
        ("::1 localhost pi01\n", "", "::1 localhost pi01\n127.0.1.1\tpi01\n"),
        ("127.0.1.10 card7\n", "card7", "127.0.1.10 card7\n127.0.1.1\tpi01\n"),
        ("127.0.1.1 localhost\n", "", "127.0.1.1 localhost pi01\n"),
        ("127.0.1.1 localhost.localdomain localhost card7\n", "", "127.0.1.1 localhost.localdomain localhost pi01\n"),
        ("127.0.1.1 \n", "card7", "127.0.1.1 pi01 \n"),
    ],
)
def test_the_old_name_alone_goes_and_the_line_keeps_the_others(hosts: str, old: str, named: str) -> None:
    assert boards.hosts_naming(hosts, "pi01", old) == named
    assert boards.hosts_naming(named, "pi01", old) == named


@pytest.mark.parametrize(
    ("seconds", "words"), [(61, "61 seconds"), (-300, "5 minutes"), (9000, "2 hours"), (-260000, "3 days")]
)
def test_a_span_of_time_is_told_in_its_largest_unit(seconds: float, words: str) -> None:
    assert boards.duration(seconds) == words
