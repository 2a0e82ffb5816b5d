"""Ansible's own ssh, with limits: what a board sends is bounded in bytes and in time, and gives Ansible no orders."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleConnectionFailure
from ansible.module_utils.common.text.converters import to_bytes, to_text
from ansible.module_utils.json_utils import _filter_non_json_lines  # the very line that Ansible itself will take
from ansible_collections.pilab.classroom.plugins.module_utils.board_text import visible_lines
from ansible_collections.pilab.classroom.plugins.plugin_utils import known_keys

from ansible.plugins.connection import ssh  # type: ignore[attr-defined]

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENTATION = """
name: board_ssh
short_description: Ansible's ssh, with limits
description:
  - What a board sends in answer to one command is bounded, and loses all names that Ansible would obey.
  - A board whose name is in the file C(board_known_hosts) is known by its key there, whatever its address.
  - It has all options of Ansible's ssh, and their variables.
options:
  board_name:
    description: What the list calls the board; its host key is looked up by it.
    type: str
    vars: [{name: inventory_hostname}]
  board_known_hosts:
    description: A file of host keys by the names of boards; the inventory plugin C(pilab.classroom.boards) sets it.
    type: path
    vars: [{name: board_known_hosts}]
extends_documentation_fragment: [connection_pipelining, pilab.classroom.ssh_options]
author: Pilab
"""
# Of one command. The longest honest answer is what apt says while it installs the course's packages: 200 KiB.
MOST_BYTES = 1 << 21
CHUNK_BYTES = 1 << 16
# An answer of 2 MiB in JSON can hold a million lists, or ten thousand in each other.
MOST_VALUES = 50_000
MOST_DEPTH = 30
# Tidying up after a task is the one thing that the limit of the task does not hold for.
TIDYING_TIMEOUT_S = 60
# What Ansible obeys in the answer of a module, or prints as it is. Its own cleaning only warns of the first two, and
# prints them while it does (ansible/vars/clean.py); the third is added up in Ansible's main process, of whatever type.
ORDERS = frozenset({"add_host", "add_group", "ansible_stats", "warnings", "deprecations", "exception"})
INTERNAL = ("_ansible_", "__ansible_")
# Where a list says itself how a board is known, it is; what a ProxyCommand tells its own ssh is none of these.
OWN_WAY = re.compile(rb"(-\w*o)?\s*(userknownhostsfile|hostkeyalias)\b", re.IGNORECASE)
# ssh's own words, before the board has said any; the fingerprint is that of the key that was shown.
OTHER_KEY = re.compile(r"REMOTE HOST IDENTIFICATION HAS CHANGED.*?(SHA256:[A-Za-z0-9+/]{43})", re.DOTALL)


class Connection(ssh.Connection):
    """Is what ansible runs for `transport = board_ssh`; with `ansible_connection: ssh` a board goes without limits."""

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:  # noqa: FBT001, FBT002 (Ansible's signature)
        """Run a command, in a folder that is root's: Python would take modules from the one that we come in at."""
        status, stdout, stderr = super().exec_command(f"cd / && {cmd}", in_data=in_data, sudoable=sudoable)
        return status, without_orders(stdout), stderr

    def close(self) -> None:
        """End a task; and this process with it, where the playbook has been killed meanwhile.

        Nobody reads what it would tell then, and what is longer than a pipe holds waits for a reader for ever.
        """
        super().close()
        if is_orphan():
            os._exit(1)

    def _build_command(self, binary: str, subsystem: str, *other_args: bytes | str) -> list[bytes]:
        """Have ssh know a board by its key, under its name; ssh takes the first that it is told of each option."""
        words: list[bytes] = super()._build_command(binary, subsystem)
        self._has_own_way = has_own_way(words)
        if self._board_key() and not self._has_own_way:
            after = words.index(to_bytes(binary)) + 1
            options = known_keys.ssh_options(self.get_option("board_name"), self.get_option("board_known_hosts"))
            words[after:after] = [to_bytes(word) for word in options]
        return [*words, *(to_bytes(word) for word in other_args)]

    def _create_control_path(
        self, host: str, port: int, user: str, connection: str | None = None, pid: int | None = None
    ) -> str:
        """Keep the open connection of a board apart from that of whatever had its address before."""
        identity = f"{connection or ''} {self.get_option('board_name')} {self._board_key()}"
        path: str = ssh.Connection._create_control_path(host, port, user, identity, pid)  # noqa: SLF001
        return path

    def _run(self, cmd: list[bytes], *how: Any, **named: Any) -> tuple[int, bytes, bytes]:
        """Run ssh, and say which board it is that shows the key of another one: AnsibleConnectionFailure."""
        try:
            answer: tuple[int, bytes, bytes] = super()._run(cmd, *how, **named)
        except AnsibleConnectionFailure as error:
            shown = OTHER_KEY.search(str(error))
            if shown and not self._has_own_way:
                raise AnsibleConnectionFailure(f"{self._refusal(shown[1])}.") from None
            raise
        return answer

    def _board_key(self) -> str:
        """Return the key that the board is known by; nothing if none is written down under its name."""
        return next(iter(known_keys.keys_of(self._known_keys(), self.get_option("board_name") or "")), "")

    def _known_keys(self) -> str:
        """Return the keys of all boards of the list."""
        file = self.get_option("board_known_hosts")
        return read(Path(file)) if file else ""

    def _refusal(self, shown: str) -> str:
        name, owners = str(self.get_option("board_name")), known_keys.with_fingerprint(self._known_keys(), shown)
        return known_keys.refusal(name, str(self.get_option("host")), shown, owners)

    def _bare_run(self, cmd: list[bytes], in_data: bytes | None, **how: Any) -> tuple[int, bytes, bytes]:
        # A task's limit is an alarm (ansible/_internal/_errors/_alarm_timeout.py); none runs while Ansible tidies up.
        is_limited = in_data or signal.getitimer(signal.ITIMER_REAL)[0]
        with bounded(None if is_limited else TIDYING_TIMEOUT_S):
            answer: tuple[int, bytes, bytes] = super()._bare_run(cmd, in_data, **how)
            return answer


class Counted:
    """A pipe from a program that may send only so many bytes."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        self._left = MOST_BYTES
        self.fileno, self.close = pipe.fileno, pipe.close

    def read(self) -> bytes:
        """Return what is there, some of it if it is much; AnsibleConnectionFailure when it is too much in all."""
        chunk = os.read(self._pipe.fileno(), CHUNK_BYTES)
        self._left -= len(chunk)
        if self._left < 0:
            raise AnsibleConnectionFailure(f"it sent more than {MOST_BYTES >> 20} MiB in answer to one command.")
        return chunk


def is_orphan() -> bool:
    """Tell whether the playbook that this worker belongs to has ended; by the number of its process."""
    playbook = multiprocessing.parent_process()
    return playbook is not None and playbook.pid != os.getppid()


def read(path: Path) -> str:
    """Return what a file says, nothing if it is not there; AnsibleConnectionFailure if it cannot be read."""
    try:
        return path.read_bytes().decode(errors="surrogateescape")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise AnsibleConnectionFailure(f"the host keys in {path} cannot be read: {error.strerror}.") from error


def has_own_way(words: list[bytes]) -> bool:
    """Tell whether a list of boards says itself how ssh is to know this one."""
    return any(OWN_WAY.match(word) for word in words)


@contextmanager
def bounded(timeout_s: float | None) -> Iterator[None]:
    """Bound every program that Ansible's ssh starts meanwhile; none of them outlives this.

    The method that starts and reads them is one piece, so they are bounded where it asks for a process.
    """
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: Any, **how: Any) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(*words, **how)
        process.stdout, process.stderr = Counted(process.stdout), Counted(process.stderr)  # type: ignore[assignment]
        started.append(process)
        return process

    def kill() -> None:
        for process in started:
            process.kill()

    timer = threading.Timer(timeout_s, kill) if timeout_s else None
    ssh.subprocess = SimpleNamespace(Popen=start, PIPE=subprocess.PIPE)
    try:
        if timer:
            timer.start()
        yield
    finally:
        ssh.subprocess = subprocess
        if timer:
            timer.cancel()
        kill()


def without_orders(stdout: bytes) -> bytes:
    """Return the answer of a module without what Ansible would obey; the words of any other command, made visible.

    AnsibleConnectionFailure if it is more, or deeper in itself, than a module ever answers.
    """
    text = to_text(stdout, errors="surrogate_then_replace")
    try:
        answer = json.loads(_filter_non_json_lines(text, objects_only=True)[0])
        return json.dumps(cleaned(answer)).encode()
    except RecursionError:
        raise AnsibleConnectionFailure("its answer has lists in lists without end.") from None
    except ValueError:
        # Ansible prints words around an answer as they are. A command that is no module has no answer, only words.
        return visible_lines(text).encode() if "{" in text else stdout


def cleaned(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without the names that Ansible obeys; AnsibleConnectionFailure if it has no end."""
    left = iter(range(MOST_VALUES))

    def clean(value: Any, depth: int) -> Any:
        if depth > MOST_DEPTH or next(left, None) is None:
            raise AnsibleConnectionFailure(
                f"its answer has more than {MOST_VALUES} values, or is nested more than {MOST_DEPTH} deep."
            )
        if isinstance(value, dict):
            return {key: clean(each, depth + 1) for key, each in value.items() if not key.startswith(INTERNAL)}
        return [clean(each, depth + 1) for each in value] if isinstance(value, list) else value

    whole: dict[str, Any] = clean(answer, 0)
    return {key: value for key, value in whole.items() if key not in ORDERS}
