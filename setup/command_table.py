"""The table of commands in README.md: a row for each line `invoke ...: what happens` in the docstring of a task."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasks import namespace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from invoke.collection import Collection

ROW = re.compile(r"^ *(invoke .*?): ([^:].*(?:\n(?! *invoke |\s*$).*)*)", re.MULTILINE)


def docstrings(found: Collection = namespace, group: str = "") -> Iterator[tuple[str, str]]:
    """Name each command with its docstring."""
    for name, task in found.tasks.items():
        yield group + name, task.body.__doc__ or ""
    for name, inner in found.collections.items():
        yield from docstrings(inner, f"{name}.")


def rows(docstring: str) -> list[tuple[str, str]]:
    """List the ways to type a command, each with what happens."""
    return [(typed, " ".join(meaning.split())) for typed, meaning in ROW.findall(docstring)]


def table() -> str:
    """Write all of them."""
    lines = [f"| `{typed}` | {meaning} |\n" for _, docstring in docstrings() for typed, meaning in rows(docstring)]
    return "\n" + "".join(["| command | what happens |\n", "|---|---|\n", *lines]) + "\n"


BLOCKS = {"README.md": table}
