"""Telling systemd how the agent is, in the words of sd_notify(3)."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# A beat may be late by as much again before systemd thinks that the agent hangs.
BEATS_PER_WATCHDOG_TIME = 3
# What is slow but not stuck: a frame of 1920x1080 with edges everywhere takes OpenCV's transform a minute and more.
SLOW_S = 180.0


class Systemd:
    """The manager that started this process; says nothing if it was not systemd."""

    def __init__(self, environment: Mapping[str, str] = os.environ, *, slow: bool = False) -> None:
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        watchdog_s = _watchdog_s(environment)
        self._beat_s = None if watchdog_s is None else watchdog_s / BEATS_PER_WATCHDOG_TIME
        self._usual_s = SLOW_S if slow else watchdog_s
        self._next_beat_s = float("-inf")
        if slow:
            self._watch_for(SLOW_S)

    def ready(self) -> None:
        """Say that the agent is at work."""
        self._send("READY=1")

    def status(self, sentence: str) -> None:
        """Say in a sentence what `systemctl status` shall show."""
        self._send(f"STATUS={sentence}")

    @contextmanager
    def patience(self) -> Iterator[None]:
        """Have the watchdog wait longer while this lasts."""
        self._watch_for(SLOW_S)
        try:
            yield
        finally:
            self._watch_for(self._usual_s)

    def alive(self, now_s: float) -> None:
        """Say that the loop still turns, but no more often than the watchdog needs, however fast the loop is."""
        if self._beat_s is not None and now_s >= self._next_beat_s:
            self._send("WATCHDOG=1")
            self._next_beat_s = now_s + self._beat_s

    def stopping(self) -> None:
        """Say that the agent is on its way out."""
        self._send("STOPPING=1")

    def _watch_for(self, seconds: float | None) -> None:
        if self._beat_s is not None and seconds is not None:
            self._send(f"WATCHDOG_USEC={int(seconds * 1e6)}")

    def _send(self, line: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
                sender.sendto(line.encode(), self._address)
        except OSError:
            # A manager that does not listen must not stop the LED; one that misses beats acts by itself.
            return


def _address(named: str) -> str:
    """Return the socket's address; a leading @ stands for the zero byte of an abstract one."""
    return "\0" + named[1:] if named.startswith("@") else named


def _watchdog_s(environment: Mapping[str, str]) -> float | None:
    """Return after how long a silence the watchdog acts on this process, or None if it does not."""
    wanted_us = environment.get("WATCHDOG_USEC", "")
    meant_for = environment.get("WATCHDOG_PID", "")
    if not (wanted_us.isascii() and wanted_us.isdigit()) or meant_for not in {"", str(os.getpid())}:
        return None
    return int(wanted_us) / 1e6
