"""Boards that cannot be reached for as long as a test wants, however busy this computer is."""

from __future__ import annotations

import shlex
import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tests.rehearsal.conftest import wait_until
from virtual.containers import guest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from tests.rehearsal.conftest import Lab

# Files on the board's disk, which this computer sees, too.
SHUT, OPEN = "var/gate-is-shut", "var/gate-may-open"


@contextmanager
def shut(lab: Lab, name: str, begin: str, end: str) -> Iterator[None]:
    """Have a board do something to its ssh as root, and undo it when this ends."""
    root = guest.folder_of(lab.place, lab.guest(name)) / "root"
    waiting = f"touch /{SHUT}; until test -e /{OPEN}; do sleep 0.2; done; rm /{SHUT} /{OPEN}"
    script = f"sleep 1; {begin}; {waiting}; {end}"
    # This connection may be cut or stand still before it is answered, too.
    with suppress(subprocess.TimeoutExpired):
        lab.ssh(name, f"sudo systemd-run sh -c {shlex.quote(script)}", timeout_s=60)
    wait_until((root / SHUT).exists)
    try:
        yield
    finally:
        (root / OPEN).touch()
        wait_until(lambda: lab.ssh(name, "true").returncode == 0, pause_s=0.5)


def without_ssh(lab: Lab, name: str) -> AbstractContextManager[None]:
    """A board that does not answer to ssh, with the connections that were open cut as well."""
    return shut(lab, name, "systemctl stop ssh.socket ssh.service; pkill -KILL sshd", "systemctl start ssh")


def frozen(lab: Lab, name: str) -> AbstractContextManager[None]:
    """A board whose ssh takes connections and says nothing."""
    return shut(lab, name, "pkill -STOP -x sshd", "pkill -CONT -x sshd")
