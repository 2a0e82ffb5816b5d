"""What a teacher types: `invoke --list` shows it all. Each task parses, calls the fleet and prints.

A task loads what it needs itself: all of it together would take every command a second.
"""

from __future__ import annotations

import functools
import getpass
import importlib
import os
import shlex
import sys
import threading
from contextlib import contextmanager
from csv import writer
from typing import TYPE_CHECKING, Any

from invoke.collection import Collection
from invoke.exceptions import Exit
from invoke.tasks import task
from rich.console import Console

from fleet import files, results, suites
from fleet.bench import request
from fleet.boards import inventory
from fleet.errors import DiskError, FleetError, PlanError
from fleet.i18n import ENGLISH, Language
from fleet.spread import DEFAULT_ROUNDS
from fleet.text import visible, visible_lines
from virtual.errors import RehearsalError
from virtual.machines.machines import VIRT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from invoke.context import Context

    from fleet.boards.outcome import Outcome
    from fleet.results import Run
    from fleet.spread.run import SpreadResult

RESULTS = inventory.ROOT / "results"
INTERRUPTED = 130
BOARDS_BEGIN_S = 10.0
# Also where somebody else reads it, a line is there when it is said.
SAY = functools.partial(print, flush=True)
PIPE_WIDTH = 160
# What a board says ends here in a row; the longest honest sentences have some 300 characters.
LONGEST_ROW = 2000
ASK = (
    "ask once for the password that sudo wants on the boards; a board that is named here and asks for it learns it, "
    "and so does whoever is root there"
)
CSV = "print the answer as CSV"
LANG = "language of the report: en or ko"
RUN = "the name of a run; the newest if not given"
HOSTS = "a board, a group or a pattern as Ansible understands it"


def told(deed: Callable[..., None]) -> Callable[..., None]:
    """Turn what goes wrong into one sentence on stderr and a status, never a traceback."""

    @functools.wraps(deed)
    def telling(*args: Any, **options: Any) -> None:  # noqa: ANN401 (whatever the task takes)
        try:
            try:
                deed(*args, **options)
            finally:
                sys.stdout.flush()  # while it can still be told that this does not work
        except (FleetError, RehearsalError) as error:
            raise Exit(visible_lines(str(error), LONGEST_ROW), 1) from None
        except KeyboardInterrupt:
            raise Exit("Interrupted.", INTERRUPTED) from None
        except OSError as error:
            raise Exit(refused(error), 1) from None

    return telling


def refused(error: OSError) -> str:
    """Say what the system refused; nothing to somebody who has stopped reading."""
    try:
        # An error of writing names no file: whether it was this output that could not be written is tried.
        print(end="" if error.filename else "\n", flush=True)
    except OSError:
        # What is still unwritten must not be written at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        is_gone = isinstance(error, BrokenPipeError)
        return "" if is_gone else f"What this command prints cannot be written: {error.strerror}."
    return files.sentence(error)


def console() -> Console:
    """Write as it suits a terminal or a pipe, whose width nobody knows."""
    return Console() if sys.stdout.isatty() else Console(width=PIPE_WIDTH)


def end(outcomes: Sequence[Outcome]) -> None:
    """Say on stderr what went wrong; the command ends with 0 only if nothing did."""
    for outcome in outcomes:
        if outcome.sentence:
            print(visible(outcome.sentence, LONGEST_ROW), file=sys.stderr)
    if not all(outcome.is_ok for outcome in outcomes):
        raise Exit(code=1)


def tell(outcomes: Sequence[Outcome]) -> None:
    """Print a row for every board, and what went wrong."""
    for outcome in outcomes:
        print(visible(f"{outcome.board}  {outcome.detail or outcome.state}", LONGEST_ROW))
    end(outcomes)


@contextmanager
def after_rows(outcomes: Callable[[], Sequence[Outcome]]) -> Iterator[None]:
    """Do what keeps a command's results; if the disk does not take them, every board has its row all the same."""
    try:
        yield
    except DiskError as error:
        complain([str(error)])
        tell(outcomes())
        raise Exit(code=1) from None


def password(*, asked: bool) -> str:
    """Ask for the password that sudo wants on the boards, if that was wished."""
    return getpass.getpass("Password for sudo on the boards: ") if asked else ""


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


def fail_unless(is_well: bool) -> None:  # noqa: FBT001 (it is all that there is to say)
    """End the command with 1, after what went wrong was told, unless nothing did."""
    if not is_well:
        raise Exit(code=1)


def complain(complaints: Sequence[str]) -> None:
    """Say which records could not be read, beside what could."""
    for complaint in complaints:
        print(visible(complaint), file=sys.stderr)


def load_meanwhile(module: str, after_s: float = 0.0) -> None:
    """Load a module beside what this program waits for; who imports it then waits for less."""
    loading = threading.Timer(after_s, importlib.import_module, [module])
    loading.daemon = True
    loading.start()


def number(option: str, text: str) -> int:
    """Read a whole number from 1 on; 0 if nothing was typed."""
    if text and not (text.isdecimal() and int(text)):
        raise PlanError(f"{option} is '{text}'; give a whole number from 1.")
    return int(text or 0)


@task(
    help={
        "hosts": f"{HOSTS}; {request.DEFAULT_HOSTS} if not given",
        "suite": f"what to run: {', '.join(suites.described())}; {request.DEFAULT_SUITE} if not given",
        "governors": "governors to run under, with commas between; as the suite says if not given",
        "runs": "how often each program runs; as the suite says if not given",
        "at-once": "how many boards work at the same time; all if not given",
        "again": "'failed' runs only what is missing of the newest run, or of --run",
        "run": "which run --again goes on with",
        "here": "bench this computer instead, without ssh and without root",
        "lang": LANG,
        "ask-sudo-password": ASK,
    }
)
@told
def bench(  # noqa: PLR0913 (one argument per option of the command)
    _: Context,
    *,
    hosts: str | None = None,
    suite: str = "",
    governors: str = "",
    runs: str = "",
    at_once: str = "",
    again: str = "",
    run: str = "",
    here: bool = False,
    lang: str = ENGLISH,
    ask_sudo_password: bool = False,
) -> None:
    """Time the course's programs on all boards at once and bring the records home."""
    language = Language(lang)
    asked = request.BenchOptions(hosts, suite, governors, runs, here)
    limit = number("--at-once", at_once)
    command = shlex.join(["invoke", *sys.argv[1:]])
    if not here:
        load_meanwhile("fleet.bench.room")  # asking Ansible for the boards takes a second
    wanted = request.again(RESULTS, asked, again, run) if again else request.anew(RESULTS, asked, command)
    with after_rows(lambda: wanted.run.outcomes):
        carry_out(wanted, limit, password(asked=ask_sudo_password), is_again=bool(again))
    is_whole = show(wanted.run, language)
    end(wanted.run.outcomes)
    fail_unless(is_whole)


def carry_out(wanted: request.Request, at_once: int, sudo_password: str, *, is_again: bool) -> None:
    """Bench the boards of an order and show how far they are."""
    from fleet.bench.progress import screen

    names, run = [board.name for board in wanted.boards], wanted.run
    if not names:
        print(f"Nothing is missing in run {run.manifest.run}.")
        return
    if is_again:
        run.begin_again()
    with screen(console(), names) as shown:
        shown.say(f"Run {run.manifest.run} on {', '.join(names)}")
        if wanted.boards == [inventory.THIS_COMPUTER]:
            from fleet.bench import here

            here.bench(wanted.plans[names[0]], run, shown)
            return
        from fleet.bench import room

        load_meanwhile("fleet.report", BOARDS_BEGIN_S)  # drawing takes a second to load; the boards work meanwhile
        room.bench(wanted.boards, wanted.plans, run, shown, room.PoolOptions(at_once, sudo_password))


@task(name="report", help={"run": RUN, "lang": LANG})
@told
def report_again(_: Context, run: str = "", *, lang: str = ENGLISH) -> None:
    """Write table and page of a run again, from its records."""
    fail_unless(show(results.find(RESULTS, run), Language(lang)))


@task(help={"before": "the name of the earlier run", "after": "the name of the later run, or 'newest'"})
@told
def compare(_: Context, before: str, after: str) -> None:
    """Tell what became faster or slower from one run to another, and whether that means something."""
    from fleet.report import compare as comparing
    from fleet.results.analysis import analyse

    first, second = (analyse(results.find(RESULTS, name)) for name in (before, after))
    complain([*first.complaints, *second.complaints])
    found = comparing.compare(first.boards, second.boards)
    console().print(comparing.table(found))
    print(comparing.LEGEND)
    if found.is_simulated:
        print("Simulated boards are among them: their times say nothing about a real Pi.")
    for remark in found.remarks:
        print(visible(remark))


@task(help={"question": 'such as "select board, median(work_ns) from samples group by board"', "csv": CSV})
@told
def sql(_: Context, question: str, *, csv: bool = False) -> None:
    """Ask all stored runs in SQL; the tables are runs, boards, samples and events."""
    from fleet import cells
    from fleet.report import console as table
    from fleet.report import query

    answer = query.ask(RESULTS, question)
    if csv:
        rows = (answer.columns, *answer.rows)
        writer(sys.stdout).writerows([cells.spreadsheet(value) for value in row] for row in rows)
    else:
        console().print(table.plain(answer.columns, answer.rows))
    complain(answer.complaints)


@task(help={"run": RUN})
@told
def export(_: Context, run: str = "") -> None:
    """Write a run as CSV, and for each board as a file that 'pyperf compare_to' reads."""
    from fleet.report import export as exporting
    from fleet.results.analysis import analyse

    analysis = analyse(results.find(RESULTS, run))
    for path in exporting.export(analysis):
        print(path)
    complain(analysis.complaints)


@task(help={"hosts": HOSTS})
@told
def status(_: Context, hosts: str = "lab") -> None:
    """Tell whether every board looks for circles, what it sees and what it has counted."""
    from fleet import service

    tell(service.status(inventory.boards(hosts)))


@task(help={"hosts": HOSTS, "ask-sudo-password": ASK})
@told
def start(_: Context, *, hosts: str = "lab", ask_sudo_password: bool = False) -> None:
    """Have the boards look for circles."""
    from fleet import service

    tell(service.control(inventory.boards(hosts), "start", password(asked=ask_sudo_password)))


@task(help={"hosts": HOSTS, "ask-sudo-password": ASK})
@told
def stop(_: Context, *, hosts: str = "lab", ask_sudo_password: bool = False) -> None:
    """Have the boards look for circles no more, until they restart or are told to."""
    from fleet import service

    tell(service.control(inventory.boards(hosts), "stop", password(asked=ask_sudo_password)))


@task(help={"hosts": HOSTS, "follow": "go on until Ctrl-C", "lines": "of each board's past; 20 if not given"})
@told
def logs(_: Context, hosts: str = "lab", *, follow: bool = False, lines: str = "") -> None:
    """Show what the boards wrote about circles, cameras and LEDs."""
    from fleet import service

    wanted = number("--lines", lines) or 20
    end(
        service.logs(
            inventory.boards(hosts),
            lambda board, line: print(visible(f"{board}  {line}", LONGEST_ROW)),
            follow=follow,
            lines=wanted,
        )
    )


@task(help={"hosts": HOSTS, "ask-sudo-password": ASK})
@told
def snapshot(_: Context, *, hosts: str = "lab", ask_sudo_password: bool = False) -> None:
    """Fetch what the boards see now, where agent_view allows pictures."""
    from fleet import service

    folder = RESULTS / f"snapshots-{results.new_name()}"
    tell(service.snapshot(inventory.boards(hosts), folder, password(asked=ask_sudo_password)))


@task(help={"hosts": HOSTS, "ask-sudo-password": ASK})
@told
def camera(_: Context, *, hosts: str = "lab", ask_sudo_password: bool = False) -> None:
    """Have every board take a still, a video and an OpenCV still, and show them on one page."""
    from fleet.camera import check as cameras
    from fleet.camera import pictures, sheet

    boards = inventory.boards(hosts)
    files.make_folder(RESULTS)  # whoever waits for thirty cameras shall not learn then that nothing can be kept
    outcomes, rows = cameras.check(boards, password(asked=ask_sudo_password))
    complain(pictures.notes(rows))
    with after_rows(lambda: outcomes):
        print(f"Contact sheet: {sheet.write(RESULTS, rows)}")
    tell(outcomes)


@task(help={"hosts": HOSTS, "seconds": "for how long; 10 if not given", "ask-sudo-password": ASK})
@told
def blink(_: Context, *, hosts: str, seconds: str = "", ask_sudo_password: bool = False) -> None:
    """Flash the LED of a board, so that its desk is found."""
    from fleet import service

    lasting_s = number("--seconds", seconds) or 10
    tell(service.blink(inventory.boards(hosts), lasting_s, password(asked=ask_sudo_password)))


@task(help={"hosts": HOSTS})
@told
def bundle(_: Context, hosts: str = "lab") -> None:
    """Gather the Debian packages of the boards, so that a room without internet can be provisioned from here."""
    from fleet.bundle import gather

    tell(gather.gather(inventory.boards(hosts), functools.partial(print, flush=True)))


@task(
    help={
        "hosts": HOSTS,
        "rounds": f"how often each number of boards is tried; {DEFAULT_ROUNDS} if not given",
        "additions": "how many ones are added up; as many as take one board 5 s if not given",
        "ask-sudo-password": ASK,
    }
)
@told
def spread(
    _: Context, hosts: str = "lab", *, rounds: str = "", additions: str = "", ask_sudo_password: bool = False
) -> None:
    """Add the same sum up on 1, 2, ... all boards together and show what that gains."""
    from fleet.spread import ask as asking
    from fleet.spread import run as spreading

    def say(words: str) -> None:
        print(visible(words), flush=True)

    times = number("--rounds", spreading.bounded("--rounds", rounds, spreading.MOST_ROUNDS)) or DEFAULT_ROUNDS
    size = number("--additions", spreading.bounded("--additions", additions, spreading.MOST_ADDITIONS))
    boards, secret = inventory.boards(hosts), password(asked=ask_sudo_password)
    chosen = asking.ask(boards)
    for left in chosen.left_out.values():
        say(f"Left out: {left.sentence}")
    say(asking.disturbed(chosen.members))
    show_gain(spreading.spread(boards, chosen, RESULTS, spreading.SpreadRequest(times, size, secret), say))


def show_gain(ran: SpreadResult) -> None:
    """Print what spreading gained, and a row for every board."""
    from fleet.spread import table as gains

    simulated = any(each.is_simulated for each in ran.members)
    console().print(gains.table(gains.rows(ran.done, ran.members), simulated=simulated))
    print(gains.LEGEND + (f"\n{gains.SIMULATED}" if simulated else ""))
    print(f"{sum(one.is_right for one in ran.done)} of {len(ran.done)} sums are right. Records: {ran.path}")
    if ran.failure:
        print(visible(ran.failure), file=sys.stderr)
    tell(ran.outcomes)
    if ran.failure:
        raise Exit(code=1)


@task(help={"pis": "how many; three if not given"})
@told
def up(_: Context, pis: str = "3") -> None:
    """Boot virtual Pis; they are in the group lab until they are taken down."""
    from virtual.containers import room

    room.up(number("--pis", pis), SAY)


@task
@told
def down(_: Context) -> None:
    """Take the virtual Pis down and leave nothing behind."""
    from virtual.containers import room

    room.down(SAY)


@task(help={"hosts": f"{HOSTS}; only virtual Pis"})
@told
def reboot(_: Context, hosts: str) -> None:
    """Boot virtual Pis again alone, each from its own disk, whether they run or have lost their power."""
    from virtual.containers import room

    room.reboot([board.name for board in inventory.boards(hosts)], SAY)


@task(name="up", help={"machine": "virt, which is faster, or raspi3b, which has the Pi's own pins and card"})
@told
def emulate_up(_: Context, machine: str = VIRT.name) -> None:
    """Boot an emulated Pi with a kernel of its own; it is in the group lab as emu01 until it is taken down."""
    from virtual.machines import emulation

    emulation.up(machine, SAY)


@task(name="down")
@told
def emulate_down(_: Context) -> None:
    """Take the emulated Pi down and leave nothing behind but its image."""
    from virtual.machines import emulation

    emulation.down(SAY)


namespace = Collection(bench, report_again, compare, sql, export, camera, blink, bundle, spread)
namespace.add_collection(Collection("agent", status, start, stop, logs, snapshot))
namespace.add_collection(Collection("rehearse", up, down, reboot))
namespace.add_collection(Collection("emulate", emulate_up, emulate_down))
