"""What a board sends is shown, never obeyed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.text import visible, visible_lines
from tests.unit.properties import PATIENT


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pi01 sees 3 circles, 꺼짐", "pi01 sees 3 circles, 꺼짐"),
        ("\x1b]0;title\x07\x1b[2J", "\\x1b]0;title\\x07\\x1b[2J"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("\u202eright to left\u200b", "\\u202eright to left\\u200b"),
        ("\x9b31m\x85", "\\x9b31m\\x85"),
        ("\ud800\U000e0001\xa0", "\\ud800\\U000e0001\\xa0"),
    ],
)
def test_what_acts_on_a_terminal_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_long_text_is_cut_and_says_so() -> None:
    assert visible("x" * 12, most=10) == "x" * 10 + " ... (2 more characters)"


def test_lines_stay_lines() -> None:
    assert visible_lines("a\x1b\nb\r\n") == "a\\x1b\nb\\r\n"


@PATIENT
@given(st.text(st.characters()))
def test_nothing_unprintable_is_left_whatever_comes(text: str) -> None:
    assert visible(text).isprintable()
    visible(text).encode()  # a lone surrogate could not be written
