from __future__ import annotations

import io
import threading
import time
from typing import TYPE_CHECKING

import pytest

from agent.bench.follow import LostError, follow
from agent.bench.records import RecordWriter, new_records

if TYPE_CHECKING:
    from pathlib import Path

LIMIT_S = 60.0


class Follower(threading.Thread):
    """Follows a run in the background and keeps what it is handed."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self._path = path
        self.out = io.StringIO()

    def run(self) -> None:
        follow(self._path, 0, self.out, lambda: True)

    def until(self, count: int) -> None:
        limit_s = time.monotonic() + LIMIT_S
        while self.out.getvalue().count("\n") < count:
            assert time.monotonic() < limit_s
            time.sleep(0.005)


def written(path: Path, status: str = "done") -> Path:
    with new_records(path, "run-1") as records:
        _write(records)
        records.end(status)
    return path


def _write(records: RecordWriter) -> None:
    records.write("board", {})
    records.write("sample", {"index": 0})


def never() -> bool:
    return False


def test_a_finished_run_is_handed_on_whole(tmp_path: Path) -> None:
    path = written(tmp_path / "records.jsonl")
    out = io.StringIO()
    follow(path, 0, out, never)
    assert out.getvalue() == path.read_text()


def test_what_is_known_already_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "records.jsonl")
    out = io.StringIO()
    follow(path, 2, out, never)
    assert out.getvalue() == path.read_text().splitlines(keepends=True)[2]


def test_who_knows_all_of_a_finished_run_gets_nothing_more(tmp_path: Path) -> None:
    path = written(tmp_path / "records.jsonl")
    out = io.StringIO()
    follow(path, 3, out, never)
    assert out.getvalue() == ""


def test_records_are_handed_on_while_the_run_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    follower = Follower(path)
    follower.start()
    with new_records(path, "run-1") as records:
        records.write("board", {})
        follower.until(1)
        records.write("sample", {"index": 0})
        follower.until(2)
        records.end("done")
    follower.join(LIMIT_S)
    assert follower.out.getvalue() == path.read_text()


def test_a_run_that_never_began_is_lost(tmp_path: Path) -> None:
    with pytest.raises(LostError, match="after 0 records"):
        follow(tmp_path / "records.jsonl", 0, io.StringIO(), never)


def test_a_run_that_died_before_its_end_is_lost_after_its_last_record(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    with new_records(path, "run-1") as records:
        _write(records)
    out = io.StringIO()
    with pytest.raises(LostError, match="after 2 records"):
        follow(path, 0, out, lambda: True)
    assert out.getvalue() == path.read_text()
