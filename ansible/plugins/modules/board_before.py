#!/usr/bin/python
"""Writes down how a board was before the first change, so that restore.yml can give it back."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pilab.classroom.plugins.module_utils import board_look, board_notes, board_packages

DOCUMENTATION = r"""
module: board_before
short_description: Write down once how a board was found
description:
  - Nothing happens if it was written down before. What was written stands in C(before) of what board_decision sees.
options:
  user:
    description: The account that the roles may make.
    type: str
    default: pilab
  groups:
    description: The groups that the roles may make.
    type: list
    elements: str
    default: [video, gpio]
  ended:
    description: >-
      Whether to note also which packages came since the module board_apt began to install some, should a run have been
      killed while it did.
    type: bool
    default: false
author: Pilab
"""
EXAMPLES = r"""
- name: Remember how the board was found
  pilab.classroom.board_before:
    user: pilab
    groups: [video, gpio]
"""
RETURN = r"""
before:
  description: How the board was.
  returned: always
  type: dict
still_there:
  description: The packages that came with ours and are installed.
  returned: always
  type: list
"""

SCHEMA = 1


def main() -> None:
    """Write the file, unless it says so already."""
    groups = {"type": "list", "elements": "str", "default": ["video", "gpio"]}
    spec = {"user": {"type": "str", "default": "pilab"}, "groups": groups, "ended": {"type": "bool", "default": False}}
    module = AnsibleModule(spec, supports_check_mode=True)
    written = board_notes.written()
    before = written or found(Path("/"), module.params["user"], module.params["groups"])
    # What names a board that was not named there before is somebody else's, up to our first change of it.
    before = {**before, "user_data": before["user_data"] or board_look.look_at_cloud_init(Path("/"))["user_data"]}
    if module.params["ended"]:
        before = board_notes.end(before, installed())
    if not module.check_mode:
        try:
            board_notes.write(before)
        except OSError as error:
            module.fail_json(msg=f"{board_notes.PLACE} cannot be written: {error.strerror}.")
    still_there = sorted(set(before["came_with_ours"]) & set(installed()))
    module.exit_json(changed=not written, before=before, still_there=still_there)


def found(root: Path, user: str, groups: list[str]) -> dict[str, Any]:
    """Return all that the roles change and cannot tell afterwards how it was."""
    look = board_look.look(root)
    return {
        "schema": SCHEMA,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "governors": {name: policy["governor"] for name, policy in look["governors"].items()},
        "default_governor": look["default_governor"],
        "hostname": look["hostname"],
        "hosts": look["hosts"],
        "user_data": look["cloud_init"]["user_data"],
        "came_with_ours": [],
        "had_account": is_known("passwd", user),
        "made_groups": [group for group in groups if not is_known("group", group)],
    }


def installed() -> list[str]:
    """Return the names of all packages that are installed."""
    ran = subprocess.run(board_packages.QUERY, capture_output=True, text=True, check=True)
    return board_packages.installed_in(ran.stdout)


def is_known(database: str, name: str) -> bool:
    """Tell whether the board has an account or a group."""
    return subprocess.run(["getent", database, name], capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    main()
