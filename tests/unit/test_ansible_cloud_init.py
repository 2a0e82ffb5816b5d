"""What cloud-init is told of a board's name; read back with PyYAML, as cloud-init reads it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.unit.ansible_parts import plugin

cloud_init = plugin("plugin_utils", "cloud_init")
OURS = "preserve_hostname: true\nhostname: pi01\n"


def seen(user_data: str = "", **changes: Any) -> dict[str, Any]:  # noqa: ANN401 (any fact)
    return {"is_used": True, "is_readable": True, "user_data": user_data, "ours": OURS, **changes}


def test_a_board_without_cloud_init_is_told_nothing() -> None:
    told = cloud_init.told(seen("hostname: card7", is_used=False), "pi01")
    assert told == {"lines": [], "settings": "", "differs": False, "notes": []}


def test_a_board_that_is_told_nothing_else_gets_our_settings_once() -> None:
    assert cloud_init.told(seen(ours=""), "pi01") == {"lines": [], "settings": OURS, "differs": True, "notes": []}
    assert not cloud_init.told(seen(), "pi01")["differs"]
    assert yaml.safe_load(OURS) == {"preserve_hostname": True, "hostname": "pi01"}


@pytest.mark.parametrize(
    ("line", "new"),
    [
        ("hostname: card7", "hostname: pi01"),
        ("  hostname:   card7   # desk 7: left", "  hostname:   pi01   # desk 7: left"),
        ("fqdn: card7.school.lan", "fqdn: pi01.school.lan"),
        ("hostname: 'card7.lan'", "hostname: 'pi01.lan'"),
        ('"fqdn" :\t"card7.lan"  ', '"fqdn" :\t"pi01.lan"  '),
        ("fqdn: pi01.lan", "fqdn: pi01.lan"),
        ("preserve_hostname: false", "preserve_hostname: true"),
        ("preserve_hostname: no # x", "preserve_hostname: true # x"),
        ("preserve_hostname: yes", "preserve_hostname: yes"),
        ("hostname: pi010", "hostname: pi01"),
    ],
)
def test_a_line_keeps_all_but_the_name(line: str, new: str) -> None:
    told = cloud_init.told(seen(line), "pi01")
    assert told["lines"] == ([(line, new)] if line != new else [])
    assert told["notes"] == []
    assert told["differs"] is (line != new)


@pytest.mark.parametrize(
    "line", ["hostname: >-", "hostname: !!str card7", "hostname: &a card7", "hostname:", "fqdn: a b"]
)
def test_a_name_that_is_written_in_another_way_is_left_and_told(line: str) -> None:
    told = cloud_init.told(seen(line), "pi01")
    assert (told["lines"], told["differs"]) == ([], False)
    assert told["notes"] == [
        "its user-data on the boot partition is left alone: see to it that it names the board pi01, or not at all"
    ]


def test_user_data_of_several_parts_is_left_and_told() -> None:
    assert len(cloud_init.told(seen(is_readable=False), "pi01")["notes"]) == 1


@pytest.mark.parametrize("name", ["no", "1e3", "on", "null", "0x1f", "12-1", "pi01", "1-2-3", "2026-11-27"])
@pytest.mark.parametrize("line", ["hostname: card7", "hostname: 'card7'", 'hostname: "card7"'])
def test_a_name_stays_text_whatever_yaml_takes_it_for(name: str, line: str) -> None:
    told = cloud_init.told(seen(line, ours=""), name)
    assert yaml.safe_load(told["lines"][0][1]) == {"hostname": name}
    assert yaml.safe_load(told["settings"])["hostname"] == name


def test_lines_are_given_back_by_what_they_set() -> None:
    before = "hostname: card7 # mine\nfqdn: card7.lan"
    now = "hostname: pi01 # mine\nfqdn: pi01.lan"
    assert cloud_init.told_again(now, before) == list(zip(now.splitlines(), before.splitlines(), strict=True))
    assert cloud_init.told_again(before, before) == []
    assert cloud_init.told_again("fqdn: pi01.lan", before) == []
    assert cloud_init.told_again("fqdn: pi01.lan\nhostname: pi01", before) == []
    assert cloud_init.told_again(now, "") == []


@pytest.mark.parametrize(
    ("name", "notes"),
    [
        ("localhost", []),
        ("ip6-localhost", ["its name stays pi03: every computer is called that"]),
        ("pi_03", ["its name stays pi03: pi_03 is not made of letters, digits and hyphens"]),
    ],
)
def test_a_board_that_keeps_its_name_says_why(name: str, notes: list[str]) -> None:
    assert [note.replace("ip6-localhost ", "") for note in cloud_init.name_note(name, "pi03")] == notes
