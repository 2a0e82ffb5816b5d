#!/usr/bin/env python3
"""Ansible's second inventory: the virtual and emulated Pis that are up, in the group lab; an empty one when none is."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from virtual import place, reach, state
from virtual.machines.machines import named

SIMULATED = {
    "board_simulated": True,
    "agent_camera_source": "file",
    "agent_camera_path": "/srv/pilab-frames",
    "agent_camera_fps": 2.0,  # thirty boards leave most of two processors to other work
    "agent_led_pins": "mock",
}


def hosts() -> dict[str, dict[str, Any]]:
    """The variables of every board of this checkout that is up."""
    return {**of_room(place.here()), **of_emulation(place.emulation())}


def listing(hosts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The inventory in the words of Ansible's script plugin."""
    meta = {"_meta": {"hostvars": hosts}}
    return {"lab": {"hosts": list(hosts)}, **meta} if hosts else meta


def of_room(here: place.Place) -> dict[str, dict[str, Any]]:
    """How to reach the virtual Pis, and what of them is simulated."""
    room = state.load_room(here)
    return {
        one.name: {"ansible_host": one.address, **_reached(here), "board_userland": one.userland, **SIMULATED}
        for one in (room.guests if room else ())
    }


def of_emulation(here: place.Place) -> dict[str, dict[str, Any]]:
    """How to reach the emulated Pi. What it is, it says itself, as a real Pi does."""
    board = state.load_emulated(here)
    if board is None:
        return {}
    # A Pi has no clock that goes on without power, and a guest reaches no time server from everywhere.
    clock = {"base_set_clock": not named(board.machine).has_clock}
    way = _reached_with_card(board.card) if board.card else _reached(here)
    return {board.name: {"ansible_host": board.address, "ansible_port": board.port, **way, **clock}}


def _reached(here: place.Place) -> dict[str, Any]:
    return _way(reach.USER, str(reach.key(here)), reach.ssh_options(here))


def _reached_with_card(card: state.Card) -> dict[str, Any]:
    return _way(card.user, card.key, reach.trusting(card.known_hosts, card.alias))


def _way(user: str, key: str, options: list[str]) -> dict[str, Any]:
    return {
        "ansible_user": user,
        "ansible_ssh_private_key_file": key,
        "ansible_ssh_common_args": shlex.join(options),
        "ansible_python_interpreter": "/usr/bin/python3",
    }


if __name__ == "__main__":
    print(json.dumps(listing(hosts()), indent=1))  # noqa: T201 - printing is what Ansible calls it for
