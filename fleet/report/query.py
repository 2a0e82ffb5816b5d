"""Questions in SQL over all stored runs, answered by DuckDB; nothing can be changed through them."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any

import duckdb
import msgspec

from fleet import results
from fleet.errors import RecordError
from fleet.gate import shown
from fleet.i18n import joined, lazy
from fleet.report import rows as table_rows
from fleet.results.analysis import analyse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fleet.results.analysis import Analysis

# Where a run is from: rooms that share have words for themselves, and one's own runs are from here.
ROOM, HERE = {"room": "VARCHAR"}, "here"
TABLES: dict[str, Mapping[str, str]] = {
    "runs": ROOM | table_rows.RUN, "outcomes": ROOM | table_rows.OUTCOME, "boards": ROOM | table_rows.BOARD,
    "samples": ROOM | table_rows.SAMPLE, "events": ROOM | table_rows.EVENT,
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
Filled = dict[str, list[table_rows.TableRow]]
PARQUET = ".parquet"
READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
# As DuckDB says it, in two ways.
NO_COLUMN = re.compile(r'column "([^"]+)" not found|does not have a column named "([^"]+)"')
MOST_NEAR, LEAST_NEAR = 3, 0.6
OR = lazy(" or ")
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
    filled, complaints = _of_folder(folder)
    with duckdb.connect(config=CONFIG) as database:
        for table, columns in TABLES.items():
            _fill(database, table, columns, filled[table])
        names, rows = _asked(database, question, limit_s)
    return QueryResult(names, rows, tuple(complaints))


def ask_files(tables: Mapping[str, Sequence[Path]], folder: Path, question: str, limit_s: float) -> QueryResult:
    """Answer one question from Parquet files in a folder, as `write_tables` makes them; RecordError as above."""
    with duckdb.connect(config=CONFIG) as database:
        for table, columns in TABLES.items():
            if paths := tables.get(table):
                listed = ", ".join(_quoted(path) for path in paths)
                database.execute(f"CREATE VIEW {table} AS SELECT {', '.join(columns)} FROM read_parquet([{listed}])")  # noqa: S608 (names of ours)
            else:
                database.execute(_create(table, columns))
        database.execute(f"SET allowed_directories = [{_quoted(folder)}]")
        names, rows = _asked(database, question, limit_s)
    return QueryResult(names, rows, ())


def write_tables(filled: Mapping[str, Sequence[table_rows.TableRow]], target: Path) -> None:
    """Write the rows of each table that has some as a Parquet file; OSError or duckdb.Error if it cannot be."""
    with duckdb.connect(config=CONFIG) as database:
        for table, columns in TABLES.items():
            if filled[table]:
                _fill(database, table, columns, filled[table])
                database.table(table).write_parquet(str(target / f"{table}{PARQUET}"), compression="zstd")


def _quoted(path: Path) -> str:
    doubled = str(path).replace("'", "''")
    return f"'{doubled}'"


def _asked(database: duckdb.DuckDBPyConnection, question: str, limit_s: float) -> tuple[tuple[str, ...], Rows]:
    # From here on the question can neither read nor write another file, nor change that.
    database.execute("SET temp_directory = ''; SET enable_external_access = false; SET lock_configuration = true")
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
    meant = (
        lazy("did you mean {names}?", names=joined(OR, near))
        if near
        else lazy("samples has: {columns}.", columns=", ".join(TABLES["samples"]))
    )
    return lazy("There is no column {name}; {meant} All columns: invoke sql --columns", name=shown(name), meant=meant)


def columns() -> Rows:
    """List the columns of each table with their types."""
    return tuple((table, name, kind) for table, its in TABLES.items() for name, kind in its.items())


def _of_folder(folder: Path) -> tuple[Filled, list[str]]:
    filled: Filled = {table: [] for table in TABLES}
    complaints: list[str] = []
    for name in results.names(folder):
        try:
            analysis = analyse(results.find(folder, name))
        except RecordError as error:
            complaints.append(str(error))
            continue
        complaints += analysis.complaints
        for table, rows in rows_of(analysis, name, HERE).items():
            filled[table] += rows
    return filled, complaints


def rows_of(analysis: Analysis, name: str, room: str) -> Filled:
    """Return the rows that a run adds to each table."""
    boards = analysis.boards.values()
    rows: dict[str, Iterable[table_rows.TableRow]] = {
        "runs": [table_rows.run(analysis.run.manifest)],
        "outcomes": table_rows.outcomes(name, analysis.outcomes),
        "boards": (row for board in boards for row in table_rows.board(name, board)),
        "samples": (row for board in boards for row in table_rows.samples(name, board)),
        "events": (row for board in boards for row in table_rows.events(name, board)),
    }
    return {table: [{"room": room, **row} for row in its] for table, its in rows.items()}


def _fill(
    database: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], rows: Iterable[table_rows.TableRow]
) -> None:
    database.execute(_create(table, columns))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{table}.json"
        path.write_bytes(msgspec.json.Encoder(enc_hook=str).encode_lines(rows))
        if path.stat().st_size:
            reading = database.read_json(str(path), columns=dict(columns), format="newline_delimited")
            reading.insert_into(table)


def _create(table: str, columns: Mapping[str, str]) -> str:
    return f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})"
