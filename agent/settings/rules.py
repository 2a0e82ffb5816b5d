"""What a setting may be: each rule returns a value that fits, or says in a sentence what would."""

from __future__ import annotations

from typing import Protocol

from agent.errors import ConfigError

MOST_SHOWN = 80


def shown(value: object) -> str:
    """Write a value as Python does; of a long one, its beginning."""
    try:
        text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    except (RecursionError, ValueError):  # Python writes no number of more than 4300 digits
        return f"too long a value ({type(value).__name__})"
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


class Rule(Protocol):
    """One kind of value."""

    def check(self, name: str, value: object) -> object:
        """Return the value as its setting needs it; ConfigError names the setting, the value and what is allowed."""


class Whole:
    """A whole number in a range."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def check(self, name: str, value: object) -> int:
        """Return it; ConfigError if it is none."""
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            raise ConfigError(f"{name} is {shown(value)}; give a whole number from {self.least} to {self.most}.")
        return value


class Number:
    """A number in a range, with or without a fraction."""

    def __init__(self, least: float, most: float, *, zero: str = "") -> None:
        self.least, self.most, self.zero = least, most, zero

    def check(self, name: str, value: object) -> float:
        """Return it with a fraction; 0 is taken too where it has a meaning, ConfigError for what does not fit."""
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not self._fits(value):
            zero = f", or 0 for {self.zero}" if self.zero else ""
            raise ConfigError(f"{name} is {shown(value)}; give a number from {self.least:g} to {self.most:g}{zero}.")
        return float(value)

    def _fits(self, value: float) -> bool:
        return self.least <= value <= self.most or (value == 0 and bool(self.zero))


class OneOf:
    """One of a few words."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def check(self, name: str, value: object) -> str:
        """Return it; ConfigError if it is none."""
        if not isinstance(value, str) or value not in self.words:
            raise ConfigError(f"{name} is {shown(value)}; choose from {', '.join(self.words)}.")
        return value


class Text:
    """Any text that can be the name of a file."""

    def check(self, name: str, value: object) -> str:
        """Return it; ConfigError if it is none."""
        if not isinstance(value, str) or "\0" in value:
            raise ConfigError(f"{name} is {shown(value)}; give a text in quotes.")
        return value


class YesNo:
    """True or false."""

    def check(self, name: str, value: object) -> bool:
        """Return it; ConfigError if it is none."""
        if not isinstance(value, bool):
            raise ConfigError(f"{name} is {shown(value)}; give true or false.")
        return value
