"""The same program timed by the bench, by hyperfine and by pyperf, one after the other in every round."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from agent.bench import runner
from agent.bench.plan import parse
from agent.bench.stop import Stop
from agent.board.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = Path(__file__).resolve().parents[2]
PROGRAM = PROJECT / "native" / "bin" / "busy"
PEERS = PROJECT / "build" / "trust-peers" / "bin"
LIMIT_S = 600


@dataclass(frozen=True)
class Timed:
    """What one tool made of a program: the times of its runs in s, and what watching cost beside them, in ns."""

    times_s: list[float]
    watching_ns: int = 0


def ours(additions: int, runs: int, folder: Path) -> Timed:
    """Have the bench of a board do it; governor and services stay as they are, as they do for the others."""
    plan = {
        "schema": 1, "run": "trust", "suite": "trust", "runs": runs, "governors": [], "target_s": 1,
        "timeout_s": LIMIT_S, "patience_s": 0, "seed": 1,
        "experiments": [{"name": "busy", "workers": [1], "sizes": [additions]}],
    }  # fmt: skip
    records = folder / "records.jsonl"
    records.unlink(missing_ok=True)
    runner.run(parse(json.dumps(plan)), records, Paths(may_tune=False, experimenter=None), Stop())
    samples = [record for record in map(json.loads, records.read_text().splitlines()) if record["kind"] == "sample"]
    watching_ns = sum(sample["during"]["cost_ns"] for sample in samples)
    return Timed([sample["wall_ns"] / 1e9 for sample in samples], watching_ns)


def hyperfine(additions: int, runs: int, folder: Path) -> Timed:
    """Have hyperfine do it, without a shell in between."""
    out = folder / "hyperfine.json"
    command = f"{PROGRAM} {additions}"
    _run("hyperfine", "--shell=none", "--warmup=1", f"--runs={runs}", f"--export-json={out}", "--style=none", command)
    return Timed(json.loads(out.read_text())["results"][0]["times"])


def pyperf(additions: int, runs: int, folder: Path) -> Timed:
    """Have pyperf do it, a process for each run."""
    out = folder / "pyperf.json"
    out.unlink(missing_ok=True)
    options = ("--processes", str(runs), "--values", "1", "--warmups", "0", "--loops", "1", "--quiet", "-o", str(out))
    _run(str(PEERS / "python"), "-m", "pyperf", "command", *options, "--", str(PROGRAM), str(additions))
    runs_of = json.loads(out.read_text())["benchmarks"][0]["runs"]
    return Timed([value for run in runs_of for value in run.get("values", [])])


TOOLS: dict[str, Callable[[int, int, Path], Timed]] = {"pilab": ours, "hyperfine": hyperfine, "pyperf": pyperf}


def compare(additions: int, runs: int, rounds: int, seed: int) -> dict[str, Timed]:
    """Time the program in rounds; each tool has its turn in each, in an order that favours none."""
    order = random.Random(seed)  # noqa: S311 - an order that can be repeated, not a secret
    times: dict[str, list[float]] = defaultdict(list)
    watching: dict[str, int] = defaultdict(int)
    with TemporaryDirectory(prefix="pilab-trust-") as name:
        for _ in range(rounds):
            for tool in order.sample(sorted(TOOLS), len(TOOLS)):
                timed = TOOLS[tool](additions, runs, Path(name))
                times[tool] += timed.times_s
                watching[tool] += timed.watching_ns
    return {tool: Timed(times[tool], watching[tool]) for tool in TOOLS}


def spread(times_s: list[float]) -> float:
    """Return how wide the middle half is, as a share of the median."""
    low, middle, high = statistics.quantiles(times_s, n=4, method="inclusive")
    return (high - low) / middle


def table(found: dict[str, Timed]) -> str:
    """Write what came out: each tool's median beside the bench's, and how wide its middle half is."""
    base_s = statistics.median(found["pilab"].times_s)
    head = "| timer | runs | median ms | beside pilab | middle half |\n|---|---|---|---|---|"
    rows = [
        f"| {tool} | {len(timed.times_s)} | {1000 * statistics.median(timed.times_s):.2f} "
        f"| {statistics.median(timed.times_s) / base_s - 1:+.2%} | {spread(timed.times_s):.2%} |"
        for tool, timed in found.items()
    ]
    ours_s = sum(found["pilab"].times_s)
    watched = f"Watching the board cost {found['pilab'].watching_ns / 1e9 / ours_s:.3%} of one core."
    return "\n".join([head, *rows, "", watched])


def _run(*command: str) -> None:
    done = subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=LIMIT_S, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise SystemExit(f"'{command[0]}' failed, so nothing can be compared; it said:\n{done.stderr[-2000:]}")
