#!/usr/bin/env python3
"""Ansible's third inventory: the emulated Pi that is up, in the group lab; an empty one when none is."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from virtual.containers import guest
from virtual.machines import place, state
from virtual.machines.machines import named

if TYPE_CHECKING:
    from virtual.place import Place


def listing(here: Place, board: state.Board | None) -> dict[str, Any]:
    """The inventory in the words of Ansible's script plugin."""
    if board is None:
        return {"_meta": {"hostvars": {}}}
    return {"lab": {"hosts": [board.name]}, "_meta": {"hostvars": {board.name: variables(here, board)}}}


def variables(here: Place, board: state.Board) -> dict[str, Any]:
    """How to reach it. What it is, it says itself, as a real Pi does."""
    return {
        "ansible_host": state.ADDRESS,
        "ansible_port": board.port,
        "ansible_user": state.USER,
        "ansible_ssh_private_key_file": str(guest.key(here)),
        "ansible_ssh_common_args": " ".join(guest.ssh_options(here)),
        "ansible_python_interpreter": "/usr/bin/python3",
        # A Pi has no clock that goes on without power, and a guest reaches no time server from everywhere.
        "base_set_clock": not named(board.machine).has_clock,
    }


if __name__ == "__main__":
    where = place.here()
    print(json.dumps(listing(where, state.load(where)), indent=1))  # noqa: T201 - printing is what Ansible calls it for
