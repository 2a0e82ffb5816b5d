"""What a setting may be: each rule returns a value that fits, or says in a sentence what would."""

from __future__ import annotations

from typing import Protocol

from agent.errors import ConfigError


class Rule(Protocol):
    """One kind of value."""

    def check(self, name: str, value: object) -> object:
        """Return the value as its setting needs it; ConfigError names the setting, the value and what is allowed."""


class Whole:
    """A whole number in a range."""

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most

    def check(self, name: str, value: object) -> int:
        """Return it."""
        if isinstance(value, bool) or not isinstance(value, int) or not self._least <= value <= self._most:
            raise ConfigError(f"{name} is {value!r}; give a whole number from {self._least} to {self._most}.")
        return value


class Number:
    """A number in a range, with or without a fraction."""

    def __init__(self, least: float, most: float, *, zero: str = "") -> None:
        self._least, self._most, self._zero = least, most, zero

    def check(self, name: str, value: object) -> float:
        """Return it with a fraction; 0 is taken too where it has a meaning."""
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not self._fits(value):
            zero = f", or 0 for {self._zero}" if self._zero else ""
            raise ConfigError(f"{name} is {value!r}; give a number from {self._least:g} to {self._most:g}{zero}.")
        return float(value)

    def _fits(self, value: float) -> bool:
        return self._least <= value <= self._most or (value == 0 and bool(self._zero))


class OneOf:
    """One of a few words."""

    def __init__(self, *words: str) -> None:
        self._words = words

    def check(self, name: str, value: object) -> str:
        """Return it."""
        if not isinstance(value, str) or value not in self._words:
            raise ConfigError(f"{name} is {value!r}; choose from {', '.join(self._words)}.")
        return value


class Text:
    """Any text."""

    def check(self, name: str, value: object) -> str:
        """Return it."""
        if not isinstance(value, str):
            raise ConfigError(f"{name} is {value!r}; give a text in quotes.")
        return value


class YesNo:
    """True or false."""

    def check(self, name: str, value: object) -> bool:
        """Return it."""
        if not isinstance(value, bool):
            raise ConfigError(f"{name} is {value!r}; give true or false.")
        return value
