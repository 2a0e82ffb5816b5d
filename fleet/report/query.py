"""Questions in SQL over all stored runs, answered by DuckDB; nothing can be changed through them."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any

import duckdb

from fleet import results
from fleet.errors import RecordError
from fleet.gate import shown
from fleet.i18n import lazy
from fleet.report import rows as table_rows
from fleet.results.analysis import analyse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TABLES: dict[str, Mapping[str, str]] = {
    "runs": table_rows.RUN, "boards": table_rows.BOARD, "samples": table_rows.SAMPLE, "events": table_rows.EVENT
}  # fmt: skip
LIMIT_S = 60.0
MOST_ROWS = 100_000
# A question sees the tables below: no variable of ours, nothing that is fetched, and no more memory than this.
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "memory_limit": "1GB",
}
Rows = tuple[tuple[Any, ...], ...]
READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
# As DuckDB says it, in two ways.
NO_COLUMN = re.compile(r'column "([^"]+)" not found|does not have a column named "([^"]+)"')
MOST_NEAR, LEAST_NEAR = 3, 0.6
# What the files of records call it.
FORMER = {
    "experiment": "program", "wall_ns": "real_ns", "wall": "real_ns", "host": "board", "hostname": "board",
    "memory": "memory_bytes",
}  # fmt: skip


@dataclass(frozen=True)
class QueryResult:
    """The columns and rows that came back, and which files could not be read."""

    columns: tuple[str, ...]
    rows: Rows
    complaints: tuple[str, ...]


def ask(folder: Path, question: str, limit_s: float = LIMIT_S) -> QueryResult:
    """Answer one question; RecordError if there are no runs, or if DuckDB does not understand it or takes too long."""
    filled, complaints = _rows(folder)
    with duckdb.connect(config=CONFIG) as database:
        for table, columns in TABLES.items():
            _fill(database, table, columns, filled[table])
        # From here on the question can neither read nor write a file, nor change that.
        database.execute("SET temp_directory = ''; SET enable_external_access = false; SET lock_configuration = true")
        names, rows = _asked(database, question, limit_s)
    return QueryResult(names, rows, tuple(complaints))


def _asked(database: duckdb.DuckDBPyConnection, question: str, limit_s: float) -> tuple[tuple[str, ...], Rows]:
    limit = Timer(limit_s, database.interrupt)
    limit.start()
    try:
        if any(each.type not in READING for each in duckdb.extract_statements(question)):
            raise RecordError(lazy("invoke sql only reads: begin the question with select, from, with or describe."))
        found = database.execute(question)
        names, rows = tuple(column[0] for column in found.description or ()), tuple(found.fetchmany(MOST_ROWS + 1))
    except duckdb.InterruptException as error:
        raise RecordError(
            lazy("The question took longer than {limit_s:g} s; ask for less.", limit_s=limit_s)
        ) from error
    except duckdb.Error as error:
        raise RecordError(_explained(str(error))) from error
    finally:
        limit.cancel()
    if len(rows) > MOST_ROWS:
        raise RecordError(
            lazy("The answer has more than {most} rows; sum them up, or end the question with a limit.", most=MOST_ROWS)
        )
    return names, rows


def _explained(error: str) -> str:
    """Say why there is no answer; of a column that there is none like, which are meant or which there are."""
    missing = NO_COLUMN.search(error)
    if not missing:
        reason = error.splitlines()[0]
        return lazy(
            "DuckDB does not answer ({reason}); the tables are: {tables}. All columns: invoke sql --columns",
            reason=reason,
            tables=", ".join(TABLES),
        )
    name = missing[1] or missing[2]
    every = list(dict.fromkeys(column for columns in TABLES.values() for column in columns))
    near = [FORMER[name]] if name in FORMER else get_close_matches(name, every, MOST_NEAR, LEAST_NEAR)
    near += [column for column in every if name in column and column not in near][:MOST_NEAR]
    meant = f"did you mean {' or '.join(near)}?" if near else f"samples has: {', '.join(TABLES['samples'])}."
    return lazy("There is no column {name}; {meant} All columns: invoke sql --columns", name=shown(name), meant=meant)


def columns() -> Rows:
    """List the columns of each table with their types."""
    return tuple((table, name, kind) for table, its in TABLES.items() for name, kind in its.items())


def _rows(folder: Path) -> tuple[dict[str, list[table_rows.TableRow]], list[str]]:
    filled: dict[str, list[table_rows.TableRow]] = {table: [] for table in TABLES}
    complaints: list[str] = []
    for name in results.names(folder):
        try:
            analysis = analyse(results.find(folder, name))
        except RecordError as error:
            complaints.append(str(error))
            continue
        complaints += analysis.complaints
        filled["runs"].append(table_rows.run(analysis.run.manifest))
        for board in analysis.boards.values():
            filled["boards"] += table_rows.board(name, board)
            filled["samples"] += table_rows.samples(name, board)
            filled["events"] += table_rows.events(name, board)
    return filled, complaints


def _fill(
    database: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], rows: Iterable[table_rows.TableRow]
) -> None:
    described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    database.execute(f"CREATE TABLE {table} ({described})")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{table}.json"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        if path.stat().st_size:
            reading = database.read_json(str(path), columns=dict(columns), format="newline_delimited")
            reading.insert_into(table)
