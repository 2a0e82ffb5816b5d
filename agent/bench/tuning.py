"""A board made ready for measuring, and put back afterwards, whatever happens in between."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from agent.bench.restore import SavedState, restore, save
from agent.board import cpufreq, units
from agent.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.bench.plan import Plan
    from agent.bench.records import RecordWriter
    from agent.board.paths import Paths

UNCHANGED = "unchanged"


@contextmanager
def tuned(plan: Plan, paths: Paths, records: RecordWriter) -> Iterator[list[str]]:
    """Quieten the board; yield the governors of the plan that it takes, or only the one that it has."""
    if not paths.may_tune:
        records.event("governor-left", "Without root the governor and the services of this computer stay as they are.")
        yield [UNCHANGED]
        return
    save(SavedState(plan.run, cpufreq.current(paths.cpufreq), units.running()), paths)
    try:
        for unit in units.running():
            units.stop(unit)
        yield _taken(plan, paths, records) or [UNCHANGED]
    finally:
        restore(paths)


def _taken(plan: Plan, paths: Paths, records: RecordWriter) -> list[str]:
    if not plan.governors:
        records.event("governor-left", "The plan leaves the governor as it is.")
    elif not cpufreq.policies(paths.cpufreq):
        records.event("governor-left", "This board has no cpufreq, so there is no governor to set.")
    else:
        return [name for name in plan.governors if _takes(name, paths, records)]
    return []


def _takes(name: str, paths: Paths, records: RecordWriter) -> bool:
    """Try a governor by setting it: the list of available ones grows only when one is written."""
    try:
        cpufreq.set_everywhere(paths.cpufreq, name)
    except BenchError as error:
        records.event("skipped", f"Nothing is measured with the governor '{name}': {error}", governor=name)
        return False
    return True
