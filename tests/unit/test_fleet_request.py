from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from agent.bench.plan import parse
from fleet import results, suites
from fleet.analysis import records
from fleet.bench import request
from fleet.boards.inventory import THIS_COMPUTER
from fleet.boards.outcome import Outcome, State
from fleet.errors import PlanError
from tests.unit.fleet_parts import RECORDED
from tests.unit.fleet_run import LINES

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.suites import Plan

RUN = "20261123T081500Z-3f9a"
WHOLE = records.load(RECORDED)


def recorded_plan() -> Plan:
    """The plan that the recorded run was made by."""
    content = json.loads((RECORDED.parent / "plan.json").read_text())
    return suites.of_json(content)


def of(lines: list[str]) -> records.Records:
    return records.parse("".join(lines).encode(), "pi01", "pi01.partial.jsonl")


def keys(samples: tuple[records.Sample, ...]) -> set[tuple[Any, ...]]:
    return {(each.experiment, each.size, each.workers, each.governor, each.repetition) for each in samples}


def test_a_board_that_has_everything_lacks_nothing() -> None:
    assert request.missing(recorded_plan(), f"{RUN}.2", WHOLE) is None


def test_a_board_that_has_nothing_gets_the_whole_plan_under_another_name() -> None:
    plan = recorded_plan()
    lacking = request.missing(plan, f"{RUN}.2", None)
    assert lacking
    assert (lacking.run, lacking.experiments, lacking.done) == (f"{RUN}.2", plan.experiments, [])


def test_a_board_that_was_cut_off_gets_just_the_rest_and_in_the_same_sizes() -> None:
    known = of(LINES[:30])
    lacking = request.missing(recorded_plan(), f"{RUN}.2", known)
    assert lacking
    understood = parse(json.dumps(lacking.as_json()))
    assert understood.done == keys(known.samples)
    planned = {
        (wish.experiment.name, size, workers, governor, repetition)
        for wish in understood.entries
        for size in wish.sizes
        for workers in wish.workers
        for governor in understood.governors
        for repetition in range(understood.runs)
    }
    assert planned - understood.done == keys(WHOLE.samples) - keys(known.samples)


@pytest.mark.parametrize(
    ("asked", "done", "left"),
    [
        ([], [7], [7]),
        ([1, 5], [5], [1, 5]),
        ([1, 5], [1, 4], [1, 4]),  # 4 is what the memory was enough for
        ([2, 5], [1], [1]),
    ],
)
def test_sizes_that_a_plan_names_are_lacking_until_they_are_there(
    asked: list[int], done: list[int], left: list[int]
) -> None:
    wish = {"name": "page-touch", "workers": [1], **({"sizes": asked} if asked else {})}
    sized = request._sized(wish, [["page-touch", size, 1, "performance", 0] for size in done])
    assert sized["sizes"] == left


def test_experiments_and_governors_that_are_complete_are_left_out() -> None:
    lines = [line for line in LINES[:-1] if not ('"experiment":"c-threads"' in line and '"powersave"' in line)]
    lacking = request.missing(recorded_plan(), f"{RUN}.2", of(lines))
    assert lacking
    assert [wish["name"] for wish in lacking.experiments] == ["c-threads"]
    assert lacking.governors == ["powersave"]


def test_a_sample_that_failed_is_taken_again() -> None:
    known = of([line.replace('"exit_status":0', '"exit_status":1') if '"index":7,' in line else line for line in LINES])
    lacking = request.missing(recorded_plan(), f"{RUN}.2", known)
    assert lacking
    assert len(lacking.done) == len(WHOLE.samples) - 1


def test_a_board_without_governors_is_not_asked_for_what_it_cannot_have() -> None:
    lines = [line.replace('"powersave"', '"unchanged"') for line in LINES[:-1] if '"performance"' not in line]
    assert request.missing(recorded_plan(), f"{RUN}.2", of(lines)) is None
    lacking = request.missing(recorded_plan(), f"{RUN}.2", of(lines[:-3]))
    assert lacking
    assert lacking.governors == ["performance", "powersave"]


@pytest.fixture
def stored(tmp_path: Path) -> results.Run:
    run = results.create(tmp_path, recorded_plan(), "invoke bench --here", [THIS_COMPUTER.name])
    shutil.copy(RECORDED, run.path / f"{THIS_COMPUTER.name}.jsonl")
    return run


def test_only_boards_that_failed_are_run_again(stored: results.Run, tmp_path: Path) -> None:
    stored.finish([Outcome(THIS_COMPUTER.name, State.OK)])
    assert request.again(tmp_path, request.BenchOptions(), "failed").boards == []
    (stored.path / f"{THIS_COMPUTER.name}.jsonl").write_text("".join(LINES[:30]))
    stored.finish([Outcome(THIS_COMPUTER.name, State.STOPPED, "It was stopped.")])
    wanted = request.again(tmp_path, request.BenchOptions(), "failed")
    assert wanted.boards == [THIS_COMPUTER]
    assert wanted.plans[THIS_COMPUTER.name].run == f"{wanted.run.manifest.plan['run']}.2"


def test_a_run_whose_plan_is_of_another_pilab_is_not_gone_on_with(stored: results.Run, tmp_path: Path) -> None:
    stored.manifest.plan["colour"] = "red"
    stored.save()
    with pytest.raises(PlanError, match="cannot be used again"):
        request.again(tmp_path, request.BenchOptions(), "failed")


def test_the_run_that_lacks_something_is_gone_on_with_although_a_newer_one_is_whole(
    stored: results.Run, tmp_path: Path
) -> None:
    (stored.path / f"{THIS_COMPUTER.name}.jsonl").write_text("".join(LINES[:30]))
    stored.finish([Outcome(THIS_COMPUTER.name, State.STOPPED, "It was stopped.")])
    for name in ("20991123T081500Z-0001", "20991123T081500Z-0002"):
        newer = results.create(tmp_path, replace(recorded_plan(), run=name), "invoke bench", [THIS_COMPUTER.name])
        shutil.copy(RECORDED, newer.path / f"{THIS_COMPUTER.name}.jsonl")
        newer.finish([Outcome(THIS_COMPUTER.name, State.OK)])
    unusable = results.find(tmp_path)  # which is not in the way of one that can be used
    unusable.manifest.plan["colour"] = "red"
    unusable.finish([Outcome(THIS_COMPUTER.name, State.FAILED, "It failed.")])
    wanted = request.again(tmp_path, request.BenchOptions(), "failed")
    assert wanted.run.path == stored.path
    assert wanted.boards == [THIS_COMPUTER]


def test_a_run_that_was_named_is_the_one_even_if_it_lacks_nothing(stored: results.Run, tmp_path: Path) -> None:
    stored.finish([Outcome(THIS_COMPUTER.name, State.OK)])
    lacking = results.create(tmp_path, replace(recorded_plan(), run="20991123T081500Z-0001"), "invoke bench", ["x"])
    lacking.finish([Outcome("x", State.FAILED, "It failed.")])
    wanted = request.again(tmp_path, request.BenchOptions(), "failed", stored.path.name)
    assert (wanted.run.path, wanted.boards) == (stored.path, [])


def test_a_run_that_never_began_leaves_nothing(tmp_path: Path) -> None:
    run = results.create(tmp_path, recorded_plan(), "invoke bench", ["pi01"])
    run.finish([Outcome("pi01", State.FAILED, "A bench runs on it.")])
    assert not run.has_begun
    run.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_run_of_which_a_line_arrived_has_begun(tmp_path: Path) -> None:
    run = results.create(tmp_path, recorded_plan(), "invoke bench", ["pi01"])
    (run.path / "pi01.partial.jsonl").write_text(LINES[0])
    assert run.has_begun
