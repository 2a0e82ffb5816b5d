"""Describes what the roles put on a board: their own files, filled in, and whole folders of the project."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ansible.errors import AnsibleError
from ansible.template import trust_as_template
from ansible_collections.pilab.classroom.plugins.module_utils.board_tree import digest as content_digest

ROLES = Path(__file__).parents[2] / "roles"
BUILT = frozenset({"__pycache__", "bin", "bin-san"})

File = dict[str, str]  # path, content, mode
Tree = dict[str, Any]  # path; source, a folder here, unless the tree holds only what it keeps; keep


@dataclass(frozen=True)
class Description:
    """What a role puts on a board; the deployment names what a process of it is started with.

    `imports` are modules that the board's Python is to load, `packages` those that it may get beside the table's.
    """

    folders: list[str] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    trees: list[Tree] = field(default_factory=list)
    deployment: str = ""
    imports: list[str] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)

    def digested(self) -> str:
        """Return it as the look compares it: with digests instead of contents, as JSON."""
        trees = [{"keep": [], **tree, "files": digests(files_of(tree))} for tree in self.trees]
        return json.dumps({"folders": self.folders, "files": digests(self.files), "trees": trees})


class RoleFiles(NamedTuple):
    """The files of a role, by the paths on the board that its folders templates and files mirror.

    Filled in with the settings of the role. It spares the copy of all variables that ansible.builtin.template makes,
    35 ms a file and board.
    """

    role: str
    settings: dict[str, Any]
    templar: Any

    def at(self, *paths: str, **more: Any) -> list[File]:
        """Return path, content and mode of each file; AnsibleError if the role has nothing for one."""
        templar = self.templar.copy_with_new_env(available_variables={**self.settings, **more})
        return [filled_in(source_of(ROLES / self.role, path), path, templar) for path in paths]

    def source(self, path: str) -> str:
        """Return the file for a path as it is written, with nothing filled in."""
        return source_of(ROLES / self.role, path).read_text(encoding="utf-8")

    def tree(self, path: str, keep: list[str] | None = None) -> Tree:
        """Return the folder of the project that goes to a path."""
        return {"path": path, "source": str(ROLES / self.role / f"files{path}"), "keep": keep or []}


def source_of(folder: Path, path: str) -> Path:
    """Return where a role keeps what goes to a path; AnsibleError if it has nothing for it."""
    candidates = [folder / f"templates{path}.j2", folder / f"templates{path}", folder / f"files{path}"]
    found = next(filter(Path.is_file, candidates), None)
    if found is None:
        raise AnsibleError(f"{folder} has neither a template nor a file for {path}.")
    return found


def filled_in(source: Path, path: str, templar: Any) -> File:
    """Return a file of a role as it goes to a board; only one that ends in .j2 is a template."""
    text = source.read_text(encoding="utf-8")
    content = templar.template(trust_as_template(text)) if source.suffix == ".j2" else text
    return {"path": path, "content": content, "mode": mode_of(source)}


def mode_of(path: Path) -> str:
    """Return the mode of a file on a board: whether it may be run."""
    return "0755" if path.stat().st_mode & 0o100 else "0644"


@cache
def read_tree(folder: str) -> tuple[File, ...]:
    """Read the files of a folder as the module board_files takes them; what was built in it stays behind."""
    root = Path(folder).resolve()
    paths = sorted(path for path in root.rglob("*") if path.is_file() and not BUILT & set(path.relative_to(root).parts))
    return tuple(describe(path, root) for path in paths if not path.name.startswith("."))


def describe(path: Path, root: Path) -> File:
    """Describe one file: where it goes, what it holds, whether it may be run."""
    return {"path": str(path.relative_to(root)), "content": path.read_text(encoding="utf-8"), "mode": mode_of(path)}


def digest(described: Any) -> str:
    """Return a short name for exactly this content."""
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:16]


@cache
def tree_digest(folder: str) -> str:
    """Return a short name for exactly the files of a folder."""
    return digest(read_tree(folder))


def digests(files: list[File]) -> list[File]:
    """Return files with digests instead of contents."""
    return [
        {"path": file["path"], "mode": file.get("mode", "0644"), "digest": content_digest(file["content"].encode())}
        for file in files
    ]


def with_files(trees: list[Tree]) -> list[Tree]:
    """Return described trees as board_files takes them: with the files of their sources."""
    return [{"path": tree["path"], "keep": tree.get("keep", []), "files": files_of(tree)} for tree in trees]


def files_of(tree: Tree) -> list[File]:
    """Return the files of a described tree; one without a source holds only what it keeps."""
    return list(read_tree(tree["source"])) if "source" in tree else []
