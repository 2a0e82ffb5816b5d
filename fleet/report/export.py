"""A run for other programs: a table of all samples, and for each board a file that `pyperf compare_to` reads."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pyperf

from fleet import cells
from fleet.analysis import naming
from fleet.errors import RecordError
from fleet.files import write_whole
from fleet.i18n import joined, lazy
from fleet.report import rows

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.analysis.board import BoardAnalysis
    from fleet.analysis.summary import Row
    from fleet.results.analysis import Analysis

CSV = "samples.csv"
PYPERF_SUFFIX = ".pyperf.json"


def export(analysis: Analysis) -> list[Path]:
    """Write the files beside the records and return them; RecordError if there is no sample at all.

    DiskError if they cannot be kept.
    """
    run, boards, complaints = analysis.run, analysis.boards.values(), analysis.complaints
    if not any(board.records.samples for board in boards):
        nothing = lazy("Run {run} has no samples to export; choose another with --run.", run=run.manifest.run)
        raise RecordError(joined(" ", [nothing, *complaints[:1]]))
    pyperfs = [_pyperf(run.path / f"{board.host}{PYPERF_SUFFIX}", board) for board in boards if board.rows]
    return [_csv(analysis), *pyperfs]


def _csv(analysis: Analysis) -> Path:
    file = io.StringIO()
    writer = csv.DictWriter(file, rows.SAMPLE)
    writer.writeheader()
    for board in analysis.boards.values():
        for row in rows.samples(analysis.run.manifest.run, board):
            writer.writerow({column: cells.spreadsheet(value) for column, value in row.items()})
    path = analysis.run.path / CSV
    write_whole(path, file.getvalue())
    return path


def _pyperf(path: Path, board: BoardAnalysis) -> Path:
    sized = naming.sized(board.rows)
    suite = pyperf.BenchmarkSuite([_benchmark(row, sized, board) for row in board.rows])
    file = io.StringIO()
    suite.dump(file)
    write_whole(path, file.getvalue())
    return path


def _benchmark(row: Row, sized: set[str], board: BoardAnalysis) -> pyperf.Benchmark:
    """Return one program's runs as seconds per unit of its size, so that runs of unlike sizes can be compared."""
    size = f" {naming.size(row)}" if row.experiment in sized else ""
    metadata = {
        "name": f"{row.experiment}{size} x{row.workers} {row.governor}",
        "hostname": row.host,
        "inner_loops": row.size,
        "description": f"{row.lesson}; per unit of {row.size_unit}",
        "simulated": "yes" if board.records.is_simulated else "no",
    }
    return pyperf.Benchmark([pyperf.Run([ns / 1e9], metadata=metadata, collect_metadata=False) for ns in row.unit_ns])
