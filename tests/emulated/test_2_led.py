"""The LED as the hardware has it: the kernel's simulated pin, or the register of the Pi that QEMU emulates."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.emulated.conftest import PATIENCE_S
from tests.rehearsal.conftest import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.emulated.conftest import Emulated

pytestmark = [pytest.mark.emulated, pytest.mark.every_machine, pytest.mark.timeout(3600)]

SHOW = "sudo /usr/lib/pilab-emulation/show"
AGENT = "pilab-agent"
DRIVER, DEVICE = "/sys/bus/platform/drivers/vivid", "vivid.0"
# The agent holds the LED for 3 s; the rest is that of an emulated processor.
SOON_S = 180


@pytest.fixture(autouse=True)
def _at_work(provisioned: Emulated) -> Iterator[None]:
    """Every test finds the agent at work, and coins before its camera."""
    provisioned.say(f"sudo systemctl start {AGENT} && {SHOW} circles", timeout_s=PATIENCE_S)
    yield
    provisioned.say(f"{SHOW} circles")


def lit(emulated: Emulated) -> None:
    wait_until(emulated.led_is_lit, timeout_s=SOON_S)


def dark(emulated: Emulated) -> None:
    wait_until(lambda: not emulated.led_is_lit(), timeout_s=SOON_S)


def stays(emulated: Emulated, *, is_lit: bool, for_s: float) -> None:
    deadline = time.monotonic() + for_s
    while time.monotonic() < deadline:
        assert emulated.led_is_lit() is is_lit


def test_the_frames_come_from_a_driver_of_the_kernel(provisioned: Emulated) -> None:
    lit(provisioned)
    said = provisioned.say(f"sudo journalctl --boot --unit={AGENT} --no-pager")
    assert "/dev/video0 is a camera (vivid" in said


def test_the_led_follows_the_frames(provisioned: Emulated) -> None:
    for _ in range(2):
        provisioned.say(f"{SHOW} circles")
        lit(provisioned)
        stays(provisioned, is_lit=True, for_s=8)
        provisioned.say(f"{SHOW} nothing")
        dark(provisioned)
        stays(provisioned, is_lit=False, for_s=8)


def test_the_led_is_off_after_the_agent_was_stopped(provisioned: Emulated) -> None:
    lit(provisioned)
    provisioned.say(f"sudo systemctl stop {AGENT}")
    assert not provisioned.led_is_lit()
    stays(provisioned, is_lit=False, for_s=5)


def test_the_led_is_off_after_the_agent_was_killed_until_it_is_back(provisioned: Emulated) -> None:
    lit(provisioned)
    provisioned.say(f"{SHOW} nothing; sudo systemctl kill --signal=KILL {AGENT}")
    dark(provisioned)
    provisioned.say(f"until systemctl is-active {AGENT}; do sleep 1; done", timeout_s=PATIENCE_S)
    assert provisioned.say(f"systemctl show --property=NRestarts --value {AGENT}") != "0"
    stays(provisioned, is_lit=False, for_s=5)


def test_the_led_is_off_while_the_camera_is_gone_and_the_agent_sees_again_when_it_is_back(
    provisioned: Emulated,
) -> None:
    """The kernel takes the device from its driver, as when a cable is pulled, and gives it back."""
    lit(provisioned)
    provisioned.say(f"echo {DEVICE} | sudo tee {DRIVER}/unbind")
    dark(provisioned)
    assert not sees(provisioned)
    provisioned.say(f"echo {DEVICE} | sudo tee {DRIVER}/bind")
    wait_until(lambda: sees(provisioned), timeout_s=PATIENCE_S)
    # What is plugged into it has to be plugged in again, which needs it for itself.
    provisioned.say(f"sudo systemctl stop {AGENT} && sudo systemctl restart emulation-camera")
    provisioned.say(f"sudo systemctl start {AGENT}", timeout_s=PATIENCE_S)
    lit(provisioned)


def sees(emulated: Emulated) -> bool:
    return bool(json.loads(emulated.say("sudo /opt/pilab/bin/pilab status"))["sees"])


def test_the_led_is_off_at_boot_until_the_agent_sees_circles(provisioned: Emulated) -> None:
    """The agent is kept from starting, because it may be faster than a look from outside."""
    lit(provisioned)
    provisioned.say(f"sudo systemctl disable {AGENT}")
    provisioned.reboot()
    stays(provisioned, is_lit=False, for_s=5)
    provisioned.say(f"{SHOW} circles; sudo systemctl enable --now {AGENT}", timeout_s=PATIENCE_S)
    lit(provisioned)
