"""Shared runs as tables: each is judged once and kept as Parquet files, so that a question reads just its columns."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
import tempfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import msgspec

from fleet import analysis, files, gate
from fleet.errors import FleetError, ShareError
from fleet.i18n import lazy
from fleet.report import query, rows
from fleet.results.analysis import analyse
from fleet.share import parcel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fleet.report.query import QueryResult
    from fleet.share.fetch import Cache, Listing, SharedRun
    from fleet.share.parcel import Address
    from fleet.share.store import Store

# A question over a district's runs reads some hundred megabytes.
LIMIT_S = 300.0
# So many are judged in this process: others take a second to start.
FEW = 8
AT_ONCE = os.cpu_count() or 1
MOST_COMPLAINTS_OF_A_RUN = 100
COMPLAINTS = "complaints.json"


def ask(cache: Cache, store: Store, listing: Listing, question: str) -> QueryResult:
    """Answer a question over all runs of a listing; what cannot be read of them is told beside the answer.

    RecordError if DuckDB does not answer; DiskError if what is fetched cannot be kept.
    """
    folder = cache.folder / "tables" / version()
    files.make_folder(folder)
    _forget_others(folder)
    asked = list(cache.fetch(store, listing.runs.values()))
    complaints = [sentence for _, sentence in asked if sentence]
    fetched = [shared for shared, sentence in asked if not sentence]
    complaints += _build(cache, fetched, folder)
    made = [path for shared in fetched if (path := folder / shared.address.sha256).is_dir()]
    for path in made:
        complaints += _noted(path)
    tables = {table: _files(made, f"{table}{query.PARQUET}") for table in query.TABLES}
    answer = query.ask_files(tables, folder, question, LIMIT_S)
    return query.QueryResult(answer.columns, answer.rows, tuple(complaints))


def version() -> str:
    """Tell tables apart that another Pilab made: it may judge otherwise, or have other columns."""
    digest = hashlib.sha256()
    here = Path(__file__)
    sources = [
        *Path(analysis.__file__).parent.glob("*.py"),
        *map(Path, (gate.__file__, rows.__file__, query.__file__)),
        here,
    ]
    for path in sorted(sources):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _forget_others(folder: Path) -> None:
    for other in folder.parent.iterdir():
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)


def _files(folders: Iterable[Path], name: str) -> list[Path]:
    return [path for folder in folders if (path := folder / name).exists()]


def _build(cache: Cache, fetched: Iterable[SharedRun], folder: Path) -> list[str]:
    """Judge what was not judged yet, on all processors if it is much; return what cannot be read."""
    missing = [each for each in fetched if not (folder / each.address.sha256).exists()]
    jobs = [(cache.object_of(each), each.address) for each in missing]
    return [sentence for sentence in _judged(jobs, folder) if sentence]


def _judged(jobs: Sequence[tuple[Path, Address]], folder: Path) -> Iterator[str]:
    judge = partial(_judge, folder)
    if len(jobs) <= FEW:
        yield from map(judge, jobs)
        return
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(AT_ONCE, spawned) as pool:
        yield from pool.map(judge, jobs, chunksize=4)


def _judge(folder: Path, job: tuple[Path, Address]) -> str:
    """Make the tables of one run, whole or not at all; return a sentence if it cannot be read."""
    data, address = job
    fresh = Path(tempfile.mkdtemp(prefix=".", dir=folder))
    try:
        with tempfile.TemporaryDirectory() as unpacked:
            found = analyse(parcel.unpack(data, address, Path(unpacked)))
        query.write_tables(query.rows_of(found, address.run, address.room), fresh)
        told = [f"{address.label}: {each}" for each in found.complaints[:MOST_COMPLAINTS_OF_A_RUN]]
        if told:
            (fresh / COMPLAINTS).write_bytes(msgspec.json.encode(told))
        with suppress(OSError):  # another command was faster
            fresh.rename(folder / address.sha256)
    except FleetError as error:
        return str(error)
    except (OSError, duckdb.Error) as error:
        raise ShareError(
            lazy(
                "The tables of {label} cannot be kept in {folder}: {error}.",
                label=address.label,
                folder=folder,
                error=error,
            )
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return ""


def _noted(path: Path) -> list[str]:
    """Return what was told of a run when it was judged."""
    noted = path / COMPLAINTS
    return msgspec.json.decode(noted.read_bytes(), type=list[str]) if noted.exists() else []
