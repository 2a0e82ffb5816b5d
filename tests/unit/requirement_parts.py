"""What the project imports, and what it has pinned."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TRACKED = [
    ROOT / name
    for name in subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    if name and (ROOT / name).is_file() and not (ROOT / name).is_symlink()
]
PIN = re.compile(r"^([\w.-]+)==([\w.]+)", re.MULTILINE)
OURS = {
    "agent",
    "ansible",
    "ansible_collections",
    "benchmarks",
    "commands",
    "fleet",
    "pilab",
    "setup",
    "tasks",
    "tests",
    "virtual",
}
# They run where these are Debian packages, or in an environment of the benchmarks or the guide.
ELSEWHERE = {
    "dask",
    "distributed",
    "libcamera",
    "picamera",
    "picamera2",
    "toml",
    "tomli",
    "pyinfra",
    "simplejpeg",
    "sphinx",
    "apt",
}


def pins(path: Path) -> dict[str, str]:
    """Read the versions that a file of requirements names."""
    return {named(name): version for name, version in PIN.findall(path.read_text())}


def named(name: str) -> str:
    """Write a name of PyPI's as its index does."""
    return re.sub(r"[-_.]+", "-", name).lower()


def imported_by(*folders: str) -> set[str]:
    """Name the modules of others that our code imports, all of it or what lies in some folders."""
    found = {
        name
        for path in TRACKED
        if path.suffix == ".py" and "data" not in path.parts
        if not folders or path.relative_to(ROOT).parts[0] in folders
        for node in _statements(ast.parse(path.read_text(encoding="utf-8")))
        for name in _modules(node)
    }
    return found - set(sys.stdlib_module_names) - OURS - ELSEWHERE


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """List the statements within one, at any depth: expressions, which are most of a tree, import nothing."""
    for block in ("body", "orelse", "finalbody", "handlers", "cases"):
        for each in getattr(node, block, ()):
            yield each
            yield from _statements(each)


def _modules(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    return {str(node.module).partition(".")[0]} if isinstance(node, ast.ImportFrom) and not node.level else set()
