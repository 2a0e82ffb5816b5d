#!/usr/bin/python
"""Writes down how a board was before the first change, so that restore.yml can give it back."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pilab.classroom.plugins.module_utils import board_look, board_packages, board_seen, board_write

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
  installing:
    description: >-
      C(begins) before packages are installed, C(ended) after: what came in between came with ours, also when a run was
      killed there and another one goes on.
    type: str
    choices: [begins, ended]
author: Pilab
"""
EXAMPLES = r"""
- name: Remember how the board was found
  pilab.classroom.board_before:
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
    spec = {"user": {"type": "str", "default": "pilab"}, "groups": groups}
    spec["installing"] = {"type": "str", "choices": ["begins", "ended"]}
    module = AnsibleModule(spec, supports_check_mode=True)
    path = Path("/", board_look.BEFORE)
    written = json.loads(board_seen.notes_of(path) or "{}")
    before = written or found(Path("/"), module.params["user"], module.params["groups"])
    if module.params["installing"]:
        before = {"begins": begin, "ended": end}[module.params["installing"]](before, installed())
    if before != written and not module.check_mode:
        try:
            path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            board_write.write({"path": str(path), "content": json.dumps(before, indent=1) + "\n", "mode": "0644"})
        except OSError as error:
            module.fail_json(msg=f"{path} cannot be written: {error.strerror}.")
    still_there = sorted(set(before["came_with_ours"]) & set(installed()))
    module.exit_json(changed=not written, before=before, still_there=still_there)


def begin(before: dict[str, Any], packages: list[str]) -> dict[str, Any]:
    """Note which packages are there, unless a run that was killed noted it before."""
    return {"installing": packages, **before}


def end(before: dict[str, Any], packages: list[str]) -> dict[str, Any]:
    """Note which packages have come since the beginning."""
    came = set(packages) - set(before.get("installing", packages))
    rest = {key: value for key, value in before.items() if key != "installing"}
    return {**rest, "came_with_ours": sorted({*before["came_with_ours"], *came})}


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
