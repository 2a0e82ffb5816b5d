from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.backoff import Backoff
from agent.service.restarts import Restarts

if TYPE_CHECKING:
    from pathlib import Path


def pause_s(folder: Path | None) -> float:
    """The pause of a run that fails: it never proves itself."""
    restarts = Restarts(folder)
    waits_s = restarts.begin()
    restarts._timer.cancel()
    return waits_s


def test_pauses_grow_to_30_s_and_begin_anew_after_a_camera_that_lasted() -> None:
    backoff = Backoff()
    assert [backoff.after(0) for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert backoff.after(29) == 30
    assert [backoff.after(3600), backoff.after(0)] == [0.5, 1]


def test_pauses_before_a_restart_grow_to_28_s_and_begin_anew_after_a_good_run(tmp_path: Path) -> None:
    assert [pause_s(tmp_path) for _ in range(8)] == [0, 1, 2, 4, 8, 16, 28, 28]
    Restarts(tmp_path).prove()
    assert pause_s(tmp_path) == 0


def test_a_camera_and_a_run_that_failed_all_night_are_still_tried(tmp_path: Path) -> None:
    backoff = Backoff()
    assert {backoff.after(0) for _ in range(5000)} == {0.5, 1, 2, 4, 8, 16, 30}
    (tmp_path / "unproven-starts").write_text("5000")
    assert pause_s(tmp_path) == 28


@pytest.mark.parametrize("content", ["", "many"])
def test_a_count_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "unproven-starts").write_text(content)
    assert pause_s(tmp_path) == 0


def test_a_count_that_cannot_be_written_keeps_no_run_from_starting(tmp_path: Path) -> None:
    assert pause_s(tmp_path / "gone") == 0
    assert pause_s(None) == 0
