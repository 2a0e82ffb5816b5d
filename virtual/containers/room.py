"""A room of virtual Pis: up and down, and one board booted again alone."""

from __future__ import annotations

import ipaddress
import sys
from typing import TYPE_CHECKING

from fleet.i18n import lazy
from virtual import lifecycle, needs, place, reach, state
from virtual.commands import attempt, detach
from virtual.containers import boards, capacity, cgroups, claim, guest, network, power, roots, trash
from virtual.errors import RehearsalError
from virtual.lifecycle import side_by_side
from virtual.locks import one_at_a_time, undisturbed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from virtual.lifecycle import Report
    from virtual.state import Guest, Room

AT_ONCE = 8
# Small disks are gone within it; what takes longer need not be waited for, except where there is no room for others.
DELETED_AT_ONCE_S = 3
DELETING_LIMIT_S = 600


def up(pis: int | Sequence[int], report: Report, snapshot: Path | None = None) -> Room:
    """Boot virtual Pis and wait until each answers to ssh; whatever was made is taken down again on failure.

    So many, or those with these numbers. With a snapshot the boards are as those that it was made of. RehearsalError
    for a number that is of no use, and when a board does not come up.
    """
    numbers = range(1, pis + 1) if isinstance(pis, int) else pis
    if not 1 <= len(numbers) <= boards.MOST_PIS:
        raise RehearsalError(lazy("--pis is {pis}: ask for 1 to {most} virtual Pis.", pis=pis, most=boards.MOST_PIS))
    needs.check(needs.VIRTUAL_PIS)
    needs.check_machine_id()
    here = place.here()
    return lifecycle.up(
        here,
        state.load_room,
        again=lambda room: _already_up(here, room, len(numbers), report),
        make=lambda: _make(here, numbers, report, snapshot),
        take_down=lambda: _take_down(here, report),
    )


def _already_up(here: place.Place, room: Room, pis: int, report: Report) -> Room:
    if len(room.guests) != pis:
        raise RehearsalError(
            lazy(
                "A room of {up} virtual Pis is up, not of {pis}: take it down with: {command}",
                up=len(room.guests),
                pis=pis,
                command="invoke rehearse.down",
            )
        )
    report(lazy("{pis} virtual Pis are up already.", pis=pis))
    off = ",".join(one.name for one in room.guests if not power.is_on(here, one))
    if off:
        report(
            lazy(
                "Without power: {boards}; boot it again with: {command}",
                boards=off,
                command=f"invoke rehearse.reboot --hosts {off}",
            )
        )
    return room


def _make(here: place.Place, numbers: Sequence[int], report: Report, snapshot: Path | None) -> Room:
    if network.exists(here.label):
        raise RehearsalError(
            lazy(
                "An interface {name} exists and is not ours: remove it, or set PILAB_ROOM to another name.",
                name=here.label,
            )
        )
    _clear_leftovers(here)
    _see_that_they_fit(here, len(numbers), report)
    releases = {boards.kind_of(number).release for number in numbers}
    release_roots = roots.ensure(here.cache, releases, report, is_lite=True)
    _ensure_frames(guest.camera(here))
    room = claim.take(here, numbers)
    reach.make_key(here)
    report(lazy("Booting {pis} virtual Pis.", pis=len(numbers)))
    _make_disks(here, room, release_roots, snapshot)
    _start_watcher(here)
    power.boot(here, room.guests, report)
    named = ", ".join(f"{one.name} ({one.release})" for one in room.guests)
    report(lazy("{pis} virtual Pis are up: {boards}.", pis=len(numbers), boards=named))
    return room


def _see_that_they_fit(here: place.Place, pis: int, report: Report) -> None:
    if not capacity.fits(pis, capacity.free(here.cache)) and not trash.wait(here, 0):
        report(lazy("Waiting until the disks of earlier virtual Pis are deleted."))
        trash.wait(here, DELETING_LIMIT_S)
    free = capacity.free(here.cache)
    capacity.refuse_more_than_fit(pis, free)
    if notice := capacity.tight(pis, free):
        report(notice)


def _clear_leftovers(here: place.Place) -> None:
    """A power cut empties /run, where the room is written down, and leaves the disks of its guests."""
    for root in here.guests.glob("*/root"):
        attempt("umount", "--lazy", str(root))
    trash.throw(here, here.guests)


def _ensure_frames(folder: Path) -> None:
    if folder.exists():  # it is whole, then
        return
    from virtual import frames  # noqa: PLC0415 -- OpenCV would slow every other command down

    frames.ensure(folder)


def _make_disks(here: place.Place, room: Room, release_roots: dict[str, Path], snapshot: Path | None) -> None:
    """Make all disks, and record all host keys before the first board boots."""
    gateway = str(ipaddress.IPv4Network(room.network)[1])

    def make(one: Guest) -> str:
        return guest.make(here, one, release_roots[one.release], gateway, snapshot and snapshot / one.name)

    host_keys = side_by_side(make, room.guests, AT_ONCE)
    reach.trust(here, {one.address: host_key for one, host_key in zip(room.guests, host_keys, strict=True)})


def _start_watcher(here: place.Place) -> None:
    environment = {"PILAB_ROOM": here.room, "PILAB_CACHE": str(here.cache), "PYTHONPATH": str(place.PROJECT)}
    command = (sys.executable, "-m", "virtual.containers.governors", str(here.run))
    detach(*command, log=here.guests / "governors.log", environment=environment)


def reboot(names: Sequence[str], report: Report) -> None:
    """Boot boards of this room again, each from its own disk; one that is on is shut down before.

    RehearsalError if there is no such board, or if one does not come up.
    """
    needs.check(needs.VIRTUAL_PIS)
    here = place.here()
    with one_at_a_time(here.lock):
        guests = _named(state.load_room(here) if here.ready.exists() else None, names)
        for one in guests:
            report(
                lazy("{board} is shut down and boots again.", board=one.name)
                if power.is_on(here, one)
                else lazy("{board} is without power and boots again.", board=one.name)
            )
        power.shut_down(here, guests)
        power.boot(here, guests, report)


def _named(room: Room | None, names: Sequence[str]) -> list[Guest]:
    if room is None:
        raise RehearsalError(
            lazy(
                "No virtual Pis are up that could be booted again: boot them with: {command}",
                command="invoke rehearse.up",
            )
        )
    unknown = set(names) - {one.name for one in room.guests}
    if unknown:
        raise RehearsalError(
            lazy(
                "--hosts names what is no virtual Pi: {names}; this room has {first} to {last}.",
                names=", ".join(sorted(unknown)),
                first=room.guests[0].name,
                last=room.guests[-1].name,
            )
        )
    return [one for one in room.guests if one.name in names]


def keep(snapshot: Path, report: Report) -> None:
    """Take this room down, and keep its boards' disks as what another room begins with; a folder for each board.

    RehearsalError if none is up.
    """
    here = place.here()
    with one_at_a_time(here.lock):
        room = state.load_room(here)
        if room is None:
            raise RehearsalError(lazy("No virtual Pis are up that could be kept."))
        power.shut_down(here, room.guests)
        for one in room.guests:
            guest.release(here, one)
            guest.disk(here, one).rename(snapshot / one.name)
        _take_down(here, report)


def down(report: Report) -> None:
    """Take everything of this room away, whatever state it is in; nothing happens when there is nothing."""
    needs.check(needs.VIRTUAL_PIS)
    here = place.here()
    lifecycle.down(here, lambda: _take_down(here, report), lambda: report(lazy("No virtual Pis are up.")))


def _take_down(here: place.Place, report: Report) -> bool:
    """Whether there was anything to take down; disks are thrown away, so that no board need shut down in order."""
    room = state.load_room(here)
    if room is None:
        return False
    report(lazy("Taking down {pis} virtual Pis.", pis=len(room.guests)))
    with undisturbed():
        power.cut_all(here)
        report(lazy("{boards}: off.", boards=", ".join(one.name for one in room.guests)))
        _release_disks(here, room, report)
        trash.throw(here, here.guests)
        cgroups.remove(here.label)
        claim.give_back(here)
        deleted = trash.wait(here, DELETED_AT_ONCE_S)
    report(
        lazy("All of it is gone.")
        if deleted
        else lazy("All of it is gone; their disks are still being deleted, by and by.")
    )
    return True


def _release_disks(here: place.Place, room: Room, report: Report) -> None:
    down = lifecycle.Remaining(len(room.guests), report)

    def release(one: Guest) -> None:
        guest.release(here, one)
        power.forget(here, one)
        down.done(lazy("{board} is taken down", board=one.name))

    side_by_side(release, room.guests, AT_ONCE)
