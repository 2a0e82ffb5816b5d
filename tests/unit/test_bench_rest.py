from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.bench.rest import LOOK_S, Rest, Ticks, busy_cores, ticks
from agent.bench.stop import Stop, StoppedError
from agent.board.paths import Paths
from tests.unit.bench_board import Board

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

STAT = """cpu  1000 0 500 8000 100 0 50 25 7 3
cpu0 500 0 250 4000 50 0 25 13 7 3
cpu1 500 0 250 4000 50 0 25 12 0 0
intr 12345
"""
CORES, TICKS = 2, 20  # what two cores have in a tenth of a second


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    made = Board(tmp_path)
    monkeypatch.setenv("PATH", made.environment["PATH"])
    return made


def living(board: Board, busy: Iterator[int]) -> Callable[[float], None]:
    """Let a tenth of a second pass on the board, in which so many ticks of two cores go to something else."""
    done = {"busy": 0, "all": 0}

    def pass_by(_: float = LOOK_S) -> None:
        done["busy"] += next(busy)
        done["all"] += TICKS
        idle = done["all"] - done["busy"]
        lines = [
            f"cpu  {done['busy']} 0 0 {idle} 0 0 0 0 0 0",
            *(f"cpu{core} 0 0 0 0 0 0 0 0" for core in range(CORES)),
        ]
        (board.paths.proc / "stat").write_text("\n".join(lines) + "\n")

    pass_by()
    return pass_by


def zone(board: Board, temperature_mc: int) -> None:
    folder = board.paths.thermal / "thermal_zone0"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "type").write_text("cpu-thermal\n")
    (folder / "temp").write_text(f"{temperature_mc}\n")


def test_the_ticks_of_all_cores_are_understood(board: Board) -> None:
    (board.paths.proc / "stat").write_text(STAT)
    assert ticks(board.paths.proc) == Ticks(busy=1575, all=9675, cores=2)


def test_cores_that_were_busy_are_counted() -> None:
    assert busy_cores(Ticks(0, 0, 4), Ticks(10, 40, 4)) == 1.0
    assert busy_cores(Ticks(5, 10, 4), Ticks(5, 10, 4)) is None
    assert busy_cores(None, Ticks(10, 40, 4)) is None


def test_a_quiet_board_is_looked_at_once(board: Board) -> None:
    rested = Rest(board.paths, 10, Stop(), living(board, iter([0, 1]))).wait()
    assert (rested.waited_s, rested.busy_cores) == (LOOK_S, 0.1)


def test_a_busy_board_is_waited_for(board: Board) -> None:
    rest = Rest(board.paths, 10, Stop(), living(board, iter([0, 20, 20, 10, 2])))
    rested = rest.wait()
    assert rested.waited_s == pytest.approx(4 * LOOK_S)
    assert rested.busy_cores == 0.2
    assert not rest.is_over


def test_a_board_that_stays_busy_is_not_waited_for_for_ever(board: Board) -> None:
    rest = Rest(board.paths, 0.35, Stop(), living(board, iter([0] + [20] * 50)))
    assert rest.wait().waited_s == pytest.approx(5 * LOOK_S)
    assert rest.is_over
    assert rest.wait().waited_s == LOOK_S
    assert rest.wait().busy_cores == 2.0


def test_a_hot_board_is_waited_for_until_it_is_as_cool_as_when_it_began(board: Board) -> None:
    zone(board, 50_000)
    passing = living(board, iter([0] * 99))
    cooling = iter([58_000, 56_000, 54_900])

    def cool(pause_s: float) -> None:
        zone(board, next(cooling))
        passing(pause_s)

    rest = Rest(board.paths, 10, Stop(), cool)
    rest.note_temperature("performance")
    assert rest.wait().waited_s == pytest.approx(3 * LOOK_S)


def test_a_board_that_tells_nothing_is_not_waited_for(board: Board) -> None:
    (board.bin / "vcgencmd").unlink()
    rest = Rest(board.paths, 10, Stop(), lambda _: None)
    rest.note_temperature("performance")
    assert rest.wait().busy_cores is None
    assert not rest.is_over


def test_a_stop_ends_the_waiting(board: Board) -> None:
    stop = Stop()
    stop.ask()
    with pytest.raises(StoppedError):
        Rest(board.paths, 10, stop, living(board, iter([0, 20]))).wait()


def test_under_a_governor_that_was_here_before_the_board_may_be_as_warm_as_it_was_then(tmp_path: Path) -> None:
    heat = tmp_path / "sys" / "class" / "thermal" / "thermal_zone0" / "temp"
    heat.parent.mkdir(parents=True)
    rest = Rest(Paths(root=tmp_path, may_tune=False), 60, Stop(), lambda _: None)
    for governor, mc in (("performance", 60_000), ("powersave", 40_000), ("performance", 41_000)):
        heat.write_text(f"{mc}\n")
        rest.note_temperature(governor)
    heat.write_text("62000\n")
    assert rest.wait().waited_s == pytest.approx(0.1)
