"""Boards whose power comes back, and what a power cut leaves of an installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.rehearsal.conftest import PURGE, wait_until
from virtual.containers import faults

if TYPE_CHECKING:
    from tests.rehearsal.conftest import Lab

# A stand-in for the program that dpkg unpacks with: it never comes to an end.
HANGING = '[ "$1" != --fsys-tarfile ] || exec sleep 86397; exec /usr/bin/dpkg-deb "$@"'
STATUS = "dpkg-query --status gettext-base"
# From what earlier rooms have kept, or else downloaded.
KEEP_FOR_AN_UNPACKING = (
    "cd /var/tmp && { cp /var/cache/apt/archives/byobu_*.deb /var/cache/apt/archives/gettext-base_*.deb . "
    "|| apt-get download byobu gettext-base; }"
)


def switch_on(lab: Lab, name: str) -> None:
    """Give a board its power back, and wait until it answers."""
    faults.switch_on(lab.place, lab.guest(name))
    wait_until(lambda: lab.ssh(name, "true").returncode == 0, pause_s=0.5)


def cut_short_an_unpacking(lab: Lab, name: str) -> None:
    """Leave byobu unpacked on a board; of what it needs gettext-base is half there and tmux not at all.

    A board without a network has run KEEP_FOR_AN_UNPACKING before.
    """
    lab.say(name, f"{PURGE} --autoremove byobu gettext-base")
    lab.say(name, f"ls /var/tmp/byobu_*.deb /var/tmp/gettext-base_*.deb || {{ {KEEP_FOR_AN_UNPACKING}; }}")
    lab.say(name, "sudo dpkg --unpack /var/tmp/byobu_*.deb")
    lab.put_script(name, "/usr/local/bin/dpkg-deb", HANGING)
    lab.say(name, "sudo systemd-run sh -c 'dpkg --unpack /var/tmp/gettext-base_*.deb'")
    lab.wait(name, f"pgrep -f 'sleep 8639[7]' && {STATUS} | grep half-installed")
    faults.cut_power(lab.place, lab.guest(name))
    switch_on(lab, name)
    assert "half-installed" in lab.say(name, f"{STATUS}; sudo rm /usr/local/bin/dpkg-deb")
