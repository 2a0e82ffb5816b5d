"""What a run is to do: the plan as it comes from the teacher's side, checked before anything is touched."""

from __future__ import annotations

import json
from dataclasses import dataclass

from agent.bench.experiments import BYTES, EXPERIMENTS, Experiment
from agent.bench.fields import Section
from agent.board.cpufreq import GOVERNORS
from agent.board.paths import RUN_PATTERN
from agent.errors import ConfigError
from agent.settings.rules import OneOf, Whole

SCHEMA = 1
KNOWN_GOVERNOR = OneOf(*GOVERNORS)
KNOWN_EXPERIMENT = OneOf(*EXPERIMENTS)
MOST_SIZE = 10**15
MOST_BYTES = 2**40
LEAST_STEP_BYTES = 65536  # the largest page that Linux has on ARM: a smaller step would touch nothing
# Experiment, size, workers, governor and repetition of one sample.
Key = tuple[str, int, int, str, int]


@dataclass(frozen=True)
class PlanEntry:
    """One experiment as the plan wants it; without sizes if the board shall find the one that fits."""

    experiment: Experiment
    workers: tuple[int, ...]
    sizes: tuple[int, ...]
    step_bytes: int


@dataclass(frozen=True)
class Plan:
    """One run of a suite on one board."""

    run: str
    suite: str
    runs: int
    governors: tuple[str, ...]
    target_s: float
    timeout_s: float
    patience_s: float
    seed: int
    entries: tuple[PlanEntry, ...]
    done: frozenset[Key] = frozenset()


def parse(text: str) -> Plan:
    """Read a plan; ConfigError names the first key that cannot be used."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"The plan is not JSON: {error}.") from error
    section = Section("the plan", content)
    section.whole("schema", SCHEMA, SCHEMA)
    plan = Plan(
        run=run_name(section),
        suite=section.text("suite", r"\S.{0,63}", "the name of a suite"),
        runs=section.whole("runs", 1, 1000),
        governors=tuple(KNOWN_GOVERNOR.check("A governor of the plan", name) for name in section.items("governors", 0)),
        target_s=section.number("target_s", 0.01, 60),
        timeout_s=section.number("timeout_s", 1, 3600),
        patience_s=section.number("patience_s", 0, 3600),
        seed=section.whole("seed", 0, 2**63),
        entries=_entries(section.items("experiments", 1)),
        done=frozenset(map(_key, section.items("done", 0))) if section.has("done") else frozenset(),
    )
    section.close()
    return plan


def run_name(section: Section) -> str:
    """Take the name of the run, which becomes the name of a folder."""
    return section.text("run", RUN_PATTERN, "up to 64 letters, digits, dots, dashes and underscores")


def _key(item: object) -> Key:
    """Take a sample that is not to be taken again."""
    if not isinstance(item, list) or [type(part) for part in item] != [str, int, int, str, int]:
        raise ConfigError(f"'done' of the plan has {item!r}; give experiment, size, workers, governor and repetition.")
    experiment, size, workers, governor, repetition = item
    return experiment, size, workers, governor, repetition


def _entries(items: list[object]) -> tuple[PlanEntry, ...]:
    entries = tuple(_entry(item) for item in items)
    names = [entry.experiment.name for entry in entries]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"Experiment '{name}' stands in the plan twice; put all its workers into one.")
    return entries


def _entry(item: object) -> PlanEntry:
    section = Section("an experiment of the plan", item)
    experiment = EXPERIMENTS[KNOWN_EXPERIMENT.check("The name of an experiment", section.take("name"))]
    section.name = f"experiment '{experiment.name}'"
    workers, some = section.items("workers", 1), Whole(1, experiment.most_workers)
    entry = PlanEntry(
        experiment=experiment,
        workers=tuple(some.check(f"'workers' of {section.name}", count) for count in workers),
        sizes=_sizes(section, experiment),
        step_bytes=section.whole("step_bytes", LEAST_STEP_BYTES, MOST_BYTES) if experiment.size_unit == BYTES else 0,
    )
    section.close()
    return entry


def _sizes(section: Section, experiment: Experiment) -> tuple[int, ...]:
    """Take the sizes; memory cannot be tried out until it fits a time, so there they must be named."""
    if experiment.size_unit != BYTES and not section.has("sizes"):
        return ()
    rule = Whole(LEAST_STEP_BYTES, MOST_BYTES) if experiment.size_unit == BYTES else Whole(1, MOST_SIZE)
    return tuple(rule.check(f"'sizes' of {section.name}", size) for size in section.items("sizes", 1))
