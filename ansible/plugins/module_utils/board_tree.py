"""What files on a board differ from their description; shared by the modules that look and that write."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Any

OWNER = (0, 0)  # root: what is installed is not for pupils to change
CACHE = "__pycache__"  # written by Python itself when root runs a program
OWN = ("/opt/pilab", "/etc/pilab", "/var/lib/pilab", "/var/cache/pilab")  # below them folders are root's as well
FOLDER_MODE = 0o755
WRITABLE = 0o022  # by the group, by others
MOST_BYTES = 1 << 22  # a file of ours has some ten thousand


def file_options() -> dict[str, Any]:
    """Say what a described file is made of; it has its content, or only the digest of it."""
    path, mode = {"type": "path", "required": True}, {"type": "str", "default": "0644"}
    return {"path": path, "mode": mode, "content": {"type": "str"}, "digest": {"type": "str"}}


def argument_spec() -> dict[str, Any]:
    """Say what a description is made of."""
    files = {"type": "list", "elements": "dict", "options": file_options()}
    keep = {"type": "list", "elements": "str", "default": []}
    tree = {"path": {"type": "path", "required": True}, "files": dict(files, required=True), "keep": keep}
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
        inside = files_of(tree)
        stale += stale_in(Path(tree["path"]), {file["path"] for file in inside}, set(tree["keep"]))
        files += inside
    folders = folders_of(description, files)
    links = {folder for folder in own_among(folders) if folder.is_symlink()}
    differing = [file for file in files if is_behind(links, file["path"]) or differs(file)]
    return differing_folders(folders, links) + differing + stale


def files_of(tree: dict[str, Any]) -> list[dict[str, str]]:
    """Return the files of a tree with their whole paths."""
    return [dict(file, path=str(Path(tree["path"], file["path"]))) for file in tree["files"]]


def folders_of(description: dict[str, Any], files: list[dict[str, str]]) -> set[str]:
    """Return the folders that are described, and those that described files are in."""
    trees = [tree["path"] for tree in description["trees"]]
    return {*description["folders"], *trees, *(str(Path(file["path"]).parent) for file in files)}


def parents_of(paths: set[str]) -> set[str]:
    """Return all folders that some paths are in."""
    return {str(folder) for path in paths for folder in Path(path).parents}


def stale_in(tree: Path, described: set[str], keep: set[str]) -> list[dict[str, str]]:
    """List what nobody described in a tree: files, links, and folders as a whole."""
    needed = parents_of(described)
    found = []
    for place, folders, names in os.walk(tree):
        inside = [name for name in folders if name not in keep and not is_cache_of_root(Path(place, name))]
        folders[:] = [name for name in inside if str(Path(place, name)) in needed]
        found += [str(Path(place, name)) for name in names + inside]
    return [{"path": path, "state": "absent"} for path in sorted(set(found) - described - needed)]


def is_cache_of_root(folder: Path) -> bool:
    """Tell whether a folder is a cache of Python's that only root can have written: Python runs what is in it."""
    return folder.name == CACHE and only_root_writes(folder)


def only_root_writes(path: Path) -> bool:
    """Tell whether nobody but root can have changed a file, or a folder with all that is in it."""
    if not is_roots(path):
        return False
    return all(is_roots(Path(folder, name)) for folder, folders, names in os.walk(path) for name in [*folders, *names])


def is_roots(path: Path) -> bool:
    """Tell whether a path is a file or folder, no link, that belongs to root and that nobody else can write."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    is_plain = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
    return is_plain and found.st_uid == OWNER[0] and not found.st_mode & WRITABLE


def own_among(folders: set[str]) -> set[Path]:
    """Return those of folders and of the folders they are in that are ours."""
    return {path for folder in folders for path in (Path(folder), *Path(folder).parents) if is_own(path)}


def is_behind(links: set[Path], path: str) -> bool:
    """Tell whether a path leads through one of some links, so that it is gone when they become folders."""
    return not links.isdisjoint(Path(path).parents)


def differing_folders(folders: set[str], links: set[Path]) -> list[dict[str, str]]:
    """List the folders that are not there, are something else, or are ours and not root's; parents first."""
    own = set(map(str, own_among(folders)))
    others = [{"path": path, "state": "directory"} for path in sorted(folders - own) if not Path(path).is_dir()]
    mode = f"{FOLDER_MODE:04o}"
    return others + [
        {"path": path, "state": "directory", "mode": mode}
        for path in sorted(own)
        if is_behind(links, path) or not has_rights(path)
    ]


def is_own(folder: Path) -> bool:
    """Tell whether a folder is ours, or in one of ours."""
    return any(Path(own) in (folder, *folder.parents) for own in OWN)


def has_rights(folder: str) -> bool:
    """Tell whether a folder is one, no link, with owner and mode as described."""
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    rights = (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid)
    return stat.S_ISDIR(found.st_mode) and rights == (FOLDER_MODE, *OWNER)


def differs(file: dict[str, str]) -> bool:
    """Tell whether a file is not what it should be: content, and owner, mode and no link unless its mode is empty."""
    try:
        found = os.lstat(file["path"])
    except OSError:
        return True
    if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_BYTES:
        return True
    if file["mode"] and (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) != (int(file["mode"], 8), *OWNER):
        return True
    return digest(Path(file["path"]).read_bytes()) != (file.get("digest") or digest(file["content"].encode()))


def digest(content: bytes) -> str:
    """Return a short name for exactly this content; the filter `digested` calls this, too."""
    return hashlib.sha256(content).hexdigest()[:32]
