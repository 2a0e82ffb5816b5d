from __future__ import annotations

import subprocess
import sys

import pytest
from gpiozero import Device

from agent.errors import LedError
from agent.led import GpioLed
from agent.settings.config import LedConfig


@pytest.mark.parametrize(("active_high", "dark"), [(True, 0), (False, 1)])
def test_the_pin_follows_and_an_led_that_is_made_or_closed_is_dark(active_high: bool, dark: int) -> None:  # noqa: FBT001 -- a parameter of the test
    led = GpioLed(LedConfig(pin=17, pins="mock", active_high=active_high))
    pin = led._led.pin
    assert pin.function == "output"
    assert pin.state == dark
    led.on()
    assert pin.state == 1 - dark
    led.off()
    assert pin.state == dark
    led.on()
    led.close()
    assert pin.function == "input"


def test_mock_pins_leave_gpiozero_s_own_choice_alone() -> None:
    GpioLed(LedConfig(pins="mock")).close()
    assert Device.pin_factory is None


def test_a_computer_without_pins_is_told_what_to_set() -> None:
    program = (
        "from agent.settings.config import LedConfig\nfrom agent.errors import LedError\n"
        "from agent.led import GpioLed\n"
        "try:\n    GpioLed(LedConfig())\nexcept LedError as error:\n    print(error)\n"
    )
    # Through a factory that no board has, because gpiozero's search for real ones differs from computer to computer.
    said = subprocess.run(
        [sys.executable, "-c", program],
        env={"GPIOZERO_PIN_FACTORY": "none"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.startswith("The LED on GPIO 27 cannot be used: ")
    assert said.stdout.endswith('set led.pins to "mock" on a computer without pins.\n')


def test_the_error_of_the_led_is_one_of_the_system_s_too() -> None:
    assert issubclass(LedError, OSError)
