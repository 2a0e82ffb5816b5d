#!/usr/bin/python
"""Documents the action of this name (plugins/action/board_decision.py), which runs on the teacher's computer."""

from __future__ import annotations

DOCUMENTATION = r"""
module: board_decision
short_description: Look at a board, check the settings of roles and decide what there is to do
description:
  - Fails with a sentence if a setting is wrong or the board is to be refused. Register the result as C(board).
  - What the board answers passes the gate (plugin_utils/board_gate.py) and stands under C(seen), where Ansible obeys
    nothing; everything beside it is ours.
  - A board that was looked at in the same play for the same settings is not looked at again.
options:
  roles:
    description: The roles to decide for. Their settings are the variables that meta/argument_specs.yml describes.
    type: list
    elements: str
    required: true
    choices: [base, camera, governor, native, agent]
  restore:
    description: Whether to decide how the board is given back.
    type: bool
    default: false
  look_again:
    description: Whether to look also where it was done before, because something has changed since.
    type: bool
    default: false
author: Pilab
"""
EXAMPLES = r"""
- name: Look at the board and decide what the governor needs
  pilab.classroom.board_decision:
    roles: [governor]
  register: board
"""
RETURN = r"""
seen:
  description: What was found of the board.
  returned: when the look has passed the gate
  type: dict
plans:
  description: >-
    What each role is to do, with C(differs) and C(notes), and where it differs C(files), C(folders) and C(trees) for
    board_files.
  returned: success
  type: dict
differs:
  description: The roles that have anything to do.
  returned: success
  type: list
is_configured:
  description: Whether there is nothing to do.
  returned: success
  type: bool
is_noted:
  description: Whether the board has a note of how it was found.
  returned: success
  type: bool
notes:
  description: What there is to know now; the row of the board shows it. A role that changes something says its own.
  returned: success
  type: list
asked:
  description: The settings that were decided for, by role, by which a second task knows that it need not look.
  returned: success
  type: dict
play:
  description: The play that it was decided in, and whether to restore.
  returned: success
  type: str
"""
