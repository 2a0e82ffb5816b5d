#!/usr/bin/python
"""Puts a classroom's own files on a board; what they replaced comes back when they are no longer wanted."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pilab.classroom.plugins.module_utils import board_look, board_own, board_tree

DOCUMENTATION = r"""
module: board_own
short_description: Write a classroom's own files, and take them back
description:
  - A file that stands in the way is kept, and put back as soon as ours is no longer in the list.
  - Files that an earlier run wrote and that are no longer in the list go.
options:
  files:
    description: All files that shall be there, each with C(path), C(content) and C(mode).
    type: list
    elements: dict
    required: true
author: Pilab
"""
EXAMPLES = r"""
- name: Greet whoever logs in
  pilab.classroom.board_own:
    files:
      - {path: /etc/motd, content: "Desk 7\n", mode: "0644"}

- name: Give back what was there
  pilab.classroom.board_own:
    files: []
"""
RETURN = r"""
paths:
  description: The files that were written, removed or given back.
  returned: always
  type: list
  elements: str
"""


def main() -> None:
    """Bring the files about, or in check mode only say which would change."""
    files = {"type": "list", "elements": "dict", "required": True, "options": board_tree.file_options()}
    module = AnsibleModule({"files": files}, supports_check_mode=True)
    root, wanted = Path("/"), module.params["files"]
    changes = [*board_own.superfluous(root, wanted), *board_own.differing(root, wanted)]
    shown = [difference(path, wanted) for path in changes] if module._diff else []  # noqa: SLF001 (Ansible has no other way)
    if changes and not module.check_mode:
        try:
            board_own.bring_about(root, wanted)
        except OSError as error:
            module.fail_json(msg=f"{error.filename} cannot be written: {error.strerror}.")
    module.exit_json(changed=bool(changes), paths=changes, diff=shown)


def difference(path: str, wanted: list[dict[str, str]]) -> dict[str, str]:
    """Describe one change the way `ansible-playbook --diff` prints it."""
    after = next((file["content"] for file in wanted if file["path"] == path), "")
    return {"before_header": path, "after_header": path, "before": board_look.read(Path(path)), "after": after}


if __name__ == "__main__":
    main()
