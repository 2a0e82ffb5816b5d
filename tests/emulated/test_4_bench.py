"""The literal `invoke bench` on an emulated Pi: marked as such, and what does not depend on time still holds."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.emulated.conftest import PATIENCE_S
from tests.rehearsal.conftest import GOVERNOR, typed
from virtual.place import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.emulated.conftest import Emulated

pytestmark = [pytest.mark.emulated, pytest.mark.timeout(7200)]

RESULTS = PROJECT / "results"
BENCH_TIMEOUT_S = 5400


@pytest.fixture(scope="module")
def measured(provisioned: Emulated) -> Iterator[tuple[Path, str]]:
    """The run of the short suite, and what the command printed; the teacher's own runs stay."""
    before = set(RESULTS.glob("*"))
    provisioned.say("until systemctl is-active pilab-agent; do sleep 1; done", timeout_s=PATIENCE_S)
    done = typed("invoke", "bench", "--hosts", provisioned.board.name, "--suite", "short", timeout_s=BENCH_TIMEOUT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    (run,) = (path for path in set(RESULTS.glob("*")) - before if path.is_dir())
    yield run, done.stdout
    shutil.rmtree(run)


def records(run: Path, board: str, kind: str) -> list[dict[str, Any]]:
    lines = (run / f"{board}.jsonl").read_text().splitlines()
    return [record for record in map(json.loads, lines) if record["kind"] == kind]


def test_the_records_say_that_the_board_is_emulated(provisioned: Emulated, measured: tuple[Path, str]) -> None:
    (board,) = records(measured[0], provisioned.board.name, "board")
    assert (board["virtualization"], board["simulated"]) == ("qemu", True)
    assert "(emulated)" in board["model"]
    assert [policy["cpus"] for policy in board["policies"]] == [[0, 1, 2, 3]]


def test_the_verdicts_say_why_the_times_mean_nothing(measured: tuple[Path, str]) -> None:
    run, printed = measured
    assert "emulated" in printed
    assert "The processor is emulated" in (run / "report.html").read_text()


def test_claims_that_do_not_depend_on_time_hold(provisioned: Emulated, measured: tuple[Path, str]) -> None:
    assert "confirmed: Every page costs one minor fault" in measured[1]
    for sample in records(measured[0], provisioned.board.name, "sample"):
        assert sample["exit_status"] == 0
        assert sample["minor_faults"] > 0
        assert sample["peak_rss_bytes"] > 0


def test_both_governors_were_the_kernels(provisioned: Emulated, measured: tuple[Path, str]) -> None:
    clocks = {
        (sample["governor"], clock)
        for sample in records(measured[0], provisioned.board.name, "sample")
        for clock in sample["clock_before_khz"]
    }
    assert clocks == {("performance", 1200000), ("powersave", 600000)}
    assert provisioned.say(f"cat {GOVERNOR}") == "ondemand"
