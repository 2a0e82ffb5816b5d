#!/usr/bin/python
"""Looks at a board once, so that tasks act only where something differs and no-change runs stay fast."""

from __future__ import annotations

from typing import Any

from ansible.module_utils import board_seen
from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: board_facts
short_description: Look at a board without changing it
description:
  - One round trip for everything that the roles decide on. Register the result as C(board).
options:
  packages:
    description: Names by release, to look up among the installed packages, and those missing in the package sources.
    type: dict
    default: {}
  units:
    description: Units of systemd to look at.
    type: list
    elements: str
    default: []
  user:
    description: The account whose groups are looked at.
    type: str
    default: ""
  described:
    description: Descriptions of files by name, each as the filter digested makes it.
    type: dict
    default: {}
  now_s:
    description: What the clock of the asking computer says, in seconds since 1970.
    type: float
author: Pilab
"""
EXAMPLES = r"""
- name: Look at the board
  board_facts:
    packages: {bookworm: [htop, byobu]}
    units: [pilab-agent.service]
  register: board
"""
RETURN = r"""
release:
  description: Code name of the release, as C(bookworm).
  returned: always
  type: str
"""


def main() -> None:
    """Answer ansible with what was found."""
    module = AnsibleModule(argument_spec(), supports_check_mode=True)
    module.exit_json(changed=False, **board_seen.seen(module.params))


def argument_spec() -> dict[str, Any]:
    """Say what the module takes."""
    names = {"type": "list", "elements": "str", "default": []}
    return {
        "packages": {"type": "dict", "default": {}},
        "units": names,
        "user": {"type": "str", "default": ""},
        "described": {"type": "dict", "default": {}},
        "now_s": {"type": "float"},
    }


if __name__ == "__main__":
    main()
