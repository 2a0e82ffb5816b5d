"""`invoke bench`."""

from __future__ import annotations

import shlex
import sys
import threading
from importlib import import_module
from typing import TYPE_CHECKING

from invoke.tasks import task

from commands import options
from commands.output import after_rows, console, end, fail_unless, tell, told
from commands.runs import show
from fleet import suites
from fleet.analysis.claims import too_few
from fleet.bench import request
from fleet.boards import inventory
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoke.context import Context

    from fleet.i18n import Language

BOARDS_BEGIN_S = 10.0
NEVER_BEGAN = lazy("No board began, so there is nothing to keep of this run.")


@task(
    klass=options.RootTask,
    help={
        "hosts": lazy("{hosts}; {default} if not given", hosts=options.HOSTS, default=request.DEFAULT_HOSTS),
        "suite": lazy(
            "what to run: {suites}; {default} if not given",
            suites=", ".join(suites.described()),
            default=request.DEFAULT_SUITE,
        ),
        "governors": lazy("governors to run under, with commas between; as the suite says if not given"),
        "runs": lazy("how often each program runs; as the suite says if not given"),
        "at-once": lazy("how many boards work at the same time; all if not given"),
        "again": lazy("'failed' runs only what is missing of the newest run that lacks something, or of --run"),
        "run": lazy("which run --again goes on with"),
        "here": lazy("bench this computer instead, without ssh and without root"),
        "lang": options.LANG,
        "ask-sudo-password": options.ASK,
    },
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
    lang: str = "",
    ask_sudo_password: bool = False,
) -> None:
    """Time the course's programs on all boards at once and bring the records home.

    invoke bench --hosts lab: the experiments on all boards; `--suite`, `--governors`, `--runs`, `--at-once`
    invoke bench --again failed: runs what is missing of the newest run that lacks something, on the boards
    that failed; `--run` names another
    invoke bench --here: the same on this computer, without ssh or root
    """
    from fleet.doctor.why import Asked

    language = options.language(lang)
    wished = request.BenchOptions(hosts, suite, governors, runs, here)
    limit = options.number("--at-once", at_once)
    command = shlex.join(["invoke", *sys.argv[1:]])
    if not here:
        meanwhile(lambda: import_module("fleet.bench.room"))  # asking Ansible for the boards takes a second
    wanted = (
        request.again(options.RESULTS, wished, again, run) if again else request.anew(options.RESULTS, wished, command)
    )
    if warning := too_few(int(wanted.run.manifest.plan["runs"])):
        print(language(warning), file=sys.stderr)
    sudo_password = options.password(asked=ask_sudo_password)
    with after_rows(lambda: wanted.run.outcomes):
        carry_out(wanted, limit, sudo_password, language, is_again=bool(again))
    asked = Asked("bench", [board for board in wanted.boards if board != inventory.THIS_COMPUTER], sudo_password)
    if not again and not wanted.run.has_begun:
        wanted.run.discard()
        print(language(NEVER_BEGAN))
        tell(wanted.run.outcomes, asked)
    is_whole = show(wanted.run, language)
    end(wanted.run.outcomes, asked)
    fail_unless(is_whole)


def carry_out(wanted: request.Request, at_once: int, sudo_password: str, language: Language, *, is_again: bool) -> None:
    """Bench the boards of a request and show how far they are."""
    from fleet.bench.progress import screen

    names, run = [board.name for board in wanted.boards], wanted.run
    if not names:
        print(language(lazy("Nothing is missing in run {run}.", run=run.manifest.run)))
        return
    if is_again:
        run.begin_again()
    with screen(console(), names, language) as shown:
        shown.say(lazy("Run {run} on {boards}", run=run.manifest.run, boards=", ".join(names)))
        if wanted.boards == [inventory.THIS_COMPUTER]:
            from fleet.bench import here

            here.bench(wanted.plans[names[0]], run, shown)
            return
        from fleet.bench import room

        meanwhile(lambda: prepare(language), BOARDS_BEGIN_S)
        room.bench(wanted.boards, wanted.plans, run, shown, room.PoolOptions(at_once, sudo_password))


def prepare(language: Language) -> None:
    """Load what judges the records and writes the page: more than all that is made of three boards then."""
    from fleet import report

    for module in ("fleet.results.analysis", "scipy.special"):
        import_module(module)
    report.prepare(language)


def meanwhile(deed: Callable[[], object], after_s: float = 0.0) -> None:
    """Do something beside what this program waits for; who needs it then waits for less."""
    doing = threading.Timer(after_s, deed)
    doing.daemon = True
    doing.start()
