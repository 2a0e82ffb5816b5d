from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from fleet.analysis.board import BoardAnalysis
from fleet.errors import RecordError
from fleet.i18n import Language
from fleet.report import compare as comparing
from fleet.report.compare import Change, table
from tests.unit.fleet_parts import PI4, pi4, sample

if TYPE_CHECKING:
    from fleet.analysis.records import Records
    from fleet.report.compare import Comparison


def compare(before: dict[str, Records], after: dict[str, Records]) -> Comparison:
    first, second = ({host: BoardAnalysis(its) for host, its in run.items()} for run in (before, after))
    return comparing.compare(first, second)


def slower(times: float, experiment: str = "busy", size: float = 1.0) -> Records:
    """The same board, on which one program takes so many times as long per unit, of so many times the size."""
    factor = times * size
    changed = [
        replace(
            each, size=int(each.size * size), wall_ns=int(each.wall_ns * factor), user_ns=int(each.user_ns * factor),
            output={"loop_ns": int(each.work_ns * factor)},
        )
        if each.experiment == experiment
        else each
        for each in pi4().samples
    ]  # fmt: skip
    return replace(pi4(), samples=tuple(changed))


def changes(before: Records, after: Records) -> dict[tuple[str, int, str], Change]:
    found = compare({"pi04": before}, {"pi04": after}).differences
    return {(one.before.experiment, one.before.workers, one.before.governor): one.change for one in found}


def test_a_run_is_no_other_than_itself() -> None:
    assert set(changes(pi4(), pi4()).values()) == {Change.NONE}


def test_what_became_slower_is_told_and_the_rest_is_not() -> None:
    found = changes(pi4(), slower(1.1))
    assert {key for key, change in found.items() if change is Change.SLOWER} == {
        ("busy", 1, "performance"), ("busy", 1, "powersave"),
    }  # fmt: skip
    assert changes(slower(1.1), pi4())["busy", 1, "performance"] is Change.FASTER


def test_a_board_that_found_another_size_is_compared_by_the_unit() -> None:
    assert set(changes(pi4(), slower(1.0, size=3.0)).values()) == {Change.NONE}
    assert changes(pi4(), slower(1.2, size=0.5))["busy", 1, "performance"] is Change.SLOWER


def test_suspect_timings_have_the_sign_that_they_have_everywhere_and_the_table_can_be_korean() -> None:
    simulated = replace(pi4(), board=replace(PI4, simulated=True, virtualization="qemu"))
    found = compare({"pi04": simulated}, {"pi04": simulated})
    console = Console(file=io.StringIO(), width=200)
    console.print(table(found, Language("ko")))
    assert isinstance(console.file, io.StringIO)
    assert "프로그램" in console.file.getvalue()
    assert "변화 없음!" in console.file.getvalue()
    assert Language("ko")(comparing.LEGEND).endswith("!: 의심스러운 측정값.")


def test_a_single_run_decides_nothing() -> None:
    one = replace(pi4(), samples=(sample(),))
    assert changes(one, one) == {("busy", 1, "performance"): Change.UNKNOWN}


def test_boards_of_one_run_only_and_boards_set_up_otherwise_are_told() -> None:
    new = replace(pi4(), board=replace(PI4, python="3.13.5"))
    found = compare({"pi04": pi4(), "pi05": pi4()}, {"pi04": new, "pi06": pi4()})
    assert found.remarks == (
        "Only the first run has pi05.",
        "Only the second run has pi06.",
        "pi04 is not as it was: Python 3.11.2, then 3.13.5.",
        (
            "Where nothing changed, runs are taken to differ by 0.5% (standard deviation, by these two runs alone) "
            "besides what samples vary, and by 0.5% in all at least."
        ),
    )


def test_runs_that_share_no_program_are_refused_with_what_they_have() -> None:
    with pytest.raises(
        RecordError, match=r"share no program .* the first has busy on pi04, the second no usable timing"
    ):
        compare({"pi04": replace(pi4(), samples=(sample(),))}, {"pi04": replace(pi4(), samples=())})
    with pytest.raises(RecordError, match="share no program"):
        compare({"pi04": pi4()}, {"pi05": pi4()})


def test_the_table_has_the_change_with_its_interval() -> None:
    console = Console(width=160, record=True, file=None, quiet=False)
    with console.capture() as captured:
        console.print(table(compare({"pi04": pi4()}, {"pi04": slower(1.1)}), Language()))
    rows = [line for line in captured.get().splitlines() if "busy" in line]
    assert all("+10." in row and "slower" in row for row in rows)
    assert all(" ms " in row and "<0.001" in row for row in rows)


def test_on_80_columns_no_number_and_no_governor_is_cut() -> None:
    console = Console(width=80)
    with console.capture() as captured:
        console.print(table(compare({"pi04": pi4()}, {"pi04": slower(1.1)}), Language()))
    words = captured.get()
    assert "\N{HORIZONTAL ELLIPSIS}" not in words
    assert "performance" in words
    assert len(re.findall(r"[+-][0-9.]+% \([+-][0-9.]+ to [+-][0-9.]+\)", words)) == 12


def test_a_program_of_two_sizes_is_compared_size_by_size() -> None:
    small = [replace(each, size=1000) for each in slower(2.0).samples if each.experiment == "busy"]
    both = replace(pi4(), samples=(*pi4().samples, *small))
    found = compare({"pi04": both}, {"pi04": both}).differences
    sizes = [each.before.size for each in found if each.before.experiment == "busy"]
    assert sizes == [1000, 1000, 250_000_000, 250_000_000]
    console = Console(width=200)
    with console.capture() as captured:
        console.print(table(compare({"pi04": both}, {"pi04": both}), Language()))
    assert "L9 busy 1,000 additions" in captured.get()
    assert "L9 busy 250,000,000 additions" in captured.get()


def test_a_change_that_rests_on_disturbed_runs_is_undecided_and_says_why() -> None:
    busy = replace(slower(1.1), samples=tuple(replace(each, agent_active=True) for each in slower(1.1).samples))
    found = compare({"pi04": pi4()}, {"pi04": busy})
    told = {one.before.experiment: one.change for one in found.differences}
    assert told["busy"] is Change.UNDECIDED
    assert told["page-touch"] is Change.NONE
    assert [remark for remark in found.remarks if "undecided" in remark] == [
        (
            "L9 busy on pi04: undecided. agent: 5 of 5 runs were disturbed. The service that looks for circles was at "
            "work beside the program."
        )
    ] * 2


def test_other_runs_of_the_same_boards_tell_how_far_runs_differ() -> None:
    """What four runs of a board that nobody touched do by themselves is no change."""
    others = [{"pi04": BoardAnalysis(slower_throughout(times))} for times in (1.0, 1.06, 0.95, 1.04)]
    first, second = ({"pi04": BoardAnalysis(each)} for each in (pi4(), slower(1.05)))
    alone, among = (comparing.compare(first, second, known) for known in ((), others))
    changed = [[one.change for one in found.differences if one.before.experiment == "busy"] for found in (alone, among)]
    assert changed == [[Change.SLOWER] * 2, [Change.NONE] * 2]
    assert "by other runs of these boards" in among.remarks[-1]


def test_runs_of_a_board_that_was_set_up_otherwise_tell_nothing() -> None:
    otherwise = replace(slower_throughout(1.5), board=replace(PI4, kernel="6.6.31"))
    others = [{"pi04": BoardAnalysis(each)} for each in (otherwise, replace(otherwise, board=None), otherwise)]
    first, second = ({"pi04": BoardAnalysis(each)} for each in (pi4(), slower(1.05)))
    found = comparing.compare(first, second, others)
    assert "by these two runs alone" in found.remarks[-1]


def slower_throughout(times: float) -> Records:
    """A board on which all programs take so many times as long."""
    samples = [
        replace(each, wall_ns=int(each.wall_ns * times), output={"loop_ns": int(each.work_ns * times)})
        for each in pi4().samples
    ]
    return replace(pi4(), samples=tuple(samples))
