"""What `invoke bench` adds to the work of the boards, and what a room loses in which boards and networks fail."""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fleet import results
from fleet.analysis.records import WHOLE_SUFFIX
from virtual import place
from virtual.containers import faults, guest, room

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleet.results import Run
    from virtual.state import Guest, Room

BIN = Path(sys.executable).parent
RESULTS = place.PROJECT / "results"
LIMIT_S = 3600
QUICK = ("--runs", "1", "--governors", "performance")
UNPLUGGED_S = 25
BACK_LIMIT_S = 120
# The agent that a bench had stopped is there some seconds after the bench.
SETTLED_LIMIT_S = 15
MOST_ATTEMPTS = 4


def typed(*command: str) -> subprocess.CompletedProcess[str]:
    """Type a command at the root of the project."""
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    return subprocess.run(
        command, cwd=place.PROJECT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, timeout=LIMIT_S,
    )  # fmt: skip


def provisioned(boards: int, say: Callable[[str], None]) -> Room:
    """Return a room of so many boards that the playbook has seen to; SystemExit if it could not."""
    room.down(say)
    made = room.up(boards, say)
    done = typed("ansible-playbook", "site.yml")
    if done.returncode:
        raise SystemExit(f"The room could not be provisioned:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return made


@dataclass(frozen=True)
class Overhead:
    """How long a bench took, what of it was the slowest board's own work, and what it cost this computer, in s."""

    boards: int
    failed: int
    whole_s: float
    slowest_s: float
    until_all_began_s: float
    after_all_ended_s: float
    processor_s: float

    def __str__(self) -> str:
        spans = (self.whole_s, self.slowest_s, self.whole_s - self.slowest_s, self.until_all_began_s)
        figures = (f"{span:.1f}" for span in (*spans, self.after_all_ended_s, self.processor_s))
        return f"| {self.boards} | {self.failed} | {' | '.join(figures)} |"


OVERHEAD_HEAD = (
    "| boards | of these failed | bench s | slowest board's own work s | beyond it s | until the last board began s "
    "| after the last board ended s | processor time of the teacher's computer s |\n" + "|---" * 8 + "|"
)


def overhead(made: Room) -> Overhead:
    """Bench a room with the literal command, SystemExit if it did not begin; a board that fails is counted too."""
    began_s, began_cpu_s = time.time(), _cpu_of_children_s()
    done = typed("invoke", "bench", "--hosts", "lab", *QUICK)
    ended_s, ended_cpu_s = time.time(), _cpu_of_children_s()
    run = results.find(RESULTS)
    if datetime.fromisoformat(run.manifest.started_utc).timestamp() < int(began_s):
        raise SystemExit(f"The bench did not begin:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    spans = [_span_s(run, one.name) for one in made.guests]
    return Overhead(
        boards=len(spans),
        failed=sum(not outcome.is_ok for outcome in run.outcomes),
        whole_s=ended_s - began_s,
        slowest_s=max(last_s - first_s for first_s, last_s in spans),
        until_all_began_s=max(first_s for first_s, _ in spans) - began_s,
        after_all_ended_s=ended_s - max(last_s for _, last_s in spans),
        processor_s=ended_cpu_s - began_cpu_s,
    )


def _cpu_of_children_s() -> float:
    """Add up the processor time of the programs that this one waited for: the bench without the boards."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _span_s(run: Run, board: str) -> tuple[float, float]:
    """Tell when a board began and when it had ended, by its records: virtual Pis share this computer's clock."""
    lines = (run.path / f"{board}{WHOLE_SUFFIX}").read_text(encoding="utf-8").splitlines()
    first, last = (datetime.fromisoformat(json.loads(line)["utc"]) for line in (lines[0], lines[-1]))
    return first.timestamp(), last.timestamp()


@dataclass(frozen=True)
class Faulty:
    """A bench in which a board came to harm: what was done, and how many samples of the plan are there in the end."""

    fault: str
    after_s: float
    attempts: int
    planned: int
    found: int
    doubled: int
    before: str
    after: str

    def __str__(self) -> str:
        lost = self.planned - self.found
        restored = "yes" if self.before == self.after else f"NO: {self.after}, not {self.before}"
        counts = (self.attempts, self.found, lost, self.doubled, restored)
        return f"| {self.fault} | {self.after_s:.1f} | {' | '.join(map(str, counts))} |"


def pull_cable(here: place.Place, one: Guest) -> None:
    """Longer than a connection lives without an answer."""
    with faults.unplugged(here, one):
        time.sleep(UNPLUGGED_S)


def kill_runner(here: place.Place, one: Guest) -> None:
    """Kill the bench on the board."""
    subprocess.run(guest.ssh(here, one, "sudo systemctl kill --signal=KILL pilab-bench.service"), check=False)


def pull_plug(here: place.Place, one: Guest) -> None:
    """Cut the power, and give it back."""
    faults.cut_power(here, one)
    time.sleep(2)
    faults.switch_on(here, one)


FAULTS: dict[str, Callable[[place.Place, Guest], None]] = {
    "cable pulled for 25 s": pull_cable,
    "bench killed": kill_runner,
    "power cut": pull_plug,
}


def harmed(made: Room, fault: str, after_s: float) -> Faulty:
    """Bench a room, harm its first board on the way, run what is missing, and count."""
    here, victim = place.here(), made.guests[0]
    before = _state(here, victim)
    bench = subprocess.Popen(
        [str(BIN / "invoke"), "bench", "--hosts", "lab", "--runs", "2"],
        cwd=place.PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
    )  # fmt: skip
    time.sleep(after_s)
    FAULTS[fault](here, victim)
    attempts = 1
    status = bench.wait(LIMIT_S)
    while status and attempts < MOST_ATTEMPTS:
        _until_back(here, victim)
        status = typed("invoke", "bench", "--again", "failed").returncode
        attempts += 1
    planned, found, doubled = _counted(results.find(RESULTS))
    return Faulty(fault, after_s, attempts, planned, found, doubled, before, _settled(here, victim, before))


def _counted(run: Run) -> tuple[int, int, int]:
    """Count the samples that the plan wants, those that are there, and those that are there twice."""
    plan, (found, _) = run.manifest.plan, run.records()
    wanted = sum(len(each["workers"]) * len(each.get("sizes", [0])) for each in plan["experiments"])
    wanted *= plan["runs"] * len(plan["governors"])
    keys = [
        (name, each.experiment, each.size, each.workers, each.governor, each.repetition)
        for name, records in found.items()
        for each in records.samples
    ]
    return wanted * len(run.manifest.hosts), len(set(keys)), len(keys) - len(set(keys))


def _state(here: place.Place, one: Guest) -> str:
    """What a bench changes on a board: its governor and its services."""
    command = 'echo "$(cat /sys/devices/system/cpu/cpufreq/policy0/scaling_governor)"; systemctl is-active pilab-agent'
    done = subprocess.run(guest.ssh(here, one, command), capture_output=True, text=True, check=False)
    return ", ".join(done.stdout.split())


def _settled(here: place.Place, one: Guest, before: str) -> str:
    """Wait a moment for the state before; return the state that is there."""
    limit_s = time.monotonic() + SETTLED_LIMIT_S
    while (state := _state(here, one)) != before and time.monotonic() < limit_s:
        time.sleep(1)
    return state


def _until_back(here: place.Place, one: Guest) -> None:
    limit_s = time.monotonic() + BACK_LIMIT_S
    while not _state(here, one).endswith(", active") and time.monotonic() < limit_s:
        time.sleep(1)


def random_moments(count: int, seed: int) -> list[tuple[str, float]]:
    """Choose faults in turn, each at a moment of its own in the first half minute of a bench."""
    draw = random.Random(seed)  # noqa: S311 - moments that can be had again, not a secret
    return [(list(FAULTS)[number % len(FAULTS)], draw.uniform(3, 30)) for number in range(count)]
