from __future__ import annotations

import pytest

from tests.unit.ansible_parts import plugin

first_minute = plugin("plugin_utils", "first_minute")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 60),
        ("# initial_turbo=10\n", 60),
        ("initial_turbo=20\r\n", 20),
        ("initial_turbo=0\n", 0),
        ("initial_turbo=600\n", 60),
        ("initial_turbo=10\n[pi4]\ninitial_turbo=30\n", 30),
    ],
)
def test_the_firmware_holds_the_clock_for_as_long_as_config_txt_says_or_a_minute(text: str, seconds: int) -> None:
    assert first_minute.turbo_s(text) == seconds


def test_a_governor_that_is_set_in_the_first_minute_is_told_to_count_later() -> None:
    assert first_minute.note("powersave", 20, "", shows_clock=True) == [
        (
            "governor powersave is set, and its clock follows later: "
            "the firmware holds the highest clock for the first 60 s after a start (initial_turbo)"
        )
    ]
    assert first_minute.note("powersave", 61, "", shows_clock=True) == []
    assert first_minute.note("powersave", 20, "initial_turbo=0", shows_clock=True) == []


def test_a_clock_that_nobody_can_see_is_told() -> None:
    assert first_minute.note("powersave", 300, "", shows_clock=False) == [
        "governor powersave is set; whether its clock follows cannot be seen: the kernel does not show it"
    ]
