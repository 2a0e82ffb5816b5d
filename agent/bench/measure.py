"""One run of one program, measured from outside by a program that is small enough not to show in the result."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from agent.bench.commands import last_line
from agent.bench.stop import Stop, kill_group
from agent.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.bench.place import Place
    from agent.bench.watch import Watch


# What a shell and `measure` call the end by a signal: 128 and its number.
KILLED_STATUS = 128 + signal.SIGKILL
KILLED = "The program was killed, most likely because the memory ran out; close what else runs on the board."


@dataclass(frozen=True)
class Outcome:
    """What a run cost, what the program said about it, and its complaint if it failed."""

    usage: dict[str, int]
    output: dict[str, object] | None
    complaint: str

    @property
    def failure(self) -> str:
        """The sentence about a run that failed; nothing about one that did not."""
        status = self.usage["exit_status"]
        if status == KILLED_STATUS:
            return KILLED
        return f"The program ended with status {status}: {self.complaint}" if status else ""

    @property
    def loop_ns(self) -> int:
        """The time of the work itself, without the start of the program."""
        loop_ns = (self.output or {}).get("loop_ns")
        if not isinstance(loop_ns, int):
            raise BenchError(self.failure or "The program did not say how long its loop took.")
        return loop_ns


def measure(command: Sequence[str], place: Place, timeout_s: float, stop: Stop, watch: Watch) -> Outcome:
    """Run a program to its end while the board is watched; BenchError if it cannot be started or takes too long."""
    stop.check()
    with TemporaryDirectory(prefix="pilab-bench-") as folder:
        if place.experimenter:
            os.chown(folder, place.experimenter.pw_uid, place.experimenter.pw_gid)
        usage_file = Path(folder) / "usage.json"
        process = _start([str(place.native / "measure"), str(usage_file), *command], place)
        with stop.watching(process):
            said, complaint = _finish(process, command, timeout_s, watch)
        stop.check()
        if process.returncode != 0:
            raise BenchError(KILLED if process.returncode == -signal.SIGKILL else last_line(complaint))
        return _outcome(usage_file.read_text(encoding="ascii"), said, complaint)


def _start(command: Sequence[str], place: Place) -> subprocess.Popen[bytes]:
    user = place.experimenter
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # a group of its own, so that it can be killed with all its children
            cwd="/",
            env={"PATH": os.defpath, "PYTHONPATH": str(place.code)},
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )
    except FileNotFoundError as error:
        raise BenchError(f"{error.filename} is missing; build it with: make -C {place.code}/native") from error
    except OSError as error:
        raise BenchError(f"{command[0]} cannot be run: {error.strerror}.") from error


def _finish(
    process: subprocess.Popen[bytes], command: Sequence[str], timeout_s: float, watch: Watch
) -> tuple[bytes, str]:
    limit_s = time.monotonic() + timeout_s
    watch.begin()
    while True:
        try:
            said, complaint = process.communicate(timeout=min(watch.pause_s, max(0.0, limit_s - time.monotonic())))
        except subprocess.TimeoutExpired as error:
            if time.monotonic() < limit_s:
                watch.look()
                continue
            kill_group(process)
            process.communicate()
            raise BenchError(f"'{' '.join(command)}' was ended because it took longer than {timeout_s:g} s.") from error
        return said, complaint.decode(errors="replace")


def _outcome(usage: str, said: bytes, complaint: str) -> Outcome:
    try:
        output = json.loads(said) if said.strip() else None
    except ValueError as error:
        raise BenchError(f"The program printed something that is not JSON: {said[:80]!r}.") from error
    return Outcome(json.loads(usage), output, last_line(complaint))
