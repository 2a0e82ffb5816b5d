#!/usr/bin/python
"""Makes files on a board what they are described to be, in one round trip; each is whole at any moment."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pilab.classroom.plugins.module_utils import board_look, board_tree, board_write

DOCUMENTATION = r"""
module: board_files
short_description: Write and remove files and whole folders that belong to root
description:
  - Every file is written beside its place and renamed, so a run that is killed leaves old or new files, never halves.
  - In a folder of C(trees), files that are not described are removed.
  - Folders below /opt/pilab, /etc/pilab and /var/lib/pilab become root's, and only root can write them.
  - What is in C(gone) is removed, links and folders too.
options:
  folders:
    description: Folders that must exist.
    type: list
    elements: path
    default: []
  files:
    description: >-
      Single files, each with C(path), C(content) and, if it is a program, C(mode). With an empty mode a file keeps its
      owner and mode, as on the boot partition, where no file has its own.
    type: list
    elements: dict
    default: []
  trees:
    description: Folders that hold what is described and nothing else, each with C(path), C(files) and C(keep).
    type: list
    elements: dict
    default: []
  gone:
    description: Files, links and folders that must not exist.
    type: list
    elements: path
    default: []
author: Pilab
"""
EXAMPLES = r"""
- name: Put the settings on the board
  pilab.classroom.board_files:
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


def main() -> None:
    """Bring everything described about, or in check mode only say what would be written."""
    spec = dict(board_tree.argument_spec(), gone={"type": "list", "elements": "path", "default": []})
    module = AnsibleModule(spec, supports_check_mode=True)
    os.umask(0o022)
    there = [path for path in module.params["gone"] if os.path.lexists(path)]
    changes = board_tree.planned(module.params) + [{"path": path, "state": "absent"} for path in there]
    shown = [difference(change) for change in changes] if module._diff else []  # noqa: SLF001 (Ansible has no other way)
    if not module.check_mode:
        for change in changes:
            carry_out(module, change)
    paths = [change["path"] for change in changes]
    module.exit_json(changed=bool(paths), paths=paths, diff=shown)


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
    """Make a folder with its parents, in place of whatever has its name; give it to root if it is ours."""
    path = Path(change["path"])
    if path.is_symlink() or (os.path.lexists(path) and not path.is_dir()):
        path.unlink()
    path.mkdir(mode=0o755, parents=True, exist_ok=True)
    if "mode" in change:
        number = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            os.fchown(number, *board_tree.OWNER)
            os.fchmod(number, int(change["mode"], 8))
        finally:
            os.close(number)


WAYS = {"absent": remove, "directory": make_folder, "file": board_write.write}


def difference(change: dict[str, str]) -> dict[str, str]:
    """Describe one change the way `ansible-playbook --diff` prints it."""
    path = change["path"]
    after = change.get("content", "a folder\n" if change.get("state") == "directory" else "")
    return {"before_header": path, "after_header": path, "before": text_of(path), "after": after}


def text_of(path: str) -> str:
    """Return what a file holds now as far as a person would read it, or nothing."""
    return board_look.read(Path(path))


if __name__ == "__main__":
    main()
