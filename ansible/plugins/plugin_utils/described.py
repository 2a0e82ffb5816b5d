"""Describes the project's folders and settings as the roles put them on a board."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.pilab.classroom.plugins.module_utils.board_tree import digest as content_digest

BUILT = frozenset({"__pycache__", "bin", "bin-san"})


def read_tree(folder: str) -> list[dict[str, str]]:
    """Read the files of a folder as the module board_files takes them; what was built in it stays behind."""
    root = Path(folder)
    paths = sorted(path for path in root.rglob("*") if path.is_file() and not BUILT & set(path.relative_to(root).parts))
    return [describe(path, root) for path in paths if not path.name.startswith(".")]


def describe(path: Path, root: Path) -> dict[str, str]:
    """Describe one file: where it goes, what it holds, whether it may be run."""
    mode = "0755" if path.stat().st_mode & 0o100 else "0644"
    return {"path": str(path.relative_to(root)), "content": path.read_text(encoding="utf-8"), "mode": mode}


def digest(described: Any) -> str:
    """Return a short name for exactly this content."""
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:16]


def digested(description: dict[str, Any]) -> str:
    """Return a description of files as the look compares it: with digests instead of contents.

    As JSON in one string, because Ansible marks every single value of a result with where it is from.
    """
    trees = [{"keep": [], **tree, "files": digests(files_of(tree))} for tree in description.get("trees", [])]
    files = digests(description.get("files", []))
    return json.dumps({"folders": description.get("folders", []), "files": files, "trees": trees})


def digests(files: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return files with digests instead of contents."""
    return [
        {
            "path": file["path"],
            "mode": file.get("mode", "0644"),
            "digest": content_digest(file["content"].encode()),
        }
        for file in files
    ]


def with_files(trees: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return described trees as board_files takes them: with the files of their sources."""
    return [{"path": tree["path"], "keep": tree.get("keep", []), "files": files_of(tree)} for tree in trees]


def files_of(tree: dict[str, Any]) -> list[dict[str, str]]:
    """Return the files of a described tree; one without a source holds only what it keeps."""
    return read_tree(tree["source"]) if "source" in tree else []


def tree_digest(folder: str) -> str:
    """Return a short name for exactly the files of a folder."""
    return digest(read_tree(folder))


def options_of(roles: list[str], folder: str) -> dict[str, Any]:
    """Return the settings of roles as their meta/argument_specs.yml describes them, all together."""
    texts = (Path(folder, role, "meta/argument_specs.yml").read_text(encoding="utf-8") for role in roles)
    return {
        name: option
        for text in texts
        for name, option in yaml.load(text, Loader=yaml.CSafeLoader)["argument_specs"]["main"]["options"].items()
    }


def out_of_range(ranges: dict[str, list[float]], values: list[Any]) -> list[str]:
    """Return a sentence for every setting that lies outside its range."""
    return [
        f"{name} is {value}, which is not between {low} and {high}: correct it in group_vars or host_vars."
        for (name, (low, high)), value in zip(ranges.items(), values, strict=True)
        if not low <= float(value) <= high
    ]
