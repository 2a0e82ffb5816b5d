"""Every command reads and judges a sample once, however many things it shows of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from commands import options
from fleet import results, suites
from fleet.analysis import board, records
from fleet.boards.outcome import Outcome, State
from tests.unit.fleet_parts import RECORDED
from tests.unit.fleet_run import ended

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BOARDS = ("pi01", "pi02")
LINES = RECORDED.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]
NAMES = ("20261123T081500Z-0001", "20261124T081500Z-0002")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[results.Run]:
    monkeypatch.setattr(options, "RESULTS", tmp_path)
    plans = [suites.plan(name, suites.load("short")) for name in NAMES]
    made = [results.create(tmp_path, plan, "invoke bench", BOARDS) for plan in plans]
    for run in made:
        for name in BOARDS:
            (run.path / f"{name}.jsonl").write_text(ended(LINES))
        run.finish(Outcome(name, State.OK, records=f"{name}.jsonl") for name in BOARDS)
    return made


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often a line is read and a board is judged."""
    counts: Counter[str] = Counter()
    for module, name in ((records, "record"), (board, "judge")):
        monkeypatch.setattr(module, name, _counting(getattr(module, name), name, counts))
    return counts


def _counting(real: Callable[..., Any], name: str, counts: Counter[str]) -> Callable[..., Any]:
    def counting(*words: Any) -> Any:  # noqa: ANN401 (whatever is counted takes and returns)
        counts[name] += 1
        return real(*words)

    return counting


@pytest.mark.parametrize(
    ("words", "run_count"),
    [
        (["report"], 1),
        (["export"], 1),
        (["compare", *NAMES], 2),
        (["sql", "select count(*) from samples"], 2),
    ],
)
def test_a_command_reads_a_line_once_and_judges_a_board_once(
    typed: Callable[..., tuple[int, str, str]],
    runs: list[results.Run],
    counted: Counter[str],
    words: list[str],
    run_count: int,
) -> None:
    status, _, err = typed(*words)
    assert (status, err) == (0, "")
    files = run_count * len(BOARDS)
    assert counted == {"record": files * (len(LINES) + 1), "judge": files}
    assert len(runs) == len(NAMES)
