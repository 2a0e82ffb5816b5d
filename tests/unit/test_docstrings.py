"""A public function that raises an error says so in its docstring."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FOLDERS = ("agent", "ansible", "benchmarks", "commands", "fleet", "pilab", "setup", "virtual")
FILES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
Function = ast.FunctionDef | ast.AsyncFunctionDef
INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")


def parts(node: ast.AST) -> Iterator[ast.AST]:
    """List the statements directly within one: expressions, which are most of a tree, define and raise nothing."""
    for block in BLOCKS:
        yield from getattr(node, block, ())


def public_functions(node: ast.AST) -> Iterator[Function]:
    """List the functions and methods that others call; what is defined within one is its own affair."""
    for each in parts(node):
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if not each.name.startswith("_"):
                yield each
        else:
            yield from public_functions(each)


def raised(node: ast.AST) -> Iterator[str]:
    """Name the errors that are raised here, and not in what is only defined here."""
    for each in parts(node):
        if isinstance(each, ast.Raise) and each.exc is not None:
            yield error_name(each.exc)
        if not isinstance(each, INNER):
            yield from raised(each)


def error_name(raised: ast.expr) -> str:
    error = raised.func if isinstance(raised, ast.Call) else raised
    return error.attr if isinstance(error, ast.Attribute) else getattr(error, "id", "")


def unsaid(function: Function) -> list[str]:
    """Name the errors that a function raises and does not speak of; a variable that is raised is no error's name."""
    docstring = ast.get_docstring(function) or ""
    return sorted({name for name in raised(function) if name[:1].isupper() and name not in docstring})


def sentences(path: Path, text: str) -> list[str]:
    return [
        f"{path}, line {function.lineno}: {function.name} raises {' and '.join(names)}; its docstring does not say so."
        for function in public_functions(ast.parse(text))
        if (names := unsaid(function))
    ]


def test_a_public_function_says_what_it_raises() -> None:
    found = [each for path in FILES for each in sentences(path.relative_to(ROOT), path.read_text(encoding="utf-8"))]
    assert FILES
    assert not found, "\n".join(found)


TEXT = '''
class Part:
    def _hidden(self): raise KeyError
    async def open(self):
        """Open it; ValueError if it is open."""
        try:
            work()
        except OSError as error:
            raise error
        if wrong:
            raise errors.PartError("It is wrong.") from None
        if open:
            raise ValueError
        def later():
            raise KeyError
'''


def test_the_sentence_names_place_function_and_error() -> None:
    assert sentences(Path("fleet/part.py"), TEXT) == [
        "fleet/part.py, line 4: open raises PartError; its docstring does not say so."
    ]
