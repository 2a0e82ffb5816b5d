from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fleet.analysis import records
from fleet.errors import RecordError
from tests.unit.fleet_parts import RECORDED

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = RECORDED.read_bytes()
LINES = WHOLE.splitlines(keepends=True)


def changed(line: bytes, **values: object) -> bytes:
    return json.dumps({**json.loads(line), **values}).encode() + b"\n"


def test_a_recorded_run_is_read_whole() -> None:
    read = records.load(RECORDED)
    assert read.flaw == ""
    assert read.end is not None
    assert (read.host, len(read.samples), read.end.status) == ("virtual-pi", 54, "done")
    assert read.board is not None
    assert (read.board.release, read.board.policies[0].max_khz) == ("bookworm", 1_800_000)


def test_the_name_of_a_partial_file_is_still_that_of_its_board(tmp_path: Path) -> None:
    path = tmp_path / "pi01.partial.jsonl"
    path.write_bytes(b"".join(LINES[:20]))
    assert records.load(path).host == "pi01"


def test_a_file_without_its_end_mark_is_read_and_called_cut_short() -> None:
    read = records.parse(b"".join(LINES[:-1]), "pi01", "pi01.jsonl")
    assert len(read.samples) == 54
    assert read.flaw == "pi01.jsonl has no end mark: the run was cut short; what came before it is kept."


def test_a_file_cut_in_the_middle_of_a_line_keeps_the_lines_before() -> None:
    read = records.parse(WHOLE[: len(b"".join(LINES[:30])) + 40], "pi01", "pi01.jsonl")
    assert read.flaw == "pi01.jsonl is cut short in the middle of a line; what came before it is kept."
    assert len(read.samples) + len(read.events) + 1 == 30


def test_a_file_whose_very_last_byte_is_missing_is_not_whole() -> None:
    assert records.parse(WHOLE[:-1], "pi01", "pi01.jsonl").flaw != ""


def test_a_byte_that_changed_on_the_way_is_noticed() -> None:
    altered = WHOLE.replace(b'"exit_status":0', b'"exit_status":1', 1)
    read = records.parse(altered, "pi01", "pi01.jsonl")
    assert read.flaw == "pi01.jsonl is not as the board wrote it: its checksum does not fit."


def test_an_empty_file_says_so() -> None:
    read = records.parse(b"", "pi01", "pi01.jsonl")
    assert read.flaw == "pi01.jsonl is empty; nothing arrived from this board."
    assert read.is_simulated


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (changed(LINES[0], schema=2), "Line 1 of pi01.jsonl has the schema 2; this Pilab reads 1"),
        (changed(LINES[0], kind="poem"), "Line 1 of pi01.jsonl is of the unknown kind 'poem'"),
        (changed(LINES[0], cores="four"), "'cores' in line 1 of pi01.jsonl is 'four'"),
        (changed(LINES[0], cores=True), "'cores' in line 1 of pi01.jsonl is True"),
        (changed(LINES[20], clock_after_khz=["fast"]), "'clock_after_khz' in line 1 of pi01.jsonl is ['fast']"),
        (b'{"schema":1,"kind":"end"}\n', "'status' in line 1 of pi01.jsonl is missing"),
        (b"[1, 2]\n", "Line 1 of pi01.jsonl is [1, 2], not an object with keys and values"),
        (b"\xff\xfe\n", "Line 1 of pi01.jsonl is not JSON"),
    ],
)
def test_a_line_that_cannot_be_understood_is_named(line: bytes, complaint: str) -> None:
    with pytest.raises(RecordError) as raised:
        records.parse(line, "pi01", "pi01.jsonl")
    assert complaint in str(raised.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be read: no such file"):
        records.load(tmp_path / "pi01.jsonl")


def test_the_time_of_the_work_is_that_of_the_program_where_it_tells_it() -> None:
    with_loop = next(sample for sample in records.load(RECORDED).samples if sample.experiment == "python-threads")
    without = next(sample for sample in records.load(RECORDED).samples if sample.experiment == "page-touch")
    assert with_loop.work_ns < with_loop.wall_ns
    assert without.work_ns == without.wall_ns
