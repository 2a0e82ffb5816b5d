"""`make bench-agent`: frame age when the LED lights, the agent's cost, and with --minutes a soak with faults."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import cv2
import numpy as np

from agent.camera.rendered import Scene
from agent.circles.course import CourseDetector
from agent.circles.pilab import PilabDetector
from agent.settings.circles import CircleSettings
from benchmarks.agent.driver import FPS, Driver
from benchmarks.agent.loops import MeasuringLed, agent, course
from benchmarks.agent.soak import cost, soak, started

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.ports import Grey

# The disc is there for a second and away for so long that both loops have darkened the LED before it comes again.
ROUND_S, DISC_S = 5, 1


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.agent", description=__doc__)
    parser.add_argument("--rounds", type=int, default=24, help=f"of {ROUND_S} s each, with one disc (default 24)")
    parser.add_argument("--minutes", type=float, default=0, help="length of the soak; a fault each minute (default 0)")
    parser.add_argument("--camera", choices=["stand-in", "libcamera"], default="stand-in", help="libcamera needs root")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    if arguments.rounds:
        _compare(arguments.rounds)
    with (
        tempfile.TemporaryDirectory() as folder,
        started(Path(folder), real=arguments.camera == "libcamera") as running,
    ):
        _say(cost(running, 20))
        for line in soak(running, arguments.minutes):
            _say(line)
        facts = running.facts()
        _say(f"{facts['frames']} frames, {facts['frames_skipped']} skipped, lost {facts['blind_times']} times.")
    return 0


def _compare(rounds: int) -> None:
    """Play all loops side by side, each on a simulated driver of its own that exposes the same frames."""
    frames = record()
    loops: dict[str, Callable[[Driver, MeasuringLed], int]] = {
        "course (L8)": course,
        "agent, course's detector": lambda driver, led: agent(driver, led, CourseDetector()),
        "agent": lambda driver, led: agent(driver, led, PilabDetector(CircleSettings())),
    }
    rows: dict[str, tuple[int, list[float]]] = {}

    def play(name: str) -> None:
        led = MeasuringLed()
        rows[name] = loops[name](Driver(frames, rounds), led), led.ages_ms

    threads = [Thread(target=play, args=(name,)) for name in loops]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    _say(f"Age of the frame at the moment the LED lights; {rounds} discs, 30 fps, simulated driver with 4 buffers.\n")
    _say("| loop | frames looked at | times lit | median ms | p99 ms | greatest ms |\n|---|---|---|---|---|---|")
    for name in loops:
        seen, ages = rows[name]
        spread = [*np.percentile(ages, [50, 99]), max(ages)]
        _say(f"| {name} | {seen} | {len(ages)} | " + " | ".join(f"{value:.2f}" for value in spread) + " |")
    ratio = np.median(rows["course (L8)"][1]) / np.median(rows["agent"][1])
    _say(f"\nIn the middle the course's frame is {ratio:.1f} times as old as the agent's.\n")


def record() -> list[Grey]:
    """Return one round: the wall, and a disc that crosses it."""
    scene = Scene(round_frames=2 * DISC_S * FPS)
    wall = [scene.draw(number) for number in range(DISC_S * FPS)]
    discs = [scene.draw(number) for number in range(DISC_S * FPS, 2 * DISC_S * FPS)]
    return (wall * ROUND_S)[: (ROUND_S - DISC_S) * FPS] + discs


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
