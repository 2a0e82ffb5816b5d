"""Gives the simulated governors of a room their effect: a slower clock is less processor time.

Started by `up` as `python -m virtual.containers.governors RUN_FOLDER`, and ended by `down`.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from virtual import place, state
from virtual.containers import cgroups, guest
from virtual.containers.boards import DEFAULT_GOVERNOR, GOVERNORS

if TYPE_CHECKING:
    from pathlib import Path

LOOK_EVERY_S = 0.2


def clock_khz(governor: str, lowest_khz: int, highest_khz: int, asked: str) -> int:
    """The clock that a governor gives a busy core (Documentation/admin-guide/pm/cpufreq.rst of Linux)."""
    if governor == "powersave":
        return lowest_khz
    if governor == "userspace" and asked.isdigit():
        return min(max(int(asked), lowest_khz), highest_khz)
    return highest_khz


class Policy:
    """The simulated cpufreq policy of one guest, and the control group that it rules."""

    def __init__(self, folder: Path, group: Path, share_cores: float) -> None:
        self._folder = folder
        self._group = group
        self._share_cores = share_cores
        self._governor = DEFAULT_GOVERNOR
        self._refused: str | None = None
        self._quota: int | None = None

    def follow(self) -> None:
        """Bring clock and processor time in line with the governor file; a bogus name is put back."""
        written = (self._folder / "scaling_governor").read_text()
        governor = written.strip()
        if governor not in GOVERNORS:
            if written:  # else a shell has opened it and, on a busy computer, will write in a while
                self._refuse(governor)
            return
        self._governor, self._refused = governor, None
        highest = int(self._read("cpuinfo_max_freq"))
        clock = clock_khz(governor, int(self._read("cpuinfo_min_freq")), highest, self._read("scaling_setspeed"))
        if self._read("scaling_cur_freq") != str(clock):
            (self._folder / "scaling_cur_freq").write_text(f"{clock}\n")
        self._limit(cgroups.quota_us(clock / highest, self._share_cores))

    def _refuse(self, governor: str) -> None:
        """Put the last good name back at the second look: at the first one the file may just be being written."""
        if governor == self._refused:
            (self._folder / "scaling_governor").write_text(self._governor + "\n")
        self._refused = governor

    def _limit(self, quota: int | None) -> None:
        if quota != self._quota:
            cgroups.limit(self._group, quota)
            self._quota = quota

    def _read(self, name: str) -> str:
        return (self._folder / name).read_text().strip()


def watch(room_place: place.Place, room: state.Room) -> None:
    """Follow the governors of all guests until the room is gone."""
    share = (os.cpu_count() or 1) / len(room.guests)
    policies = [
        Policy(
            guest.folder_of(room_place, one) / "hardware/cpu/cpufreq/policy0",
            cgroups.folders(room_place.label, one.name)[0],
            share,
        )
        for one in room.guests
    ]
    while room_place.state.exists():
        for policy in policies:
            # A file that is being written reads as empty for a moment; a later look sees it whole.
            with suppress(OSError, ValueError):
                policy.follow()
        time.sleep(LOOK_EVERY_S)


if __name__ == "__main__":
    here = place.here()
    if sys.argv[1:] == [str(here.run)] and (room := state.load_room(here)):
        watch(here, room)
