"""Having every board check its camera, and a row for each, whatever became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.boards.outcome import Outcome, State
from fleet.boards.pilab import PILAB, refusal
from fleet.boards.pool import on_all
from fleet.boards.ssh import OPEN_LIMIT_S, Link
from fleet.camera import decoder
from fleet.camera.pictures import CHECKS, CheckResult, SheetRow, parse
from fleet.errors import RecordError
from fleet.i18n import joined, lazy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleet.boards.inventory import Board

MISSING = lazy("is missing")
WORDS = {"still": lazy("still"), "video": lazy("video"), "preview": lazy("preview"), "opencv": "opencv"}
CHECK = f"{PILAB} camera check"
# The unit on the board ends by itself after 180 s.
LIMIT_S = 240.0
# In base64, two pictures of 8 MiB and a film of 16, and the words around them.
MOST_BYTES = 48 * 2**20


def check(boards: Sequence[Board], sudo_password: str = "") -> tuple[list[Outcome], list[SheetRow]]:
    """Check all boards at once; return how it ended and the rows of the page."""
    found: dict[str, dict[str, CheckResult]] = {}

    def task(board: Board) -> Outcome:
        with Link(board, sudo_password) as link:
            answer = link.sudo(CHECK, limit_s=LIMIT_S, most_bytes=MOST_BYTES)
        if answer.status:
            return Outcome(board.name, State.FAILED, refusal(board, answer.stderr, answer.status))
        try:
            found[board.name] = parse(answer.stdout)
        except RecordError as error:
            return Outcome(board.name, State.FAILED, lazy("{board}: {error}.", board=board.name, error=error))
        return judge(board.name, found[board.name])

    outcomes = on_all(boards, task, LIMIT_S + OPEN_LIMIT_S + len(boards) * decoder.LIMIT_S)
    simulated = {board.name for board in boards if board.variables.get("board_simulated")}
    rows = [row(each, found.get(each.board, {}), simulated=each.board in simulated) for each in outcomes]
    return outcomes, rows


def judge(board: str, results: Mapping[str, CheckResult]) -> Outcome:
    """Sum a board up."""
    faults = [
        lazy("{what}: {fault}", what=WORDS[what], fault=results[what].fault if what in results else MISSING)
        for what in CHECKS
        if what not in results or results[what].fault
    ]
    if faults:
        return Outcome(board, State.FAILED, lazy("{board}: {faults}.", board=board, faults=joined("; ", faults)))
    told = [lazy("{what} {told}", what=WORDS[what], told=results[what].told) for what in CHECKS]
    return Outcome(board, State.OK, detail=joined(", ", told))


def row(outcome: Outcome, results: dict[str, CheckResult], *, simulated: bool) -> SheetRow:
    """Make a board's row of the page."""
    state = lazy(str(outcome.state))
    told = lazy("{state} (simulated)", state=state) if simulated else state
    return SheetRow(outcome.board, told, outcome.sentence, results)
