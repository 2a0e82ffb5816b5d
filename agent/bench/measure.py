"""One run of one program, measured from outside by a program that is small enough not to show in the result."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from agent.bench.output import ProgramOutput
from agent.board.built import why_unusable
from agent.board.programs import last_line
from agent.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.bench.output import Watch
    from agent.bench.stop import Stop
    from agent.board.paths import Paths

# What `measure` writes, each a whole number that fits the kernel's own; a line of it has less than 400 bytes.
USAGE = {
    "wall_ns", "user_ns", "sys_ns", "peak_rss_bytes", "minor_faults", "major_faults",
    "voluntary_switches", "involuntary_switches", "exit_status",
}  # fmt: skip
# And beside it, where memory was looked at: what all processes of the program took together, and how many they were.
MEMORY = {"memory_bytes", "processes"}
MOST_COUNT = 2**63 - 1
MOST_USAGE_BYTES = 4096
MOST_WORDS = 500
# By the account of the experiments, which has the open file and no way to it.
WRITABLE = 0o602
# Why a signal ended a program; a shell and `measure` call that end 128 and the signal's number.
SIGNALLED = 128
KILLED = "The program was killed, most likely because the memory ran out; close what else runs on the board."
FOREIGN = (
    "The program has an instruction that this processor does not know; build it anew with: make -C native clean all"
)
ENDED_BY: dict[int, str] = {signal.SIGKILL: KILLED, signal.SIGILL: FOREIGN}


@dataclass(frozen=True)
class Measurement:
    """What a run cost, what the program said about it, and its complaint if it failed."""

    usage: dict[str, int]
    output: dict[str, object] | None
    complaint: str

    @property
    def failure(self) -> str:
        """The sentence about a run that failed; nothing about one that did not."""
        status = self.usage["exit_status"]
        if not status:
            return ""
        return ENDED_BY.get(status - SIGNALLED) or f"The program ended with status {status}: {self.complaint}"

    @property
    def loop_ns(self) -> int:
        """The time of the work itself, without the start of the program; BenchError if it failed or did not say."""
        loop_ns = (self.output or {}).get("loop_ns")
        if not isinstance(loop_ns, int) or not _counts(loop_ns):
            raise BenchError(self.failure or "The program did not say how long its loop took.")
        return loop_ns


def measure(
    command: Sequence[str], paths: Paths, timeout_s: float, stop: Stop, watch: Watch, *, memory: bool = False
) -> Measurement:
    """Run a program to its end while the board is watched; BenchError if it cannot be started or takes too long.

    With `memory` its processes are looked at again and again, so that its times mean nothing.
    What it cost is written by the account it runs as, so it is believed no further than its numbers: it comes through
    a file without a name, which nobody can swap for a link or a pipe.
    """
    stop.check()
    try:
        with TemporaryFile() as usage:
            os.fchmod(usage.fileno(), WRITABLE)
            process = _start(command, usage.fileno(), paths, ["--memory"] if memory else [])
            stdout, stderr = _output(process, " ".join(command), timeout_s, stop, watch)
            complaint = last_line(stderr.decode(errors="replace"))[:MOST_WORDS]
            if process.returncode != 0:
                raise BenchError(ENDED_BY.get(-process.returncode, complaint))
            written = os.pread(usage.fileno(), MOST_USAGE_BYTES, 0)
            return Measurement(_usage(written, USAGE | MEMORY if memory else USAGE), _answer(stdout), complaint)
    except (OSError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or "no memory is left"
        raise BenchError(f"The program cannot be measured: {reason}; close what else runs on the board.") from error


def _output(
    process: subprocess.Popen[bytes], name: str, timeout_s: float, stop: Stop, watch: Watch
) -> tuple[bytes, bytes]:
    """Watch a program to its end; return its output and its complaints."""
    with stop.watching(process):
        said = ProgramOutput(process, name, timeout_s).read(watch, stop)
    stop.check()
    return said


def _start(command: Sequence[str], usage: int, paths: Paths, options: Sequence[str]) -> subprocess.Popen[bytes]:
    user = paths.experimenter
    measuring = [str(paths.native / "measure"), *options, f"/dev/fd/{usage}"]
    try:
        return subprocess.Popen(
            [*measuring, *command],
            pass_fds=[usage],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # a group of its own, so that it can be killed with all its children
            cwd="/",
            env={"PATH": os.defpath, "PYTHONPATH": str(paths.code)},
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise BenchError(f"The program cannot be started: {error.strerror}.") from error
        raise BenchError(why_unusable(paths.native / "measure", str(error.strerror))) from error


def _answer(stdout: bytes) -> dict[str, object] | None:
    """Understand what a program printed; nothing if it printed nothing."""
    if not stdout.strip():
        return None
    answer = _json(stdout)
    if not isinstance(answer, dict):
        raise BenchError(f"The program printed something that is no object of JSON: {stdout[:80]!r}.")
    return answer


def _usage(written: bytes, keys: set[str]) -> dict[str, int]:
    """Understand what `measure` wrote; BenchError if it is not just these numbers."""
    usage = _json(written)
    if not isinstance(usage, dict) or usage.keys() != keys or not all(map(_counts, usage.values())):
        raise BenchError(f"What the program cost was not written as it should be: {written[:80]!r}.")
    return usage


def _json(text: bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _counts(value: object) -> bool:
    return type(value) is int and 0 <= value <= MOST_COUNT
