"""The room that a benchmark has for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.apart import room_of_its_own
from virtual import place

if TYPE_CHECKING:
    from pathlib import Path


def test_a_second_run_of_a_benchmark_is_refused_and_leaves_the_room_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "PROJECT", tmp_path)
    monkeypatch.setenv("PILAB_ROOM", "")
    said: list[str] = []
    with room_of_its_own("x", said.append):
        with pytest.raises(SystemExit, match="Another command is changing"), room_of_its_own("x", said.append):
            pytest.fail("it has taken the room from the first")
        assert said == []
