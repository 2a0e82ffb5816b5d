"""Taking checked values out of an object of JSON: whatever does not fit is named with its value and what would."""

from __future__ import annotations

import re

from agent.errors import ConfigError
from agent.settings.rules import Number, Whole


class Section:
    """One object of JSON, whose keys are taken one by one until none is left."""

    def __init__(self, name: str, content: object) -> None:
        if not isinstance(content, dict):
            raise ConfigError(f"{name} is {content!r}; give an object with keys and values.")
        self.name = name
        self._left = dict(content)

    def take(self, key: str) -> object:
        """Take whatever stands there; nothing if the key is missing."""
        return self._left.pop(key, None)

    def whole(self, key: str, least: int, most: int) -> int:
        """Take a whole number in this range; ConfigError if it is none."""
        return Whole(least, most).check(f"'{key}' of {self.name}", self.take(key))

    def number(self, key: str, least: float, most: float) -> float:
        """Take a number in this range; ConfigError if it is none."""
        return Number(least, most).check(f"'{key}' of {self.name}", self.take(key))

    def text(self, key: str, pattern: str, wanted: str) -> str:
        """Take a text that matches the pattern, which `wanted` describes to a person; ConfigError if none does."""
        value = self.take(key)
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ConfigError(f"'{key}' of {self.name} is {value!r}; give {wanted}.")
        return value

    def items(self, key: str, least: int) -> list[object]:
        """Take a list of at least so many different items; ConfigError if it is none."""
        value = self.take(key)
        if not isinstance(value, list) or len(value) < least:
            raise ConfigError(f"'{key}' of {self.name} is {value!r}; give a list of at least {least}.")
        doubled = [item for index, item in enumerate(value) if item in value[:index]]
        if doubled:
            raise ConfigError(f"'{key}' of {self.name} names {doubled[0]!r} twice; name it once.")
        return value

    def has(self, key: str) -> bool:
        """Tell whether this key is still there."""
        return key in self._left

    def close(self) -> None:
        """ConfigError about a key that nobody took."""
        for key in self._left:
            raise ConfigError(f"'{key}' of {self.name} is not known; leave it out or correct its spelling.")
