"""Suites are data: a TOML file each beside this one. A plan is a suite with what was asked for put in."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from fleet.errors import PlanError
from fleet.gate import Gate, Governor, MisfitError
from fleet.i18n import ended, lazy
from fleet.suites.shape import LikeShape, PlanShape, SuiteShape

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path(__file__).parent
PLAN_SCHEMA = 1
MOST_RUNS = 100
GOVERNORS: tuple[str, ...] = get_args(Governor)
SUITE_GATE, LIKE_GATE, PLAN_GATE = Gate(SuiteShape), Gate(LikeShape), Gate(PlanShape)


@dataclass(frozen=True)
class Suite:
    """What to run, how often, and how long a run shall take."""

    name: str
    title: str
    minutes: int
    runs: int
    governors: list[str]
    target_s: float
    timeout_s: int
    patience_s: int
    experiments: list[dict[str, Any]]


@dataclass(frozen=True)
class Plan:
    """What a board is asked to do in one run; `done` names the samples that it need not take again."""

    run: str
    suite: str
    runs: int
    governors: list[str]
    target_s: float
    timeout_s: int
    patience_s: int
    seed: int
    experiments: list[dict[str, Any]]
    done: list[list[Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the plan as boards read it."""
        return {"schema": PLAN_SCHEMA, **asdict(self)}


def of_json(content: dict[str, Any]) -> Plan:
    """Read a plan that was kept; PlanError if another Pilab kept it."""
    if content.get("schema") != PLAN_SCHEMA:
        raise PlanError(
            lazy(
                "The plan of this run has schema {schema!r}, not {ours}; bench anew.",
                schema=content.get("schema"),
                ours=PLAN_SCHEMA,
            )
        )
    try:
        PLAN_GATE.value(content, lazy("the plan of this run"))
        return Plan(**{key: value for key, value in content.items() if key != "schema"})
    except (MisfitError, TypeError) as error:
        raise PlanError(
            lazy("The plan of this run cannot be used again ({error}); bench the boards anew.", error=error)
        ) from error


def available(folder: Path = FOLDER) -> list[str]:
    """Name the suites that there are."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def described(folder: Path = FOLDER) -> list[str]:
    """Name the suites with the time that each takes."""
    return [f"{name} (about {load(name, folder).minutes} minutes)" for name in available(folder)]


def load(name: str, folder: Path = FOLDER) -> Suite:
    """Read a suite; PlanError lists those that exist."""
    content = _content(name, folder, LIKE_GATE, SUITE_GATE)
    return Suite(name=name, **_like(folder, **{"experiments": [], **content}))


def _content(name: str, folder: Path, *gates: Gate[Any]) -> dict[str, Any]:
    """Let a suite in through the last gate, or through the first one if it is like another suite."""
    if name not in available(folder):
        raise PlanError(
            lazy("There is no suite '{name}'; choose from: {all}.", name=name, all=", ".join(available(folder)))
        )
    path = folder / f"{name}.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        gates[0 if "like" in content else -1].value(content, path.name)
    except (OSError, ValueError, RecursionError) as error:
        raise PlanError(lazy("The suite {path} cannot be used: {error}", path=path, error=ended(str(error)))) from error
    return content


def _like(folder: Path, like: str = "", workers: Sequence[int] = (), **content: Any) -> dict[str, Any]:  # noqa: ANN401 (what a gate let in)
    """Take the experiments of another suite, where there is one; those that know one worker only stay as they are."""
    if not like:
        return content
    theirs = _content(like, folder, SUITE_GATE)["experiments"]
    wider = [wish if wish["workers"] == [1] else {**wish, "workers": [*workers]} for wish in theirs]
    return {**content, "experiments": [*{wish["name"]: wish for wish in [*wider, *content["experiments"]]}.values()]}


def plan(run: str, suite: Suite, runs: str = "", governors: str = "") -> Plan:
    """Make the plan of a run from a suite and from what was typed; what was not typed is as the suite says."""
    return Plan(
        run=run,
        suite=suite.name,
        runs=_runs(runs) if runs else suite.runs,
        governors=_governors(governors) if governors else suite.governors,
        target_s=suite.target_s,
        timeout_s=suite.timeout_s,
        patience_s=suite.patience_s,
        seed=seed(run),
        experiments=suite.experiments,
    )


def seed(run: str) -> int:
    """Derive the order of a run from its name, so that it can be had again; the name ends in random digits."""
    return int.from_bytes(run.encode()[-4:], "big")


def _runs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_RUNS:
        raise PlanError(lazy("--runs is '{text}'; give a whole number from 1 to {most}.", text=text, most=MOST_RUNS))
    return int(text)


def _governors(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in GOVERNORS:
            raise PlanError(
                lazy("There is no governor '{name}'; choose from: {all}.", name=name, all=", ".join(GOVERNORS))
            )
    return list(dict.fromkeys(names))
