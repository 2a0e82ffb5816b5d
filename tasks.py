"""What a teacher types: `invoke --list` shows it all.

A task in a module of `commands` is a command; one in a module of `commands.groups` has the name of its module before
its own. Each parses, calls the fleet and prints, and loads what it needs itself: all of it together would take every
command a second.
"""

from __future__ import annotations

import atexit
import gc
import sys
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from invoke.collection import Collection

import commands
from commands import groups

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


def _collections(package: ModuleType) -> Iterator[Collection]:
    """Collect the tasks of each module."""
    for found in iter_modules(package.__path__):
        if not found.ispkg:
            yield Collection.from_module(_loaded(f"{package.__name__}.{found.name}"))


def _loaded(name: str) -> ModuleType:
    """Load a module; SystemExit if the `invoke` that was typed is that of another Python than the project's."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise SystemExit(
            f"{sys.executable} has no {error.name}: type `. .venv/bin/activate` first, at the root of Pilab "
            "(`make setup` makes it)."
        ) from error


def _leave() -> None:
    """Let what is there go with the process: looking through it for garbage takes a quarter of a second after a page.

    DuckDB takes what is not looked through for a leak, and says so.
    """
    if "duckdb" not in sys.modules:
        gc.freeze()


atexit.register(_leave)
namespace = Collection()
for module in _collections(commands):
    for command in module.tasks.values():
        namespace.add_task(command)
for group in _collections(groups):
    namespace.add_collection(group)
