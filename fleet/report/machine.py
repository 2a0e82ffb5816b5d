"""The closing table for other programs, by the words that table, SQL and page have too; pure."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fleet.analysis.claims import Claim
    from fleet.analysis.stats import Estimate
    from fleet.analysis.summary import Row
    from fleet.report.board import BoardView
    from fleet.report.compare import Comparison
    from fleet.report.view import Page


def table(page: Page) -> dict[str, Any]:
    """Return a run with its boards, programs and statements; times in seconds, as median with interval."""
    return {
        "run": page.manifest.run,
        "started_utc": page.manifest.started_utc,
        "command": page.manifest.command,
        "use": page.banner.use,
        "sentence": page.banner.sentence,
        "needs": [{"board": need.board, "problem": need.problem, "command": need.command} for need in page.needs],
        "boards": [_board(board) for board in page.boards],
        "complaints": list(page.analysis.complaints),
    }


def _board(board: BoardView) -> dict[str, Any]:
    return {
        "board": board.name,
        "status": board.outcome.state,
        "sentence": board.outcome.sentence,
        "simulated": board.is_simulated,
        "timings": len(board.judged),
        "invalid": board.invalid,
        "programs": [_row(row) for row in board.rows],
        "statements": [_claim(claim) for claim in board.claims],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "lesson": row.lesson,
        "program": row.experiment,
        "workers": row.workers,
        "governor": row.governor,
        "size": row.size,
        "size_unit": row.size_unit,
        "runs": row.runs,
        "left_out": row.left_out,
        "real_s": asdict(row.real_s),
        "user_s": row.user_s,
        "sys_s": row.sys_s,
        "speed_up": _estimate(row.speed_up),
        "minor_faults": row.minor_faults,
        "memory_bytes": row.memory_bytes,
        "processes": row.processes,
        "energy_j": row.energy_j,
        "verdict": row.level.words,
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "lesson": claim.lesson,
        "program": claim.experiment,
        "statement": claim.statement,
        "finding": claim.finding,
        "number": _estimate(claim.found),
        "reason": claim.reason,
    }


def comparison(found: Comparison) -> dict[str, Any]:
    """Return two runs compared; medians in seconds, the change as how many times as long the work takes."""
    return {
        "differences": [
            {
                "board": each.before.host,
                "program": each.before.experiment,
                "workers": each.before.workers,
                "governor": each.before.governor,
                "before_real_s": each.before.real_s.value,
                "after_real_s": each.after.real_s.value,
                "ratio": _estimate(each.ratio),
                "probability": each.probability,
                "change": each.change,
                "suspect": each.is_suspect,
            }
            for each in found.differences
        ],
        "remarks": list(found.remarks),
        "simulated": found.is_simulated,
    }


def _estimate(found: Estimate | None) -> dict[str, float] | None:
    return asdict(found) if found else None
