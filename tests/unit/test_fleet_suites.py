from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from agent.bench.plan import parse
from fleet import suites
from fleet.errors import PlanError

if TYPE_CHECKING:
    from pathlib import Path

RUN = "20261123T081500Z-3f9a"
SHORT = suites.load("short")


def test_the_board_understands_the_plan_of_every_suite() -> None:
    for name in suites.available():
        understood = parse(json.dumps(suites.plan(RUN, suites.load(name)).as_json()))
        assert (understood.run, understood.suite) == (RUN, name)


def test_the_short_suite_has_every_lesson_that_is_timed() -> None:
    names = [experiment["name"] for experiment in SHORT.experiments]
    assert names == [
        "detect", "busy", "c-threads", "page-touch", "python-threads", "python-processes", "python-io-threads",
    ]  # fmt: skip
    assert (SHORT.runs, SHORT.governors) == (5, ["performance", "powersave"])


def test_a_suite_like_another_has_its_experiments_with_other_workers_and_its_own_go_before(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_bytes((suites.FOLDER / "short.toml").read_bytes())
    head = (suites.FOLDER / "short.toml").read_text(encoding="utf-8").partition("[[experiments]]")[0]
    own = '[[experiments]]\nname = "{}"\nworkers = [7]\n'
    like = 'like = "base"\nworkers = [1, 8]\n'
    (tmp_path / "mine.toml").write_text(head + like + own.format("python-threads") + own.format("io-wait"))
    assert {wish["name"]: wish["workers"] for wish in suites.load("mine", tmp_path).experiments} == {
        "detect": [1], "busy": [1], "c-threads": [1, 8], "page-touch": [1], "python-threads": [7],
        "python-processes": [1, 8], "python-io-threads": [1, 8], "io-wait": [7],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('like = "base"\n', "'workers' in mine.toml is missing"),
        ('like = "base"\nworkers = [0]\n', "not a whole number of at least 1"),
        ('like = "other"\nworkers = [1]\n', "There is no suite 'other'"),
        ('like = "mine"\nworkers = [1]\n', "contains unknown field `like`"),
    ],
)
def test_a_suite_like_one_that_cannot_be_had_is_told(tmp_path: Path, lines: str, told: str) -> None:
    text = (suites.FOLDER / "short.toml").read_text(encoding="utf-8")
    (tmp_path / "base.toml").write_text(text)
    (tmp_path / "mine.toml").write_text(text.partition("[[experiments]]")[0] + lines)
    with pytest.raises(PlanError) as raised:
        suites.load("mine", tmp_path)
    assert told in str(raised.value)


@pytest.mark.parametrize("name", suites.available())
def test_the_programs_of_a_suite_fit_into_the_minutes_that_it_promises(name: str) -> None:
    suite = suites.load(name)
    several = [len(each["workers"]) * len(each.get("sizes", [0])) for each in suite.experiments]
    # Workers share the work and other governors are slower: on the whole a run takes what one worker takes at best.
    running_s = sum(several) * suite.runs * len(suite.governors) * suite.target_s
    assert running_s / 60 < suite.minutes < 3 * running_s / 60


def test_what_is_typed_goes_before_what_the_suite_says() -> None:
    plan = suites.plan(RUN, SHORT, "7", "ondemand, performance,ondemand")
    assert (plan.runs, plan.governors) == (7, ["ondemand", "performance"])


def test_what_is_not_typed_is_as_the_suite_says() -> None:
    plan = suites.plan(RUN, SHORT)
    assert (plan.runs, plan.governors) == (5, ["performance", "powersave"])


def test_two_runs_have_different_orders_and_each_can_be_had_again() -> None:
    assert suites.seed("20261123T081500Z-3f9a") == suites.seed("20261123T081500Z-3f9a")
    assert suites.seed("20261123T081500Z-3f9a") != suites.seed("20261123T081500Z-3f9b")


@pytest.mark.parametrize("runs", ["0", "-1", "101", "many", "2.5"])
def test_a_number_of_runs_that_makes_no_sense_is_refused(runs: str) -> None:
    with pytest.raises(PlanError) as raised:
        suites.plan(RUN, SHORT, runs)
    assert str(raised.value) == f"--runs is '{runs}'; give a whole number from 1 to 100."


@pytest.mark.parametrize("governors", ["turbo", "performance,turbo"])
def test_a_governor_that_does_not_exist_is_named_with_those_that_do(governors: str) -> None:
    with pytest.raises(PlanError, match="There is no governor 'turbo'; choose from: performance, powersave, ondemand"):
        suites.plan(RUN, SHORT, "", governors)


def test_a_forgotten_comma_is_no_governor() -> None:
    with pytest.raises(PlanError, match="There is no governor ''"):
        suites.plan(RUN, SHORT, "", "performance,")


@pytest.mark.parametrize("name", ["long", "../short", ""])
def test_a_suite_that_does_not_exist_is_named_with_those_that_do(name: str) -> None:
    with pytest.raises(PlanError, match=r"There is no suite '.*'; choose from: course, full, short\."):
        suites.load(name)


def test_a_suite_that_is_not_written_well_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("title = \n")
    with pytest.raises(PlanError, match=r"mine\.toml cannot be used"):
        suites.load("mine", tmp_path)
    (tmp_path / "mine.toml").write_text('title = "mine"\n')
    with pytest.raises(PlanError, match=r"mine\.toml cannot be used: .*missing"):
        suites.load("mine", tmp_path)
    (tmp_path / "mine.toml").write_bytes(b"\xff")
    with pytest.raises(PlanError, match=r"mine\.toml cannot be used: 'utf-8' codec"):
        suites.load("mine", tmp_path)


@pytest.mark.parametrize(
    ("line", "changed", "told"),
    [
        ("runs = 5", "runs = 0", "'runs' in mine.toml is 0, not a whole number of at least 1"),
        ("runs = 5", "rounds = 5", "unknown field `rounds`"),
        ("target_s = 0.4", "target_s = inf", "'target_s' in mine.toml is inf, not a number of at most 60"),
        ("workers = [1, 2, 4]", "workers = []", "not a list of at least 1 items"),
        ("workers = [1, 2, 4]", "workers = [65]", "not a whole number of at most 64 (experiments[2].workers[0])"),
        ('["performance", "powersave"]', '["turbo"]', "not one of those that Pilab knows (governors[0])"),
    ],
)
def test_a_suite_that_asks_for_what_no_board_takes_is_told(tmp_path: Path, line: str, changed: str, told: str) -> None:
    text = (suites.FOLDER / "short.toml").read_text(encoding="utf-8")
    assert line in text
    (tmp_path / "mine.toml").write_text(text.replace(line, changed))
    with pytest.raises(PlanError) as raised:
        suites.load("mine", tmp_path)
    assert told in str(raised.value)


def test_a_plan_that_another_pilab_kept_is_not_used_again() -> None:
    kept = suites.plan(RUN, SHORT).as_json()
    assert suites.of_json(kept) == suites.plan(RUN, SHORT)
    for changes, told in (
        ({"schema": 2}, "has schema 2, not 1"),
        ({"done": [["busy", 0, 1, "performance", 0]]}, "cannot be used again .'done' in the plan of this run"),
        ({"more": 1}, "cannot be used again .*unexpected keyword"),
    ):
        with pytest.raises(PlanError, match=told):
            suites.of_json({**kept, **changes})
