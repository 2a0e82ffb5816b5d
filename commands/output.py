"""How a command speaks: rows on stdout, what went wrong on stderr, a status, never a traceback."""

from __future__ import annotations

import functools
import io
import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from invoke.exceptions import Exit
from rich.console import Console

from fleet import files
from fleet.boards import alike
from fleet.boards.cause import code_of
from fleet.boards.messages import WORDS
from fleet.errors import DiskError, FleetError
from fleet.i18n import Language, lazy, of_terminal
from fleet.text import visible, visible_lines
from virtual.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from fleet.boards.outcome import Outcome
    from fleet.doctor.why import Asked

INTERRUPTED = 130
# Also where somebody else reads it, a line is there when it is said.
SAY = functools.partial(print, flush=True)
PIPE_WIDTH = 160
# What a board says ends here in a row; the longest honest sentences have some 300 characters.
LONGEST_ROW = 2000


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
            raise Exit(visible_lines(of_terminal()(str(error)), LONGEST_ROW), 1) from None
        except KeyboardInterrupt:
            raise Exit(of_terminal()(lazy("Interrupted.")), INTERRUPTED) from None
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
        words = lazy("What this command prints cannot be written: {reason}.", reason=files.reason(error))
        return "" if is_gone else of_terminal()(words)
    return of_terminal()(files.sentence(error))


def say_line(sentence: str, language: Language | None = None) -> None:
    """Print a sentence on a line at once, in the language of the terminal if no other was asked for."""
    SAY(visible((language or of_terminal())(sentence), LONGEST_ROW))


def console() -> Console:
    """Write as it suits a terminal or a pipe, whose width nobody knows."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that has no such letter shows that there is one
    return Console() if sys.stdout.isatty() else Console(width=PIPE_WIDTH)


def end(outcomes: Sequence[Outcome], asked: Asked | None = None) -> None:
    """Say on stderr what went wrong, and what is behind it; Exit if anything did, so that the status is not 0.

    With `asked`, boards that failed for a reason that they did not say are looked at, for some seconds at most.
    """
    for its in alike.groups((outcome.board, outcome.sentence) for outcome in outcomes if outcome.sentence):
        for words in alike.told(its):
            said = WORDS.marked(code_of(words), of_terminal()(words))
            print(visible(said, LONGEST_ROW), file=sys.stderr)
    if not all(outcome.is_ok for outcome in outcomes):
        _tell_reasons(outcomes, asked)
        raise Exit(code=1)


def _tell_reasons(outcomes: Sequence[Outcome], asked: Asked | None) -> None:
    """Say what the doctor finds behind failures, beyond what their sentences have said."""
    if asked is None:
        return
    from fleet.doctor import rows, why

    sys.stdout.flush()  # what was asked for is not held up by this
    lines = rows.reasons(why.behind(outcomes, asked), of_terminal())
    head = [of_terminal()(lazy("What invoke doctor finds there:"))] if lines else []
    for line in [*head, *lines]:
        print(visible(line, LONGEST_ROW), file=sys.stderr)


def tell(outcomes: Sequence[Outcome], asked: Asked | None = None) -> None:
    """Print a row for every board, and what went wrong."""
    say = of_terminal()
    for outcome in outcomes:
        print(visible(f"{outcome.board}  {say(outcome.detail or outcome.state)}", LONGEST_ROW))
    end(outcomes, asked)


def tell_json(outcomes: Sequence[Outcome], asked: Asked) -> None:
    """Print a row for every board for other programs, with what is behind a failure; Exit as for people."""
    from fleet.doctor import rows, why

    names = {"board": "board", "status": "state", "detail": "detail", "sentence": "sentence"}
    found = why.behind(outcomes, asked)
    print_json(
        [
            {
                **{key: getattr(outcome, name) for key, name in names.items()},
                "findings": [
                    rows.as_object(each, Language()) for each in (*why.said_by(outcome), *found.get(outcome.board, []))
                ],
            }
            for outcome in outcomes
        ]
    )
    end(outcomes)


def print_json(value: object) -> None:
    """Print an answer for other programs, with letters of every language as they are."""
    print(json.dumps(value, ensure_ascii=False, indent=1))


def print_json_lines(values: Iterable[object]) -> None:
    """Print one line for each of many answers for other programs, as records are written."""
    for value in values:
        print(json.dumps(value, ensure_ascii=False), flush=True)


@contextmanager
def after_rows(outcomes: Callable[[], Sequence[Outcome]]) -> Iterator[None]:
    """Do what keeps a command's results; if the disk does not take them, every board has its row before Exit."""
    try:
        yield
    except DiskError as error:
        complain([str(error)])
        tell(outcomes())
        raise Exit(code=1) from None


def complain(complaints: Sequence[str]) -> None:
    """Say which records could not be read, beside what could."""
    for complaint in complaints:
        print(visible(of_terminal()(complaint)), file=sys.stderr)


def fail_unless(is_well: bool) -> None:  # noqa: FBT001 (it is all that there is to say)
    """Exit with 1, after what went wrong was told, unless nothing did."""
    if not is_well:
        raise Exit(code=1)
