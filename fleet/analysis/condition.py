"""Under what a program ran: the one identity by which samples are repetitions of each other; pure."""

from __future__ import annotations

from typing import NamedTuple

# Stands for the size where each board found its own, so that one size is as good as another.
ANY_SIZE = 0
# Stands for the governor where those of one program stand side by side.
ANY_GOVERNOR = ""


class Condition(NamedTuple):
    """What two samples of one board have in common if they are repetitions; in the order of tables."""

    experiment: str
    size: int
    workers: int
    governor: str
