#!/usr/bin/env python3
"""Ansible's second inventory: the virtual Pis that are up, in the group lab; an empty one when none is."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from virtual import place
from virtual.containers import guest, state


def listing(here: place.Place, room: state.Room | None) -> dict[str, Any]:
    """The inventory in the words of Ansible's script plugin."""
    if room is None:
        return {"_meta": {"hostvars": {}}}
    return {
        "lab": {"hosts": [one.name for one in room.guests]},
        "_meta": {"hostvars": {one.name: variables(here, one) for one in room.guests}},
    }


def variables(here: place.Place, one: state.Guest) -> dict[str, Any]:
    """How to reach a virtual Pi, and what of it is simulated."""
    return {
        "ansible_host": one.address,
        "ansible_user": guest.USER,
        "ansible_ssh_private_key_file": str(guest.key(here)),
        "ansible_ssh_common_args": " ".join(guest.ssh_options(here)),
        "ansible_python_interpreter": "/usr/bin/python3",
        "board_simulated": True,
        "board_userland": one.userland,
        "agent_camera_source": "file",
        "agent_camera_path": "/srv/pilab-frames",
        "agent_camera_fps": 4.0,
        "agent_led_pins": "mock",
    }


if __name__ == "__main__":
    here = place.here()
    print(json.dumps(listing(here, state.load(here)), indent=1))  # noqa: T201 - printing is what Ansible calls it for
