from __future__ import annotations

import pytest

from agent.bench.experiments import EXPERIMENTS, Work
from agent.bench.plan import parse
from agent.board.paths import Paths
from agent.errors import ConfigError
from tests.unit.bench_board import plan_text

TOUCH = {"name": "page-touch", "workers": [1], "sizes": [2**30, 2**28], "step_bytes": 104857600}


def test_a_plan_is_read_with_all_that_it_wants() -> None:
    plan = parse(plan_text(experiments=[{"name": "c-threads", "workers": [1, 2]}, TOUCH]))
    assert (plan.run, plan.suite, plan.runs, plan.governors) == ("test-1", "short", 2, ("performance", "powersave"))
    threads, touch = plan.entries
    assert (threads.experiment.name, threads.workers, threads.sizes) == ("c-threads", (1, 2), ())
    assert (touch.experiment.lesson, touch.sizes, touch.step_bytes) == ("L12", (2**30, 2**28), 104857600)


def test_a_plan_may_leave_the_governor_alone() -> None:
    assert parse(plan_text(governors=[])).governors == ()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"schema": 2}, "'schema' of the plan is 2; give a whole number from 1 to 1."),
        ({"run": "../etc"}, "'run' of the plan is '../etc'"),
        ({"suite": ""}, "'suite' of the plan is ''"),
        ({"runs": 0}, "'runs' of the plan is 0; give a whole number from 1 to 1000."),
        ({"runs": True}, "'runs' of the plan is True"),
        ({"governors": ["fast"]}, "A governor of the plan is 'fast'; choose from performance, powersave"),
        ({"governors": ["powersave", "powersave"]}, "names 'powersave' twice"),
        ({"governors": "powersave"}, "'governors' of the plan is 'powersave'; give a list"),
        ({"target_s": -1}, "'target_s' of the plan is -1; give a number from 0.01 to 60."),
        ({"timeout_s": None}, "'timeout_s' of the plan is None"),
        ({"seed": 1.5}, "'seed' of the plan is 1.5"),
        ({"color": "red"}, "'color' of the plan is not known"),
        ({"experiments": []}, "'experiments' of the plan is []; give a list of at least 1."),
        ({"experiments": [7]}, "an experiment of the plan is 7"),
        ({"experiments": [{"name": "chess", "workers": [1]}]}, "'chess'; choose from detect, busy"),
        ({"experiments": [{"name": ["busy"], "workers": [1]}]}, "The name of an experiment is ['busy']"),
        ({"experiments": [{"name": "busy", "workers": [2]}]}, "'workers' of experiment 'busy' is 2"),
        ({"experiments": [{"name": "c-threads", "workers": [0]}]}, "give a whole number from 1 to 64."),
        ({"experiments": [{"name": "busy"}]}, "'workers' of experiment 'busy' is None"),
        ({"experiments": [{"name": "busy", "workers": [1], "sizes": [-5]}]}, "'sizes' of experiment 'busy' is -5"),
        ({"experiments": [{**TOUCH, "sizes": [-1]}]}, "'sizes' of experiment 'page-touch' is -1"),
        ({"experiments": [{**TOUCH, "step_bytes": 0}]}, "'step_bytes' of experiment 'page-touch' is 0"),
        ({"experiments": [{**TOUCH, "size": 5}]}, "'size' of experiment 'page-touch' is not known"),
        ({"experiments": [{**TOUCH, "sizes": []}]}, "'sizes' of experiment 'page-touch' is []; give a list"),
        ({"experiments": [{**TOUCH, "sizes": None}]}, "'sizes' of experiment 'page-touch' is None"),
        ({"done": [["busy", 1000, 1, "performance"]]}, "'done' of the plan has ['busy', 1000, 1, 'performance']"),
        ({"done": ["busy"]}, "'done' of the plan has 'busy'; give experiment, size"),
        ({"patience_s": -1}, "'patience_s' of the plan is -1; give a number from 0 to 3600."),
        (
            {"experiments": [{"name": "busy", "workers": [1], "sizes": [n]} for n in (1, 2)]},
            "'busy' stands in the plan twice",
        ),
    ],
)
def test_what_cannot_be_used_is_named_with_its_value_and_what_can(change: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(plan_text(**change))
    assert named in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_what_is_no_plan_at_all_is_a_sentence(text: str) -> None:
    with pytest.raises(ConfigError, match=r"[Tt]he plan is"):
        parse(text)


def test_every_experiment_runs_a_program_that_is_there() -> None:
    paths = Paths()
    for experiment in EXPERIMENTS.values():
        command = experiment.command(paths, Work(1000, 1, 4096))
        program = next(word for word in command if str(paths.code) in word)
        assert program.startswith(str(paths.native)) or (paths.scripts / program).is_file()
