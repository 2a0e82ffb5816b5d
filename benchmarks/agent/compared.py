"""What the loops cost, side by side, as a table and in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, TypedDict

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAMES = {
    "course": "the course's loop, with its sleep (L8)",
    "courses-detector": "the course's detector in the agent's loop",
    "agent": "the agent",
}
# From this ratio on, frames of the course's loop are old ones.
OLD = 2.0
HEAD = (
    "| loop | frames looked at | times lit | age when lit, median ms | p99 ms | greatest ms | share of a core "
    "| processor ms a frame | peak memory MiB |\n|---|---|---|---|---|---|---|---|---|"
)


class Play(TypedDict):
    """What benchmarks.agent.play prints."""

    frames: int
    ages_ms: list[float]
    wall_s: float
    cpu_s: float
    peak_kib: int


@dataclass
class Row:
    """All turns of one loop."""

    plays: list[Play] = field(default_factory=list)

    @property
    def ages_ms(self) -> list[float]:
        """The age of the frame, each time that the LED was lit."""
        return [age for play in self.plays for age in play["ages_ms"]]

    @property
    def median_ms(self) -> float:
        """Their median; no number where the LED was never lit."""
        return median(self.ages_ms) if self.ages_ms else float("nan")

    def cells(self) -> list[str]:
        """Return the columns of the table after the name."""
        frames, cpu_s = sum(play["frames"] for play in self.plays), sum(play["cpu_s"] for play in self.plays)
        ages = self.ages_ms
        spread = [self.median_ms, np.percentile(ages, 99), max(ages)] if ages else []
        return [
            str(frames),
            str(len(ages)),
            *([f"{age:.2f}" for age in spread] or ["-"] * 3),
            f"{cpu_s / sum(play['wall_s'] for play in self.plays):.1%}",
            f"{1000 * cpu_s / frames:.2f}" if frames else "-",
            f"{max(play['peak_kib'] for play in self.plays) / 1024:.0f}",
        ]


def table(rows: Mapping[str, Row]) -> Iterator[str]:
    """Return the lines of the table."""
    yield HEAD
    for name, row in rows.items():
        yield f"| {NAMES[name]} | {' | '.join(row.cells())} |"


def words(rows: Mapping[str, Row]) -> str:
    """Say what the ages come from."""
    dark = [NAMES[name] for name, row in rows.items() if not row.ages_ms]
    if dark:
        return f"The LED was never lit by {', '.join(dark)}: show the camera a disc, for a second in every five."
    of_agent = rows["agent"].median_ms
    asleep, awake = rows["course"].median_ms / of_agent, rows["courses-detector"].median_ms / of_agent
    asleep_words = (
        f"In the middle, the frame that lights the LED is {asleep:.0f} times as old in the course's loop as in the "
        "agent's. That ratio comes from the course's sleep of 3 s, after which it looks at frames that the driver kept "
        "meanwhile; no detector would change it."
        if asleep >= OLD
        else "The frame that lights the LED is about as old in the course's loop as in the agent's: this camera hands "
        "out new frames only, so that the course's sleep of 3 s makes it blind meanwhile, but shows it no old frames."
    )
    return (
        f"{asleep_words} Without the sleep, the course's detector makes it {awake:.1f} times: that is what the "
        "detectors differ by. The share of the course's loop is what it takes of a core although it sleeps; what a "
        "frame costs is the column beside it."
    )
