"""What files on a board differ from their description; shared by the modules that look and that write."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Any

OWNER = (0, 0)  # root: what is installed is not for pupils to change
CACHES = ("__pycache__",)  # written by Python itself when root runs a program


def argument_spec() -> dict[str, Any]:
    """Say what a description is made of; a file has its content, or only the digest of it."""
    path, mode = {"type": "path", "required": True}, {"type": "str", "default": "0644"}
    file = {"path": path, "mode": mode, "content": {"type": "str"}, "digest": {"type": "str"}}
    files = {"type": "list", "elements": "dict", "options": file}
    keep = {"type": "list", "elements": "str", "default": []}
    tree = {"path": path, "files": dict(files, required=True), "keep": keep}
    return {
        "folders": {"type": "list", "elements": "path", "default": []},
        "files": dict(files, default=[]),
        "trees": {"type": "list", "elements": "dict", "default": [], "options": tree},
    }


def planned(description: dict[str, Any]) -> list[dict[str, str]]:
    """List what differs from a description, in the order in which it is to be done."""
    files = list(description["files"])
    stale = []
    for tree in description["trees"]:
        inside = [dict(file, path=str(Path(tree["path"], file["path"]))) for file in tree["files"]]
        stale += stale_in(Path(tree["path"]), {file["path"] for file in inside}, {*tree["keep"], *CACHES})
        files += inside
    folders = {*description["folders"], *(str(Path(file["path"]).parent) for file in files)}
    return missing_folders(folders) + [file for file in files if differs(file)] + stale


def stale_in(tree: Path, described: set[str], keep: set[str]) -> list[dict[str, str]]:
    """List what nobody described in a tree: files, links, and folders as a whole."""
    needed = {str(folder) for path in described for folder in Path(path).parents}
    found = []
    for folder, folders, names in os.walk(tree):
        inside = [name for name in folders if name not in keep]
        folders[:] = [name for name in inside if str(Path(folder, name)) in needed]
        found += [str(Path(folder, name)) for name in names + inside]
    return [{"path": path, "state": "absent"} for path in sorted(found) if path not in described | needed]


def missing_folders(folders: set[str]) -> list[dict[str, str]]:
    """List the folders that are not there, or are something else, parents first."""
    return [{"path": path, "state": "directory"} for path in sorted(folders) if not Path(path).is_dir()]


def differs(file: dict[str, str]) -> bool:
    """Tell whether a file is not what it should be: content, and owner, mode and no link unless its mode is empty."""
    try:
        found = os.lstat(file["path"])
    except OSError:
        return True
    if not stat.S_ISREG(found.st_mode):
        return True
    if file["mode"] and (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) != (int(file["mode"], 8), *OWNER):
        return True
    return digest(Path(file["path"]).read_bytes()) != (file.get("digest") or digest(file["content"].encode()))


def digest(content: bytes) -> str:
    """Return a short name for exactly this content; the filter `digested` calls this, too."""
    return hashlib.sha256(content).hexdigest()[:32]
