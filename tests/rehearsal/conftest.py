"""A room of virtual Pis for the tests, apart from the one that a teacher may have up in this checkout."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import shared_folder
from tests.rehearsal import trees
from tests.rehearsal.checkout import CHECKOUT, WORKER
from virtual import needs, place, state
from virtual.containers import boards, guest, room, roots
from virtual.errors import NeedsError
from virtual.locks import one_at_a_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# What needs no provisioned boards comes first, beside the one process that provisions them (the first); then what takes
# longest, so that all processes end at about the same time; simulated cameras mostly wait. Files that are not named
# come last.
ORDER = (
    "test_provision", "test_bundle", "test_spread_hostile", "test_spread", "test_cards", "test_room", "test_bench",
    "test_hostile_board", "test_agent", "test_base", "test_hostile_floods", "test_sandbox", "test_cloud_init",
    "test_power", "test_killed", "test_restore", "test_roles", "test_packages", "test_own", "test_clock",
    "test_refused", "test_detect", "test_doctor", "test_csi", "test_csi_limits",
)  # fmt: skip
PROGRAMS = str(Path(sys.executable).parent)
PLAYBOOK_TIMEOUT_S = 900
# Ends what would never end; whatever comes to an end takes a tenth of it, where nothing else runs.
PATIENCE_S = 300
# A board that is off is known to be within 3 s; ssh itself may have to wait for a processor.
CONNECT_TIMEOUT_S = 60
# Differs after every start.
BOOT = "systemctl show --property=UserspaceTimestampMonotonic --value"
BOARDS = ("pi01", "pi02", "pi03")
# Succeeds on a board as soon as its agent does.
AT_WORK = "/opt/pilab/bin/pilab status"
# The process of a board's agent; 0 where there is none.
PID = "systemctl show --property=MainPID --value pilab-agent"
GOVERNOR = "/sys/devices/system/cpu/cpufreq/policy0/scaling_governor"
PURGE = "sudo DEBIAN_FRONTEND=noninteractive apt-get purge --yes --quiet"
# The package of bullseye forgets that it needs tornado.
DASK = "apt-get update -qq && apt-get install -qq --no-install-recommends python3-distributed python3-tornado"
MOST_WITH_DASK = 14
# A program for a board's Python that installs nothing, and keeps others from it until it is ended; and what shows that.
HOLDING = "/run/holding-the-lock"
HOLD_THE_LOCK = (
    "import fcntl, time; file = open('/var/lib/dpkg/lock-frontend', 'w'); "
    f"fcntl.lockf(file, fcntl.LOCK_EX); open('{HOLDING}', 'w'); time.sleep(3600)"
)


@dataclass(frozen=True)
class Lab:
    """A room that is up."""

    place: place.Place
    room: state.Room

    def address_of(self, name: str) -> str:
        return self.guest(name).address

    def guest(self, name: str) -> state.Guest:
        return next(one for one in self.room.guests if one.name == name)

    def ssh(self, name: str, command: str, timeout_s: float = PATIENCE_S) -> subprocess.CompletedProcess[str]:
        """Run something on a board as the teacher would; the caller judges how it ended."""
        words = guest.ssh(self.place, self.guest(name), command, timeout_s=CONNECT_TIMEOUT_S)
        return subprocess.run(words, capture_output=True, text=True, timeout=timeout_s, check=False)

    def say(self, name: str, command: str, timeout_s: float = PATIENCE_S) -> str:
        """What a board answers to a command that must succeed."""
        done = self.ssh(name, command, timeout_s)
        assert done.returncode == 0, f"{name}: {command}: {done.stderr}"
        return done.stdout.strip()

    def wait(self, name: str, condition: str, timeout_s: float = PATIENCE_S) -> None:
        """Have a board itself wait, as root, until a command succeeds: to ask by ssh takes a tenth of a second."""
        loop = f"until {{ {condition}; }} > /dev/null 2>&1; do sleep 0.1; done"
        done = self.ssh(name, f"sudo timeout {timeout_s} sh -c {shlex.quote(loop)}", timeout_s + 60)
        assert done.returncode == 0, f"{name}: within {timeout_s} s not: {condition}: {done.stderr}"

    def put_script(self, name: str, path: str, command: str) -> None:
        """Put a program on a board that stands in for another one; the command has no single quotes."""
        self.say(name, f"printf '%s\\n' '#!/bin/sh' '{command}' | sudo tee {path} && sudo chmod +x {path}")

    def reboot(self, name: str) -> None:
        """Restart a board and wait until it answers from its new boot, not from the old one."""
        before = self.ssh(name, BOOT).stdout
        self.ssh(name, "sudo reboot")
        wait_until(lambda: self._answers_other_than(name, before), pause_s=0.5)

    def _answers_other_than(self, name: str, before: str) -> bool:
        answer = self.ssh(name, BOOT)
        return answer.returncode == 0 and answer.stdout != before


def pytest_configure(config: pytest.Config) -> None:
    """Have xdist keep our order of files instead of one by the number of their tests; find fixtures of two files."""
    config.option.loadscopereorder = False
    config.pluginmanager.import_plugin("tests.rehearsal.hostile")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: number for number, name in enumerate(ORDER)}
    items.sort(key=lambda item: places.get(item.path.stem, len(ORDER)))


def typed(*command: str, timeout_s: float = PATIENCE_S) -> subprocess.CompletedProcess[str]:
    """What a teacher types at the root of the project, with the virtual environment active."""
    return subprocess.run(
        command,
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


@contextmanager
def begun(*command: str) -> Iterator[subprocess.Popen[str]]:
    """A command that goes on beside the test; whatever of it is left at the end is killed.

    It hears Ctrl-C also where the tests run in a background shell.
    """
    with subprocess.Popen(
        command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no threads here
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def ordered(lab: Lab, name: str, order: str) -> Iterator[None]:
    """Have systemd run the agent in another way, from its next start on, for a while."""
    override = "/run/systemd/system/pilab-agent.service.d"
    reload = "sudo systemctl daemon-reload"
    lab.say(name, f"sudo mkdir -p {override}; printf '[Service]\n{order}\n' | sudo tee {override}/test.conf; {reload}")
    try:
        yield
    finally:
        lab.say(name, f"sudo rm -r {override}; {reload}")


def wait_until(true: Callable[[], bool], timeout_s: float = PATIENCE_S, pause_s: float = 0.1) -> None:
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(pause_s)


@contextmanager
def own_room(letter: str) -> Iterator[None]:
    """Keep away from the room of the checkout, which may be in use: every command of the tests means another one."""
    with pytest.MonkeyPatch.context() as patch:
        # Ansible's programs are found as in a shell with the virtual environment active.
        patch.setenv("PATH", PROGRAMS, prepend=os.pathsep)
        # Each note below the row of its board, where the tests look for it.
        patch.setenv("PILAB_NOTES", "whole")
        patch.setenv("PILAB_ROOM", f"{letter}{WORKER}{place.room_of(place.PROJECT)}")
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_room() -> Iterator[None]:
    with own_room("t"):
        yield


@contextmanager
def room_apart(letter: str) -> Iterator[place.Place]:
    """A room beside the one that most tests share, for tests that cut it off, kill it or go up and down."""
    with own_room(letter):
        room.down(print)
        try:
            yield place.here()
        finally:
            room.down(print)


@pytest.fixture(scope="session")
def may_boot(_own_room: None) -> None:
    """Skip where nobody may boot a virtual Pi; with root, a missing program is an error and not a reason to skip."""
    if os.geteuid() != 0:
        pytest.skip("virtual Pis need root")
    try:
        needs.check(needs.VIRTUAL_PIS)
    except NeedsError as error:
        pytest.fail(str(error))


@pytest.fixture(scope="session")
def snapshot(may_boot: None) -> Path:  # noqa: ARG001 - asked for so that it comes first
    """The disks of three virtual Pis after the literal `ansible-playbook site.yml`, and how they were before it.

    It is made once for all processes, anew in every run of the tests.
    """
    return _made_once(shared_folder() / "provisioned", _provision)


def _made_once(kept: Path, make: Callable[[Path], None]) -> Path:
    unfinished = kept.with_name(f"{kept.name}.unfinished")
    with one_at_a_time(kept.with_name(f"{kept.name}.lock"), wait=True):
        if not kept.exists():
            shutil.rmtree(unfinished, ignore_errors=True)  # of one that failed, or was killed
            unfinished.mkdir(parents=True)
            make(unfinished)
            unfinished.rename(kept)
    return kept


def _provision(folder: Path) -> None:
    with room_apart("p") as here:
        trees.keep(Lab(here, room.up(3, print)), folder)
        done = typed("ansible-playbook", "site.yml", timeout_s=PLAYBOOK_TIMEOUT_S)
        assert done.returncode == 0, done.stdout + done.stderr
        room.keep(folder, print)


def disks_with(name: str, recipe: str, numbers: Sequence[int]) -> Path:
    """The disks of virtual Pis on which a recipe was run as root, which has nothing of ours in it.

    They are kept for the next run of the tests, as the roots are that they lie on.
    """
    cache = place.here().cache
    below = roots.ensure(cache, {boards.kind_of(number).release for number in numbers}, print, is_lite=True)
    made_of = [recipe, *(f"{root} {root.stat().st_mtime_ns}" for root in below.values())]
    mark = hashlib.sha256("\n".join(made_of).encode()).hexdigest()[:12]

    def make(folder: Path) -> None:
        with room_apart("k") as here:
            lab = Lab(here, room.up(numbers, print))
            with ThreadPoolExecutor() as at_once:
                list(
                    at_once.map(
                        lambda one: lab.say(one.name, as_root(recipe), timeout_s=PLAYBOOK_TIMEOUT_S), lab.room.guests
                    )
                )
            room.keep(folder, print)

    return _made_once(cache / "layers" / f"{name}-{mark}", make)


def as_root(script: str) -> str:
    return f"sudo sh -c {shlex.quote(script)}"


@pytest.fixture(scope="session")
def with_dask(may_boot: None, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001 - asked for so that it comes first
    """The disks of virtual Pis that have Dask and nothing else of ours: one of each release, which take turns."""
    made, turns = disks_with("dask", DASK, range(1, len(BOARDS) + 1)), tmp_path_factory.mktemp("with-dask")
    for number in range(MOST_WITH_DASK):
        (turns / f"pi{number + 1:02}").symlink_to(made / BOARDS[number % len(BOARDS)])
    return turns


@pytest.fixture(scope="package")
def provisioned(snapshot: Path) -> Iterator[Lab]:
    """Three virtual Pis that were provisioned and have started anew since, with their agents at work."""
    room.down(print)
    try:
        lab = Lab(place.here(), room.up(3, print, snapshot))
        for name in BOARDS:
            lab.wait(name, AT_WORK)
        yield lab
    finally:
        room.down(print)
