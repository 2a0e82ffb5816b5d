"""An emulated Pi for the tests, one machine after the other, apart from the one that a teacher may have up."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.conftest import BOOT, begun, own_room, typed, wait_until
from virtual import needs, place, state
from virtual.errors import NeedsError
from virtual.machines import emulation, machines, monitor, vm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from virtual.place import Place

PLAYBOOK_TIMEOUT_S = 3600
UP_TIMEOUT_S = 3600
# How long a test waits at most; a computer that is busy with other things was seen to be ten times slower.
ANSWER_TIMEOUT_S = 300
PATIENCE_S = 900
CUTS_WHILE_PROVISIONING = {"virt": 2, "raspi3b": 0}
# After the playbook was typed; it takes some minutes.
MOMENTS_S = (15, 120)
LED_PIN = 27
SIMULATED_LED = f"cat /sys/devices/platform/*/gpiochip*/sim_gpio{LED_PIN}/value"
# Printed with the results, so that a cut that was not survived can be made again.
SEED = int(os.environ.get("PILAB_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 16)


@dataclass
class Emulated:
    """A board that is up, and what happened to it."""

    here: Place
    board: state.EmulatedPi
    cuts: int = 0

    @property
    def machine(self) -> machines.Machine:
        return machines.named(self.board.machine)

    def ssh(
        self, command: str, timeout_s: float = ANSWER_TIMEOUT_S, stdin: bytes | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run something on the board as the teacher would; the caller judges how it ended."""
        words = emulation.ssh(self.here, self.board, command)
        done = subprocess.run(words, input=stdin, capture_output=True, timeout=timeout_s, check=False)
        return subprocess.CompletedProcess(words, done.returncode, done.stdout.decode(), done.stderr.decode())

    def say(self, command: str, timeout_s: float = ANSWER_TIMEOUT_S, stdin: bytes | None = None) -> str:
        """What the board answers to a command that must succeed."""
        done = self.ssh(command, timeout_s, stdin)
        assert done.returncode == 0, f"{command}: {done.stdout} {done.stderr}"
        return done.stdout.strip()

    def led_is_lit(self) -> bool:
        """The level of the pin as the hardware has it, without asking the agent."""
        if self.machine.level_register:
            return monitor.level(vm.monitor(self.here), self.machine.level_register, LED_PIN)
        return self.say(SIMULATED_LED) == "1"

    def cut_power(self) -> None:
        """End the board as a pulled plug does; with its journal the file system on the card must be whole."""
        vm.pull_the_plug(self.here)
        self.cuts += 1
        assert card_is_whole(self.here)

    def switch_on(self) -> None:
        emulation.boot(self.here, self.board, print)

    def reboot(self) -> None:
        before = self.ssh(BOOT).stdout
        self.ssh("sudo reboot")
        wait_until(lambda: self._answers_other_than(before), timeout_s=emulation.BOOT_TIMEOUT_S)
        # A board may answer before the kernel has loaded the driver of its pins.
        if not self.machine.level_register:
            wait_until(lambda: self.ssh(SIMULATED_LED).returncode == 0, timeout_s=PATIENCE_S)

    def _answers_other_than(self, before: str) -> bool:
        answer = self.ssh(BOOT)
        return answer.returncode == 0 and answer.stdout != before


def card_is_whole(here: Place) -> bool:
    """Replay the journal on a copy of the card as the next boot will, then look for anything that is wrong."""
    copy = here.guests / "copy.raw"
    convert = ["qemu-img", "convert", "-O", "raw", str(vm.disk(here)), str(copy)]
    subprocess.run(convert, check=True, timeout=300)
    try:
        subprocess.run(["e2fsck", "-E", "journal_only", "-y", copy], capture_output=True, timeout=300, check=False)
        looked = subprocess.run(["e2fsck", "-fn", copy], capture_output=True, text=True, timeout=300, check=False)
    finally:
        copy.unlink()
    say(looked.stdout)
    return looked.returncode == 0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A slow machine is only asked for what it has and the others have not: the Pi's own pins, card and start."""
    slow = [item for item in items if is_slow(item) and not item.get_closest_marker("every_machine")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in slow]


def is_slow(item: pytest.Item) -> bool:
    called = getattr(item, "callspec", None)
    return called is not None and called.params.get("emulated") == machines.RASPI3B.name


def say(words: str) -> None:
    """Tell whoever watches how long it takes; pytest keeps it for a failed test only, unless told -s."""
    sys.stderr.write(f"{words}\n")


@pytest.fixture(scope="session", autouse=True)
def _own_board() -> Iterator[None]:
    """Keep away from the board of the checkout: it may be in use."""
    with own_room("e"):
        yield


@pytest.fixture(scope="session")
def chance() -> random.Random:
    say(f"PILAB_SEED={SEED}")
    return random.Random(SEED)  # noqa: S311 (moments of power cuts are no secrets)


@pytest.fixture(scope="session", params=list(machines.MACHINES))
def emulated(request: pytest.FixtureRequest) -> Iterator[Emulated]:
    """The board as it comes, after the literal `invoke emulate.up`."""
    if os.geteuid() != 0:
        pytest.skip("emulated Pis need root")
    try:
        needs.check(needs.EMULATED_PIS)
    except NeedsError as error:
        pytest.fail(str(error))
    typed("invoke", "emulate.down")
    began_s = time.monotonic()
    done = typed("invoke", "emulate.up", "--machine", request.param, timeout_s=UP_TIMEOUT_S)
    say(f"{done.stdout.strip()} ({time.monotonic() - began_s:.0f} s in all)")
    assert done.returncode == 0, done.stdout + done.stderr
    here = place.emulation()
    board = state.load_emulated(here)
    assert board is not None
    yield Emulated(here, board)
    assert typed("invoke", "emulate.down").returncode == 0
    assert not vm.running(here)
    assert not Path(here.run).exists()
    assert not here.guests.exists()


@pytest.fixture(scope="session")
def provisioned(emulated: Emulated, chance: random.Random) -> Emulated:
    """The same board after the literal `ansible-playbook site.yml`, during which its power was cut before."""
    for _ in range(CUTS_WHILE_PROVISIONING[emulated.board.machine]):
        with begun("ansible-playbook", "site.yml") as playbook:
            time.sleep(chance.uniform(*MOMENTS_S))
            assert playbook.poll() is None, "the playbook had ended before its power was cut"
            emulated.cut_power()
        emulated.switch_on()
    began_s = time.monotonic()
    done = typed("ansible-playbook", "site.yml", timeout_s=PLAYBOOK_TIMEOUT_S)
    say(f"provisioned in {time.monotonic() - began_s:.0f} s")
    assert done.returncode == 0, done.stdout + done.stderr
    return emulated
