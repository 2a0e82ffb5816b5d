from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from agent.board.gpiochip import INFO, header_chip, parse_label
from agent.errors import LedError
from agent.led import GpioLed, factory_order, first_led
from agent.settings.config import LedConfig
from tests.unit.agent_process import CODE, PACKAGES

if TYPE_CHECKING:
    from collections.abc import Callable


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
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"GPIOZERO_PIN_FACTORY": "none"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("The LED on GPIO 27 cannot be used: ")
    assert done.stdout.endswith('set led.pins to "mock" on a computer without pins.\n')


def test_the_error_of_the_led_is_one_of_the_system_s_too() -> None:
    assert issubclass(LedError, OSError)


@pytest.mark.parametrize(
    ("chip", "kernel", "factories"),
    [
        ("pinctrl-bcm2711", "5.10.103-v7l+", ["rpigpio", "lgpio"]),
        ("pinctrl-bcm2711", "6.1.21-v8+", ["rpigpio", "lgpio"]),
        ("pinctrl-bcm2835", "6.6.20+rpt-rpi-v7", ["lgpio", "rpigpio"]),
        ("pinctrl-rp1", "6.1.0-rpi7-rpi-2712", ["lgpio"]),
    ],
)
def test_the_pins_are_driven_by_what_works_on_this_board(chip: str, kernel: str, factories: list[str]) -> None:
    assert factory_order(chip, kernel) == factories


def test_lgpio_opens_the_chip_that_was_found_and_not_the_one_that_it_guesses() -> None:
    """Through a stand-in for lgpio, which exists on Raspberry Pi OS only; gpiozero 2.0.1 does not listen to `chip`."""
    program = (
        "from agent.led import _factory\n"
        "from gpiozero.pins.lgpio import LGPIOFactory\n"
        "LGPIOFactory.__init__ = lambda self, chip=None: setattr(self, '_chip', 0)\n"
        "print(type(_factory('lgpio', 11)).__name__, _factory('lgpio', 11).chip)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(PACKAGES)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=CODE, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "LGPIOFactory 11\n"


class Pins:
    """What gpiozero's factories are to the agent: each may fail when it is made, or only at the first pin."""

    def __init__(self, *faults: Exception | None) -> None:
        self.faults = list(faults)
        self.tried: list[int] = []

    def made(self) -> list[Callable[[], Any]]:
        return [partial(self._make, number) for number in range(len(self.faults))]

    def _make(self, number: int) -> Any:  # noqa: ANN401 -- gpiozero has no types
        self.tried.append(number)
        fault = self.faults[number]
        if isinstance(fault, ImportError):
            raise fault
        factory = MockFactory()
        if fault is not None:
            factory.pin = partial(self._refuse, fault)
        return factory

    def _refuse(self, fault: Exception, _number: int) -> Any:  # noqa: ANN401 -- as above
        raise fault


GONE = AttributeError("module 'lgpio' has no attribute 'SET_BIAS_DISABLE'")
HELD = RuntimeError("'GPIO busy'")
MISSING = ModuleNotFoundError("No module named 'RPi'")


@pytest.mark.parametrize(
    ("faults", "tried", "words"),
    [
        ((GONE, None), [0, 1], ""),
        ((MISSING, GONE, MISSING), [0, 1, 2], "SET_BIAS_DISABLE"),
        ((MISSING, MISSING), [0, 1], "No module named 'RPi'"),
        ((HELD, None), [0], "GPIO busy"),
    ],
)
def test_a_library_that_fails_at_the_first_pin_makes_way_for_the_next_unless_the_pin_is_taken(
    faults: tuple[Exception | None, ...], tried: list[int], words: str
) -> None:
    pins = Pins(*faults)
    if words:
        with pytest.raises((AttributeError, ImportError, RuntimeError), match=re.escape(words)):
            first_led(LedConfig(), pins.made())
    else:
        first_led(LedConfig(), pins.made()).close()
    assert pins.tried == tried


def test_the_working_folder_is_the_same_after_the_led_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    GpioLed(LedConfig(pins="mock")).close()
    assert Path.cwd() == tmp_path


def test_the_label_of_a_chip_is_read_as_the_kernel_writes_it() -> None:
    assert parse_label(INFO.pack(b"gpiochip4", b"pinctrl-rp1", 54)) == "pinctrl-rp1"
    assert INFO.size == 68


def test_a_computer_without_pins_has_no_chip_of_a_header() -> None:
    assert header_chip() is None
