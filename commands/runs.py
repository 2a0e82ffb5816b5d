"""What is made of runs that are there: `invoke report`, `compare`, `sql` and `export`."""

from __future__ import annotations

import sys
from contextlib import suppress
from csv import writer
from typing import TYPE_CHECKING

from invoke.tasks import task

from commands import options
from commands.output import complain, console, fail_unless, print_json, told
from fleet import results
from fleet.errors import RecordError
from fleet.i18n import Language, lazy

if TYPE_CHECKING:
    from invoke.context import Context

    from fleet.results import Run
    from fleet.results.analysis import Analysis
    from fleet.share.shared import SharedRuns

# So many other runs tell how far runs differ that nothing was changed between.
MOST_OTHERS = 10


def show(run: Run, language: Language) -> bool:
    """Print the table of a run and write its page; tell whether all records that it rests on were let in and whole."""
    from fleet import cells, report
    from fleet.report import console as table
    from fleet.report.view import Page
    from fleet.results.analysis import analyse

    page, screen = Page(analyse(run), language), console()
    screen.print(table.table(page))
    for sentence in table.closing(page):
        screen.print(cells.styled(language(sentence), table.STYLES))
    print(language(lazy("Report: {path}", path=report.write(page))))
    return _is_whole(page.analysis)


def _is_whole(analysis: Analysis) -> bool:
    """Say which records were not let in; tell whether there are none."""
    wrong = list(dict.fromkeys([*analysis.complaints, *analysis.disbelieved]))
    complain(wrong)
    return not wrong


@task(
    name="report",
    klass=options.RunTask,
    help={
        "run": options.RUN,
        "lang": options.LANG,
        "poster": lazy("write one sheet for the wall instead, A4 or A3"),
        "json": options.JSON,
        "from": options.FROM,
    },
)
@told
def report_again(
    _: Context, run: str = "", *, lang: str = "", poster: bool = False, json: bool = False, from_: str = ""
) -> None:
    """Write table and page of a run again, from its records.

    invoke report: table and page of the newest run again, or of the run that is named: `invoke report RUN`;
    `--lang ko` writes Korean, `--json` prints the table for other programs
    invoke report --poster: one sheet to print and hang up
    invoke report ROOM/RUN --from URL: the same of a run that a room has shared
    """
    language = options.language(lang)
    wanted = _shared(from_).run(run) if from_ else results.find(options.RESULTS, run)
    if json:
        fail_unless(tell_other_programs(wanted))
    elif poster:
        hang(wanted, language)
    else:
        fail_unless(show(wanted, language))


def _shared(url: str) -> SharedRuns:
    """Look at what rooms have shared, and say what of it is not to be used."""
    from fleet.share.shared import SharedRuns

    shared = SharedRuns(url, options.CACHE)
    complain(shared.complaints)
    return shared


def hang(run: Run, language: Language) -> None:
    """Write the sheet for the wall."""
    from fleet import report
    from fleet.report.view import Page
    from fleet.results.analysis import analyse

    page = Page(analyse(run), language)
    print(language(lazy("Poster: {path}", path=report.write_poster(page))))
    complain(page.analysis.complaints)


def tell_other_programs(run: Run) -> bool:
    """Print what the table says for other programs; tell whether all records were let in and whole."""
    from fleet.report import machine
    from fleet.report.view import Page
    from fleet.results.analysis import analyse

    page = Page(analyse(run), Language())
    print_json(machine.table(page))
    return _is_whole(page.analysis)


@task(
    klass=options.HelpTask,
    help={
        "before": lazy("the name of the earlier run"),
        "after": lazy("the name of the later run, or 'newest'"),
        "lang": options.LANG,
        "json": options.JSON,
        "from": options.FROM,
    },
)
@told
def compare(_: Context, before: str, after: str, *, lang: str = "", json: bool = False, from_: str = "") -> None:
    """Tell what became faster or slower from one run to another, and whether that means something.

    invoke compare RUN newest: what became faster or slower from one run to another, with intervals,
    and what may be chance; `--lang ko`, `--json`
    invoke compare ROOM/RUN newest --from URL: the same of runs that a room has shared
    """
    from fleet import cells
    from fleet.report import compare as comparing
    from fleet.report import machine
    from fleet.results.analysis import analyse

    language = options.language(lang)
    runs, others = _shared_pair(from_, before, after) if from_ else _pair(before, after)
    first, second = map(analyse, runs)
    complain([*first.complaints, *second.complaints])
    found = comparing.compare(first.boards, second.boards, [analyse(run).boards for run in others])
    if json:
        print_json(machine.comparison(found))
        return
    screen = console()
    screen.print(comparing.table(found, language))
    simulated = [comparing.SIMULATED] if found.is_simulated else []
    for sentence in (comparing.LEGEND, *simulated, *found.remarks):
        screen.print(cells.cell(language(sentence)))


def _pair(before: str, after: str) -> tuple[tuple[Run, Run], list[Run]]:
    """Find two runs of this room, and the newest others."""
    runs = results.find(options.RESULTS, before), results.find(options.RESULTS, after)
    return runs, _others(*runs)


def _shared_pair(url: str, before: str, after: str) -> tuple[tuple[Run, Run], list[Run]]:
    """Fetch two shared runs, and the newest others of the room of the first one."""
    shared = _shared(url)
    runs = shared.pair(before, after)
    compared = {run.path for run in runs}
    others = [run for run in shared.others(before, MOST_OTHERS + len(runs)) if run.path not in compared]
    return runs, others[:MOST_OTHERS]


def _others(*compared: Run) -> list[Run]:
    """Find the newest of the other runs; what cannot be read of them is nothing to this question."""
    found: list[Run] = []
    for name in reversed(results.names(options.RESULTS)):
        if name not in {run.path.name for run in compared} and len(found) < MOST_OTHERS:
            with suppress(RecordError):
                found.append(results.find(options.RESULTS, name))
    return found


@task(
    klass=options.QuestionTask,
    help={
        "question": lazy('such as "select board, median(work_ns) from samples group by board"'),
        "csv": options.CSV,
        "columns": lazy("list the columns of each table instead"),
        "from": options.FROM,
    },
)
@told
def sql(_: Context, question: str, *, csv: bool = False, columns: bool = False, from_: str = "") -> None:
    """Ask all stored runs in SQL; the tables are runs, outcomes, boards, samples and events.

    invoke sql "select ...": any question over all runs, in SQL; tables `runs`, `outcomes`, `boards`, `samples`,
    `events`; `--csv`
    invoke sql "select ..." --from URL: the same over all runs that rooms have shared there
    invoke sql --columns: the columns of these tables
    """
    from fleet import cells
    from fleet.report import console as table
    from fleet.report import query

    if columns:
        console().print(table.plain(("table", "column", "type"), query.columns()))
        return
    answer = _shared(from_).ask(question) if from_ else query.ask(options.RESULTS, question)
    if csv:
        rows = (answer.columns, *answer.rows)
        writer(sys.stdout).writerows([cells.spreadsheet(value) for value in row] for row in rows)
    else:
        console().print(table.plain(answer.columns, answer.rows))
    complain(answer.complaints)


@task(klass=options.RunTask, help={"run": options.RUN})
@told
def export(_: Context, run: str = "") -> None:
    """Write a run as CSV, and for each board as a file that 'pyperf compare_to' reads.

    invoke export: the newest run, or the one that is named, as CSV, and for each board as a file that
    `pyperf compare_to` reads
    """
    from fleet.report import export as exporting
    from fleet.results.analysis import analyse

    analysis = analyse(results.find(options.RESULTS, run))
    for path in exporting.export(analysis):
        print(path)
    complain(analysis.complaints)
