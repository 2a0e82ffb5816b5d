"""Records as rows with a value per column, for whoever reads them with tools of their own; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fleet.analysis.board import BoardAnalysis
    from fleet.boards.outcome import Outcome
    from fleet.results import Manifest

TableRow = dict[str, Any]

# The columns of each table, by the names that DuckDB has for their types.
RUN = {
    "run": "VARCHAR", "started_utc": "TIMESTAMP", "finished_utc": "TIMESTAMP", "suite": "VARCHAR",
    "command": "VARCHAR",
}  # fmt: skip
BOARD = {
    "run": "VARCHAR", "board": "VARCHAR", "model": "VARCHAR", "release": "VARCHAR", "userland": "VARCHAR",
    "kernel": "VARCHAR", "python": "VARCHAR", "cores": "INTEGER", "memory_bytes": "BIGINT", "simulated": "BOOLEAN",
}  # fmt: skip
SAMPLE = {
    "run": "VARCHAR", "board": "VARCHAR", "lesson": "VARCHAR", "program": "VARCHAR", "workers": "INTEGER",
    "governor": "VARCHAR", "size": "BIGINT", "size_unit": "VARCHAR", "repetition": "INTEGER", "utc": "TIMESTAMP",
    "real_ns": "BIGINT", "user_ns": "BIGINT", "sys_ns": "BIGINT", "work_ns": "BIGINT", "peak_rss_bytes": "BIGINT",
    "memory_bytes": "BIGINT", "memory_source": "VARCHAR", "processes": "INTEGER", "energy_j": "DOUBLE",
    "block": "INTEGER", "firmware_clock_before_khz": "INTEGER", "firmware_clock_after_khz": "INTEGER",
    "minor_faults": "BIGINT", "major_faults": "BIGINT", "temperature_after_mc": "INTEGER", "simulated": "BOOLEAN",
    "verdict": "VARCHAR", "reasons": "VARCHAR",
}  # fmt: skip
OUTCOME = {"run": "VARCHAR", "board": "VARCHAR", "state": "VARCHAR"}
EVENT = {"run": "VARCHAR", "board": "VARCHAR", "what": "VARCHAR", "message": "VARCHAR"}


def run(manifest: Manifest) -> TableRow:
    """Return what was asked for; a time that is not known is None."""
    asked = {"suite": manifest.plan.get("suite"), "command": manifest.command}
    return {
        "run": manifest.run,
        "started_utc": manifest.started_utc or None,
        "finished_utc": manifest.finished_utc or None,
        **asked,
    }


def outcomes(name: str, found: Iterable[Outcome]) -> Iterator[TableRow]:
    """Return how a run ended for each board, those without a record included."""
    for each in found:
        yield {"run": name, "board": each.board, "state": each.state}


def board(name: str, analysis: BoardAnalysis) -> Iterator[TableRow]:
    """Return what a board is, if it said so."""
    if told := analysis.records.board:
        facts = {column: getattr(told, column) for column in list(BOARD)[2:]}
        yield {"run": name, "board": analysis.host, **facts}


def samples(name: str, analysis: BoardAnalysis) -> Iterator[TableRow]:
    """Return the samples of a board with their verdicts."""
    for judged in analysis.judged:
        own = {column: getattr(judged.sample, column) for column in SAMPLE if hasattr(judged.sample, column)}
        yield {
            "run": name,
            "board": analysis.host,
            "program": judged.sample.experiment,
            "real_ns": judged.sample.wall_ns,
            **own,
            "utc": judged.sample.utc or None,
            "simulated": analysis.records.is_simulated,
            "verdict": judged.level.words,
            "reasons": " ".join(reason.sentence for reason in judged.reasons),
        }


def events(name: str, analysis: BoardAnalysis) -> Iterator[TableRow]:
    """Return what happened besides measuring."""
    for event in analysis.records.events:
        yield {"run": name, "board": analysis.host, "what": event.what, "message": event.message}
