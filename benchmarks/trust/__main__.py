"""`make bench-trust`: the bench beside other timers, what it adds to the boards' own work, and what faults cost it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from benchmarks.apart import room_of_its_own
from benchmarks.trust import rooms, timers

if TYPE_CHECKING:
    from virtual.state import Room

# Some 0.4 s, which is what a suite gives its programs.
ADDITIONS = 3_000_000_000
SIMULATED = "The boards are simulated: virtual Pis on one computer."


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trust", description=__doc__)
    parser.add_argument("--additions", type=int, default=ADDITIONS, help="how much the timed program does")
    parser.add_argument("--runs", type=int, default=5, help="runs of each timer in a round (5)")
    parser.add_argument("--rounds", type=int, default=10, help="rounds of the timers (10)")
    parser.add_argument("--boards", type=int, nargs="*", default=[3], help="virtual Pis to bench, such as 3 30 (3)")
    parser.add_argument("--faults", type=int, default=6, help="benches in which a board comes to harm (6)")
    parser.add_argument("--seed", type=int, default=1, help="order of the timers, moments of the faults (1)")
    arguments = parser.parse_args()
    if arguments.rounds:
        _time(arguments)
    with room_of_its_own("b", _say):
        _bench_rooms(arguments)
    return 0


def _time(arguments: argparse.Namespace) -> None:
    _say(f"One program, {arguments.rounds} rounds of {arguments.runs} runs each.")
    _say(timers.table(timers.compare(arguments.additions, arguments.runs, arguments.rounds, arguments.seed)))


def _bench_rooms(arguments: argparse.Namespace) -> None:
    for number, boards in enumerate(arguments.boards):
        made = rooms.provisioned(boards, _say)
        if number == 0 and arguments.faults:
            _harm(made, arguments)
        _say(f"{SIMULATED}\n{rooms.OVERHEAD_HEAD}")
        _say(str(rooms.overhead(made)))


def _harm(made: Room, arguments: argparse.Namespace) -> None:
    head = "| fault | after s | attempts | samples | lost | doubled | board as before |\n|---|---|---|---|---|---|---|"
    _say(f"{SIMULATED}\n{head}")
    for fault, after_s in rooms.random_moments(arguments.faults, arguments.seed):
        _say(str(rooms.harmed(made, fault, after_s)))


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201 - a program that prints


if __name__ == "__main__":
    raise SystemExit(main())
