"""What can be wrong with the teacher's computer, each with the command that mends it here."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from fleet.doctor.finding import fault, note, typed
from fleet.doctor.here import PROGRAMS
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fleet.doctor.finding import Finding
    from fleet.doctor.here import Computer

    Rule = Callable[[Computer], Iterator[Finding]]

# A run of thirty boards has some MiB, virtual Pis some GiB.
LEAST_FREE_BYTES = 2**30
MIB = 2**20
# Without these nothing reaches a board; the others are for cards and for the set-up.
NEEDED = ("openssh-client",)
# A clock that is behind what was written here is wrong for sure; the rest is for the time server.
MOST_BEHIND_S = 60


def programs(computer: Computer) -> Iterator[Finding]:
    """Find programs that are missing, by their packages."""
    packages = dict.fromkeys(PROGRAMS[name] for name in computer.missing)
    for package in packages:
        names = ", ".join(name for name in computer.missing if PROGRAMS[name] == package)
        found = fault if package in NEEDED else note
        yield found(
            "program-missing", lazy("{names} is missing", names=names), typed(f"sudo apt-get install {package}")
        )


def keys(computer: Computer) -> Iterator[Finding]:
    """Find keys that are missing, or that ssh refuses because others can read them."""
    for key in computer.keys:
        path = shlex.quote(key.path)
        if not key.is_there:
            yield fault("key-missing", lazy("the key {path} of the inventory is not there", path=key.path),
                        lazy("correct ansible_ssh_private_key_file, or type: {command}",
                             command=f"ssh-keygen -t ed25519 -f {path}"))  # fmt: skip
        elif not key.is_mine:
            yield fault("key-of-another", lazy("the key {path} belongs to another account", path=key.path),
                        typed(f"sudo chown {computer.account} {path}"))  # fmt: skip
        elif key.is_open_to_others:
            yield fault("key-open", lazy("the key {path} can be read by others, so ssh does not use it", path=key.path),
                        typed(f"chmod 600 {path}"))  # fmt: skip
    if not computer.keys and not computer.agent_keys:
        yield fault("no-key", lazy("there is no ssh key of yours"), typed("ssh-keygen -t ed25519"))


def disk(computer: Computer) -> Iterator[Finding]:
    """Find a disk that cannot take the records of a lesson."""
    if computer.free_bytes < LEAST_FREE_BYTES:
        free = computer.free_bytes // MIB
        see = f"du -xh --max-depth=1 {shlex.quote(str(computer.root))}"
        yield fault("here-disk-full", lazy("only {free} MiB are free on its disk", free=free),
                    lazy("make room; to see what is large, type: {command}", command=see))  # fmt: skip


def inventory(computer: Computer) -> Iterator[Finding]:
    """Find a list of boards that cannot be used, in the words of every other command."""
    if computer.inventory_fault:
        yield fault("inventory", computer.inventory_fault)


def clock(computer: Computer) -> Iterator[Finding]:
    """Find a clock that cannot be right: boards are compared with it."""
    if computer.now_s < computer.newest_s - MOST_BEHIND_S:
        yield fault(
            "here-clock", lazy("its clock is behind the files of this project"), typed("sudo timedatectl set-ntp true")
        )
    elif computer.is_synchronised is False:
        yield note("here-clock-alone", lazy("no time server sets its clock"), typed("sudo timedatectl set-ntp true"))


def environment(computer: Computer) -> Iterator[Finding]:
    """Find an environment that is not the project's, or older than what it is to hold."""
    if not computer.is_own_python:
        yield fault("venv-other", lazy("this is not the Python of the project"),
                    typed(f"cd {shlex.quote(str(computer.root))} && make setup && . .venv/bin/activate"))  # fmt: skip
    elif not computer.is_set_up:
        yield fault("venv-old", lazy("its packages are not those of requirements.txt"), typed("make setup"))


def ownership(computer: Computer) -> Iterator[Finding]:
    """Find what everybody may write, and what belongs to another account."""
    if computer.open_to_all:
        paths = shlex.join(computer.open_to_all)
        yield fault("here-open", lazy("everybody may write to {path}, so Ansible does not trust it",
                                      path=computer.open_to_all[0]), typed(f"chmod o-w {paths}"))  # fmt: skip
    if computer.of_others:
        names, paths = ", ".join(computer.of_others), shlex.join(computer.of_others)
        fix = typed(f"sudo chown -R {computer.account} {paths}")
        yield fault("here-of-others", lazy("{names} belongs to another account", names=names), fix)


RULES: tuple[Rule, ...] = (environment, programs, keys, inventory, disk, clock, ownership)
