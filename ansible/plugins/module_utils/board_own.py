"""Files that a classroom puts on its boards by settings: what they replaced is kept, and comes back when they go."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from typing import TYPE_CHECKING, Any

from ansible_collections.pilab.classroom.plugins.module_utils import board_look, board_tree, board_write

if TYPE_CHECKING:
    from pathlib import Path

NOTES = "var/lib/pilab/own.json"
KEPT = "var/lib/pilab/own"  # the files that were replaced, each under the digest of its path
SCHEMA = 1
NOTHING: dict[str, Any] = {"schema": SCHEMA, "files": [], "replaced": [], "folders": []}


def noted(root: Path) -> dict[str, Any]:
    """Return which files were put there, which of them replaced others, and which folders were made for them.

    Nothing, if anybody but root can have written it: what stands there is done as root. SystemExit where it is damaged:
    writing it anew would forget which files are ours.
    """
    path = root / NOTES
    if not (board_tree.is_roots(path) and board_tree.is_roots(path.parent)):
        return NOTHING
    try:
        notes = {**NOTHING, **json.loads(board_look.read(path) or "{}")}
    except (ValueError, TypeError, RecursionError):
        notes = {}
    if not all(are_paths(notes.get(key)) for key in ("files", "replaced", "folders")):
        raise SystemExit(
            f"/{NOTES} is damaged: remove it on the board, then run again; what base_extra_files replaced there "
            f"stays below /{KEPT}."
        )
    return notes


def are_paths(value: object) -> bool:
    """Tell whether a value is a list of texts."""
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def superfluous(root: Path, wanted: list[dict[str, str]]) -> list[str]:
    """Return the paths of files that were put there and are no longer wanted."""
    paths = {file["path"] for file in wanted}
    return [path for path in noted(root)["files"] if path not in paths]


def differing(root: Path, wanted: list[dict[str, str]]) -> list[str]:
    """Return the paths of files that are not there as they are wanted, or not noted as ours."""
    known = noted(root)["files"]
    return [file["path"] for file in wanted if file["path"] not in known or board_tree.differs(_at(root, file))]


def bring_about(root: Path, wanted: list[dict[str, str]]) -> None:
    """Write the files that are wanted and give the others back; OSError if something cannot be written.

    `wanted` are files with path, content and mode. Each step is noted before it is taken, so that a run that is killed
    leaves nothing that a later one would not find.
    """
    for path in superfluous(root, wanted):
        _give_back(root, path)
    for file in wanted:
        if file["path"] not in noted(root)["files"]:
            _take(root, file["path"])
        if board_tree.differs(_at(root, file)):
            board_write.write(_at(root, file))


def _at(root: Path, file: dict[str, str]) -> dict[str, str]:
    return {**file, "path": str(root / file["path"].lstrip("/"))}


def _take(root: Path, path: str) -> None:
    """Keep what stands at a path, make the folders that lead there, and note both."""
    notes, place = noted(root), root / path.lstrip("/")
    missing = [str(folder.relative_to(root)) for folder in place.parents if not folder.exists()]
    replaces = os.path.lexists(place)
    if replaces:
        _copy(place, _kept(root, path))
    board_write.write_notes(
        root / NOTES,
        {
            **notes,
            "files": [*notes["files"], path],
            "replaced": notes["replaced"] + ([path] if replaces else []),
            "folders": sorted({*notes["folders"], *missing}),
        },
    )
    place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)


def _give_back(root: Path, path: str) -> None:
    """Put what a file replaced in its place again, or remove it with the folders that were made for it."""
    notes, place, kept = noted(root), root / path.lstrip("/"), _kept(root, path)
    if path in notes["replaced"]:
        if os.path.lexists(kept):  # else a run was killed after it had given it back
            _copy(kept, place)
    else:
        place.unlink(missing_ok=True)
        _remove_empty(root, notes["folders"], place)
    left = {key: [each for each in notes[key] if each != path] for key in ("files", "replaced")}
    board_write.write_notes(
        root / NOTES, {**notes, **left, "folders": [each for each in notes["folders"] if (root / each).exists()]}
    )
    kept.unlink(missing_ok=True)


def _remove_empty(root: Path, made: list[str], place: Path) -> None:
    """Remove the folders that were made for a file, the deepest first; one that holds something by now stays."""
    for folder in place.parents:
        if folder == root or str(folder.relative_to(root)) not in made or any(folder.iterdir()):
            return
        folder.rmdir()


def _kept(root: Path, path: str) -> Path:
    return root / KEPT / hashlib.sha256(path.encode()).hexdigest()


def _copy(source: Path, target: Path) -> None:
    """Copy a file or link with owner, rights and times, so that the target is whole at any moment."""
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.new")
    beside.unlink(missing_ok=True)
    shutil.copy2(source, beside, follow_symlinks=False)
    found = os.lstat(source)
    os.chown(beside, found.st_uid, found.st_gid, follow_symlinks=False)
    beside.replace(target)
