"""Whether the teacher's computer has what it takes: programs, keys, disk, inventory, clock, its own environment."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fleet import files
from fleet.boards import inventory
from fleet.errors import InventoryError
from fleet.places import ROOM, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.boards.inventory import Board
    from fleet.doctor.finding import Finding

NAME = "this-computer"
# What the commands start, with Debian's package of each.
PROGRAMS = {
    **dict.fromkeys(("ssh", "ssh-keygen", "ssh-keyscan", "ssh-add"), "openssh-client"),
    **dict.fromkeys(("make", "gcc"), "build-essential"),
    **dict.fromkeys(("mcopy", "mdir"), "mtools"),
    **dict.fromkeys(("openssl",), "openssl"),
}
KEYS = ("id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk")
ASK_LIMIT_S = 5.0
MOST_LOOKED_AT = 20_000
MOST_NAMED = 4
# Written anew by programs of others, or of no interest to a command.
NOT_OURS = (".git", "node_modules", "__pycache__")


@dataclass(frozen=True)
class Key:
    """A key file that somebody names, or ssh's own; `fault` is the reason if it cannot be used."""

    path: str
    is_there: bool
    is_open_to_others: bool = False
    is_mine: bool = True


@dataclass(frozen=True)
class Computer:
    """What can be told of this computer."""

    root: Path
    account: str
    missing: tuple[str, ...]
    keys: tuple[Key, ...]
    agent_keys: int
    free_bytes: int
    now_s: float
    newest_s: float
    is_synchronised: bool | None
    boards: tuple[Board, ...]
    inventory_fault: str
    is_own_python: bool
    is_set_up: bool
    open_to_all: tuple[str, ...]
    of_others: tuple[str, ...]


def diagnose(root: Path = ROOM) -> list[Finding]:
    """Return what is wrong with this computer."""
    from fleet.doctor.rules.here import RULES  # noqa: PLC0415 (its rules know what a computer is from here)

    computer = look(root)
    return [found for rule in RULES for found in rule(computer)]


def look(root: Path) -> Computer:
    """Gather what can be told; nothing is changed."""
    boards, trouble = _boards(root)
    is_checkout = _written_s(root / "requirements.txt") is not None  # else a room of an installed Pilab
    return Computer(
        root=root,
        account=os.environ.get("USER") or str(os.geteuid()),
        missing=tuple(name for name in PROGRAMS if not shutil.which(name)),
        keys=tuple(_key(path) for path in _key_files(boards)),
        agent_keys=_agent_keys(),
        free_bytes=shutil.disk_usage(root).free,
        now_s=time.time(),
        newest_s=max((path.stat().st_mtime for path in (root / "fleet").rglob("*.py")), default=0.0),
        is_synchronised=_is_synchronised(),
        boards=tuple(boards),
        inventory_fault=trouble,
        is_own_python=not is_checkout or Path(sys.prefix).resolve() == (root / ".venv").resolve(),
        is_set_up=not is_checkout or _is_newer(root / ".venv/.complete", root / "requirements.txt"),
        open_to_all=tuple(_open_to_all(root)),
        of_others=tuple(_of_others(root)),
    )


def _boards(root: Path) -> tuple[Sequence[Board], str]:
    try:
        return inventory.boards("all", root), ""
    except InventoryError as error:
        return [], str(error)
    except OSError as error:
        return [], files.sentence(error)


def _key_files(boards: Sequence[Board]) -> list[str]:
    """Name the keys that the list of boards names, and those that ssh looks for by itself."""
    paths = [Path("~/.ssh", name).expanduser() for name in KEYS]
    own = {str(path) for path in paths if _written_s(path) is not None}
    return sorted(own.union(board.key_file for board in boards if board.key_file))


def _key(path: str) -> Key:
    try:
        found = Path(path).expanduser().stat()
    except OSError:
        return Key(path, is_there=False)
    is_open = bool(found.st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    return Key(path, is_there=True, is_open_to_others=is_open, is_mine=found.st_uid == os.geteuid())


def _agent_keys() -> int:
    """Count the keys that ssh-agent holds."""
    return len(ask("ssh-add", "-l").splitlines()) if os.environ.get("SSH_AUTH_SOCK") else 0


def _is_synchronised() -> bool | None:
    """Tell whether the clock follows the network's; None where nobody can tell."""
    told = ask("timedatectl", "show", "--property=NTPSynchronized", "--value").strip()
    return {"yes": True, "no": False}.get(told)


def ask(*command: str) -> str:
    """Return what a program prints; nothing if it is missing, fails or hangs."""
    try:
        ran = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=ASK_LIMIT_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ran.stdout if ran.returncode == 0 else ""


def _is_newer(made: Path, source: Path) -> bool:
    when_s, source_s = _written_s(made), _written_s(source)
    return when_s is not None and (source_s is None or when_s >= source_s)


def _written_s(path: Path) -> float | None:
    """Return when a file was written; None where there is none, or a folder on the way is shut."""
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _open_to_all(root: Path) -> list[str]:
    """Name what everybody on this computer may write: Ansible does not read its settings from such a folder."""
    looked = (root, root / SETTINGS, root / "inventory.ini", root / "group_vars", root / "fleet", root / "ansible")
    return [str(path) for path in looked if os.path.exists(path) and path.stat().st_mode & stat.S_IWOTH]  # noqa: PTH110 (Path.exists raises where a folder is shut)


def _of_others(root: Path) -> list[str]:
    """Name what is in this checkout and belongs to another account, as after `sudo make`; or the whole of it."""
    if os.geteuid() not in (0, root.stat().st_uid):
        return [str(root)]
    here = [entry for entry in os.scandir(root) if entry.name not in NOT_OURS]
    found = sorted(entry.path for entry in here if _belongs_to_another(Path(entry.path)))
    return found if len(found) <= MOST_NAMED else [str(root)]


def _belongs_to_another(path: Path) -> bool:
    """Tell whether something that lies here belongs to another account; root may use everything."""
    if os.geteuid() == 0:
        return False
    below = path.rglob("*") if path.is_dir() and not path.is_symlink() else ()
    looked = [path, *(each for each, _ in zip(below, range(MOST_LOOKED_AT), strict=False))]
    return any(each.lstat().st_uid != os.geteuid() for each in looked)
