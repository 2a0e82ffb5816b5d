from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fleet import results
from fleet.bench import room
from fleet.bench.room import PoolOptions
from fleet.boards.outcome import State
from tests.unit.fleet_run import LINES, PLAN, Told, end_mark
from tests.unit.fleet_sshd import PILAB, free_port

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.results import Run
    from tests.unit.fleet_sshd import Sshd

NAMES = ["pi02", "pi01"]
PLANS = dict.fromkeys(NAMES, PLAN)


@pytest.fixture(autouse=True)
def _standins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PILAB", PILAB)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return results.create(tmp_path / "results", PLAN, "invoke bench", NAMES)


def rows(run: Run) -> dict[str, str]:
    return {name: row["state"] for name, row in json.loads((run.path / "run.json").read_text())["hosts"].items()}


def test_a_board_that_is_off_has_its_row_and_does_not_hold_the_others_up(sshd: Sshd, run: Run) -> None:
    sshd.lay("records.jsonl", "".join(LINES))
    boards = [replace(sshd.board("pi02"), port=free_port()), sshd.board("pi01")]
    outcomes = room.bench(boards, PLANS, run, Told(), PoolOptions())
    assert [(row.board, row.state) for row in outcomes] == [("pi02", State.UNREACHABLE), ("pi01", State.OK)]
    assert rows(run) == {"pi02": "unreachable", "pi01": "ok"}
    assert run.manifest.finished_utc != ""


def test_ctrl_c_stops_the_boards_and_keeps_what_arrived(sshd: Sshd, run: Run) -> None:
    sshd.lay("records.jsonl", "".join(LINES[:40]))
    sshd.lay("last-record", end_mark(LINES[:40], "stopped"))

    def ctrl_c() -> None:
        raise KeyboardInterrupt

    told = Told({"measuring": ctrl_c})
    (outcome,) = room.bench([sshd.board("pi01")], PLANS, run, told, PoolOptions())
    assert (outcome.state, outcome.records) == (State.STOPPED, "pi01.jsonl")
    assert told.sentences == [room.STOPPING]
    assert rows(run)["pi01"] == "stopped"


def test_a_second_ctrl_c_leaves_at_once_and_still_says_what_is_known(sshd: Sshd, run: Run) -> None:
    sshd.lay("records.jsonl", "".join(LINES[:40]))

    def ctrl_c() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        room.bench([sshd.board("pi01")], PLANS, run, Told({"measuring": ctrl_c, "stopping": ctrl_c}), PoolOptions())
    assert rows(run)["pi01"] == "timed-out"
    assert (run.path / "pi01.partial.jsonl").exists()
