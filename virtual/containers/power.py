"""The power of the virtual Pis: on, off in order, off at once; and the programs that run them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from fleet.i18n import lazy
from virtual import commands, lifecycle, reach
from virtual.containers import cgroups, guest
from virtual.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from virtual.lifecycle import Report
    from virtual.place import Place
    from virtual.state import Guest

BOOT_TIMEOUT_S = 240
BOOT_AT_ONCE = 8
# A program has no words to be found by while it is being loaded.
LOAD_S = 5.0
# How a console sets colours and moves its cursor (ECMA-48), and how much of its end tells why a board ended.
CONTROL = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|[@-_])")
LAST_LINES, LAST_BYTES = 2, 4096
DEAD_LIMIT_S = 30
LINK_LIMIT_S = 10.0
# 30 guests that end in order at once took 20 s on two cores; one that is still booting does not listen.
SHUT_DOWN_LIMIT_S = 8
SHUT_DOWN_LIMIT_PER_GUEST_S = 1
# nspawn keeps a folder and a lock per container, and where /run is not memory it refuses to remove the folder itself.
NSPAWN_RUN = Path("/run/systemd/nspawn")


def processes(here: Place) -> set[int]:
    """The programs on this computer that run the room: nspawn and the watcher of the governors."""
    return commands.processes(
        f"--directory={here.guests}/".encode(), f"virtual.containers.governors\0{here.run}\0".encode()
    )


def is_on(here: Place, one: Guest) -> bool:
    """Whether anything of a guest runs."""
    return bool(_programs(here, one))


def boot(here: Place, guests: Sequence[Guest], report: Report) -> None:
    """Boot guests and say of each when it answers; RehearsalError names those that stay silent and keeps their logs.

    One that ends instead is told at once, with its last words; nobody waits for the others then.
    """
    up, given_up = lifecycle.Remaining(len(guests), report), Event()
    ended: list[Guest] = []

    def see(one: Guest, waited_s: float) -> None:
        """Raise TimeoutError when nobody waits for it any longer."""
        if waited_s > LOAD_S and not given_up.is_set() and not _nspawn(here, one):
            ended.append(one)
            given_up.set()
        if waited_s > BOOT_TIMEOUT_S or given_up.is_set():
            raise TimeoutError

    def boot_one(one: Guest) -> bool:
        if given_up.is_set():
            return False
        guest.boot(here, one)
        try:
            reach.wait_for(guest.ssh(here, one, "true", timeout_s=5), partial(see, one), pause_s=0.3)
        except TimeoutError:
            return False
        up.done(lazy("{board} ({release}) is up", board=one.name, release=one.release))
        return True

    answers = lifecycle.side_by_side(boot_one, guests, BOOT_AT_ONCE, given_up)
    silent = [one for one, answer in zip(guests, answers, strict=True) if not answer]
    if silent:
        raise RehearsalError(_why_ended(here, ended) if ended else _silent(here, silent))


def _silent(here: Place, silent: Sequence[Guest]) -> str:
    """Say which guests did not answer; their logs are kept."""
    return lazy(
        "{boards} did not answer within {limit:g} s; see {log}.",
        boards=", ".join(one.name for one in silent),
        limit=BOOT_TIMEOUT_S,
        log=", ".join(str(_keep_log(here, one)) for one in silent),
    )


def _why_ended(here: Place, ended: Sequence[Guest]) -> str:
    """Say which guests ended instead of booting, and what the first one said last; their logs are kept."""
    logs = [_keep_log(here, one) for one in ended]
    return lazy(
        "{boards} ended instead of booting, with the last words: {words}; see {log}.",
        boards=", ".join(one.name for one in ended),
        words=_last_words(logs[0]) or lazy("none"),
        log=", ".join(map(str, logs)),
    )


def _last_words(log: Path) -> str:
    text = CONTROL.sub("", log.read_bytes()[-LAST_BYTES:].decode(errors="replace"))
    lines = [line.strip().rstrip(".") for line in text.splitlines()]
    return " / ".join([line for line in lines if line][-LAST_LINES:])


def _keep_log(here: Place, one: Guest) -> Path:
    kept = here.cache / f"failed-{here.room}-{one.name}.log"
    return lifecycle.keep_log(kept, guest.folder_of(here, one) / "console.log")


def shut_down(here: Place, guests: Sequence[Guest]) -> None:
    """Have guests end in order, as nspawn does when it is asked to; whatever is left after the time limit is killed."""
    limit_s = SHUT_DOWN_LIMIT_S + SHUT_DOWN_LIMIT_PER_GUEST_S * len(guests)
    for one in guests:
        _signal(_nspawn(here, one), signal.SIGTERM)
    _wait_until(lambda: not any(is_on(here, one) for one in guests), limit_s)
    for one in guests:
        cut(here, one)


def cut(here: Place, one: Guest) -> None:
    """End a board at once and with everything on it; what it had not yet written to its disk is with this computer."""
    link = _link(here, one)
    _kill(lambda: _programs(here, one))
    # The kernel takes it away in its own time, and a board that starts before has one of the same name.
    _wait_until(lambda: link not in _links(), LINK_LIMIT_S)


def _link(here: Place, one: Guest) -> str:
    """Return the number of this computer's end of a guest's cable; nothing of one that is off."""
    for number in cgroups.members(here.label, one.name):
        with suppress(OSError):  # it has ended, or is nspawn itself, which is not inside
            return Path(f"/proc/{number}/root/sys/class/net/host0/iflink").read_text(encoding="ascii")
    return ""


def _links() -> set[str]:
    numbers = set()
    for path in Path("/sys/class/net").glob("*/ifindex"):
        with suppress(OSError):  # it went meanwhile
            numbers.add(path.read_text(encoding="ascii"))
    return numbers


def cut_all(here: Place) -> None:
    """End all boards of a room at once, and the watcher of their governors."""
    _kill(lambda: processes(here) | cgroups.members(here.label))


def forget(here: Place, one: Guest) -> None:
    """Remove what nspawn noted of a stopped guest."""
    for leftover in NSPAWN_RUN.glob(f"*/*{guest.machine(here, one)}"):
        if os.path.ismount(leftover):
            commands.attempt("umount", "--lazy", str(leftover))
        shutil.rmtree(leftover, ignore_errors=True) if leftover.is_dir() else leftover.unlink(missing_ok=True)


def _programs(here: Place, one: Guest) -> set[int]:
    return _nspawn(here, one) | cgroups.members(here.label, one.name)


def _nspawn(here: Place, one: Guest) -> set[int]:
    return commands.processes(f"--directory={guest.folder_of(here, one)}/".encode())


def _kill(left: Callable[[], set[int]]) -> None:
    """Kill programs until none is left: one that is just being started may begin another.

    All stand still before the first one dies: without power nobody sees another end and tidies up, as dpkg does.
    """

    def none_left() -> bool:
        numbers = left()
        for which in (signal.SIGSTOP, signal.SIGKILL):
            _signal(numbers, which)
        return not numbers

    _wait_until(none_left, DEAD_LIMIT_S)


def _signal(numbers: set[int], which: signal.Signals) -> None:
    for number in numbers:
        with suppress(ProcessLookupError):
            os.kill(number, which)


def _wait_until(true: Callable[[], bool], limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)
