"""Runs apt and dpkg on a board: no questions, English words, old settings files kept, other programs waited for."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.pilab.classroom.plugins.module_utils import apt_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STATUS = Path("/var/lib/dpkg/status")
KEEP_SETTINGS = ("--force-confdef", "--force-confold")
APT = (
    "apt-get", "--yes", "--quiet", "--no-install-recommends",
    *(f"--option=Dpkg::Options::={each}" for each in KEEP_SETTINGS),
)  # fmt: skip
# A source that is gone costs the time of two attempts. One that has become oldstable is as good as before.
FETCH = (
    "--option=Acquire::Retries=1",
    "--option=Acquire::Retries::Delay=false",
    "--option=Acquire::AllowReleaseInfoChange::Suite=true",
)
POLL_S = 2.0


class Ran(NamedTuple):
    """How a command ended, and all that it said."""

    status: int
    words: str


class Runner:
    """Runs commands that install, each after other programs that do have ended."""

    def __init__(self, config: str, lock_timeout_s: float) -> None:
        self._environment = dict(
            os.environ, LC_ALL="C", DEBIAN_FRONTEND="noninteractive", APT_LISTCHANGES_FRONTEND="none"
        )
        if config:
            self._environment["APT_CONFIG"] = config
        self._lock_timeout_s = lock_timeout_s
        self._options: tuple[str, ...] = ()

    def apt(self, *words: str, folder: str = "/") -> Ran:
        """Run apt-get."""
        return self._run(*APT, *self._options, *words, folder=folder)

    def dpkg(self, *words: str) -> Ran:
        """Run dpkg."""
        return self._run("dpkg", *KEEP_SETTINGS, *words)

    def mark_auto(self, names: list[str]) -> Ran:
        """Have packages go where nobody needs them any more."""
        return self._run("apt-mark", *self._options, "auto", *names)

    def ask(self, *words: str) -> str:
        """Return what a command prints that changes nothing."""
        return self._once(words, "/").words

    def policy(self, names: list[str]) -> str:
        """Return what apt says of packages and their candidates."""
        return self.ask("apt-cache", "policy", *self._options, *names) if names else ""

    def use(self, *options: str) -> None:
        """Give apt some options from now on."""
        self._options += options

    @contextmanager
    def instead(self, status: str) -> Iterator[Callable[[str], int]]:
        """Have apt believe another file of dpkg's, which can be written anew; dpkg itself keeps to its own.

        It stands beside that one: the apt of trixie has dpkg work in the folder of the file that it believes itself.
        """
        before = self._options
        caches = ("--option=Dir::Cache::pkgcache=", "--option=Dir::Cache::srcpkgcache=")
        believed = STATUS.with_name("status-pilab")
        believed.write_text(status, encoding="utf-8")
        self.use(f"--option=Dir::State::status={believed}", *caches)
        try:
            yield believed.write_text
        finally:
            self._options = before
            believed.unlink(missing_ok=True)

    def _run(self, *command: str, folder: str = "/") -> Ran:
        until_s = time.monotonic() + self._lock_timeout_s
        while True:
            ran = self._once(command, folder)
            if ran.status == 0 or not apt_words.is_locked(ran.words):
                return ran
            if time.monotonic() > until_s:
                raise LockedError
            time.sleep(POLL_S)

    def _once(self, command: tuple[str, ...], folder: str) -> Ran:
        ran = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace",
            env=self._environment, cwd=folder, check=False,
        )  # fmt: skip
        return Ran(ran.returncode, ran.stdout)


class LockedError(Exception):
    """Another program went on installing packages for longer than it was waited for."""

    def __init__(self) -> None:
        super().__init__(
            "Could not get lock: another program is installing packages; wait for it to end, then run again"
        )
