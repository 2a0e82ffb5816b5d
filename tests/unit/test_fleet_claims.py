from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fleet.analysis import claims, records
from fleet.analysis.board import BoardAnalysis
from fleet.analysis.records import Records
from fleet.analysis.tolerance import Finding
from tests.unit.fleet_parts import MS, PI4, RECORDED, page_touch, pi4, timed, with_samples

if TYPE_CHECKING:
    from fleet.analysis.claims import Claim


def checked(found: Records) -> list[Claim]:
    return BoardAnalysis(found).claims


def about(found: Records, words: str) -> Claim:
    return next(claim for claim in checked(found) if words in claim.statement)


def test_on_a_quiet_pi_4_the_course_is_right_throughout() -> None:
    assert {claim.finding for claim in checked(pi4())} == {Finding.CONFIRMED}


def test_the_statements_come_in_the_order_of_the_lessons_with_their_numbers() -> None:
    told = [(claim.lesson, claim.statement, claim.number) for claim in checked(pi4())]
    assert told == [
        ("L9", "One busy loop keeps one core busy", "(user + sys) / real = 1.00"),
        ("L10", "The same program takes longer under powersave", "3.01 times as long"),
        ("L11", "With 4 C threads real = user / 4", "real x 4 / user = 1.04"),
        ("L12", "Resident memory grows as it is touched", "1.000 bytes arrive per byte touched"),
        ("L12", "Every page costs one minor fault", "1.000 minor faults per page"),
        ("L13", "With 4 Python threads real = user", "real / user = 1.02"),
        ("L13", "4 Python threads are no faster than 1", "0.94x"),
        ("L14", "4 Python processes take 1/4 of the time", "3.81x"),
        ("L15", "Python threads that only wait are faster than one", "3.95x"),
    ]


def test_python_threads_that_do_run_at_once_refute_the_course() -> None:
    free = with_samples(pi4("python-threads"), *timed("python-threads", "L13", 1, 450, 445))
    free = with_samples(free, *timed("python-threads", "L13", 4, 120, 460))
    assert about(free, "are no faster than 1").finding is Finding.REFUTED
    assert about(free, "Python threads real = user").finding is Finding.REFUTED


def test_powersave_that_changes_nothing_refutes_the_course() -> None:
    lazy = with_samples(pi4("busy"), *timed("busy", "L9", 1, 401, 399))
    lazy = with_samples(lazy, *timed("busy", "L9", 1, 402, 400, governor="powersave"))
    assert about(lazy, "powersave").finding is Finding.REFUTED


def test_huge_pages_refute_one_fault_per_page() -> None:
    huge = [replace(each, output=with_faults(each, 50)) for each in page_touch()]
    found = about(with_samples(pi4("page-touch"), *huge), "one minor fault")
    assert (found.finding, found.number) == (Finding.REFUTED, "0.002 minor faults per page")


def with_faults(each: records.Sample, faults: int) -> Any:  # noqa: ANN401 (what a program said)
    output: Any = each.output
    return {**output, "steps": [{**step, "minor_faults": faults} for step in output["steps"]]}


def test_runs_on_both_sides_of_the_limit_decide_nothing() -> None:
    mixed = [each for wall_ms in (100, 104, 140, 150) for each in timed("c-threads", "L11", 4, wall_ms, 401)]
    mixed += timed("c-threads", "L11", 1, 401, 399)
    assert about(with_samples(pi4("c-threads"), *mixed), "C threads").finding is Finding.UNDECIDED


@pytest.mark.parametrize("count", [2, 4])
def test_fewer_than_five_runs_are_too_few(count: int) -> None:
    few = with_samples(pi4("busy"), *timed("busy", "L9", 1, 401, 399)[:count])
    found = about(few, "busy loop")
    assert (found.finding, found.reason) == (Finding.UNDECIDED, f"usable runs: {count}, fewer than 5")


def test_a_run_that_will_decide_nothing_says_so_at_once() -> None:
    told = "With --runs 2 no statement of the course will be decided: that takes 5 runs or more."
    assert [claims.too_few(2), claims.too_few(4) is None, claims.too_few(5)] == [told, False, None]


def test_a_decision_says_what_decided_with_its_level_and_what_is_required() -> None:
    reasons = {claim.lesson: claim.reason for claim in checked(pi4())}
    assert reasons["L9"] == "93 % confidence interval: 1.00 to 1.00; required: from 0.85 to 1.15"
    assert reasons["L10"] == "87 % confidence interval: 2.99 to 3.02; required: at least 1.10"


@pytest.mark.parametrize(
    "words", ["busy loop", "powersave", "C threads", "no faster", "real = user", "processes", "wait"]
)
@pytest.mark.parametrize("what", ["agent", "company"])
def test_what_was_at_work_besides_takes_every_decision_about_time_back(words: str, what: str) -> None:
    change: Any = {"agent_active": True} if what == "agent" else {"busy_before_cores": 1.0}
    found = about(replace(pi4(), samples=tuple(replace(each, **change) for each in pi4().samples)), words)
    assert (found.finding, found.number != "") == (Finding.UNDECIDED, True)
    assert "5 of 5 runs were disturbed" in found.reason


@pytest.mark.parametrize(("disturbed", "finding"), [(2, Finding.CONFIRMED), (3, Finding.UNDECIDED)])
def test_less_than_half_of_the_runs_may_be_disturbed(disturbed: int, finding: Finding) -> None:
    some = [replace(each, agent_active=each.repetition < disturbed) for each in pi4().samples]
    assert about(replace(pi4(), samples=tuple(some)), "C threads").finding is finding


def test_counts_of_memory_are_what_they_are_on_a_busy_board_too() -> None:
    busy = [replace(each, agent_active=True) for each in pi4().samples]
    assert about(replace(pi4(), samples=tuple(busy)), "minor fault").finding is Finding.CONFIRMED


def test_a_run_without_powersave_decides_nothing_about_it() -> None:
    only = with_samples(pi4("busy"), *timed("busy", "L9", 1, 401, 399))
    found = about(only, "powersave")
    assert (found.finding, found.reason) == (Finding.UNDECIDED, "not timed under both performance and powersave")


def test_invalid_runs_are_no_evidence() -> None:
    failed = [replace(each, exit_status=1) for each in pi4().samples]
    found = checked(replace(pi4(), samples=tuple(failed)))
    assert {claim.finding for claim in found} == {Finding.UNDECIDED}


@pytest.mark.parametrize("words", ["busy loop", "C threads", "no faster", "processes"])
def test_a_board_that_had_to_share_its_processors_decides_nothing_about_time(words: str) -> None:
    shared = [replace(each, user_ns=each.user_ns // 2, sys_ns=0) for each in pi4().samples]
    found = about(replace(pi4(), samples=tuple(shared)), words)
    assert found.finding is Finding.UNDECIDED
    assert found.number != ""


def test_four_processes_on_two_cores_decide_nothing() -> None:
    small = replace(pi4(), board=replace(PI4, cores=2))
    assert about(small, "processes").reason == "2 cores cannot show 4x"
    assert "With 2 C threads" in about(small, "C threads").statement


def test_one_core_cannot_show_threads() -> None:
    zero = replace(pi4(), board=replace(PI4, cores=1))
    assert about(zero, "C threads").reason == "one worker or one core shows nothing"


def test_a_simulated_board_is_marked_where_time_is_concerned() -> None:
    found = checked(records.load(RECORDED))
    remarks = {claim.statement: claim.remark for claim in found}
    assert remarks["One busy loop keeps one core busy"] == "simulated: says nothing about a real Pi"
    assert remarks["Every page costs one minor fault"] == ""


def test_without_root_the_statements_are_judged_under_the_governor_that_was_set() -> None:
    usual = [replace(each, governor="unchanged") for each in pi4().samples if each.governor == "performance"]
    found = about(replace(pi4(), samples=tuple(usual)), "busy loop")
    assert found.finding is Finding.CONFIRMED


def test_a_board_without_any_sample_decides_nothing() -> None:
    assert {claim.finding for claim in checked(Records("pi01"))} == {Finding.UNDECIDED}


def test_the_start_of_python_does_not_hide_the_gain_of_processes() -> None:
    slow_start = 300 * MS
    slow = [
        replace(each, wall_ns=each.wall_ns + slow_start, user_ns=each.user_ns + slow_start) for each in pi4().samples
    ]
    assert about(replace(pi4(), samples=tuple(slow)), "processes").finding is Finding.CONFIRMED


def test_a_governor_that_did_not_take_decides_nothing_about_itself() -> None:
    # The board kept its fastest clock under powersave, so both took as long.
    lazy = timed("busy", "L9", 1, 402, 400, governor="powersave", clock_before_khz=[1_800_000])
    found = about(with_samples(pi4("busy"), *timed("busy", "L9", 1, 401, 399), *lazy), "powersave")
    assert (found.finding, found.number) == (Finding.UNDECIDED, "1.00 times as long")
    assert found.reason == (
        "powersave was not in effect in 5 of 5 runs: policy0 ran at 1800 MHz before the run, not at the 600 MHz of "
        "'powersave'."
    )


def test_a_single_run_at_another_clock_does_not_undo_what_the_others_show() -> None:
    slow = timed("busy", "L9", 1, 1203, 1200, governor="powersave")
    slow[0] = replace(slow[0], clock_before_khz=[1_800_000])
    found = about(with_samples(pi4("busy"), *timed("busy", "L9", 1, 401, 399), *slow), "powersave")
    assert found.finding is Finding.CONFIRMED


def test_the_clock_of_other_runs_of_a_program_says_nothing_about_those_that_are_the_evidence() -> None:
    """Only runs with one worker are held against each other; those with four kept the clock, and are more."""
    lazy = timed("busy", "L9", 1, 402, 400, governor="powersave", clock_before_khz=[1_800_000])
    others = [
        *timed("busy", "L9", 4, 402, 1600, governor="powersave"),
        *timed("busy", "L9", 4, 403, 1600, governor="powersave"),
    ]
    found = about(with_samples(pi4("busy"), *timed("busy", "L9", 1, 401, 399), *lazy, *others), "powersave")
    assert (found.finding, found.number) == (Finding.UNDECIDED, "1.00 times as long")


def test_page_and_statements_go_by_the_same_governor() -> None:
    usual = [replace(each, governor="unchanged") for each in pi4().samples if each.governor == "performance"]
    analysis = BoardAnalysis(replace(pi4(), samples=tuple(usual)))
    assert analysis.governor == analysis.evidence.governor == "unchanged"
