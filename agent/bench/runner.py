"""A run from its first record to its last, on a board that is made ready before and put back after it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from agent.bench.records import new_records
from agent.bench.restore import board_lock, restore
from agent.bench.session import Session
from agent.bench.stop import Stop, StoppedError
from agent.bench.tuning import tuned
from agent.board import facts, units
from agent.board.clock import utc
from agent.board.files import make_folder, require_room
from agent.errors import BenchError, BusyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.bench.plan import Plan
    from agent.board.paths import Paths
from agent.bench.records import RecordWriter

DONE, STOPPED, FAILED = "done", "stopped", "failed"


def run(plan: Plan, path: Path, paths: Paths, stop: Stop) -> str:
    """Carry a plan out; return how it ended, as its last record says it."""
    make_folder(path.parent)
    require_room(path.parent)
    with _exclusive_board(paths), new_records(path, plan.run) as records:
        active = units.is_active(units.AGENT)
        records.write("board", {**facts.facts(paths), "agent_was_active": active, "utc": utc()})
        status = _measure(plan, paths, records, stop)
        records.end(status)
    return status


@contextmanager
def _exclusive_board(paths: Paths) -> Iterator[None]:
    if not paths.may_tune:
        yield
        return
    with board_lock(paths):
        restore(paths)  # what a run before this one, cut off by force, could not put back
        yield


def _measure(plan: Plan, paths: Paths, records: RecordWriter, stop: Stop) -> str:
    status = FAILED
    try:
        with tuned(plan, paths, records) as governors:
            status = _measure_under(governors, Session(plan, paths, records, stop), records)
    except BusyError:
        raise  # the disk is full: nothing can be written about it
    except (BenchError, OSError, MemoryError) as error:
        records.event("failed", str(error) or "No memory is left.")
        return STOPPED if status == STOPPED else FAILED
    return status


def _measure_under(governors: list[str], session: Session, records: RecordWriter) -> str:
    try:
        session.measure_under(governors)
    except StoppedError:
        records.event("interrupted", f"Somebody stopped the run after {records.samples} samples.")
        return STOPPED
    return DONE if records.samples else FAILED
