"""A board made ready for measuring, and put back afterwards, whatever happens in between."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from agent.bench.restore import Found, restore, save
from agent.board import cpufreq, units
from agent.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.bench.plan import Plan
    from agent.bench.records import RecordWriter
    from agent.board.paths import Place

UNCHANGED = "unchanged"


@contextmanager
def tuned(plan: Plan, place: Place, records: RecordWriter) -> Iterator[list[str]]:
    """Quieten the board; yield the governors of the plan that it takes, or only the one that it has."""
    if not place.may_tune:
        records.event("governor-left", "Without root the governor and the services of this computer stay as they are.")
        yield [UNCHANGED]
        return
    save(Found(plan.run, cpufreq.current(place.cpufreq), units.running()), place)
    try:
        for unit in units.running():
            units.stop(unit)
        yield _taken(plan, place, records) or [UNCHANGED]
    finally:
        restore(place)


def _taken(plan: Plan, place: Place, records: RecordWriter) -> list[str]:
    if not plan.governors:
        records.event("governor-left", "The plan leaves the governor as it is.")
    elif not cpufreq.policies(place.cpufreq):
        records.event("governor-left", "This board has no cpufreq, so there is no governor to set.")
    else:
        return [name for name in plan.governors if _takes(name, place, records)]
    return []


def _takes(name: str, place: Place, records: RecordWriter) -> bool:
    """Try a governor by setting it: the list of available ones grows only when one is written."""
    try:
        cpufreq.put_everywhere(place.cpufreq, name)
    except BenchError as error:
        records.event("skipped", f"Nothing is measured with the governor '{name}': {error}", governor=name)
        return False
    return True
