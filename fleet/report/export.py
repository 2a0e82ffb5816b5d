"""A run for other programs: a table of all samples, and for each board a file that `pyperf compare_to` reads."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pyperf

from fleet import cells
from fleet.analysis import summary
from fleet.errors import RecordError
from fleet.files import write_whole
from fleet.report import rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fleet.analysis.records import Records
    from fleet.analysis.summary import Row
    from fleet.results import Run

CSV = "samples.csv"
PYPERF_SUFFIX = ".pyperf.json"


def export(run: Run) -> tuple[list[Path], list[str]]:
    """Write the files beside the records; return them, and which records could not be read.

    RecordError if there is no sample at all.
    """
    found, complaints = run.records()
    if not any(records.samples for records in found.values()):
        why = f" ({complaints[0]})" if complaints else ""
        raise RecordError(f"Run {run.manifest.run} has no samples to export{why}; choose another with --run.")
    written = [_csv(run, list(found.values()))]
    for host, records in found.items():
        lines = summary.rows(records)
        if lines:
            written.append(_pyperf(run.path / f"{host}{PYPERF_SUFFIX}", records, lines))
    return written, complaints


def _csv(run: Run, boards: Sequence[Records]) -> Path:
    file = io.StringIO()
    writer = csv.DictWriter(file, rows.SAMPLE)
    writer.writeheader()
    for records in boards:
        for row in rows.samples(run.manifest.run, records):
            writer.writerow({column: cells.spreadsheet(value) for column, value in row.items()})
    path = run.path / CSV
    write_whole(path, file.getvalue())
    return path


def _pyperf(path: Path, records: Records, lines: Sequence[Row]) -> Path:
    sizes = summary.sizes(lines)
    sized = {name for name, its in sizes.items() if len(its) > 1}
    suite = pyperf.BenchmarkSuite([_benchmark(records, line, sized) for line in lines])
    file = io.StringIO()
    suite.dump(file)
    write_whole(path, file.getvalue())
    return path


def _benchmark(records: Records, line: Row, sized: set[str]) -> pyperf.Benchmark:
    """Return one program's runs as seconds per unit of its size, so that runs of unlike sizes can be compared."""
    size = f" {summary.size(line)}" if line.size_unit == summary.BYTES or line.experiment in sized else ""
    metadata = {
        "name": f"{line.experiment}{size} x{line.workers} {line.governor}",
        "hostname": line.host,
        "inner_loops": line.size,
        "description": f"{line.lesson}; per unit of {line.size_unit}",
        "simulated": "yes" if records.is_simulated else "no",
    }
    return pyperf.Benchmark([pyperf.Run([ns / 1e9], metadata=metadata, collect_metadata=False) for ns in line.unit_ns])
