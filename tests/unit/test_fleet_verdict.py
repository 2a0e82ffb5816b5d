from __future__ import annotations

from dataclasses import replace

import pytest

from fleet.analysis import records
from fleet.analysis.records import BoardFacts, During, Records, Sample
from fleet.analysis.verdict import Level, judge
from tests.unit.fleet_parts import DATA, MS, PI4, RECORDED, pi4, sample, with_samples


def reasons(*samples: Sample, board: BoardFacts | None = PI4) -> list[tuple[Level, str]]:
    judged = judge(Records("pi04", board, samples))
    return [(reason.level, reason.sentence) for reason in judged[0].reasons]


def test_a_quiet_run_of_a_real_board_is_valid_throughout() -> None:
    assert {judged.level for judged in judge(pi4())} == {Level.VALID}


def test_an_emulated_board_is_told_apart_and_why_only_its_times_mean_nothing() -> None:
    emulated = replace(PI4, simulated=True, virtualization="qemu")
    ((level, sentence),) = reasons(sample(), board=emulated)
    assert level == Level.SUSPECT
    assert sentence.startswith("The processor is emulated")
    assert "page faults" in sentence


def test_every_time_of_a_simulated_board_is_suspect() -> None:
    judged = judge(records.load(RECORDED))
    assert {each.level for each in judged} == {Level.SUSPECT}
    assert all("simulated" in {reason.kind for reason in each.reasons} for each in judged)


def test_a_board_that_did_not_say_what_it_is_cannot_be_trusted() -> None:
    assert reasons(sample(), board=None) == [(Level.SUSPECT, "The board did not say what it is.")]


def test_a_program_that_failed_counts_for_nothing() -> None:
    assert reasons(sample(exit_status=137)) == [(Level.INVALID, "The program failed with status 137.")]


def test_a_run_that_is_over_at_once_cannot_be_timed() -> None:
    short = sample(wall_ns=4 * MS, user_ns=4 * MS)
    assert reasons(short) == [(Level.INVALID, "4.0 ms is too short to time; the limit is 10 ms.")]


def test_a_program_that_did_not_get_its_processor_shows_a_busy_board() -> None:
    (found,) = reasons(sample(user_ns=240 * MS, sys_ns=0))
    assert found == (
        Level.SUSPECT,
        "The board was busy with something else: the program got 60% of a processor.",
    )


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (0x0, 0x1, "the voltage was too low"),
        (0x0, 0x50000, "the voltage was too low"),
        (0x10000, 0x20000 | 0x10000, "its clock was capped"),
        (0x4, 0x4, "it was throttled"),
        (0x8, 0x0, "it was too hot"),
    ],
)
def test_a_board_that_slowed_itself_down_during_the_run_spoils_it(before: int, after: int, words: str) -> None:
    found = reasons(sample(throttled_before=before, throttled_after=after))
    assert (Level.INVALID, f"The board slowed itself down: {words} during the run.") in found


def test_what_happened_when_the_board_was_switched_on_does_not_spoil_a_run() -> None:
    assert reasons(sample(throttled_before=0x50005 & 0xF0000, throttled_after=0x50000)) == []


def test_what_came_and_went_while_the_program_ran_spoils_it_too() -> None:
    seen = During([100, 600], [1_800_000] * 2, [None] * 2, [None, 0x4], [1.0] * 2, 1000)
    assert reasons(sample(during=seen)) == [
        (Level.INVALID, "The board slowed itself down: it was throttled during the run.")
    ]


def test_what_sticks_from_before_is_not_taken_for_new_in_the_middle() -> None:
    seen = During([600], [1_800_000], [None], [0x50000], [1.0], 1000)
    assert reasons(sample(throttled_before=0x50000, throttled_after=0x50000, during=seen)) == []


@pytest.mark.parametrize(
    "model",
    [
        "Raspberry Pi Zero W Rev 1.1",
        "Raspberry Pi Zero 2 W Rev 1.0",
        "Raspberry Pi Compute Module 4 Rev 1.0",
        "Raspberry Pi Model B Rev 2",
    ],
)
def test_a_model_that_cannot_tell_its_voltage_says_so_and_its_times_stay_valid(model: str) -> None:
    board = replace(PI4, model=model)
    assert reasons(sample(), board=board) == [(Level.VALID, "This model cannot tell whether its voltage was too low.")]


def test_a_board_that_does_not_tell_anything_is_not_accused_either() -> None:
    assert reasons(sample(throttled_before=None, throttled_after=None)) == [
        (Level.VALID, "The board did not say whether it slowed itself down.")
    ]


def test_the_service_at_work_beside_a_program_is_told() -> None:
    (found,) = reasons(sample(agent_active=True))
    assert found == (Level.SUSPECT, "The service that looks for circles was at work beside the program.")


@pytest.mark.parametrize(("cores", "count"), [(None, 0), (0.2, 0), (0.9, 1)])
def test_a_board_that_was_busy_just_before_is_told(cores: float | None, count: int) -> None:
    assert len(reasons(sample(busy_before_cores=cores))) == count


def test_a_program_that_waits_may_leave_its_processor_to_others() -> None:
    assert reasons(sample("io-wait", bound="waiting", user_ns=MS, sys_ns=MS)) == []


def test_a_clock_that_dropped_in_the_middle_is_named() -> None:
    seen = During([100, 200], [1_800_000, 600_000], [None] * 2, [None] * 2, [1.0] * 2, 1000)
    assert reasons(sample(during=seen)) == [
        (Level.SUSPECT, "The slowest core ran at 600 MHz during the run, not at the 1800 MHz of 'performance'.")
    ]


def test_sizes_are_not_compared_with_each_other() -> None:
    small = [sample(size=1, wall_ns=100 * MS, user_ns=100 * MS, repetition=number) for number in range(3)]
    assert reasons(*small, *(sample(repetition=number) for number in range(3))) == []


def test_a_clock_that_is_not_the_governors_is_named() -> None:
    assert reasons(sample(clock_after_khz=[1_500_000])) == [
        (Level.SUSPECT, "policy0 ran at 1500 MHz after the run, not at the 1800 MHz of 'performance'.")
    ]


@pytest.mark.parametrize("clocks_khz", [None, [None], [1_790_000]])
def test_a_clock_that_is_unknown_or_near_enough_is_no_complaint(clocks_khz: list[int | None] | None) -> None:
    assert reasons(sample(clock_before_khz=clocks_khz, clock_after_khz=clocks_khz)) == []


def test_a_governor_that_moves_the_clock_sets_no_expectation() -> None:
    assert reasons(replace(sample(), governor="ondemand", clock_after_khz=[700_000])) == []


def test_repetitions_that_differ_widely_are_all_suspect() -> None:
    times = [400 * MS, 440 * MS, 480 * MS, 520 * MS, 560 * MS]
    found = reasons(*(sample(wall_ns=each, user_ns=each) for each in times))
    assert found == [(Level.SUSPECT, "Spread of its repetitions: 13.2% (limit: 4%).")]


@pytest.mark.parametrize(
    ("wall_ms", "is_wide"),
    [
        ((400, 401, 399, 400, 1200), True),
        ((400, 432, 401, 433, 400), True),
        ((400, 408, 395, 404, 392), False),
        ((400, 400, 400, 400, 408), False),
    ],
    ids=["one three times as long", "two speeds", "some noise", "one a little longer"],
)
def test_one_very_long_run_and_two_speeds_are_a_wide_spread(wall_ms: tuple[int, ...], *, is_wide: bool) -> None:
    found = reasons(*(sample(wall_ns=each * MS, user_ns=each * MS) for each in wall_ms))
    assert bool(found) is is_wide


def test_other_programs_do_not_suffer_from_one_that_varies() -> None:
    wild = [sample("c-threads", wall_ns=each * MS, user_ns=each * MS) for each in (200, 400, 800)]
    judged = judge(with_samples(pi4("c-threads"), *wild))
    assert {each.sample.experiment for each in judged if each.level > Level.VALID} == {"c-threads"}


# What every run of the recorded cases may be suspected of: the computer underneath was in use.
ALWAYS = {"simulated", "busy", "wide spread"}


def kinds(case: str) -> list[set[str]]:
    """What each run of a recorded case is suspected of, beyond what all of them are."""
    judged = judge(records.load(DATA.parent / "verdicts" / f"{case}.jsonl"))
    return [{reason.kind for reason in each.reasons} - ALWAYS for each in judged]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("nothing", [set()] * 5),
        ("sticky", [set()] * 5),
        ("busy", [set()] * 5),
        ("throttled", [set(), set(), {"throttled"}, {"throttled"}, {"throttled"}]),
        ("under-voltage", [set(), set(), *[{"under-voltage", "throttled"}] * 3]),
        ("dipped-within", [set(), set(), {"under-voltage", "throttled"}, set(), set()]),
        ("too-short", [{"too short"}] * 5),
        ("wrong-clock", [set(), set(), *[{"wrong clock"}] * 3]),
        ("agent", [set(), set(), {"agent"}, {"agent"}, {"agent"}]),
        ("zero", [{"not told by the board"}] * 5),
    ],
)
def test_a_recorded_case_is_suspected_of_what_was_wrong_and_of_nothing_else(
    case: str, expected: list[set[str]]
) -> None:
    assert kinds(case) == expected


def test_the_recorded_board_that_had_to_share_was_busy_and_its_times_spread() -> None:
    for case in ("busy", "wide-spread"):
        judged = judge(records.load(DATA.parent / "verdicts" / f"{case}.jsonl"))
        assert all({"busy", "wide spread"} <= {reason.kind for reason in each.reasons} for each in judged)


def test_only_what_is_held_against_a_recorded_run_spoils_it() -> None:
    levels = {
        case: [each.level for each in judge(records.load(DATA.parent / "verdicts" / f"{case}.jsonl"))]
        for case in ("sticky", "zero", "throttled")
    }
    assert Level.INVALID not in levels["sticky"] + levels["zero"] + levels["throttled"][:2]
    assert levels["throttled"][2:] == [Level.INVALID] * 3
