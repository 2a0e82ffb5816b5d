from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fleet import results, suites
from fleet.analysis import records
from fleet.bench import here
from fleet.boards.inventory import THIS_COMPUTER
from fleet.boards.outcome import State
from fleet.places import CODE
from tests.unit.fleet_run import Told
from tests.unit.native_parts import make_native

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.results import Run

QUICK = replace(
    suites.load("short"), experiments=[{"name": "busy", "workers": [1], "sizes": [1_000_000]}], governors=[], runs=3
)
# So long that only somebody who stops it sees its end.
LONG = replace(QUICK, experiments=[{"name": "busy", "workers": [1], "sizes": [10**15]}])
AGENT = here.AGENT
pytestmark = pytest.mark.usefixtures("this_computer")


@pytest.fixture(scope="module", autouse=True)
def _programs() -> None:
    make_native()


def begun(suite: suites.Suite, folder: Path) -> tuple[suites.Plan, Run]:
    plan = suites.plan("20261123T081500Z-3f9a", suite)
    return plan, results.create(folder, plan, "invoke bench --here", [THIS_COMPUTER.name])


def test_this_computer_is_benched_like_a_board(tmp_path: Path) -> None:
    plan, run = begun(QUICK, tmp_path)
    told = Told()
    (outcome,) = here.bench(plan, run, told)
    assert (outcome.state, outcome.records) == (State.OK, "this-computer.jsonl"), outcome.sentence
    found = records.load(run.path / outcome.records)
    assert (found.flaw, len(found.samples)) == ("", 3)
    assert told.words == ["making ready", "measuring"]


def test_ctrl_c_ends_the_bench_of_this_computer_and_keeps_what_it_has(tmp_path: Path) -> None:
    plan, run = begun(LONG, tmp_path)

    def ctrl_c() -> None:
        raise KeyboardInterrupt

    (outcome,) = here.bench(plan, run, Told({"making ready": ctrl_c}))
    assert (outcome.state, outcome.records) == (State.STOPPED, "this-computer.jsonl"), outcome.sentence


def test_a_plan_that_the_agent_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    plan, run = begun(replace(QUICK, experiments=[{"name": "poem", "workers": [1]}]), tmp_path)
    (outcome,) = here.bench(plan, run, Told())
    assert outcome.state is State.FAILED
    assert "The name of an experiment is 'poem'" in outcome.sentence


def test_the_agent_of_this_checkout_does_it() -> None:
    words = [*AGENT, "run", "--help"]
    told = subprocess.run(words, cwd=CODE, capture_output=True, text=True, check=True).stdout
    assert "--plan" in told
    assert "--records" in told
