"""`make bench-provision`: the project's playbook, plain Ansible and pyinfra on the same virtual (simulated) Pis."""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.apart import room_of_its_own
from benchmarks.provision import drawn, tools, wanted
from virtual import place
from virtual.containers import room

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.provision.tools import Ran, Tool
    from virtual.state import Room

    Runs = dict[str, list[Ran]]

FOLDER = place.PROJECT / "build" / "provision"
MOST_TIMES = 3.0
HEAD = "| tool | median s | least s | most s | times pilab | processor s here a board |\n|---|---|---|---|---|---|"
MOST_OF_PYINFRA = 1 / 5
SIMULATED = "The boards are simulated: virtual Pis on one computer."


@dataclass(frozen=True)
class Bench:
    """A room that the project's playbook has provisioned, and the peers that see it as theirs."""

    here: place.Place
    room: Room
    tools: list[Tool]
    least: Tool


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.provision", description=__doc__)
    parser.add_argument("--boards", type=int, default=3, help="how many virtual Pis (3)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each tool runs with nothing to change (5)")
    parser.add_argument("--first-rounds", type=int, default=1, help="how often each tool gets fresh boards (1)")
    parser.add_argument("--scaling", type=int, default=0, help="also time so many boards beside --boards, such as 30")
    parser.add_argument(
        "--drawn", type=int, default=0, help="measure what so many fresh boards draw, such as 30; alone, only that"
    )
    arguments = parser.parse_args()
    with room_of_its_own("p", _say):
        runs_of_few = _measure(arguments) if arguments.scaling or not arguments.drawn else {}
        if arguments.drawn:
            drawn.compare(arguments.drawn, _fresh, _say)
        if arguments.scaling:
            is_up = arguments.scaling == arguments.drawn
            many = room.up(arguments.scaling, _say) if is_up else _room_of_many(arguments.scaling)
            _scale(many, runs_of_few)
    return 0


def _measure(arguments: argparse.Namespace) -> Runs:
    few, rounds = arguments.boards, arguments.rounds
    bench = _prepare(few)
    _agree(bench, bench.tools)
    unchanged = _unchanged([*bench.tools, bench.least], rounds)
    _print(f"Nothing to change, {few} boards, {rounds} interleaved runs each.", unchanged, few)
    _say_share(unchanged, few)
    first = _first(bench, few, arguments.first_rounds)
    if first:
        _print(f"First run on {few} fresh boards, {arguments.first_rounds} runs each.", first, few)
    return unchanged


def _room_of_many(boards: int) -> Room:
    """Return a full room after its first run, and say what that took."""
    drawn_bytes, took_s = drawn.draw(boards, _fresh, tools.pilab())
    drawn_mb = drawn_bytes / drawn.MB
    _say(f"The first run of {boards} boards took {took_s:.0f} s and drew {drawn_mb:.0f} MB from the internet.")
    return room.up(boards, _say)


def _fresh(boards: int) -> Room:
    """Return new boards; room.up alone would take one that is up already."""
    room.down(_say)
    return room.up(boards, _say)


def _prepare(boards: int) -> Bench:
    """Provision a room once, which also fills the cache of packages, and write its state down for the peers."""
    here, ours, guests = place.here(), tools.pilab(), _fresh(boards)
    before = {one.release: wanted.packages(here, one) for one in guests.guests}
    ours.run()
    shutil.rmtree(FOLDER, ignore_errors=True)
    for one in {each.release: each for each in guests.guests}.values():
        wanted.record(here, one, before[one.release], FOLDER / one.release)
    return _bench(guests)


def _bench(guests: Room) -> Bench:
    here = place.here()
    boards: Path = tools.write_boards(here, guests, FOLDER)
    return Bench(here, guests, [tools.pilab(), tools.pyinfra(boards), tools.ansible(boards)], tools.nothing(boards))


def _pictures(bench: Bench) -> dict[str, list[str]]:
    return {one.name: wanted.picture(bench.here, one) for one in bench.room.guests}


def _agree(bench: Bench, compared: Sequence[Tool]) -> None:
    """See that no tool wants a provisioned board otherwise than another; SystemExit names what differs.

    This run may note what a later one asks for, such as when the lists of packages were fetched.
    """
    before = _pictures(bench)
    for tool in compared:
        tool.run()
        for name, now in _pictures(bench).items():
            if found := wanted.difference(before[name], now):
                raise SystemExit(
                    f"{tool.name} makes {name} different, so it is no fair comparison:\n" + "\n".join(found)
                )


def _unchanged(compared: Sequence[Tool], rounds: int) -> Runs:
    runs: Runs = {tool.name: [] for tool in compared}
    for number in range(1, rounds + 1):
        for tool in compared:
            ran = tool.run()
            if ran.is_changed:
                raise SystemExit(
                    f"{tool.name} reports a change where nothing is to change, so it is no comparison; it said:\n"
                    f"{ran.said}"
                )
            runs[tool.name].append(ran)
            _say(f"Run {number} of {rounds}: {tool.name} took {ran.took_s:.1f} s.")
    return runs


def _first(bench: Bench, boards: int, rounds: int) -> Runs:
    """Time each tool on boards as they come; packages come from the cache that _prepare filled, for all alike."""
    wanted_pictures = _pictures(bench)
    runs: Runs = {}
    for _ in range(rounds):
        for i in range(len(bench.tools)):
            fresh = _bench(_fresh(boards))
            tool = fresh.tools[i]
            runs.setdefault(tool.name, []).append(tool.run())
            for name, now in _pictures(fresh).items():
                if found := wanted.difference(wanted_pictures[name], now):
                    _say(f"{tool.name} leaves {name} different from the others: {'; '.join(found[:10])}")
    return runs


def _scale(room_of_many: Room, runs_of_few: Runs) -> None:
    """Time more boards; plain Ansible would take a quarter of an hour for each run."""
    bench, many = _bench(room_of_many), len(room_of_many.guests)
    compared = bench.tools[:2]
    _agree(bench, compared)
    rounds = len(runs_of_few["pilab"])
    runs_of_many = _unchanged([*compared, bench.least], rounds)
    _print(f"Nothing to change, {many} boards, {rounds} interleaved runs each.", runs_of_many, many)
    _say_share(runs_of_many, many)
    for name, runs in runs_of_many.items():
        times = _median_s(runs) / _median_s(runs_of_few[name])
        _say(f"{name}: {many} boards take {times:.2f} times as long as few (goal for pilab: at most {MOST_TIMES:g}).")


def _median_s(runs: list[Ran]) -> float:
    return statistics.median(run.took_s for run in runs)


def _print(title: str, runs_of: Runs, boards: int) -> None:
    base_s = _median_s(runs_of["pilab"])
    _say(f"\n{title} {SIMULATED}\n\n{HEAD}")
    for name, runs in runs_of.items():
        each_s = [run.took_s for run in runs]
        middle_s, processor_s = _median_s(runs), statistics.median(run.processor_s for run in runs)
        times = f"{middle_s:.2f} | {min(each_s):.2f} | {max(each_s):.2f} | {middle_s / base_s:.2f}"
        _say(f"| {name} | {times} | {processor_s / boards:.2f} |")
    _say("")


def _say_share(runs: Runs, boards: int) -> None:
    """Hold pilab's time with nothing to change against pyinfra's."""
    share = _median_s(runs["pilab"]) / _median_s(runs["pyinfra"])
    _say(f"With {boards} boards pilab takes {share:.3f} of pyinfra's time (goal: at most {MOST_OF_PYINFRA:g}).")


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
