"""`make bench-agent`: frame age when the LED lights, what each loop costs, and with --minutes a soak with faults."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.agent.compared import Play, Row, table, words
from benchmarks.agent.driver import BUFFERS, FPS, ROUND_S
from benchmarks.agent.loops import LOOPS
from benchmarks.agent.shown import shown
from benchmarks.agent.soak import cost, soak, started
from benchmarks.agent.sources import SIMULATED, SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    # The words that start a Python, and its environment.
    Board = tuple[Sequence[str], Mapping[str, str]]

SEEN_BY = {
    SIMULATED: f"a simulated driver with {BUFFERS} buffers and {FPS} frames a second",
    "picamera2": "picamera2, as the agent uses it",
    "v4l2": "V4L2, as the agent uses it",
}
START_LIMIT_S = 60
ROOT = Path(__file__).parents[2]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.agent", description=__doc__)
    parser.add_argument("--source", choices=SOURCES, default=SIMULATED, help="where the frames come from")
    parser.add_argument("--rounds", type=int, default=8, help=f"of {ROUND_S} s in each turn of a loop (default 8)")
    parser.add_argument("--turns", type=int, default=3, help="of each loop, one loop after the other (default 3)")
    parser.add_argument("--minutes", type=float, default=0, help="length of the soak; a fault each minute (default 0)")
    parser.add_argument(
        "--camera", choices=["stand-in", "libcamera"], default="stand-in", help="of the soak, and of --source picamera2"
    )
    arguments = parser.parse_args()
    real = arguments.camera == "libcamera"
    if arguments.rounds and arguments.turns:
        with _board(real=real and arguments.source == "picamera2") as board:
            _compare(arguments.source, arguments.rounds, arguments.turns, board)
    if arguments.source == SIMULATED:
        _cost_and_soak(arguments.minutes, real=real)
    return 0


def _board(*, real: bool) -> AbstractContextManager[Board]:
    """Return how a Python is started that sees the camera: on this computer, or where the real libraries are."""
    return shown() if real else nullcontext(((sys.executable,), os.environ))


def _compare(source: str, rounds: int, turns: int, board: Board) -> None:
    """Play the loops in turn, each in a process of its own and alone, so that none takes from another."""
    _say(f"Frames of {SEEN_BY[source]}; {turns} turns of {rounds} rounds of {ROUND_S} s, a disc in each round.\n")
    rows = {name: Row() for name in LOOPS}
    for _turn in range(turns):
        for name, row in rows.items():
            row.plays.append(_play(name, source, rounds, board))
    for line in table(rows):
        _say(line)
    _say(f"\n{words(rows)}\n")


def _play(name: str, source: str, rounds: int, board: Board) -> Play:
    python, environment = board
    done = subprocess.run(
        [*python, "-m", "benchmarks.agent.play", name, source, str(rounds)],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False,
        timeout=rounds * ROUND_S + START_LIMIT_S,
    )  # fmt: skip
    if done.returncode != 0:
        raise SystemExit(done.returncode)  # it has said why
    played: Play = json.loads(done.stdout)
    return played


def _cost_and_soak(minutes: float, *, real: bool) -> None:
    with tempfile.TemporaryDirectory() as folder, started(Path(folder), real=real) as running:
        _say(cost(running, 20))
        for line in soak(running, minutes):
            _say(line)
        facts = running.facts()
        _say(f"{facts['frames']} frames, {facts['frames_skipped']} skipped, lost {facts['blind_times']} times.")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
