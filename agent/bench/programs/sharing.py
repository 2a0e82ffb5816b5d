"""What the programs have in common: the work of one worker, how it is split, and the line that is printed."""

import json
import sys
import time
from typing import Callable

USAGE_STATUS = 2
ARGUMENTS = ("ADDITIONS", "WORKERS")


def add_ones(additions: int) -> int:
    """Add 1 that many times, one at a time."""
    total = 0
    for _ in range(additions):
        total += 1
    return total


def shares(additions: int, workers: int) -> list[int]:
    """Split the additions into shares that differ by one at most."""
    return [additions // workers + (index < additions % workers) for index in range(workers)]


def arguments(program: str) -> tuple[int, int]:
    """Read the two numbers of the command line, or end the program with its usage."""
    given = sys.argv[1:]
    if len(given) != len(ARGUMENTS) or not all(word.isdecimal() for word in given) or int(given[1]) < 1:
        sys.stderr.write(f"Usage: {program} {' '.join(ARGUMENTS)}, both whole numbers, at least one worker\n")
        raise SystemExit(USAGE_STATUS)
    return int(given[0]), int(given[1])


def main(program: str, add_in_parallel: Callable[[list[int]], list[int]]) -> None:
    """Time the additions split over the workers and print one line about them."""
    additions, workers = arguments(program)
    start_ns = time.perf_counter_ns()
    partial_sums = add_in_parallel(shares(additions, workers))
    loop_ns = time.perf_counter_ns() - start_ns
    said = {"program": program, "additions": additions, "workers": workers, "partial_sums": partial_sums}
    sys.stdout.write(json.dumps({**said, "sum": sum(partial_sums), "loop_ns": loop_ns}) + "\n")
