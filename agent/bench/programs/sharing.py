"""What the programs have in common: the work of one worker, how it is split, and the line that is printed."""

from __future__ import annotations

import json
import sys
import time
from threading import Thread
from typing import Callable

USAGE_STATUS = 2


def add_ones(additions: int) -> int:
    """Add 1 that many times, one at a time."""
    total = 0
    for _ in range(additions):
        total += 1
    return total


def shares(whole: int, workers: int) -> list[int]:
    """Split the work into shares that differ by one at most."""
    return [whole // workers + (index < whole % workers) for index in range(workers)]


def in_threads(work: Callable[[int], int], shares_of_work: list[int]) -> list[int]:
    """Give each share to a thread of its own; return what each made of it."""
    results = [0] * len(shares_of_work)

    def run(index: int) -> None:
        results[index] = work(shares_of_work[index])

    threads = [Thread(target=run, args=(index,)) for index in range(len(shares_of_work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()  # the bench limits the time of the whole program
    return results


def arguments(program: str, unit: str) -> tuple[int, int]:
    """Read the two numbers of the command line; SystemExit with the usage if it has others."""
    given = sys.argv[1:]
    if len(given) != 2 or not all(word.isdecimal() for word in given) or int(given[1]) < 1:  # noqa: PLR2004
        sys.stderr.write(f"Usage: {program} {unit.upper()} WORKERS, both whole numbers, at least one worker\n")
        raise SystemExit(USAGE_STATUS)
    return int(given[0]), int(given[1])


def main(program: str, work_in_parallel: Callable[[list[int]], list[int]], unit: str = "additions") -> None:
    """Time the work split over the workers and print one line about it; SystemExit if some was not done."""
    size, workers = arguments(program, unit)
    start_ns = time.perf_counter_ns()
    parts = work_in_parallel(shares(size, workers))
    loop_ns = time.perf_counter_ns() - start_ns
    if sum(parts) != size:
        message = f"The workers did {sum(parts)} of {size} {unit}."
        raise SystemExit(message)
    answer = {"program": program, unit: size, "workers": workers, "parts": parts, "sum": sum(parts), "loop_ns": loop_ns}
    sys.stdout.write(json.dumps(answer) + "\n")
