"""A run as the bench has it, for tests: a plan, records that end as they should, and a clock moved by hand."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from threading import Event
from typing import TYPE_CHECKING

from fleet import suites
from fleet.bench.job_context import JobContext
from tests.unit.fleet_parts import RECORDED
from tests.unit.fleet_sshd import PILAB

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fleet.bench.progress import Progress

LINES = RECORDED.read_text(encoding="utf-8").splitlines(keepends=True)
PLAN = suites.plan("20261123T081500Z-3f9a", suites.load("short"))


def ended(lines: list[str], status: str = "done") -> str:
    """Put the end mark under some records."""
    before = "".join(lines)
    end = {"schema": 1, "kind": "end", "run": "r", "status": status, "samples": before.count('"kind":"sample"')}
    digest = hashlib.sha256(before.encode()).hexdigest()
    return before + json.dumps({**end, "sha256": digest}, separators=(",", ":")) + "\n"


def end_mark(lines: list[str], status: str) -> str:
    """Return only the end mark."""
    return ended(lines, status).splitlines(keepends=True)[-1]


@dataclass
class Clock:
    """A clock that moves only when somebody sleeps or looks."""

    now_s: float = 0.0
    step_s: float = 0.0
    slept_s: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s

    def sleep(self, pause_s: float) -> None:
        """Let time pass at once."""
        self.slept_s.append(pause_s)
        self.now_s += pause_s


@dataclass
class Told:
    """Remembers what a person would have seen, and does something when a board first takes a step."""

    at: dict[str, Callable[[], None]] = field(default_factory=dict)
    steps: list[Progress] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)

    def show(self, progress: Progress) -> None:
        """Remember where a board stands."""
        self.steps.append(progress)
        self.at.pop(progress.step, _nothing)()

    def say(self, sentence: str) -> None:
        """Remember a sentence."""
        self.sentences.append(sentence)

    @property
    def words(self) -> list[str]:
        """The steps that boards took, each once."""
        return list(dict.fromkeys(progress.step for progress in self.steps))


def _nothing() -> None:
    """What most steps lead to."""


def context(folder: Path, told: Told | None = None, clock: Clock | None = None, pilab: str = PILAB) -> JobContext:
    """Return an context for boards that have the stand-ins."""
    moved = clock or Clock()
    made = JobContext(PLAN, folder, (told or Told()).show, Event(), pilab=pilab)
    return replace(made, clock=moved, sleep=moved.sleep)
