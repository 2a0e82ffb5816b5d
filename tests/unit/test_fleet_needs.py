"""What rows say of memory and energy, from samples that have them and from samples of boards that cannot tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fleet.analysis.board import BoardAnalysis
from fleet.analysis.record_types import During, Sample
from fleet.analysis.records import record
from fleet.analysis.verdict import judge
from fleet.errors import RecordError
from tests.unit.fleet_parts import pi4
from tests.unit.fleet_run import LINES

if TYPE_CHECKING:
    from fleet.analysis.summary import Row

SUMMED = {"memory_bytes": 14_600_000, "memory_source": "pss-sum", "processes": 5}


def row(**changes: object) -> Row:
    records = pi4()
    samples = tuple(
        replace(each, **changes) if each.experiment == "python-processes" and each.workers == 4 else each  # type: ignore[arg-type]
        for each in records.samples
    )
    rows = BoardAnalysis(replace(records, samples=samples)).rows
    return next(each for each in rows if (each.experiment, each.workers) == ("python-processes", 4))


def test_a_row_has_the_memory_of_all_processes_of_its_program() -> None:
    made = row(**SUMMED)
    assert (made.memory_bytes, made.processes) == (14_600_000, 5)


def test_where_nobody_looked_at_memory_it_is_the_peak_of_the_largest_process() -> None:
    made = row()
    assert (made.memory_bytes, made.processes, made.energy_j) == (1_500_000, 1, None)


def test_a_row_has_the_energy_of_one_run() -> None:
    assert row(energy_j=1.25).energy_j == pytest.approx(1.25)


def told(**changes: object) -> bytes:
    line = next(each for each in LINES if '"kind":"sample"' in each)
    more = ",".join(f'"{key}":{value}' for key, value in changes.items())
    return f"{line.rstrip()[:-1]},{more}}}\n".encode()


def test_the_gate_lets_in_what_a_board_may_tell_of_a_program() -> None:
    line = told(memory_bytes=5, memory_source='"pss-sum"', energy_j=0.5, busy_by_core="[0.1,null]", block=1)
    read = record(line, "line 1")
    assert isinstance(read, Sample)
    assert (read.memory_bytes, read.energy_j, read.busy_by_core, read.block) == (5, 0.5, (0.1, None), 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"memory_bytes": -1},
        {"memory_source": '"guess"'},
        {"energy_j": "1e9"},
        {"energy_j": '"much"'},
        {"block": -1},
        {"processes": 10**7},
        {"busy_by_core": "[9999]"},
        {"firmware_clock_after_khz": 10**9},
    ],
)
def test_the_gate_refuses_what_no_board_can_mean(changes: dict[str, object]) -> None:
    with pytest.raises(RecordError):
        record(told(**changes), "line 1")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_clock_that_only_the_firmware_knows_to_be_wrong_makes_a_time_suspect(when: str) -> None:
    """The kernel says 1800 MHz, and asked for it; the firmware measures what it gave."""
    (sample, *_) = pi4().samples
    wrong = replace(sample, **{f"firmware_clock_{when}_khz": 1_200_000})  # type: ignore[arg-type]
    (judged,) = judge(replace(pi4(), samples=(wrong,)))
    assert [reason.kind for reason in judged.reasons] == ["wrong clock"]
    assert f"as its firmware measures it, ran at 1200 MHz {when} the run" in judged.reasons[0].sentence


def test_a_clock_that_the_firmware_measured_too_low_during_the_run_makes_a_time_suspect() -> None:
    (sample, *_) = pi4().samples
    during = During([100], [1_800_000], [48_000], [0], [1.0], 1, (None, 900_000, 1_800_000))
    (judged,) = judge(replace(pi4(), samples=(replace(sample, during=during),)))
    assert [reason.kind for reason in judged.reasons] == ["wrong clock"]


@pytest.mark.parametrize("khz", [None, 1_800_404])
def test_a_clock_that_the_firmware_measures_as_the_kernel_asked_is_well(khz: int | None) -> None:
    (sample, *_) = pi4().samples
    well = replace(sample, firmware_clock_before_khz=khz, firmware_clock_after_khz=khz)
    (judged,) = judge(replace(pi4(), samples=(well,)))
    assert judged.reasons == ()
