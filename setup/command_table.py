"""The reference of commands: a row for each line `invoke ...: what happens` in a task's docstring, and its options."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

from fleet.i18n import Language
from tasks import namespace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from invoke.collection import Collection
    from invoke.parser.argument import Argument

    from commands.options import HelpTask

PAGE = "docs/guide/commands.md"
ROW = re.compile(r"^ *(invoke .*?): ([^:].*(?:\n(?! *invoke |\s*$).*)*)", re.MULTILINE)
WORDS = {
    "en": ("command", "what happens", "option", "meaning"),
    "ko": ("명령", "하는 일", "옵션", "뜻"),
}


def tasks(found: Collection = namespace, group: str = "") -> Iterator[tuple[str, HelpTask]]:
    """Name each command with its task."""
    for name, task in found.tasks.items():
        yield group + name, task
    for name, inner in found.collections.items():
        yield from tasks(inner, f"{name}.")


def docstrings() -> Iterator[tuple[str, str]]:
    """Name each command with its docstring."""
    for name, task in tasks():
        yield name, inspect.cleandoc(task.body.__doc__ or "")


def rows(docstring: str) -> list[tuple[str, str]]:
    """List the ways to type a command, each with what happens."""
    return [(typed, " ".join(meaning.split())) for typed, meaning in ROW.findall(docstring)]


def reference(code: str = "en") -> str:
    """Write, in a language, the table of all ways to type a command, and below it each command with its options."""
    say = Language(code)
    typed = [row for _, docstring in docstrings() for row in rows(say(docstring))]
    sections = "".join(_section(name, task, say) for name, task in tasks())
    return f"\n{_table(WORDS[code][:2], typed)}{sections}\n"


def _table(head: tuple[str, ...], rows_of_it: list[tuple[str, str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---|---|", *(f"| `{left}` | {right} |" for left, right in rows_of_it)]
    return "".join(f"{line}\n" for line in lines)


def _section(name: str, task: HelpTask, say: Language) -> str:
    """Write what a command does, and what each of its options means."""
    first = say(inspect.cleandoc(task.body.__doc__ or "")).partition("\n")[0]
    told = [(_typed(each), say(_help(task, each))) for each in task.get_arguments()]
    table = f"\n{_table(WORDS[say.code][2:], told)}" if told else ""
    return f"\n## `invoke {name}`\n\n{first}\n{table}"


def _typed(argument: Argument) -> str:
    """Write an option as it is typed."""
    name = str(argument.name).replace("_", "-")
    if argument.positional:
        return name.upper()
    value = " ..." if argument.takes_value else ""
    letters = "".join(f"-{each}, " for each in argument.names if len(each) == 1)
    return f"{letters}--{name}{value}"


def _help(task: HelpTask, argument: Argument) -> str:
    """Return the words that explain an option, which know how they are said in other languages."""
    name = str(argument.name).rstrip("_")
    return task.meanings.get(name) or task.meanings[name.replace("_", "-")]


BLOCKS = {PAGE: reference}
