"""What the threads and signals tell the loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Union

if TYPE_CHECKING:
    from agent.ports import Circles, Grey


@dataclass(frozen=True)
class TimedFrame:
    """A grey picture, and when it arrived."""

    grey: Grey
    taken_s: float


@dataclass(frozen=True)
class Sight:
    """What was found in one frame."""

    circles: Circles
    taken_s: float
    detect_s: float


@dataclass(frozen=True)
class Blind:
    """One part ("camera" or "detection") cannot do its work; frames up to `since_s` do not count any more."""

    part: str
    reason: str
    since_s: float


@dataclass(frozen=True)
class Skipped:
    """One of several pictures was stepped over."""

    reason: str


@dataclass(frozen=True)
class Blink:
    """The LED shall flash for a while, so that its desk is found."""

    lasting_s: float


@dataclass(frozen=True)
class Ended:
    """The loop shall end."""

    why: str


@dataclass(frozen=True)
class Crashed:
    """A thread died of a mistake in the agent itself."""

    error: Exception


Message = Union[Sight, Blind, Skipped, Blink, Ended, Crashed]
Post = Callable[[Message], None]
