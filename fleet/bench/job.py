"""One board during a run: checked, started, followed, stopped if asked, and its records brought in."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from fleet.analysis import records
from fleet.bench import preflight, run_messages
from fleet.bench.ending import EndReason, ending
from fleet.bench.follower import Follower
from fleet.bench.progress import Progress, advanced
from fleet.bench.record_file import RecordFile
from fleet.boards import messages
from fleet.boards.outcome import Outcome, State, of_error
from fleet.errors import AnswerError, DiskError, FleetError, FloodError, LimitError, RecordError, RemoteError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from fleet.analysis.record_types import Record
    from fleet.bench.job_context import JobContext
    from fleet.boards.ssh import Link

STOP_LIMIT_S = 60.0
# A stop that met the board before its run had begun found nothing to stop.
STOP_AGAIN_S = 5.0
# One that misbehaves is told to stop, and its row does not wait long for that.
LEAVE_LIMIT_S = 20.0
# A board is silent while it looks for sizes and warms up, and each of these may take as long as a program may.
SILENT_PROGRAMS = 3


class BoardJob:
    """One board and its part of the run."""

    def __init__(self, link: Link, context: JobContext) -> None:
        self._link = link
        self._context = context
        self._name = link.board.name
        self._record_file = RecordFile(context.folder, self._name, context.attempt)
        self._progress = Progress(self._name)
        self._end_reason = EndReason.BY_ITSELF
        self._deadline_s = self._over_s = self._again_s = float("inf")

    def run(self) -> Outcome:
        """Do the whole of it; what has arrived is kept in any case."""
        try:
            outcome = self._done()
        except RemoteError as error:
            outcome = of_error(self._name, error)
        except FleetError as error:
            outcome = Outcome(self._name, State.FAILED, str(error))
        finally:
            self._link.close()
        self._tell(str(outcome.state))
        return self._record_file.kept(outcome)

    def _done(self) -> Outcome:
        if self._context.stop.is_set():
            return Outcome(self._name, State.STOPPED, lazy("{board} was not started.", board=self._name))
        self._tell(lazy("connecting"))
        self._link.open()
        boot_id = preflight.check(self._link, self._context.pilab)
        self._tell(lazy("starting"))
        follower = Follower(self._link, self._context, boot_id, self._tell)
        self._follow(follower)
        if self._record_file.has_ended and not self._record_file.is_whole:
            self._record_file.begin_again()
            self._follow(follower)
        reason = EndReason.REBOOTED if follower.has_rebooted else self._end_reason
        return ending(self._link.board, self._record_file.records(), reason, follower.stderr)

    def _tell(self, step: str) -> None:
        self._progress = replace(self._progress, step=step)
        self._context.tell(self._progress)

    def _ask(self, action: str, limit_s: float) -> None:
        """Have the board do something as root; its own sentence is raised if it does not."""
        answer = self._link.sudo(self._context.command(action), "", limit_s, preflight.ANSWER_BYTES)
        if answer.status != 0:
            raise RemoteError(messages.board_failure(self._link.board, answer.stderr, answer.status))

    def _follow(self, follower: Follower) -> None:
        self._extend(SILENT_PROGRAMS * self._context.plan.timeout_s)
        self._over_s = self._context.clock() + self._context.longest_s
        try:
            for line in follower.lines(self._record_file):
                if line:
                    self._take(line)
                else:
                    self._look_up()
        except (FloodError, AnswerError, LimitError, DiskError, RecordError):
            self._leave()
            raise

    def _leave(self) -> None:
        """Have a board stop whose records nobody takes any more, if it listens; its row says already what is wrong."""
        if self._end_reason is EndReason.BY_ITSELF:
            with suppress(RemoteError):
                self._ask("stop", LEAVE_LIMIT_S)

    def _extend(self, limit_s: float) -> None:
        self._deadline_s = self._context.clock() + limit_s

    def _take(self, line: bytes) -> None:
        record = self._checked(line)
        self._record_file.add(line, record)
        self._progress = advanced(self._progress, record)
        self._context.tell(self._progress)
        if self._end_reason is EndReason.BY_ITSELF:
            self._extend(SILENT_PROGRAMS * self._context.plan.timeout_s)

    def _checked(self, line: bytes) -> Record:
        """Let nothing onto our disk but records, and no more of them than the run can have."""
        board, context, here = self._link.board, self._context, self._record_file
        record = records.one(line)
        if record is None:
            raise AnswerError(run_messages.no_record(board, here.lines + 1))
        if here.lines >= context.most_records:
            raise FloodError(run_messages.too_many_records(board, context.most_records))
        if here.size_bytes + len(line) > context.limits.most_bytes:
            raise FloodError(messages.too_much(board, context.limits.most_bytes))
        self._check_time()
        return record

    def _check_time(self) -> None:
        if self._context.clock() > self._over_s:
            raise LimitError(run_messages.endless_run(self._link.board, self._context.longest_s))

    def _look_up(self) -> None:
        """Nothing came for a moment: time to see whether the run shall end, or should have ended long ago."""
        self._check_time()
        is_late = self._context.clock() > self._deadline_s
        if self._end_reason is EndReason.BY_ITSELF and (is_late or self._context.stop.is_set()):
            self._stop(EndReason.LATE if is_late else EndReason.STOPPED)
        elif is_late:
            raise LimitError(run_messages.does_not_stop(self._link.board))
        elif self._context.clock() > self._again_s:
            self._ask_to_stop()

    def _stop(self, reason: EndReason) -> None:
        """Have the board end its run; the last records come as all others do."""
        self._end_reason = reason
        self._tell(lazy("stopping"))
        self._ask_to_stop()
        self._extend(STOP_LIMIT_S)

    def _ask_to_stop(self) -> None:
        self._ask("stop", STOP_LIMIT_S)
        self._again_s = self._context.clock() + STOP_AGAIN_S
