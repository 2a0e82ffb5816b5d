"""What those who look in get to see, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from agent.view.pictures import Pictures
    from agent.view.status import AgentStatus


@dataclass(frozen=True)
class StatusApi:
    """The status of now, flashing the LED for seconds, and pictures where they are allowed."""

    status: Callable[[], AgentStatus]
    blink: Callable[[float], None]
    pictures: Pictures | None
