from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from fleet import report, results
from fleet.analysis import records
from fleet.analysis.board import BoardAnalysis
from fleet.analysis.records import Event, Records
from fleet.analysis.verdict import Level
from fleet.boards.outcome import Outcome, State
from fleet.i18n import Language
from fleet.report.board import BoardView
from fleet.report.console import rows, table
from fleet.report.figures import boards, governors, memory, over_time, panels, speed_up
from fleet.report.figures.over_time import thinned
from fleet.report.figures.panels import Panel, grid, legend, marks, reach
from fleet.report.view import Page
from fleet.results.analysis import Analysis, analyse
from tests.unit.fleet_parts import PI4, RECORDED, page_touch, pi4, sample, timed, with_samples
from tests.unit.fleet_run import PLAN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fleet.analysis import summary
    from fleet.results import Run

GOVERNORS = ["performance", "powersave"]
ONE_CORE = "confirmed: One busy loop keeps one core busy ((user + sys) / real = 1.00)"
POWERSAVE = "confirmed: The same program takes longer under powersave (3.01 times as long)"
FINE = Outcome("pi04", State.OK)
OFF = Outcome("pi09", State.UNREACHABLE, "pi09 is not in the network at 10.0.0.9; is it switched on?")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return results.create(tmp_path, PLAN, "invoke bench --hosts lab", ["pi04", "pi09"])


def text(run: Run, outcomes: list[Outcome], *found: Records) -> str:
    return report.html(Page(Analysis(run, {each.host: BoardAnalysis(each) for each in found}, outcomes), Language()))


def row(experiment: str, workers: int, governor: str = "performance", found: Records | None = None) -> summary.Row:
    wanted = (experiment, workers, governor)
    made = BoardAnalysis(found or pi4()).rows
    return next(each for each in made if (each.experiment, each.workers, each.governor) == wanted)


def table_rows(outcome: Outcome, found: Records | None) -> list[list[str]]:
    return rows(outcome, BoardAnalysis(found) if found else None, GOVERNORS)


def shown_as(outcome: Outcome, found: Records) -> BoardView:
    return BoardView(outcome, BoardAnalysis(found))


def test_a_row_has_the_medians_and_the_gain_over_one_worker() -> None:
    found = row("c-threads", 4)
    assert (found.lesson, found.runs, found.left_out, found.level) == ("L11", 5, 0, Level.VALID)
    assert found.real_s.value == pytest.approx(0.1041, abs=0.0001)
    assert found.speed_up is not None
    assert found.speed_up.value == pytest.approx(3.88, abs=0.01)
    assert found.efficiency == pytest.approx(0.97, abs=0.005)
    assert found.serial_fraction is not None
    assert found.serial_fraction.value == pytest.approx(0.0103, abs=0.001)
    assert row("c-threads", 1).speed_up is None


def test_invalid_runs_are_left_out_and_counted() -> None:
    failed = sample("busy", exit_status=1, wall_ns=10**12)
    found = row("busy", 1, found=with_samples(pi4(), failed))
    assert (found.runs, found.left_out) == (5, 1)
    assert found.real_s.value < 1
    assert "The program failed with status 1." in {reason.sentence for each in found.judged for reason in each.reasons}


def test_a_program_whose_runs_are_all_invalid_has_no_row() -> None:
    found = with_samples(pi4("busy"), sample("busy", exit_status=1))
    assert "busy" not in {each.experiment for each in BoardAnalysis(found).rows}


def test_the_table_gives_every_program_its_times_and_its_statement_once() -> None:
    made = table_rows(FINE, pi4())
    assert made[0] == [
        "pi04",
        "L9 busy",
        "1",
        "401 ms",
        "1.20 s",
        f"{ONE_CORE}\n{POWERSAVE}",
    ]
    assert made[3] == ["", "L11 c-threads", "4", "104 ms 3.88x", "", ""]
    assert len(made) == 11


def test_a_board_that_is_off_has_its_row_in_the_table() -> None:
    assert table_rows(OFF, None) == [["pi09", *[""] * 5], ["unreachable", *[""] * 5]]


def test_a_simulated_board_is_marked_in_the_table_and_its_times_are_suspect() -> None:
    made = table_rows(Outcome("virtual-pi", State.OK), records.load(RECORDED))
    assert made[1][0] == "simulated"
    assert all(each[3].endswith("?") for each in made)


def test_an_emulated_board_is_marked_as_such_in_the_table() -> None:
    found = records.load(RECORDED)
    assert found.board is not None
    emulated = replace(found, board=replace(found.board, virtualization="qemu"))
    assert table_rows(Outcome("emu01", State.OK), emulated)[1][0] == "emulated"


def test_the_table_can_be_drawn_without_any_board_that_measured(run: Run) -> None:
    console = Console(file=io.StringIO(), width=80)
    console.print(table(Analysis(run, {}, [OFF])))
    assert isinstance(console.file, io.StringIO)
    assert "unreachable" in console.file.getvalue()


@pytest.mark.usefixtures("without_pictures")
def test_the_page_shows_numbers_statements_and_who_was_missing(run: Run) -> None:
    shown = text(run, [FINE, OFF], pi4())
    assert "1 of 2 boards measured everything that was asked for." in shown
    assert "Of 60 timings 60 are valid, 0 suspect and 0 invalid" in shown
    assert f"{len(BoardAnalysis(pi4()).claims)} confirmed, 0 refuted, 0 undecided" in shown
    assert "Raspberry Pi 4 Model B Rev 1.4" in shown
    assert shown.count(OFF.sentence) == 2
    assert "simulated" not in shown.split("<body>")[1]


@pytest.mark.usefixtures("without_pictures")
def test_the_page_says_why_timings_are_not_believed_in_a_sentence_each(run: Run) -> None:
    emulated = replace(pi4(), board=replace(PI4, simulated=True, virtualization="qemu"))
    shown = text(run, [FINE], with_samples(emulated, sample("busy", exit_status=1)))
    assert "simulated: 61 of 61 timings. The processor is emulated, so this time says nothing about a real Pi" in shown
    assert "failed: 1 of 61 timings. The program failed with status 1." in shown


def test_the_page_needs_no_network(run: Run) -> None:
    shown = text(run, [FINE], pi4())
    assert not any(word in shown for word in ("http:", "https:", "src=", "@import", "<script"))


def test_a_simulated_number_is_never_shown_without_saying_so(run: Run) -> None:
    virtual = replace(records.load(RECORDED), host="pi01")
    shown = text(run, [Outcome("pi01", State.OK), FINE], virtual, pi4())
    assert "Boards marked so are virtual" in shown
    headings = [part for part in shown.split("<h3>")[1:] if part.startswith("pi01")]
    assert len(headings) == 2
    assert all('<span class="tag">simulated</span>' in part.splitlines()[0] for part in headings)
    chips = [part for part in shown.split("<li ")[1:] if "<strong>pi01</strong>" in part]
    assert len(chips) == len(BoardAnalysis(virtual).claims)
    assert all("simulated" in part.split("</li>")[0] for part in chips)
    assert "pi01 (simulated)" in shown


@pytest.mark.usefixtures("without_pictures")
def test_words_from_a_board_cannot_become_part_of_the_page(run: Run) -> None:
    sly = replace(pi4(), board=replace(PI4, model="<script>alert(1)</script>"))
    shown = text(run, [FINE], sly)
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


@pytest.mark.usefixtures("without_pictures")
def test_what_happened_on_the_way_is_listed(run: Run) -> None:
    skipped = replace(pi4(), events=(Event("skipped", "Nothing is measured with the governor 'ondemand'."),))
    cut = replace(skipped, flaw="pi04.jsonl has no end mark.")
    shown = text(run, [FINE], cut)
    assert '<li lang="en">pi04: Nothing is measured with the governor &#39;ondemand&#39;.</li>' in shown
    assert '<li lang="en">pi04: pi04.jsonl has no end mark.</li>' in shown


def test_a_run_without_any_record_still_has_a_page(run: Run) -> None:
    shown = text(run, [OFF])
    assert "0 of 1 boards" in shown
    assert "What the course says" not in shown


@pytest.mark.usefixtures("without_pictures")
def test_a_page_is_written_beside_the_records(run: Run) -> None:
    (run.path / "pi04.jsonl").write_bytes(RECORDED.read_bytes())
    run.finish([Outcome("pi04", State.OK, "", records="pi04.jsonl")])
    path = report.write(analyse(run), Language())
    assert path == run.path / "report.html"
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.usefixtures("without_pictures")
def test_a_board_whose_timings_are_all_invalid_has_its_row_its_sentence_and_no_numbers(run: Run) -> None:
    failed = replace(pi4(), samples=(sample(exit_status=1), sample(exit_status=1)))
    shown = text(run, [FINE], failed)
    assert "Of 2 timings 0 are valid, 0 suspect and 2 invalid" in shown
    assert "<li>pi04: none of its 2 timings can be used. failed: 2 of 2 timings." in shown
    assert "What the course says" not in shown


@pytest.mark.usefixtures("without_pictures")
def test_a_board_that_timed_nothing_is_told(run: Run) -> None:
    assert "<li>pi04: nothing was timed.</li>" in text(run, [FINE], replace(pi4(), samples=()))


def test_a_board_that_tried_some_programs_only_shows_those(run: Run) -> None:
    shown = text(run, [FINE], pi4("c-threads", "python-threads", "python-processes", "python-io-threads", "page-touch"))
    assert "L9 busy" in shown
    assert "<h3>More workers</h3>" not in shown
    assert "<h3>Memory arrives when it is touched</h3>" not in shown


@pytest.mark.usefixtures("without_pictures")
@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda whole: whole[: len(whole) // 2], "is cut short in the middle of a line; what came before it is kept"),
        (lambda whole: whole.replace(b'"schema":1', b'"schema":7'), "has the schema 7; this Pilab reads 1"),
        (lambda _: b"", "is empty; nothing arrived from this board"),
    ],
)
def test_a_damaged_file_is_told_and_the_other_boards_are_shown(
    run: Run, damage: Callable[[bytes], bytes], told: str
) -> None:
    (run.path / "pi04.jsonl").write_bytes(RECORDED.read_bytes())
    (run.path / "pi09.jsonl").write_bytes(damage(RECORDED.read_bytes()))
    run.finish([FINE, OFF])
    shown = report.write(analyse(run), Language()).read_text(encoding="utf-8")
    assert told in shown
    assert "L9 busy" in shown


def test_the_pictures_show_clock_and_memory_as_they_were(run: Run) -> None:
    shown = text(run, [Outcome("pi01", State.OK)], replace(records.load(RECORDED), host="pi01"))
    for title in ("More workers", "Governors side by side", "Memory arrives when it is touched"):
        assert f"<h3>{title}</h3>" in shown
    assert "25,600 minor faults for 100 MiB" in shown


def test_of_many_moments_those_are_kept_that_tell_most() -> None:
    points: list[tuple[float, float | None]] = [(number / 10, 1800.0) for number in range(1000)]
    points[523], points[524] = (52.3, 600.0), (52.4, None)
    kept = thinned(points, min)
    assert len(kept) <= 100
    assert min(y for _, y in kept) == 600.0


def test_the_same_records_give_the_same_page(run: Run) -> None:
    assert text(run, [FINE], pi4()) == text(run, [FINE], pi4())


def test_no_two_programs_of_a_picture_look_alike() -> None:
    names = [f"program-{number}" for number in range(20)]
    given = marks(names)
    assert list(given) == names
    assert len({(mark["color"], mark["marker"]) for mark in given.values()}) == len(names)


def test_a_legend_is_never_wider_than_its_picture() -> None:
    figure, axes = grid(1, 2.0)
    for number in range(11):
        axes[0].plot([0, 1], [0, number], label=f"a-program-with-a-long-name-{number}")
    legend(figure, axes)
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width


def test_a_board_without_whole_records_is_not_well_in_the_table_whatever_its_row_says() -> None:
    cut = replace(pi4(), flaw="pi04.jsonl has no end mark.")
    assert [each[0] for each in table_rows(FINE, cut)][:2] == ["pi04", "not whole"]
    assert [each[0] for each in table_rows(FINE, None)] == ["pi04", "no records"]


def many(count: int) -> Records:
    """A board that sends so many programs."""
    made = [each for number in range(count) for each in timed(f"{number:03}-{'x' * 50}", "L9", 1, 400 + number, 399)]
    return with_samples(pi4(), *made)


def test_a_board_with_rows_without_end_gets_a_hundred_and_their_number() -> None:
    made = table_rows(FINE, many(300))
    assert len(made) == 101
    assert made[-1] == ["", "and 211 more", "", "", "", ""]
    assert max(len(each[1]) for each in made) <= 36


def test_a_board_with_programs_without_end_does_not_lengthen_the_pictures_without_end() -> None:
    views = [shown_as(FINE, many(300)), shown_as(Outcome("pi05", State.OK), replace(pi4(), host="pi05"))]
    drawn = governors.draw(panels(views, Language()), Language())
    assert drawn.count("L9 ") < 100
    assert "L15 python-io-threads" in drawn
    compared = boards.draw(views, [], Language())
    assert "000-x" not in compared
    assert "python-io-threads" in compared


def view(name: str, **changes: Any) -> BoardView:  # noqa: ANN401 (as a sample takes them)
    """A board on the page, of which some samples are otherwise."""
    samples = tuple(replace(each, **changes) if each.workers == 4 else each for each in pi4().samples)
    return shown_as(Outcome(name, State.OK), replace(pi4(), host=name, samples=samples))


def test_one_board_cannot_stretch_a_picture_until_the_others_vanish() -> None:
    assert reach([1.0, 1.1, 1.2]) is None
    assert reach([1.0, 1.1, 1e9]) == pytest.approx(22)
    assert reach([]) is None
    sly = view("pi01", output={"loop_ns": 1})
    found = panels([sly, view("pi02"), view("pi03")], Language())
    drawn = speed_up.draw(found, Language())
    # What the axis says: without the limit it would be counted in hundreds of millions.
    assert re.findall(r">(1e\d+|[-\N{MINUS SIGN}]\d+|60)</text>", drawn) == ["60"]


def test_clocks_of_boards_that_do_not_agree_do_not_pull_their_lines_apart() -> None:
    begun = [view(name, utc=f"{year}-01-01T00:00:00+00:00") for name, year in (("pi01", 1970), ("pi02", 2026))]
    drawn = over_time.draw(panels(begun, Language()), Language())
    assert drawn
    assert "1e" not in drawn
    wild = [replace(each, utc=f"{1970 + number}-01-01T00:00:00+00:00") for number, each in enumerate(pi4().samples)]
    shown = shown_as(FINE, replace(pi4(), samples=tuple(wild)))
    assert over_time.draw(panels([shown], Language()), Language())


def test_steps_without_end_are_thinned() -> None:
    steps: Any = [
        {"touched_bytes": number * 4096, "resident_bytes": number * 4096, "minor_faults": 1, "step_ns": 1000}
        for number in range(1, 20_001)
    ]
    touched = [replace(each, output={"page_bytes": 4096, "steps": steps}) for each in page_touch()]
    shown = shown_as(FINE, with_samples(pi4("page-touch"), *touched))
    assert len(memory.draw(panels([shown], Language()), Language())) < 40_000


def test_a_panel_with_a_name_without_end_still_has_room_for_its_picture() -> None:
    assert len(Panel("x" * 1000, ()).wrapped.splitlines()) == 4


def test_a_board_whose_timings_do_not_all_count_says_so_in_the_table_of_boards(run: Run) -> None:
    hot = [replace(each, throttled_after=8) if each.governor == "powersave" else each for each in pi4().samples]
    shown = text(run, [FINE], replace(pi4(), samples=tuple(hot)))
    assert "<td>5 of its 60 timings do not count; most often: too hot.</td>" in shown
    assert "Everything was measured." not in shown


def test_events_without_end_are_counted(run: Run) -> None:
    events = tuple(Event("failed", f"{number} {'x' * 3000}") for number in range(5000))
    shown = text(run, [FINE], replace(pi4(), events=events))
    assert "<li>pi04: and 4980 more of this kind.</li>" in shown
    assert "more characters)" in shown
    assert len(shown) < 1_000_000


def test_what_a_board_wrote_is_made_visible_on_the_page(run: Run) -> None:
    sly = replace(pi4(), board=replace(PI4, model="a\u202eb", kernel="$\\frac{1}{0}$"))
    told = replace(sly, events=(Event("failed", "\x1b]0;t\x07{0} %s {{ 1 }}"),))
    shown = text(run, [FINE], told, replace(pi4(), host="pi09", board=replace(PI4, model="<b>\u202e")))
    assert "\\x1b]0;t\\x07{0} %s {{ 1 }}" in shown
    assert "a\\u202eb" in shown
    assert not {"\u202e", "\x1b", "\x07"} & set(shown)


def test_a_file_that_was_not_let_in_makes_its_boards_row_a_failure(run: Run) -> None:
    (run.path / "pi04.jsonl").write_bytes(RECORDED.read_bytes())
    (run.path / "pi09.jsonl").write_bytes(b"null\n")
    run.finish([FINE, Outcome("pi09", State.OK, "", records="pi09.jsonl")])
    shown = report.write(analyse(run), Language()).read_text(encoding="utf-8")
    its = shown.split("<strong>pi09</strong>")[1].split("</tr>")[0]
    assert "failed" in its
    assert "Line 1 of pi09.jsonl is None, not an object with keys and values" in its
    assert "1 of 2 boards measured everything that was asked for." in shown


def test_one_board_cannot_stretch_the_picture_of_memory_either() -> None:
    far: Any = [
        {"touched_bytes": number * 4096, "resident_bytes": 2**50, "minor_faults": 1, "step_ns": 10**15}
        for number in (1, 2)
    ]
    touched = [replace(each, output={"page_bytes": 4096, "steps": far}) for each in page_touch()]
    sly = shown_as(Outcome("pi01", State.OK), replace(with_samples(pi4("page-touch"), *touched), host="pi01"))
    drawn = memory.draw(panels([sly, view("pi02"), view("pi03")], Language()), Language())
    assert not re.findall(r">(1e\d+|[-\N{MINUS SIGN}]\d+)</text>", drawn)


def test_sizes_that_were_chosen_have_a_row_each_in_the_picture_of_the_governors() -> None:
    small = [replace(each, size=1000, wall_ns=each.wall_ns // 2) for each in pi4().samples if each.experiment == "busy"]
    both = shown_as(FINE, with_samples(pi4(), *small))
    other = shown_as(Outcome("pi05", State.OK), replace(pi4(), host="pi05"))
    drawn = governors.draw(panels([both, other], Language()), Language())
    for name in ("L9 busy 1,000 additions", "L9 busy 250,000,000 additions", "L9 busy"):
        assert f">{name} \N{MULTIPLICATION SIGN}1</text>" in drawn


def test_programs_whose_names_begin_alike_have_a_row_each_in_the_picture_of_the_governors() -> None:
    alike = [*timed(f"{'x' * 40}-a", "L9", 1, 400, 399), *timed(f"{'x' * 40}-b", "L9", 1, 200, 199)]
    drawn = governors.draw(panels([shown_as(FINE, with_samples(pi4(), *alike))], Language()), Language())
    assert drawn.count(f">L9 {'x' * 29}... \N{MULTIPLICATION SIGN}1</text>") == 2
