"""A room of virtual Pis: up and down."""

from __future__ import annotations

import ipaddress
import os
import shutil
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from virtual import commands, needs, place
from virtual.commands import attempt, detach
from virtual.containers import boards, cgroups, guest, network, roots, settings, state
from virtual.errors import RehearsalError
from virtual.locks import ended_in_order, one_at_a_time, undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from virtual.containers.state import Guest, Room

    Report = Callable[[str], None]

BOOT_TIMEOUT_S = 240
# A guest that is still booting does not listen; 30 guests that end at once on two cores took 20 s.
POWER_OFF_TIMEOUT_S = 8
POWER_OFF_TIMEOUT_PER_GUEST_S = 1


def up(pis: int, report: Report, snapshot: Path | None = None) -> Room:
    """Boot so many virtual Pis and wait until each answers to ssh; whatever was made is taken down again on failure.

    With a snapshot the boards are as those that it was made of.
    """
    if not 1 <= pis <= boards.MOST_PIS:
        raise RehearsalError(f"--pis is {pis}: ask for 1 to {boards.MOST_PIS} virtual Pis.")
    needs.check()
    here = place.here()
    with one_at_a_time(here.lock):
        room = state.load(here)
        if room and here.ready.exists():
            return _already_up(room, pis, report)
        _take_down(here, report)
        return _make_or_take_down(here, pis, report, snapshot)


def _already_up(room: Room, pis: int, report: Report) -> Room:
    if len(room.guests) != pis:
        raise RehearsalError(
            f"A room of {len(room.guests)} virtual Pis is up, not of {pis}: take it down with invoke rehearse.down.",
        )
    report(f"{pis} virtual Pis are up already.")
    return room


def _make_or_take_down(here: place.Place, pis: int, report: Report, snapshot: Path | None) -> Room:
    with ended_in_order():
        try:
            return _make(here, pis, report, snapshot)
        except BaseException:
            _take_down(here, report)
            raise


def _make(here: place.Place, pis: int, report: Report, snapshot: Path | None) -> Room:
    if network.exists(here.label):
        raise RehearsalError(
            f"An interface {here.label} exists and is not ours: remove it, or set PILAB_ROOM to another name.",
        )
    releases = {boards.kind_of(number).release for number in range(1, pis + 1)}
    release_roots = roots.ensure(here.cache, releases, report)
    _ensure_frames(guest.camera(here))
    _clear_leftovers(here)
    with _one_room_at_a_time(here):
        room = plan(pis, network.free_range(network.used_ranges()))
        addresses = ipaddress.IPv4Network(room.network)
        state.save(here, room)
        settings.change()
        network.up(here.label, addresses)
    guest.make_key(here)
    if notice := needs.tight(pis, shutil.disk_usage(here.cache).free, here.cache):
        report(notice)
    report(f"Booting {pis} virtual Pis.")
    for one in room.guests:
        guest.make(here, one, release_roots[one.release], str(addresses[1]), snapshot and snapshot / one.name)
        guest.boot(here, one)
    _start_watcher(here)
    _wait_for_all(here, room)
    here.ready.touch()
    report(f"{pis} virtual Pis are up: {', '.join(f'{one.name} ({one.release})' for one in room.guests)}.")
    return room


def _one_room_at_a_time(here: place.Place) -> AbstractContextManager[None]:
    """Two rooms that come or go at the same moment must not find the same range free, nor a setting half changed."""
    return one_at_a_time(here.cache / "locks" / ".computer", wait=True)


def _ensure_frames(folder: Path) -> None:
    from virtual import frames  # noqa: PLC0415 -- OpenCV would slow every other command down

    frames.ensure(folder)


def _clear_leftovers(here: place.Place) -> None:
    """A power cut empties /run, where the room is written down, and leaves the disks of its guests."""
    for root in here.guests.glob("*/root"):
        attempt("umount", "--lazy", str(root))
    shutil.rmtree(here.guests, ignore_errors=True)


def plan(pis: int, addresses: ipaddress.IPv4Network) -> Room:
    """The guests of a room: names pi01 on, releases in turn, addresses from .101 on."""
    guests = []
    for number in range(1, pis + 1):
        kind = boards.kind_of(number)
        guests.append(state.Guest(f"pi{number:02}", number, kind.release, kind.userland, str(addresses[100 + number])))
    return state.Room(str(addresses), tuple(guests))


def _start_watcher(here: place.Place) -> None:
    environment = {"PILAB_ROOM": here.room, "PILAB_CACHE": str(here.cache), "PYTHONPATH": str(place.PROJECT)}
    command = (sys.executable, "-m", "virtual.containers.governors", str(here.run))
    detach(*command, log=here.guests / "governors.log", environment=environment)


def _wait_for_all(here: place.Place, room: Room) -> None:
    deadline = time.monotonic() + BOOT_TIMEOUT_S
    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(lambda one: _answers(here, one, deadline), room.guests))
    silent = [one for one, answer in zip(room.guests, answers, strict=True) if not answer]
    if silent:
        logs = ", ".join(str(_keep_log(here, one)) for one in silent)
        raise RehearsalError(
            f"{', '.join(one.name for one in silent)} did not answer within {BOOT_TIMEOUT_S} s; see {logs}."
        )


def _keep_log(here: place.Place, one: Guest) -> Path:
    """Put the console of a guest that failed where it outlives the room."""
    kept = here.cache / f"failed-{here.room}-{one.name}.log"
    shutil.copy(guest.folder_of(here, one) / "console.log", kept)
    return kept


def _answers(here: place.Place, one: Guest, deadline: float) -> bool:
    while time.monotonic() < deadline:
        if attempt(*guest.ssh(here, one, "true", timeout_s=5), timeout_s=10):
            return True
        time.sleep(0.3)
    return False


def keep(snapshot: Path, report: Report) -> None:
    """Take this room down, and keep its boards' disks as what another room begins with; a folder for each board."""
    here = place.here()
    with one_at_a_time(here.lock):
        room = state.load(here)
        if room is None:
            raise RehearsalError("No virtual Pis are up that could be kept.")
        _switch_off(here, room)
        for one in room.guests:
            guest.release(here, one)
            guest.disk(here, one).rename(snapshot / one.name)
        _take_down(here, report)


def down(report: Report) -> None:
    """Take everything of this room away, whatever state it is in; nothing happens when there is nothing."""
    needs.check()
    here = place.here()
    with one_at_a_time(here.lock):
        if not _take_down(here, report):
            report("No virtual Pis are up.")


def _take_down(here: place.Place, report: Report) -> bool:
    """Whether there was anything to take down."""
    room = state.load(here)
    if room is None:
        return False
    report(f"Taking down {len(room.guests)} virtual Pis.")
    with undisturbed():
        _switch_off(here, room)
        for one in room.guests:
            guest.remove(here, one)
        shutil.rmtree(here.guests, ignore_errors=True)
        cgroups.remove(here.label)
        network.down(here.label)
        with _one_room_at_a_time(here):
            shutil.rmtree(here.run)
            if not any(here.run.parent.glob("*/room.json")):
                settings.restore()
    return True


def _switch_off(here: place.Place, room: Room) -> None:
    """Guests shut themselves down when nspawn is asked to end; whatever is left after the time limit is killed."""
    timeout_s = POWER_OFF_TIMEOUT_S + POWER_OFF_TIMEOUT_PER_GUEST_S * len(room.guests)
    _signal(processes(here), signal.SIGTERM)
    deadline = time.monotonic() + timeout_s
    while processes(here) and time.monotonic() < deadline:
        time.sleep(0.1)
    left = processes(here) | cgroups.members(here.label)
    _signal(left, signal.SIGKILL)
    while (processes(here) | cgroups.members(here.label)) and time.monotonic() < deadline + 10:
        time.sleep(0.1)


def _signal(numbers: set[int], which: signal.Signals) -> None:
    for number in numbers:
        with suppress(ProcessLookupError):
            os.kill(number, which)


def processes(here: place.Place) -> set[int]:
    """The programs on this computer that run the room: nspawn and the watcher of the governors."""
    return commands.processes(
        f"--directory={here.guests}/".encode(), f"virtual.containers.governors\0{here.run}\0".encode()
    )
