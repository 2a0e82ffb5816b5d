"""The tools that are compared: what is typed, with which settings, and how each says that it changed something."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from virtual import place, reach

if TYPE_CHECKING:
    from collections.abc import Mapping

    from virtual.state import Room

HERE = Path(__file__).resolve().parent
PEERS = place.PROJECT / "build" / "provision-peers" / "bin"
# Thirty fresh boards on two cores beside other work were not through in half an hour.
LIMIT_S = 2 * 3600
# How much of the end of what a tool said is shown when the benchmark cannot go on.
SAID_CHARACTERS = 4000
NEVER = re.compile(r"(?!)")


@dataclass(frozen=True)
class Ran:
    """One run of a tool: how long it took, the processor time that it took of the teacher's computer, and its words.

    `said` is the end of them. The time of programs that outlive the tool is not in it, such as ssh that stays open.
    """

    took_s: float
    processor_s: float
    is_changed: bool
    said: str


@dataclass(frozen=True)
class Tool:
    """One command, run at the root of the project; a run whose output matches `changes` changed something."""

    name: str
    command: tuple[str, ...]
    changes: re.Pattern[str]
    environment: Mapping[str, str]

    def run(self) -> Ran:
        """Type the command and wait; SystemExit if it fails or does not end."""
        environment = {**os.environ, "NO_COLOR": "1", "ANSIBLE_NOCOLOR": "1", **self.environment}
        start_s, before_s = time.perf_counter(), _processor_s()
        try:
            done = subprocess.run(
                self.command,
                cwd=place.PROJECT,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=LIMIT_S,
            )
        except subprocess.TimeoutExpired:
            raise SystemExit(f"{self.name} did not end within {LIMIT_S} s; take fewer boards: --boards 3.") from None
        took_s, processor_s = time.perf_counter() - start_s, _processor_s() - before_s
        said = done.stdout + done.stderr
        if done.returncode:
            raise SystemExit(f"{self.name} failed, so nothing can be compared; it said:\n{said[-SAID_CHARACTERS:]}")
        return Ran(took_s, processor_s, bool(self.changes.search(said)), said[-SAID_CHARACTERS:])


def pilab(*options: str) -> Tool:
    """Return the project's own playbook, as it is typed."""
    return Tool("pilab", (_beside("ansible-playbook"), "site.yml", *options), re.compile(r"(?m)^\S+ +changed in "), {})


def bundle() -> Tool:
    """Return the gathering of the bundle, which changes nothing on a board."""
    return Tool("invoke bundle", (_beside("invoke"), "bundle", "--hosts", "lab"), NEVER, {})


def ansible(boards: Path) -> Tool:
    """Return plain Ansible with its defaults."""
    command = (_beside("ansible-playbook"), "-i", str(boards), str(HERE / "plain" / "site.yml"))
    settings = {"ANSIBLE_CONFIG": str(HERE / "plain" / "ansible.cfg")}
    return Tool("plain Ansible", command, re.compile(r"changed=[1-9]"), settings)


def pyinfra(boards: Path) -> Tool:
    """Return pyinfra with its defaults."""
    folder = HERE / "pyinfra"
    command = (str(PEERS / "pyinfra"), "-y", str(folder / "inventory.py"), str(folder / "site.py"))
    # The last row of pyinfra's table: operations, changed, failed, unchanged; a dash means none.
    return Tool("pyinfra", command, re.compile(r"Grand total +\d+ +[1-9]"), {"PROVISION_BOARDS": str(boards)})


def nothing(boards: Path) -> Tool:
    """Return the least that any tool does: log in to all boards at once, become root and start Python there."""
    return Tool("logging in alone", (sys.executable, str(HERE / "log_in.py"), str(boards)), NEVER, {})


def write_boards(here: place.Place, room: Room, folder: Path) -> Path:
    """Write an inventory for the peers: how to reach each board, and what it shall become."""
    hosts = {
        one.name: {
            "ansible_host": one.address,
            "ansible_user": reach.USER,
            "ansible_ssh_private_key_file": str(reach.key(here)),
            "ansible_ssh_common_args": " ".join(reach.ssh_options(here)),
            "known_hosts": str(reach.known_hosts(here)),
            **json.loads((folder / one.release / "variables.json").read_text(encoding="utf-8")),
        }
        for one in room.guests
    }
    path = folder / "boards.json"
    path.write_text(json.dumps({"all": {"hosts": hosts}}, indent=1), encoding="utf-8")
    return path


def _processor_s() -> float:
    """Return the processor time of all programs that this one has started and waited for, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _beside(name: str) -> str:
    return str(Path(sys.executable).parent / name)
