from __future__ import annotations

import io

from rich.console import Console

from fleet.bench.progress import LiveTable, PlainLines, Progress, advanced, screen
from tests.unit.fleet_run import LINES


def plain() -> tuple[PlainLines, io.StringIO]:
    out = io.StringIO()
    return PlainLines(Console(file=out, width=40)), out


def test_a_sample_moves_its_board_on() -> None:
    line = next(line for line in LINES if '"index":9,' in line)
    progress = advanced(Progress("pi01"), line.encode())
    assert (progress.step, progress.count) == ("measuring", "10 of 54")
    assert progress.experiment.startswith(("busy x", "c-threads x", "page-touch x", "python-"))
    assert progress.governor == "performance"


def test_before_the_first_sample_a_board_makes_ready() -> None:
    assert advanced(Progress("pi01"), LINES[0].encode()) == Progress("pi01", "making ready")


def test_a_line_that_is_no_record_changes_nothing() -> None:
    assert advanced(Progress("pi01"), b"nonsense\n") == Progress("pi01")


def test_a_pipe_gets_a_line_for_every_step_and_ten_while_measuring() -> None:
    lines, out = plain()
    lines.show(Progress("pi01", "connecting"))
    for done in range(1, 101):
        lines.show(Progress("pi01", "measuring", done, 100, "busy x1", "performance"))
    shown = out.getvalue().splitlines()
    assert shown[0] == "pi01  connecting"
    assert shown[-1] == "pi01  measuring  100 of 100  busy x1  performance"
    assert len(shown) == 12


def test_a_pipe_gets_long_sentences_on_one_line() -> None:
    lines, out = plain()
    lines.say("word " * 30)
    assert len(out.getvalue().splitlines()) == 1


def test_a_terminal_gets_a_row_per_board() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100)
    with screen(console, ["pi01", "pi02"]) as shown:
        assert isinstance(shown, LiveTable)
        shown.show(Progress("pi02", "measuring", 3, 90, "busy x1", "powersave"))
        console.print(shown.draw())
    assert "pi01   waiting" in out.getvalue()
    assert "pi02   measuring  3 of 90  busy x1     powersave" in out.getvalue()
