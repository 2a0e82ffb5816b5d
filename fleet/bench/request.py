"""What a bench is to do: which boards, by which plan, and where it is kept; anew, or only what is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

from fleet import results, suites
from fleet.boards import inventory
from fleet.errors import FleetError, PlanError, RecordError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from fleet.analysis.records import Records, Sample
    from fleet.boards.inventory import Board
    from fleet.results import Run
    from fleet.suites import Plan

DEFAULT_SUITE, DEFAULT_HOSTS = "short", "lab"
FAILED = "failed"


@dataclass(frozen=True)
class BenchOptions:
    """What was typed; nothing where it was not."""

    hosts: str | None = None
    suite: str = ""
    governors: str = ""
    runs: str = ""
    here: bool = False


@dataclass(frozen=True)
class Request:
    """A run, its boards, and the plan of each."""

    run: Run
    boards: list[Board]
    plans: dict[str, Plan]


def anew(folder: Path, asked: BenchOptions, command: str) -> Request:
    """Begin a run."""
    suite = suites.load(asked.suite or DEFAULT_SUITE)
    plan = suites.plan(results.new_name(), suite, asked.runs, asked.governors)
    hosts = DEFAULT_HOSTS if asked.hosts is None else asked.hosts
    boards = [inventory.THIS_COMPUTER] if asked.here else inventory.boards(hosts)
    names = [board.name for board in boards]
    return Request(results.create(folder, plan, command, names), boards, dict.fromkeys(names, plan))


def again(folder: Path, asked: BenchOptions, what: str, name: str = "") -> Request:
    """Go on with a run, the newest that lacks something if none is named: only what its failed boards lack.

    PlanError if anything else was asked for, or the plan of the run cannot be used; RecordError if there is no run.
    """
    if what != FAILED:
        raise PlanError(
            lazy("--again is '{what}'; the only thing that can be run again is: {only}.", what=what, only=FAILED)
        )
    if asked.suite or asked.governors or asked.runs:
        raise PlanError(
            lazy("--again takes suite, governors and runs from the run; leave --suite, --governors, --runs out.")
        )
    run, plans = _lacking_of(results.find(folder, name), asked.hosts) if name else _newest_lacking(folder, asked.hosts)
    return Request(run, _boards(list(plans)), plans)


def _newest_lacking(folder: Path, hosts: str | None) -> tuple[Run, dict[str, Plan]]:
    """Find the newest run that lacks something; the newest of all if none does, its error if none can be used."""
    unusable: FleetError | None = None
    for name in reversed(results.names(folder)):
        try:
            run, plans = _lacking_of(results.find(folder, name), hosts)
        except (PlanError, RecordError) as error:
            unusable = unusable or error
            continue
        if plans:
            return run, plans
    if unusable:
        raise unusable
    return results.find(folder), {}


def _lacking_of(run: Run, hosts: str | None) -> tuple[Run, dict[str, Plan]]:
    failed = _failed(run, hosts)
    return run, _left(run, failed) if failed else {}


def _failed(run: Run, hosts: str | None) -> list[str]:
    """Name the boards of a run that failed, in the order of the run; of these only some, if somebody asked for them."""
    failed = {outcome.board for outcome in run.outcomes if not outcome.is_ok}
    if hosts is not None:
        failed &= {board.name for board in inventory.boards(hosts)}
    return [board for board in run.manifest.hosts if board in failed]


def _left(run: Run, boards: Iterable[str]) -> dict[str, Plan]:
    """Return what is left of the plan for those of these boards that lack something."""
    plan, (found, _) = suites.of_json(run.manifest.plan), run.records()
    again_name = f"{plan.run}.{run.manifest.attempt + 1}"
    left = {board: missing(plan, again_name, found.get(board)) for board in boards}
    return {board: lacking for board, lacking in left.items() if lacking}


def _boards(names: list[str]) -> list[Board]:
    """Find the boards of a run again."""
    if names == [inventory.THIS_COMPUTER.name]:
        return [inventory.THIS_COMPUTER]
    return inventory.boards(":".join(names)) if names else []


def missing(plan: Plan, name: str, known: Records | None) -> Plan | None:
    """Return what is left of a plan: without the samples that are there, and with the sizes that they had."""
    done = _done(known.samples if known else ())
    experiments = [_sized(each, done) for each in plan.experiments]
    under = _governors(plan, done)
    left = {each["name"]: _lacking(each, plan.runs, under, done) for each in experiments}
    lacking = set().union(*left.values())
    if not lacking:
        return None
    return replace(
        plan,
        run=name,
        governors=[governor for governor in plan.governors if governor in lacking or governor not in under],
        experiments=[each for each in experiments if left[each["name"]]],
        done=done,
    )


def _done(samples: Iterable[Sample]) -> list[list[Any]]:
    """Tell samples that need not be taken again as a plan has them."""
    return [list(each.key) for each in samples if each.exit_status == 0]


def _sized(experiment: dict[str, Any], done: list[list[Any]]) -> dict[str, Any]:
    """Return an experiment with the sizes that it had: found by the board, or the plan's as far as memory went."""
    found = list(dict.fromkeys(size for name, size, *_ in done if name == experiment["name"]))
    asked = experiment.get("sizes") or []
    capped = [size for size in found if size not in asked]
    sizes = [*(size for size in asked if not capped or size < min(capped)), *capped]
    return {**experiment, "sizes": sizes} if found else experiment


def _governors(plan: Plan, done: list[list[Any]]) -> list[str]:
    """Name the governors that samples are due under: the plan's, unless the board left its own as it was."""
    used = list(dict.fromkeys(governor for *_, governor, _ in done))
    return plan.governors if set(used) & set(plan.governors) else used or plan.governors or [""]


def _lacking(experiment: dict[str, Any], runs: int, under: list[str], done: list[list[Any]]) -> set[str]:
    """Name the governors under which samples of an experiment are missing."""
    there = {tuple(each) for each in done}
    every = product(experiment.get("sizes", [0]), experiment["workers"], under, range(runs))
    return {
        governor
        for size, workers, governor, repetition in every
        if (experiment["name"], size, workers, governor, repetition) not in there
    }
