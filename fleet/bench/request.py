"""What a bench is to do: which boards, by which plan, and where it is kept; anew, or only what is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

from fleet import results, suites
from fleet.boards import inventory
from fleet.errors import PlanError

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.analysis.records import Records
    from fleet.boards.inventory import Board
    from fleet.results import Run
    from fleet.suites import Plan

DEFAULT_SUITE, DEFAULT_HOSTS = "short", "lab"
FAILED = "failed"


@dataclass(frozen=True)
class Asked:
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


def anew(folder: Path, asked: Asked, command: str) -> Request:
    """Begin a run."""
    suite = suites.load(asked.suite or DEFAULT_SUITE)
    plan = suites.plan(results.new_name(), suite, asked.runs, asked.governors)
    hosts = DEFAULT_HOSTS if asked.hosts is None else asked.hosts
    boards = [inventory.THIS_COMPUTER] if asked.here else inventory.boards(hosts)
    names = [board.name for board in boards]
    return Request(results.create(folder, plan, command, names), boards, dict.fromkeys(names, plan))


def again(folder: Path, asked: Asked, what: str, name: str = "") -> Request:
    """Go on with a run, the newest if none is named: only its boards that failed, and only what they lack."""
    if what != FAILED:
        raise PlanError(f"--again is '{what}'; the only thing that can be run again is: {FAILED}.")
    if asked.suite or asked.governors or asked.runs:
        raise PlanError("--again takes suite, governors and runs from the run; leave --suite, --governors, --runs out.")
    run = results.find(folder, name)
    plan, (found, _) = suites.of_json(run.manifest.plan), run.records()
    failed = {outcome.board for outcome in run.outcomes if not outcome.is_ok}
    if asked.hosts is not None:
        failed &= {board.name for board in inventory.boards(asked.hosts)}
    again_name = f"{plan.run}.{run.manifest.attempt + 1}"
    left = {board: missing(plan, again_name, found.get(board)) for board in run.manifest.hosts if board in failed}
    plans = {board: lacking for board, lacking in left.items() if lacking}
    return Request(run, _boards(list(plans)), plans)


def _boards(names: list[str]) -> list[Board]:
    """Find the boards of a run again."""
    if names == [inventory.THIS_COMPUTER.name]:
        return [inventory.THIS_COMPUTER]
    return inventory.boards(":".join(names)) if names else []


def missing(plan: Plan, name: str, known: Records | None) -> Plan | None:
    """Return what is left of a plan: without the samples that are there, and with the sizes that they had."""
    done = [
        [each.experiment, each.size, each.workers, each.governor, each.repetition]
        for each in (known.samples if known else ())
        if each.exit_status == 0
    ]
    wishes = [_sized(wish, done) for wish in plan.experiments]
    under = _governors(plan, done)
    left = {wish["name"]: _lacking(wish, plan.runs, under, done) for wish in wishes}
    lacking = set().union(*left.values())
    if not lacking:
        return None
    return replace(
        plan,
        run=name,
        governors=[governor for governor in plan.governors if governor in lacking or governor not in under],
        experiments=[wish for wish in wishes if left[wish["name"]]],
        done=done,
    )


def _sized(wish: dict[str, Any], done: list[list[Any]]) -> dict[str, Any]:
    sizes = list(dict.fromkeys(size for experiment, size, *_ in done if experiment == wish["name"]))
    return {**wish, "sizes": sizes} if sizes else wish


def _governors(plan: Plan, done: list[list[Any]]) -> list[str]:
    """Name the governors that samples are due under: the plan's, unless the board left its own as it was."""
    used = list(dict.fromkeys(governor for *_, governor, _ in done))
    return plan.governors if set(used) & set(plan.governors) else used or plan.governors or [""]


def _lacking(wish: dict[str, Any], runs: int, under: list[str], done: list[list[Any]]) -> set[str]:
    """Name the governors under which samples of an experiment are missing."""
    there = {tuple(each) for each in done}
    every = product(wish.get("sizes", [0]), wish["workers"], under, range(runs))
    return {
        governor
        for size, workers, governor, repetition in every
        if (wish["name"], size, workers, governor, repetition) not in there
    }
