#!/usr/bin/python
"""Makes files on a board what they are described to be, in one round trip; each is whole at any moment."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: board_files
short_description: Write files and whole folders that belong to root
description:
  - Every file is written beside its place and renamed, so a run that is killed leaves old or new files, never halves.
  - In a folder of C(trees), files that are not described are removed.
options:
  folders:
    description: Folders that must exist.
    type: list
    elements: path
    default: []
  files:
    description: Single files, each with C(path), C(content) and, if it is a program, C(mode).
    type: list
    elements: dict
    default: []
  trees:
    description: Folders that hold what is described and nothing else, each with C(path), C(files) and C(keep).
    type: list
    elements: dict
    default: []
author: Pilab
"""
EXAMPLES = r"""
- name: Put the settings on the board
  board_files:
    files:
      - path: /etc/pilab/agent.toml
        content: "{{ lookup('ansible.builtin.template', 'etc/pilab/agent.toml.j2') }}"
    trees:
      - path: /opt/pilab/agent
        files: "{{ 'agent' | read_tree }}"
"""
RETURN = r"""
paths:
  description: The files and folders that were written or removed.
  returned: always
  type: list
"""

OWNER = (0, 0)  # root: what is installed is not for pupils to change
CACHES = ("__pycache__",)  # written by Python itself when root runs a program


def main() -> None:
    """Bring everything described about, or in check mode only say what would be written."""
    module = AnsibleModule(argument_spec(), supports_check_mode=True)
    os.umask(0o022)
    changes = planned(module.params)
    if not module.check_mode:
        for change in changes:
            carry_out(module, change)
    paths = [change["path"] for change in changes]
    module.exit_json(changed=bool(paths), paths=paths, diff=[difference(change) for change in changes])


def argument_spec() -> dict[str, Any]:
    """Say what the module takes."""
    path, mode = {"type": "path", "required": True}, {"type": "str", "default": "0644"}
    file = {"path": path, "content": {"type": "str", "required": True}, "mode": mode}
    files = {"type": "list", "elements": "dict", "options": file}
    keep = {"type": "list", "elements": "str", "default": []}
    tree = {"path": path, "files": dict(files, required=True), "keep": keep}
    return {
        "folders": {"type": "list", "elements": "path", "default": []},
        "files": dict(files, default=[]),
        "trees": {"type": "list", "elements": "dict", "default": [], "options": tree},
    }


def planned(params: dict[str, Any]) -> list[dict[str, str]]:
    """List what differs from the description, in the order in which it is to be done."""
    files = list(params["files"])
    stale = []
    for tree in params["trees"]:
        inside = [dict(file, path=str(Path(tree["path"], file["path"]))) for file in tree["files"]]
        stale += stale_in(Path(tree["path"]), {file["path"] for file in inside}, {*tree["keep"], *CACHES})
        files += inside
    folders = {*params["folders"], *(str(Path(file["path"]).parent) for file in files)}
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
    """Tell whether a file is not what it should be: content, mode, owner, and no link."""
    try:
        found = os.lstat(file["path"])
    except OSError:
        return True
    right = (int(file["mode"], 8), OWNER, True)
    if (stat.S_IMODE(found.st_mode), (found.st_uid, found.st_gid), stat.S_ISREG(found.st_mode)) != right:
        return True
    return Path(file["path"]).read_bytes() != file["content"].encode()


def carry_out(module: AnsibleModule, change: dict[str, str]) -> None:
    """Do one change; what cannot be done ends the run with a sentence."""
    try:
        WAYS[change.get("state", "file")](change)
    except OSError as error:
        module.fail_json(msg=f"{change['path']} cannot be written: {error.strerror}.")


def remove(change: dict[str, str]) -> None:
    """Remove a stale file, link or folder."""
    path = Path(change["path"])
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)  # what a killed run left may have been renamed by this one


def make_folder(change: dict[str, str]) -> None:
    """Make a folder with its parents, in place of whatever stands there under its name."""
    path = Path(change["path"])
    if path.is_symlink() or path.is_file():
        path.unlink()
    path.mkdir(mode=0o755, parents=True, exist_ok=True)


def write(file: dict[str, str]) -> None:
    """Replace a file in one step, after its bytes have reached the disk."""
    path = Path(file["path"])
    beside = path.with_name(f".{path.name}.new")  # always the same name, so a killed run leaves nothing for good
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    number = os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(number, "wb") as stream:
        stream.write(file["content"].encode())
        os.fchown(number, *OWNER)
        os.fchmod(number, int(file["mode"], 8))
        stream.flush()
        os.fsync(number)
    beside.replace(path)


WAYS = {"absent": remove, "directory": make_folder, "file": write}


def difference(change: dict[str, str]) -> dict[str, str]:
    """Describe one change the way `ansible-playbook --diff` prints it."""
    path = change["path"]
    after = change.get("content", "a folder\n" if change.get("state") == "directory" else "")
    return {"before_header": path, "after_header": path, "before": text_of(path), "after": after}


def text_of(path: str) -> str:
    """Return what a file holds now, or nothing."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


if __name__ == "__main__":
    main()
