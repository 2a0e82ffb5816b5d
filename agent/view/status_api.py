"""What those who look in get to see, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from agent.view.facts import Facts
    from agent.view.pictures import Pictures


@dataclass(frozen=True)
class StatusApi:
    """The facts of now, flashing the LED for seconds, and pictures where they are allowed."""

    facts: Callable[[], Facts]
    blink: Callable[[float], None]
    pictures: Pictures | None
