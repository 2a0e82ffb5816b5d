from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from fleet.analysis import records
from fleet.bench.progress import LiveTable, PlainLines, Progress, advanced, screen
from fleet.i18n import Language
from fleet.text import visible
from tests.unit.fleet_run import LINES


def plain() -> tuple[PlainLines, io.StringIO]:
    out = io.StringIO()
    return PlainLines(Console(file=out, width=40), Language()), out


def test_a_sample_moves_its_board_on() -> None:
    line = next(line for line in LINES if '"index":9,' in line)
    progress = advanced(Progress("pi01"), records.one(line.encode()))
    assert (progress.step, progress.count) == ("measuring", "10 of 54")
    assert progress.experiment.startswith(("busy x", "c-threads x", "page-touch x", "python-"))
    assert progress.governor == "performance"


def test_before_the_first_sample_a_board_makes_ready() -> None:
    progress = advanced(Progress("pi01"), records.one(LINES[0].encode()))
    assert progress.step == "making ready"
    assert progress.facts
    assert progress.facts.simulated


def run_through(**changes: object) -> Progress:
    """A board after three samples, ten seconds apart, of which something is to be said."""
    progress = advanced(Progress("pi01"), records.one(LINES[0].encode()))
    template = json.loads(next(line for line in LINES if '"kind":"sample"' in line))
    for index in range(3):
        utc = f"2026-11-23T09:00:{10 * index:02}.000+00:00"
        line = json.dumps({**template, "index": index, "planned": 9, "utc": utc, **changes})
        progress = advanced(progress, records.one(line.encode()))
    return progress


def test_how_long_it_goes_on_follows_from_the_last_samples() -> None:
    assert Progress("pi01").left == ""
    assert run_through().left == "1:00"
    assert run_through(planned=3).left == ""
    assert run_through(utc="yesterday").left == ""


def test_the_temperature_is_shown_where_the_board_tells_it() -> None:
    assert run_through(temperature_after_mc=61_400).temperature == "61 °C"
    assert run_through(temperature_after_mc=None).temperature == ""


def test_what_is_held_against_the_samples_is_counted_but_for_what_everybody_knows() -> None:
    assert (
        run_through(throttled_before=0, throttled_after=4, agent_active=True).warnings_text(Language())
        == "agent (3), throttled (3)"
    )
    assert run_through(wall_ns=400_000_000, user_ns=400_000_000).warnings_text(Language()) == ""


def test_a_line_that_is_no_record_changes_nothing() -> None:
    assert advanced(Progress("pi01"), records.one(b"nonsense\n")) == Progress("pi01")


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
    with screen(console, ["pi01", "pi02"], Language()) as shown:
        assert isinstance(shown, LiveTable)
        shown.show(Progress("pi02", "measuring", 3, 90, "busy x1", "powersave", 61.4, {"throttled": 2}))
        console.print(shown.draw())
    assert "pi01   waiting" in out.getvalue()
    assert "pi02   measuring  3 of 90  busy x1  powersave        61 °C  throttled (2)" in out.getvalue()


def test_no_board_can_have_its_steps_told_without_end() -> None:
    lines, out = plain()
    progress = Progress("pi01")
    sample = json.loads(next(line for line in LINES if '"kind":"sample"' in line))
    for number in range(500):
        index, planned = (90, 10) if number % 2 else (0, 100)
        for line in (LINES[0], LINES[1], json.dumps({**sample, "index": index, "planned": planned})):
            progress = advanced(progress, records.one(line.encode()))
            lines.show(progress)
    assert len(out.getvalue().splitlines()) <= 12


@pytest.mark.parametrize("changes", [{"planned": 10**400}, {"experiment": "\x1b[2J"}, {"utc": 5}, {"wall_ns": 0}])
def test_a_sample_that_is_not_let_in_leaves_the_live_row_as_it_was(changes: dict[str, object]) -> None:
    before = run_through()
    sample = json.loads(next(line for line in LINES if '"kind":"sample"' in line))
    assert advanced(before, records.one(json.dumps({**sample, **changes}).encode())) == before


def test_a_time_of_day_that_there_is_not_is_left_out_of_the_time_left() -> None:
    assert run_through(utc="2026-02-31T00:00:00+00:00").left == ""


@pytest.mark.parametrize("words", ["[/x]", "[red]x", "\x1b[2J", "a\u202eb"])
def test_words_of_a_board_are_shown_as_they_are_and_do_nothing(words: str) -> None:
    out = io.StringIO()
    console = Console(file=out, width=100, no_color=True)
    live, lines = LiveTable(console, ["pi01"], Language()), PlainLines(console, Language())
    progress = Progress("pi01", "measuring", 3, 90, words, "powersave")
    live.show(progress)
    lines.show(progress)
    console.print(live.draw())
    live.say(words)
    assert out.getvalue().count(visible(words)) == 3
