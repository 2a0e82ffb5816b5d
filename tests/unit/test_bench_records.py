from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from agent.bench.records import RecordTail, RecordWriter, has_ended, new_records
from agent.errors import BusyError
from tests.unit.bench_board import read_records, umask

if TYPE_CHECKING:
    from pathlib import Path


def test_every_record_names_its_schema_kind_and_run(tmp_path: Path) -> None:
    with new_records(tmp_path / "records.jsonl", "run-1") as records:
        records.write("board", {"model": "Raspberry Pi 4"})
        records.event("skipped", "Nothing is measured.", governor="powersave")
    board, event = read_records(tmp_path / "records.jsonl")
    assert board == {"schema": 1, "kind": "board", "run": "run-1", "model": "Raspberry Pi 4"}
    assert (event["what"], event["message"], event["governor"]) == ("skipped", "Nothing is measured.", "powersave")


def test_the_end_tells_how_many_samples_and_what_all_bytes_before_it_were(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    with new_records(path, "run-1") as records:
        records.write("board", {"model": "Größe"})
        records.write("sample", {"wall_ns": 1})
        records.end("done")
    *before, last = path.read_bytes().splitlines(keepends=True)
    end = json.loads(last)
    assert (end["kind"], end["status"], end["samples"]) == ("end", "done", 1)
    assert end["sha256"] == hashlib.sha256(b"".join(before)).hexdigest()


def test_records_can_be_read_and_locked_by_their_owner_only_whatever_the_umask(tmp_path: Path) -> None:
    with umask(0), new_records(tmp_path / "records.jsonl", "run-1"):
        assert (tmp_path / "records.jsonl").stat().st_mode & 0o777 == 0o600


def test_records_of_an_earlier_run_are_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text("precious\n")
    with pytest.raises(BusyError, match="is there already"), new_records(path, "run-1"):
        pass
    assert path.read_text() == "precious\n"


def test_a_disk_that_is_full_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    with path.open("wb") as file, open("/dev/full", "wb") as full:  # noqa: PTH123 - a device, not a path
        records = RecordWriter("run-1", full.fileno(), path)
        with pytest.raises(BusyError, match=r"records.jsonl cannot be written: No space left on device; make room"):
            records.write("board", {})
        assert file.tell() == 0


def test_a_reader_gets_whole_lines_only(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    tail = RecordTail(path)
    assert tail.lines() == []
    with path.open("ab", buffering=0) as file:
        file.write(b'{"a":1}\n{"b"')
        assert tail.lines() == [b'{"a":1}\n']
        file.write(b":2}\n")
        assert tail.lines() == [b'{"b":2}\n']
    assert tail.lines() == []
    tail.close()


def test_a_reader_sees_whether_somebody_still_writes(tmp_path: Path) -> None:
    tail = RecordTail(tmp_path / "records.jsonl")
    assert not tail.is_written()
    with new_records(tmp_path / "records.jsonl", "run-1"):
        assert tail.is_written()
    assert not tail.is_written()
    tail.close()


def test_a_run_has_ended_with_its_end_record_only(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    assert not has_ended(path)
    with new_records(path, "run-1") as records:
        records.write("board", {})
        assert not has_ended(path)
        records.end("stopped")
    assert has_ended(path)
