"""The closing table: per board and program the medians, the gain from more workers, whether the course was right.

It fits a terminal of 80 columns, and a board takes at most fifteen lines; the page has everything.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from fleet import cells
from fleet.analysis import naming
from fleet.analysis.tolerance import Finding
from fleet.analysis.verdict import Level
from fleet.boards import alike
from fleet.i18n import LazyText, joined, lazy
from fleet.report.statements import SIGNS, SUSPECT_SIGN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.table import Table

    from fleet.analysis.board import BoardAnalysis
    from fleet.analysis.summary import Row
    from fleet.boards.outcome import Outcome
    from fleet.report.needs import Need
    from fleet.report.statements import Statement
    from fleet.report.view import Page

# A board has a line for its name, and each program one; of a board that sends more, the others are on the page.
MOST_ROWS = 13
# What is left of 80 columns beside program, speed-up and course.
GOVERNORS_WIDTH, LEAST_WIDTH = 34, 8
LEGEND = lazy(
    "Medians of real time with one worker. Speed-up: how many times faster several workers are. !: suspect, the report "
    "says why."
)
STYLES = {
    rf"{SIGNS[Finding.CONFIRMED]} \S+": "green",
    rf"{SIGNS[Finding.REFUTED]} \S+": "bold red",
    rf"[0-9.]+ m?s{SUSPECT_SIGN}": "yellow",
}


def table(page: Page) -> Table:
    """Lay the table out; a board without samples has a row that says how it ended."""
    say, governors = page.language, shown_governors(page.analysis.boards.values())
    headings = (lazy("program"), *governors, lazy("speed-up"), lazy("the course"))
    drawn = cells.table(*map(say, headings), collapse=True)
    for outcome in page.analysis.outcomes:
        for row in rows(outcome, page.analysis.boards.get(outcome.board), governors, page.statements):
            drawn.add_row(*(cells.styled(say(word), STYLES) for word in row))
        drawn.add_section()
    return drawn


def shown_governors(boards: Iterable[BoardAnalysis]) -> list[str]:
    """List the governors that fit, those that statements are judged under first."""
    every = governors_of(boards)
    first = [name for name in every if name in ("performance", "powersave")]
    shown: list[str] = []
    width = 0
    for name in [*first, *(name for name in every if name not in first)]:
        width += max(len(name), LEAST_WIDTH) + 1
        if width <= GOVERNORS_WIDTH or not shown:
            shown.append(name)
    return [name for name in every if name in shown]


def governors_of(boards: Iterable[BoardAnalysis]) -> list[str]:
    """List the governors of all boards, each once, in the order in which they were used."""
    return list(dict.fromkeys(sample.governor for board in boards for sample in board.records.samples))


def rows(
    outcome: Outcome, board: BoardAnalysis | None, governors: Sequence[str], statements: Sequence[Statement] = ()
) -> list[list[str]]:
    """Write the rows of one board, its name and how it ended before them."""
    blank = [""] * (len(governors) + 2)
    made = list(_measured(board, governors, statements)) if board else []
    left = len(made) - MOST_ROWS
    if left > 0:
        made = [*made[:MOST_ROWS], [lazy(" and {count} more, see the report", count=left), *blank]]
    return [[_heading(outcome, board), *blank], *made]


def _heading(outcome: Outcome, board: BoardAnalysis | None) -> LazyText:
    """Name a board and say how it ended unless all is well; without whole records it is not, whatever its row says."""
    marks = [word for word in (_ended(outcome, board), _hardware(board)) if word]
    if not marks:
        return lazy("{board}", board=outcome.board)
    if len(marks) == 1:
        return lazy("{board} ({mark})", board=outcome.board, mark=marks[0])
    return lazy("{board} ({mark}, {other})", board=outcome.board, mark=marks[0], other=marks[1])


def _ended(outcome: Outcome, board: BoardAnalysis | None) -> LazyText | None:
    if not outcome.is_ok:
        return lazy(str(outcome.state))
    if board is None:
        return lazy("no records")
    return lazy("not whole") if board.records.flaw else None


def _hardware(board: BoardAnalysis | None) -> LazyText | None:
    if board is None or not board.records.is_simulated:
        return None
    return lazy("emulated") if board.records.is_emulated else lazy("simulated")


def _measured(board: BoardAnalysis, governors: Sequence[str], statements: Sequence[Statement]) -> Iterator[list[str]]:
    """Write a row for each program, of several sizes the largest; signs say what became of its statements."""
    for experiment, its in groupby(board.rows, key=lambda row: row.experiment):
        largest = _largest(list(its))
        signs = filter(None, (_sign(each, board.host, experiment) for each in statements))
        name = f" {largest[0].lesson} {naming.short(experiment)}"
        yield [name, *_times(largest, governors), _gain(largest, board.governor), " ".join(signs)]


def _largest(its: Sequence[Row]) -> list[Row]:
    most = max(row.size for row in its)
    return [row for row in its if row.size == most]


def _times(its: Sequence[Row], governors: Sequence[str]) -> list[str]:
    """Write the times with the fewest workers, governor by governor."""
    least = min(row.workers for row in its)
    by_governor = {row.governor: row for row in its if row.workers == least}
    return [_time(by_governor.get(governor)) for governor in governors]


def _sign(statement: Statement, board: str, experiment: str) -> str:
    claim = statement.of(board)
    return f"{SIGNS[claim.finding]} {statement.label}" if claim and claim.experiment == experiment else ""


def _time(row: Row | None) -> str:
    if row is None:
        return ""
    mark = SUSPECT_SIGN if row.level is Level.SUSPECT else ""
    return f"{seconds(row.real_s.value)}{mark}"


def _gain(its: Sequence[Row], governor: str) -> str:
    """Write what the most workers gain under the governor for statements."""
    row = max((row for row in its if row.governor == governor), key=lambda row: row.workers, default=None)
    return f"\N{MULTIPLICATION SIGN}{row.workers} {row.speed_up.value:.2f}x" if row and row.speed_up else ""


def closing(page: Page) -> list[str]:
    """Say under the table what the room shows, whether the run can be used, and which boards need a hand."""
    said = [_said(statement) for statement in page.statements]
    left = [name for name in governors_of(page.analysis.boards.values()) if name not in _governors(page)]
    others = [lazy("In the report also: {governors}.", governors=", ".join(left))] if left else []
    hands = [hand for its in alike.groups((need.board, _hand(need)) for need in page.needs) for hand in alike.told(its)]
    banner = page.banner.sentence
    mend = (
        [lazy("{sentence} {command}", sentence=banner, command=page.banner.command)]
        if page.banner.command
        else [banner]
    )
    return [*said, LEGEND, *others, "", *hands, *mend]


def _governors(page: Page) -> list[str]:
    return shown_governors(page.analysis.boards.values())


def _said(statement: Statement) -> LazyText:
    sign = SIGNS[statement.finding]
    values = {"sign": sign, "label": statement.label, "statement": statement.first.statement}
    told = statement.sentences
    if len(told) == 1:
        return lazy("{sign} {label} {statement}. {first}", **values, first=told[0])
    return lazy("{sign} {label} {statement}. {first} {then}", **values, first=told[0], then=told[1])


def _hand(need: Need) -> str:
    whole = lazy("{board}: {problem}", board=need.board, problem=need.problem)
    return joined(" ", [need.problem if need.names_board else whole, *filter(None, [need.command])])


def plain(columns: Sequence[str], found: Iterable[Sequence[object]]) -> Table:
    """Lay out any rows."""
    drawn = cells.table(*columns)
    for row in found:
        drawn.add_row(*cells.cells(row))
    return drawn


def seconds(value_s: float) -> str:
    """Write a time with three digits that mean something."""
    return f"{value_s * 1000:.0f} ms" if value_s < 1 else f"{value_s:.2f} s"
