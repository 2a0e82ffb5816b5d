"""What several commands take: the words that explain it, and how it is read."""

from __future__ import annotations

import getpass
import inspect
import os
import sys
import warnings
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke.parser.argument import Argument
from invoke.parser.context import to_flag
from invoke.tasks import Task

from fleet.errors import PlanError
from fleet.i18n import Language, lazy, of_locale, of_terminal
from fleet.places import ROOM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

RESULTS = ROOM / "results"
# What was fetched from other rooms; it may be taken away at any time, and lie on another disk.
CACHE = Path(os.environ.get("PILAB_SHARED_CACHE", ROOM / ".cache" / "shared"))
ASK = lazy(
    "ask once for the password that sudo wants on the boards; a board that is named here and asks for it learns it, "
    "and so does whoever is root there"
)
NOBODY = lazy("A password is to be asked for, and there is no terminal to ask on; use one.")
CSV = lazy("print the answer as CSV")
JSON = lazy("print the answer as JSON, for other programs")
LANG = lazy("language of report and table: en or ko; that of the terminal if not given")
FROM = lazy("a folder or s3://bucket/prefix where rooms share, instead of the runs of this room")
RUN = lazy("the name of a run; the newest if not given")
HOSTS = lazy("a board, a group or a pattern as Ansible understands it")


class HelpTask(Task[Any]):
    """A task of which -h is help, whatever options it has, in the language of the terminal."""

    def __init__(self, body: Callable[..., None], **options: Any) -> None:  # noqa: ANN401 (invoke's own options)
        super().__init__(body, **options)
        self.meanings: dict[str, str] = dict(self.help)  # invoke empties its own while it reads it
        self.__doc__ = of_terminal()(inspect.cleandoc(body.__doc__ or ""))

    def arg_opts(self, name: str, default: Any, taken_names: set[str]) -> dict[str, Any]:  # noqa: ANN401 (invoke's signature)
        """Give an option its letter; invoke takes the first that is in a name."""
        options: dict[str, Any] = super().arg_opts(name, default, taken_names)
        options["names"] = [each for each in options["names"] if each != "h"]
        options["help"] = of_terminal()(options.get("help", ""))
        return options


class RootTask(HelpTask):
    """A task that is root on the boards: it takes -K, as Ansible's commands do."""

    def arg_opts(self, name: str, default: Any, taken_names: set[str]) -> dict[str, Any]:  # noqa: ANN401 (as above)
        """Give the one option its letter."""
        options = super().arg_opts(name, default, taken_names)
        if name == "ask_sudo_password":
            options["names"] = [options["names"][0], "K"]
        return options


class RunTask(HelpTask):
    """A task about a run that may be named by a bare word, as well as by --run."""

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:  # noqa: FBT001 (invoke's signature)
        """Take a bare word if one was typed: invoke knows words that must be there, and none that may be."""
        found = super().get_arguments(ignore_unknown_help)
        if not bare_words(sys.argv[1:], self.name, found):
            return found
        run = next(each for each in found if each.name == "run")
        return [Argument(names=run.names, help=run.help, positional=True), *(each for each in found if each is not run)]


def bare_words(typed: Sequence[str], command: str, arguments: Iterable[Argument]) -> list[str]:
    """Return the words after a command that are no option and no value of one."""
    wants_value = {flag for each in arguments if each.takes_value for flag in map(to_flag, each.names)}
    after = list(typed[typed.index(command) + 1 :]) if command in typed else []
    return [
        word for before, word in pairwise([command, *after]) if not word.startswith("-") and before not in wants_value
    ]


class Unless(Argument):
    """A word that must be given, unless a flag says that something else is wanted."""

    flag: Argument

    @property
    def value(self) -> Any:  # noqa: ANN401 (invoke's signature)
        """What was given; nothing if the flag was."""
        return "" if self._value is None and self.flag.value else self._value

    @value.setter
    def value(self, arg: str) -> None:
        self.set_value(arg, cast=True)


class UnlessTask(HelpTask):
    """A task with words that must be given, unless one of its options is."""

    words: tuple[str, ...]
    unless: str

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:  # noqa: FBT001 (invoke's signature)
        """Let the words be left out beside that option."""
        found = super().get_arguments(ignore_unknown_help)
        flag = next(each for each in found if each.name == self.unless)
        return [self._unless(each, flag) if each.name in self.words else each for each in found]

    def _unless(self, word: Argument, flag: Argument) -> Argument:
        made = Unless(names=word.names, help=word.help, positional=True)
        made.flag = flag
        return made


class QuestionTask(UnlessTask):
    """A task that takes a question, or --columns."""

    words, unless = ("question",), "columns"


class EnrolTask(UnlessTask):
    """A task that takes a board and its address, or --hosts."""

    words, unless = ("name", "address"), "hosts"


def password(*, asked: bool) -> str:
    """Ask for the password that sudo wants on the boards, if that was wished; PlanError if nobody can be asked."""
    return secret(of_terminal()(lazy("Password for sudo on the boards: "))) if asked else ""


def secret(question: str, nobody: str = NOBODY) -> str:
    """Ask for a password; PlanError with the sentence `nobody` if there is no terminal to ask on."""
    with warnings.catch_warnings():
        # Without a terminal, it would be read from wherever input comes from, and be seen.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(question)
        except (getpass.GetPassWarning, EOFError) as error:
            raise PlanError(nobody) from error


def language(code: str) -> Language:
    """Speak the language that was asked for, or that of the terminal; PlanError if there is no such language."""
    return Language(code or of_locale(os.environ))


def number(option: str, text: str) -> int:
    """Read a whole number from 1 on; 0 if nothing was typed, PlanError for anything else."""
    if text and not (text.isdecimal() and int(text)):
        raise PlanError(lazy("{option} is '{text}'; give a whole number from 1.", option=option, text=text))
    return int(text or 0)
