"""What is made of runs that are there: `invoke report`, `compare`, `sql` and `export`."""

from __future__ import annotations

import sys
from contextlib import suppress
from csv import writer
from typing import TYPE_CHECKING

from invoke.tasks import task

from commands import options
from commands.output import complain, console, fail_unless, told
from fleet import results
from fleet.errors import RecordError
from fleet.i18n import ENGLISH, Language
from fleet.text import visible

if TYPE_CHECKING:
    from invoke.context import Context

    from fleet.results import Run

# So many other runs tell how far runs differ that nothing was changed between.
MOST_OTHERS = 10


def show(run: Run, language: Language) -> bool:
    """Print the table of a run and write its page; tell whether all records that it rests on were let in and whole."""
    from fleet import report
    from fleet.report import console as table
    from fleet.results.analysis import analyse

    analysis = analyse(run)
    console().print(table.table(analysis))
    print(f"{table.LEGEND}\nReport: {report.write(analysis, language)}")
    wrong = list(dict.fromkeys([*analysis.complaints, *analysis.disbelieved]))
    complain(wrong)
    return not wrong


@task(name="report", help={"run": options.RUN, "lang": options.LANG})
@told
def report_again(_: Context, run: str = "", *, lang: str = ENGLISH) -> None:
    """Write table and page of a run again, from its records.

    invoke report: table and page of the newest run again; `--run` names another, `--lang ko` writes Korean
    """
    fail_unless(show(results.find(options.RESULTS, run), Language(lang)))


@task(help={"before": "the name of the earlier run", "after": "the name of the later run, or 'newest'"})
@told
def compare(_: Context, before: str, after: str) -> None:
    """Tell what became faster or slower from one run to another, and whether that means something.

    invoke compare RUN newest: what became faster or slower from one run to another, with intervals,
    and what may be chance
    """
    from fleet.report import compare as comparing
    from fleet.results.analysis import analyse

    first, second = (analyse(results.find(options.RESULTS, name)) for name in (before, after))
    complain([*first.complaints, *second.complaints])
    others = _others(first.run, second.run)
    found = comparing.compare(first.boards, second.boards, [analyse(run).boards for run in others])
    console().print(comparing.table(found))
    print(comparing.LEGEND)
    if found.is_simulated:
        print("Simulated boards are among them: their times say nothing about a real Pi.")
    for remark in found.remarks:
        print(visible(remark))


def _others(*compared: Run) -> list[Run]:
    """Find the newest of the other runs; what cannot be read of them is nothing to this question."""
    found: list[Run] = []
    for name in reversed(results.names(options.RESULTS)):
        if name not in {run.path.name for run in compared} and len(found) < MOST_OTHERS:
            with suppress(RecordError):
                found.append(results.find(options.RESULTS, name))
    return found


@task(help={"question": 'such as "select board, median(work_ns) from samples group by board"', "csv": options.CSV})
@told
def sql(_: Context, question: str, *, csv: bool = False) -> None:
    """Ask all stored runs in SQL; the tables are runs, boards, samples and events.

    invoke sql "select ...": any question over all runs, in SQL; tables `runs`, `boards`, `samples`, `events`; `--csv`
    """
    from fleet import cells
    from fleet.report import console as table
    from fleet.report import query

    answer = query.ask(options.RESULTS, question)
    if csv:
        rows = (answer.columns, *answer.rows)
        writer(sys.stdout).writerows([cells.spreadsheet(value) for value in row] for row in rows)
    else:
        console().print(table.plain(answer.columns, answer.rows))
    complain(answer.complaints)


@task(help={"run": options.RUN})
@told
def export(_: Context, run: str = "") -> None:
    """Write a run as CSV, and for each board as a file that 'pyperf compare_to' reads.

    invoke export: a run as CSV, and for each board as a file that `pyperf compare_to` reads; `--run` names another
    """
    from fleet.report import export as exporting
    from fleet.results.analysis import analyse

    analysis = analyse(results.find(options.RESULTS, run))
    for path in exporting.export(analysis):
        print(path)
    complain(analysis.complaints)
