from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from fleet import report, results
from fleet.analysis import records
from fleet.analysis.board import BoardAnalysis
from fleet.analysis.records import Event, Records, Sample
from fleet.analysis.verdict import Level
from fleet.boards.outcome import Outcome, State
from fleet.i18n import Language
from fleet.report import machine
from fleet.report.board import BoardView
from fleet.report.console import closing, rows, table
from fleet.report.figures import boards, governors, memory, over_time, panels, speed_up
from fleet.report.figures.over_time import thinned
from fleet.report.figures.panels import COLOURS, INK, ODD, SOFT, Panel, apart, grid, legend, marks, reach
from fleet.report.names import stretched
from fleet.report.statements import labelled, statements
from fleet.report.view import Page
from fleet.results.analysis import Analysis, analyse
from tests.unit.fleet_parts import PI4, RECORDED, page_touch, pi4, sample, timed, with_samples
from tests.unit.fleet_run import PLAN

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleet.analysis import summary
    from fleet.results import Run

GOVERNORS = ["performance", "powersave"]
FINE = Outcome("pi04", State.OK)
OFF = Outcome("pi09", State.UNREACHABLE, "pi09 is not in the network at 10.0.0.9; is it switched on?")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return results.create(tmp_path, PLAN, "invoke bench --hosts lab", ["pi04", "pi09"])


def page(run: Run, outcomes: list[Outcome], *found: Records, code: str = "en") -> Page:
    return Page(Analysis(run, {each.host: BoardAnalysis(each) for each in found}, outcomes), Language(code))


def text(run: Run, outcomes: list[Outcome], *found: Records) -> str:
    return report.html(page(run, outcomes, *found))


def row(experiment: str, workers: int, governor: str = "performance", found: Records | None = None) -> summary.Row:
    wanted = (experiment, workers, governor)
    made = BoardAnalysis(found or pi4()).rows
    return next(each for each in made if (each.experiment, each.workers, each.governor) == wanted)


def table_rows(outcome: Outcome, found: Records | None) -> list[list[str]]:
    shown = shown_as(outcome, found) if found else BoardView(outcome, None)
    return rows(outcome, shown.analysis, GOVERNORS, statements([shown] if shown.rows else []))


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


@pytest.mark.parametrize(
    ("several_ms", "words"),
    [
        ([200, 201, 202, 203, 204, 205], None),
        ([396, 399, 400, 401, 402, 405], "no faster than with one worker"),
        ([500, 501, 502, 503, 504, 505], "slower than with one worker"),
    ],
)
def test_more_workers_that_gain_nothing_are_said_in_words_and_have_no_percentages(
    several_ms: list[int], words: str | None
) -> None:
    def runs(workers: int, times_ms: list[int]) -> list[Sample]:
        return [
            sample("c-threads", workers, index=index, repetition=index, output={"loop_ns": time_ms * 1_000_000})
            for index, time_ms in enumerate(times_ms)
        ]

    found = replace(pi4(), samples=(*runs(1, [398, 399, 400, 401, 402, 403]), *runs(4, several_ms)))
    several = next(each for each in BoardAnalysis(found).rows if each.workers == 4)
    assert several.gain_words == words
    assert (several.efficiency is None) == (several.serial_fraction is None) == (words is not None)


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
    assert made[0] == ["pi04", *[""] * 4]
    assert made[1] == [" L9 busy", "401 ms", "1.20 s", "", "\N{CHECK MARK} L9 \N{CHECK MARK} L10"]
    assert made[2] == [" L11 c-threads", "401 ms", "", "\N{MULTIPLICATION SIGN}4 3.88x", "\N{CHECK MARK} L11"]
    assert len(made) == 7


def test_a_board_that_is_off_has_its_row_in_the_table() -> None:
    assert table_rows(OFF, None) == [["pi09 (unreachable)", *[""] * 4]]


def test_a_simulated_board_is_marked_in_the_table_and_its_times_are_suspect() -> None:
    made = table_rows(Outcome("virtual-pi", State.OK), records.load(RECORDED))
    assert made[0][0] == "virtual-pi (simulated)"
    assert all(each[1].endswith("!") for each in made[1:])


def test_an_emulated_board_is_marked_as_such_in_the_table() -> None:
    found = records.load(RECORDED)
    assert found.board is not None
    emulated = replace(found, board=replace(found.board, virtualization="qemu"))
    assert table_rows(Outcome("emu01", State.OK), emulated)[0][0] == "emu01 (emulated)"


def test_the_table_can_be_drawn_without_any_board_that_measured(run: Run) -> None:
    console = Console(file=io.StringIO(), width=80)
    console.print(table(page(run, [OFF])))
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
    tag = ' <span class="tag">simulated</span>'
    named = re.findall(r'<th scope="row">pi01(.*?)</th>|<h3 [^>]*>pi01(.*?)</h3>', shown)
    assert len(named) == 4  # matrix, evidence, numbers, facts
    assert {"".join(each) for each in named} == {tag}
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


@pytest.mark.usefixtures("without_pictures")
def test_what_happened_on_all_boards_is_one_line_for_the_room(run: Run) -> None:
    none = Event("no-energy", "Energy cannot be measured on this board.")
    found = [replace(pi4(), host=name, events=(none,)) for name in ("pi01", "pi02", "pi03", "pi04")]
    found[3] = replace(found[3], events=(none, Event("skipped", "Nothing is measured with 'ondemand'.")))
    shown = text(run, [Outcome(each.host, State.OK) for each in found], *found)
    assert shown.count("Energy cannot be measured") == 1
    assert '<li lang="en">pi01\N{EN DASH}pi04: Energy cannot be measured on this board.</li>' in shown
    assert '<li lang="en">pi04: Nothing is measured with &#39;ondemand&#39;.</li>' in shown


def test_a_run_without_any_record_still_has_a_page(run: Run) -> None:
    shown = text(run, [OFF])
    assert "0 of 1 boards" in shown
    assert "What the course says" not in shown


@pytest.mark.usefixtures("without_pictures")
def test_a_page_is_written_beside_the_records(run: Run) -> None:
    (run.path / "pi04.jsonl").write_bytes(RECORDED.read_bytes())
    run.finish([Outcome("pi04", State.OK, "", records="pi04.jsonl")])
    path = report.write(Page(analyse(run), Language()))
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
    shown = report.write(Page(analyse(run), Language())).read_text(encoding="utf-8")
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
    assert table_rows(FINE, cut)[0][0] == "pi04 (not whole)"
    assert [each[0] for each in table_rows(FINE, None)] == ["pi04 (no records)"]


def many(count: int) -> Records:
    """A board that sends so many programs."""
    made = [each for number in range(count) for each in timed(f"{number:03}-{'x' * 50}", "L9", 1, 400 + number, 399)]
    return with_samples(pi4(), *made)


def test_a_board_with_rows_without_end_gets_fifteen_lines_and_their_number() -> None:
    made = table_rows(FINE, many(300))
    assert len(made) == 15
    assert made[-1] == [" and 293 more, see the report", "", "", "", ""]
    assert max(len(each[0]) for each in made) <= 36


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
    assert len(Panel("x" * 1000, ()).wrapped().splitlines()) == 5


@pytest.mark.usefixtures("without_pictures")
def test_a_board_whose_timings_do_not_all_count_says_so_in_the_table_of_boards(run: Run) -> None:
    hot = [replace(each, throttled_after=8) if each.governor == "powersave" else each for each in pi4().samples]
    shown = text(run, [FINE], replace(pi4(), samples=tuple(hot)))
    assert '<td class="state refuted">too hot (5 of 60)</td>' in shown
    assert "5 of its 60 timings do not count; most often: too hot.</span> Cool it: a heat sink" in shown
    assert "<code>invoke bench --hosts pi04</code>" in shown


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


@pytest.mark.usefixtures("without_pictures")
def test_a_file_that_was_not_let_in_makes_its_boards_row_a_failure(run: Run) -> None:
    (run.path / "pi04.jsonl").write_bytes(RECORDED.read_bytes())
    (run.path / "pi09.jsonl").write_bytes(b"null\n")
    run.finish([FINE, Outcome("pi09", State.OK, "", records="pi09.jsonl")])
    shown = report.write(Page(analyse(run), Language())).read_text(encoding="utf-8")
    its = shown.split('<th scope="row">pi09</th>')[1].split("</tr>")[0]
    assert ">failed</td>" in its
    hand = shown.split('<ul class="needs">')[1].split("</ul>")[0]
    assert "Line 1 of pi09.jsonl is None, not an object with keys and values" in hand
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


@pytest.mark.usefixtures("without_pictures")
def test_the_banner_names_who_is_missing_and_the_command_that_mends_it(run: Run) -> None:
    shown = page(run, [FINE, OFF], pi4())
    assert shown.banner.use == "caution"
    assert shown.banner.sentence == "This run can be used, but without pi09."
    assert shown.banner.command == f"invoke bench --again failed --run {run.manifest.run}"
    assert [(need.board, need.problem) for need in shown.needs] == [("pi09", OFF.sentence)]


def test_the_name_of_a_board_that_needs_a_hand_is_said_once(run: Run) -> None:
    shown = page(run, [FINE, OFF], pi4())
    assert f"{OFF.sentence} {shown.banner.command}" in closing(shown)
    hand = report.html(shown).split('<ul class="needs">')[1].split("</ul>")[0]
    assert hand.count("pi09") == 1
    unnamed = page(run, [FINE, replace(OFF, sentence="What pi09 answered is not understood.")], pi4())
    assert f"pi09: What pi09 answered is not understood. {shown.banner.command}" in closing(unnamed)


def test_a_run_that_is_whole_needs_no_hand(run: Run) -> None:
    shown = page(run, [FINE], pi4())
    assert (shown.banner.use, shown.banner.command, shown.needs) == ("good", "", [])


def test_a_run_without_a_timing_that_counts_cannot_be_used(run: Run) -> None:
    failed = replace(pi4(), samples=(sample(exit_status=1), sample(exit_status=1)))
    shown = page(run, [FINE], failed)
    assert shown.banner.use == "stop"
    assert shown.needs[0].problem == "2 of its 2 timings do not count; most often: failed."
    html = report.html(shown)
    assert '<th scope="row">pi04</th><td class="state refuted">failed (2 of 2)</td>' in html


def test_a_run_with_too_few_repetitions_says_that_it_decides_nothing(run: Run) -> None:
    few = replace(pi4(), samples=tuple(each for each in pi4().samples if each.repetition < 1))
    banner = page(run, [FINE], few).banner
    assert banner.use == "stop"
    assert banner.sentence.startswith("This run decides nothing. On most boards: usable runs: 1, fewer than")


def test_times_of_simulated_boards_are_not_offered_for_use(run: Run) -> None:
    virtual = replace(pi4(), board=replace(PI4, simulated=True, virtualization="systemd-nspawn"))
    assert page(run, [FINE], virtual).banner.sentence.startswith("All boards are simulated: do not use the times")


def test_a_board_that_is_busy_in_a_quarter_of_its_runs_needs_a_hand(run: Run) -> None:
    busy = [replace(each, busy_before_cores=2.0) if each.experiment != "busy" else each for each in pi4().samples]
    needs = page(run, [FINE], replace(pi4(), samples=tuple(busy))).needs
    assert [need.problem for need in needs] == ["50 of its 60 timings are suspect: busy."]
    assert needs[0].remedy == "Stop what else runs on it, or wait until that is done."
    few = [replace(each, busy_before_cores=2.0) if each.experiment == "busy" else each for each in pi4().samples]
    assert page(run, [FINE], replace(pi4(), samples=tuple(few))).needs == []


def test_a_run_of_this_computer_is_measured_again_there(run: Run) -> None:
    hot = tuple(replace(each, throttled_after=8) for each in pi4().samples)
    here = replace(pi4(), host="this-computer", samples=hot)
    shown = page(run, [Outcome("this-computer", State.OK)], here)
    assert [need.command for need in shown.needs] == ["invoke bench --here"]


def room(count: int) -> tuple[list[Outcome], list[Records]]:
    """So many boards, of which one has too few runs and one refutes that threads take turns."""
    names = [f"pi{number:02}" for number in range(1, count + 1)]
    found = {name: replace(pi4(), host=name) for name in names}
    found["pi02"] = replace(found["pi02"], samples=tuple(each for each in pi4().samples if each.experiment != "busy"))
    turned = [
        replace(each, user_ns=each.wall_ns * 2) if (each.experiment, each.workers) == ("python-threads", 4) else each
        for each in pi4().samples
    ]
    found["pi03"] = replace(found["pi03"], samples=tuple(turned))
    return [Outcome(name, State.OK) for name in names], list(found.values())


def test_each_statement_is_a_plain_sentence_for_the_room(run: Run) -> None:
    outcomes, found = room(4)
    told = {each.label: each.sentences for each in page(run, outcomes, *found).statements}
    assert told["L11"] == ["All 4 boards confirm it."]
    assert told["L9"][0] == "3 of 4 boards confirm it."
    assert told["L9"][1].startswith("Undecided on pi02: usable runs: 0, fewer than")
    assert told["L13a"] == ["3 of 4 boards confirm it.", "Refuted by pi03."]


def test_boards_of_which_the_same_is_said_are_named_together_below_their_statement(run: Run) -> None:
    outcomes, found = room(6)
    lacking = [replace(each, samples=found[1].samples) if each.host in {"pi04", "pi05"} else each for each in found]
    said = {each.label: [names for names, *_ in each.open] for each in page(run, outcomes, *lacking).statements}
    assert said["L9"] == ["pi02, pi04, pi05"]
    assert said["L13a"] == ["pi03"]
    assert said["L11"] == []


@pytest.mark.usefixtures("without_pictures")
def test_every_board_has_its_row_of_marks_whatever_became_of_it(run: Run) -> None:
    outcomes, found = room(4)
    matrix = text(run, [*outcomes, OFF], *found).split('<table class="matrix">')[1].split("</table>")[0]
    rows = {row.split("</th>")[0]: row for row in matrix.split('<tr><th scope="row">')[1:]}
    assert list(rows) == ["pi01", "pi02", "pi03", "pi04", "pi09"]
    assert all(row.count("<td") == 10 for row in rows.values())
    assert rows["pi03"].count("mark refuted") == 1
    assert rows["pi02"].count("mark undecided") == 2
    assert rows["pi09"].count("not measured") == 9


def test_statements_of_one_lesson_have_labels_of_their_own() -> None:
    assert labelled(["L9", "L12", "L12", "L13"]) == ["L9", "L12a", "L12b", "L13"]


@pytest.mark.parametrize(
    ("names", "written"),
    [
        (["pi01", "pi02", "pi03", "pi05"], "pi01\N{EN DASH}pi03, pi05"),
        (["pi01", "pi02"], "pi01, pi02"),
        (["pi9", "pi10", "pi11"], "pi9\N{EN DASH}pi11"),
        (["a", "b", "c"], "a, b, c"),
        (["왼쪽1", "왼쪽2", "왼쪽3"], "왼쪽1\N{EN DASH}왼쪽3"),
        ([], ""),
    ],
)
def test_names_that_follow_each_other_are_written_as_a_stretch(names: list[str], written: str) -> None:
    assert stretched(names) == written


def test_the_table_fits_80_columns_with_whole_words_and_15_lines_a_board(run: Run) -> None:
    outcomes, found = room(3)
    shown = page(run, outcomes, *found)
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system="standard")
    console.print(table(shown))
    assert isinstance(console.file, io.StringIO)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", console.file.getvalue())
    lines = plain.splitlines()
    assert max(map(len, lines)) <= 80
    assert "python-io-threads" in plain
    assert "\N{HORIZONTAL ELLIPSIS}" not in plain
    assert len(plain.split("pi02")[0].split("pi01")[1].splitlines()) <= 15
    assert "\x1b[32m\N{CHECK MARK} L11\x1b[0m" in console.file.getvalue()
    assert "\x1b[1;31m\N{BALLOT X} L13a\x1b[0m" in console.file.getvalue()


def test_under_the_table_stand_the_statements_and_what_to_do(run: Run) -> None:
    outcomes, found = room(3)
    told = closing(page(run, [*outcomes, OFF], *found))
    assert "\N{CHECK MARK} L11 With 4 C threads real = user / 4. All 3 boards confirm it." in told
    assert f"{OFF.sentence} invoke bench --again failed --run {run.manifest.run}" in told
    assert told[-1].startswith("This run can be used, but without pi09.")


def test_the_table_for_other_programs_has_the_numbers_of_the_page(run: Run) -> None:
    made = machine.table(page(run, [FINE, OFF], pi4()))
    assert [each["board"] for each in made["boards"]] == ["pi04", "pi09"]
    assert made["boards"][1]["status"] == "unreachable"
    threads = next(
        each for each in made["boards"][0]["programs"] if (each["program"], each["workers"]) == ("c-threads", 4)
    )
    assert threads["speed_up"]["value"] == pytest.approx(3.88, abs=0.01)
    assert {each["finding"] for each in made["boards"][0]["statements"]} == {"confirmed"}
    json.dumps(made)


def test_names_at_the_ends_of_lines_keep_apart_and_stay_as_near_as_they_can() -> None:
    assert apart([0.1, 0.5, 0.9], 0.1) == [0.1, 0.5, 0.9]
    assert apart([0.5, 0.5, 0.5], 0.1) == pytest.approx([0.5, 0.6, 0.7])
    assert apart([1.0, 1.0, 1.0], 0.1) == pytest.approx([0.8, 0.9, 1.0])
    crowded = apart([0.2] * 30, 0.1)
    assert [later - earlier for earlier, later in pairwise(crowded)] == pytest.approx([0.1] * 29)
    assert apart([], 0.1) == []


def test_the_line_of_each_board_carries_its_name() -> None:
    names = ("pi01", "pi02", "\ubcf4\ub4dc-3")
    found = records.load(RECORDED)
    shown = panels([shown_as(Outcome(name, State.OK), replace(found, host=name)) for name in names], Language())
    for drawn in (memory.draw(shown, Language()), over_time.draw(shown, Language())):
        assert set(names) <= set(re.findall(r">([^<>]+)</text>", drawn))


def test_no_two_pictures_of_a_page_share_an_id(run: Run) -> None:
    ids = re.findall(r' id="([^"]+)"', text(run, [FINE], pi4()))
    assert len(ids) == len(set(ids))
    assert any(each.startswith("f") and "-" in each for each in ids)


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_marks_stand_out_from_paper_by_3_to_1_and_words_by_4_and_a_half() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert min(contrast(colour, "#ffffff") for colour in (*COLOURS, ODD)) >= 3
    assert min(contrast(colour, "#ffffff") for colour in (INK, SOFT)) >= 4.5
    style = (Path(report.__file__).parent / "style.css").read_text()
    for part in style.split(":root {")[1:]:
        named = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part.split("}")[0]))
        for name in ("good", "bad", "open", "notice"):
            assert contrast(named[name], named[f"{name}-paper"]) >= 4.5, name
        for name in ("ink", "soft", "link", "good", "bad", "notice"):
            assert contrast(named[name], named["paper"]) >= 4.5, name


@pytest.mark.usefixtures("without_pictures")
def test_a_pupil_finds_the_words_of_the_page_explained(run: Run) -> None:
    shown = text(run, [FINE], pi4())
    assert shown.count('href="#glossary"') == 2
    for word in ("real", "user", "sys", "governor", "minor fault", "confidence interval"):
        assert f"<dt>{word}</dt>" in shown


def test_the_sheet_for_the_wall_stands_beside_the_page(run: Run) -> None:
    path = report.write_poster(page(run, [FINE], pi4(), code="ko"))
    assert path == run.path / "poster.ko.html"
    assert path.read_text(encoding="utf-8").count("<figure>") == 2
