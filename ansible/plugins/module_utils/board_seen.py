"""Everything that the roles decide on, seen in one look; asked by board_decision."""

from __future__ import annotations

import json
import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible_collections.pilab.classroom.plugins.module_utils import (
    board_look,
    board_own,
    board_packages,
    board_text,
    board_tree,
)

DPKG_JOURNAL = Path("/var/lib/dpkg/updates")  # holds numbered files while dpkg works, and after it was killed
# apt on a Pi Zero takes 20 s where it has to read all its lists anew; the look as a whole has 60 s.
TIMEOUT_S = 40
PACKAGES = ("came_with_ours", "installing")
PYTHON = "/usr/bin/python3"
DPKG_STATUS = Path("/var/lib/dpkg/status")
IMPORTED = Path("/run/pilab-imported")  # gone at the next start
MOST_PATHS = 50  # that differ; one is enough to act on


def seen(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what was found; nothing is ever changed. The options of board_decision say what can be wanted."""
    began_s = time.time()
    found = board_look.look(Path("/"))
    found["before"] = how_it_was(notes_of(Path("/", board_look.BEFORE)))
    found["native_sources"] = sources_of(Path("/opt/pilab/native/bin"))
    found["userland"] = run("dpkg", "--print-architecture").strip()
    found["packages"] = look_at_packages(wanted["packages"].get(found["release"], []))
    found["units"] = look_at_units(wanted["units"])
    found["own"] = board_own.noted(Path("/"))["files"]
    found["imports"] = {name: can_import(name) for name in wanted.get("imports", [])}
    found["groups"] = groups_of(wanted["user"])
    found["stale"] = {name: stale(json.loads(description)) for name, description in wanted["described"].items()}
    found["clock_ahead_s"] = round(began_s - float(wanted["now_s"])) if wanted["now_s"] else 0
    return found


def notes_of(path: Path) -> str:
    """Return what board_before noted, if only root can have written it: what stands there is done as root."""
    return board_look.read(path, 1 << 22) if board_tree.is_roots(path) and board_tree.is_roots(path.parent) else ""


def sources_of(programs: Path) -> str:
    """Return what the C programs were built from; nothing where somebody else could have changed them since."""
    return board_look.one_line(board_look.read(programs / "SOURCES")) if board_tree.only_root_writes(programs) else ""


def how_it_was(notes: str) -> dict[str, Any]:
    """Return what board_before noted, without the packages: hundreds of names, which only board_before asks for.

    SystemExit where it is damaged: writing it anew would forget how the board was.
    """
    try:
        return {key: value for key, value in json.loads(notes or "{}").items() if key not in PACKAGES}
    except (ValueError, AttributeError):
        raise SystemExit(
            f"/{board_look.BEFORE} is damaged: remove it on the board, and restore.yml leaves that board alone."
        ) from None


def stale(description: dict[str, Any]) -> list[str]:
    """List the first paths that differ from a description; their names may be anybody's."""
    changes = board_tree.planned(description)[:MOST_PATHS]
    return [board_text.visible(change["path"])[: board_look.MOST_LETTERS] for change in changes]


def run(*command: str) -> str:
    """Return what a command prints; a failing or missing one prints nothing of use. SystemExit if it takes too long."""
    try:
        environment = dict(os.environ, LC_ALL="C")
        ran = subprocess.run(
            command, capture_output=True, errors="replace", env=environment, check=False, timeout=TIMEOUT_S
        )
    except OSError:
        return ""
    except subprocess.TimeoutExpired:
        raise SystemExit(f"{command[0]} did not end within {TIMEOUT_S} s: restart the board, then run again.") from None
    return ran.stdout


def look_at_packages(names: list[str]) -> dict[str, Any]:
    """Sort names into installed, available in the package sources, and neither; tell where dpkg was interrupted."""
    answer = run(*board_packages.QUERY)
    there = set(board_packages.installed_in(answer))
    missing = [name for name in names if name not in there]
    unfinished = board_packages.unfinished_in(answer)
    return {
        "installed": sorted(there.intersection(names)),
        "available": board_packages.candidates_in(run("apt-cache", "policy", *missing)) if missing else [],
        "unfinished": unfinished,
        "interrupted": any(DPKG_JOURNAL.glob("[0-9]*")) or bool(unfinished),
    }


def can_import(name: str) -> bool:
    """Tell whether the board's Python can load a module: what a package needs is not always what it names.

    It takes a Pi Zero seconds, so a success is remembered until dpkg changes something or the board is restarted.
    """
    stamp, state = IMPORTED / name, str(DPKG_STATUS.stat().st_mtime_ns)
    if board_tree.is_roots(stamp) and board_look.read(stamp) == state:
        return True
    command = [PYTHON, "-I", "-c", f"import {name}"]
    try:
        if subprocess.run(command, capture_output=True, check=False, timeout=TIMEOUT_S).returncode != 0:
            return False
    except (OSError, subprocess.TimeoutExpired):
        return False
    with suppress(OSError):  # /run is full: then it is tried again at the next look
        IMPORTED.mkdir(mode=0o755, exist_ok=True)
        stamp.write_text(state, encoding="ascii")
    return True


def look_at_units(names: list[str]) -> dict[str, Any]:
    """Return each unit's state, and what the running process was deployed from."""
    properties = "Id,UnitFileState,ActiveState,NeedDaemonReload,MainPID"
    text = run("systemctl", "show", "--property", properties, *names) if names else ""
    units = [dict(line.split("=", 1) for line in block.splitlines()) for block in text.split("\n\n") if block.strip()]
    return {unit["Id"]: describe_unit(unit) for unit in units}


def describe_unit(unit: dict[str, str]) -> dict[str, Any]:
    """Turn systemd's words into the roles' words."""
    return {
        "enabled": unit.get("UnitFileState") == "enabled",
        "state": unit.get("ActiveState", "inactive"),
        "stale": unit.get("NeedDaemonReload") == "yes",
        "deployment": deployment_of(board_look.read(Path("/proc") / unit.get("MainPID", "0") / "environ")),
    }


def deployment_of(environment: str) -> str:
    """Return the deployment that a process was started with, from its environment."""
    pairs = (item.partition("=") for item in environment.split("\0"))
    return next((board_look.one_line(value) for key, _, value in pairs if key == "PILAB_DEPLOYMENT"), "")


def groups_of(user: str) -> list[str]:
    """Return the groups of an account; nothing where there is no such account."""
    return run("id", "--name", "--groups", user).split() if user else []
