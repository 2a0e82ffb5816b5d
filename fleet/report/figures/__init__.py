"""The pictures of the page: boards of one kind share a panel, others have one of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.i18n import lazy
from fleet.report.figures import boards, governors, memory, over_time, speed_up
from fleet.report.figures.panels import COLUMNS, Panel
from fleet.report.names import stretched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.analysis.board import BoardKind
    from fleet.analysis.outliers import Outlier
    from fleet.i18n import Language, LazyText
    from fleet.report.board import BoardView


@dataclass(frozen=True)
class Picture:
    """One picture with what it shows, and how it is read."""

    title: LazyText
    caption: LazyText
    svg: str


def pictures(measured: Sequence[BoardView], odd: Sequence[Outlier], language: Language) -> list[Picture]:
    """Draw every picture for which there are numbers."""
    shown = panels(measured, language)
    drawn = [
        _more_workers(shown, language),
        _governors(shown, language),
        Picture(
            lazy("Memory arrives when it is touched"),
            lazy("Each step touches more of the memory that was asked for at the beginning; only then it is resident."),
            memory.draw(shown, language),
        ),
        Picture(
            lazy("Clock and temperature"),
            lazy("What the slowest core's clock and the processor's temperature were while the programs ran."),
            over_time.draw(shown, language),
        ),
        Picture(
            lazy("Boards compared"),
            lazy(
                "How much of each program's work a second brings, with all the workers that were tried; further right "
                "is faster. A board in red stands out from its kind."
            ),
            boards.draw(measured, odd, language),
        ),
    ]
    return [picture for picture in drawn if picture.svg]


def for_the_wall(measured: Sequence[BoardView], language: Language) -> list[Picture]:
    """Draw the pictures that are read from afar; of many kinds of boards only one fits on a sheet."""
    shown = panels(measured, language)
    ways = (_more_workers, _governors) if len(shown) <= COLUMNS else (_more_workers,)
    return [picture for way in ways if (picture := way(shown, language)).svg]


def _more_workers(shown: Sequence[Panel], language: Language) -> Picture:
    return Picture(
        lazy("More workers"),
        lazy(
            "Speed-up over one worker; of several boards the middle one, with the slowest and the fastest. On the "
            "dashed line n workers take one nth of the time; it ends where a board has no more cores."
        ),
        speed_up.draw(shown, language),
    )


def _governors(shown: Sequence[Panel], language: Language) -> Picture:
    return Picture(
        lazy("Governors side by side"),
        lazy(
            "Real time of each program, a dot for each board; of a single board the line is the confidence "
            "interval of the median."
        ),
        governors.draw(shown, language),
    )


def panels(measured: Sequence[BoardView], language: Language) -> list[Panel]:
    """Put boards of one kind together, in the order of the inventory."""
    alike: dict[BoardKind | None, list[BoardView]] = {}
    for board in measured:
        alike.setdefault(board.kind, []).append(board)
    return [Panel(_title(its, language(kind.words) if kind else "?"), tuple(its)) for kind, its in alike.items()]


def _title(its: Sequence[BoardView], kind: str) -> str:
    return f"{stretched(board.name for board in its)}: {kind}"
