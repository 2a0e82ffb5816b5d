"""The LED on a pin of the board, through gpiozero."""

from __future__ import annotations

import os
import platform
import re
import tempfile
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Callable

from agent.board.gpiochip import PI_5, header_chip
from agent.errors import LedError, reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.settings.config import LedConfig

# Where mock pins leave their state, so that others can see a light that nobody sees: a file gpio27 with 0 or 1.
MOCK_FOLDER = "PILAB_MOCK_PINS"
# From this kernel on Raspberry Pi OS drives the pins through lgpio; RPi.GPIO never worked on a Pi 5.
LGPIO_KERNEL = (6, 6)
# How lgpio says that another program has the line.
BUSY = "busy"
FACTORIES = {"lgpio": "LGPIOFactory", "rpigpio": "RPiGPIOFactory"}


class GpioLed:
    """An LED that is dark when it is made and when it is closed; to be made in the process that uses it."""

    def __init__(self, config: LedConfig) -> None:
        self._mirror: IO[str] | None = None
        try:
            self._mirror = _mock_file(config)
            with _elsewhere():
                self._led = _make(config)
            self._write_mirror(lit=False)
        except Exception as error:  # every pin library has errors of its own
            raise LedError(
                f"The LED on GPIO {config.pin} cannot be used: {reason(error)}. Check led.pin, or set led.pins to "
                '"mock" on a computer without pins.'
            ) from error

    def on(self) -> None:
        """Light it."""
        self._led.on()
        self._write_mirror(lit=True)

    def off(self) -> None:
        """Darken it."""
        self._led.off()
        self._write_mirror(lit=False)

    def close(self) -> None:
        """Darken it and give the pin back."""
        self.off()
        self._led.close()
        if self._mirror:
            self._mirror.close()

    def _write_mirror(self, *, lit: bool) -> None:
        if self._mirror:
            self._mirror.seek(0)
            self._mirror.write(f"{lit:d}\n")
            self._mirror.flush()


@contextmanager
def _elsewhere() -> Iterator[None]:
    """Be in a folder of our own for a moment: lgpio, when it is imported, makes a pipe where the program is."""
    before = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # What systemd gives the service is in memory: a full card must not keep the LED dark.
        with tempfile.TemporaryDirectory(dir=os.environ.get("RUNTIME_DIRECTORY") or None) as folder:
            os.chdir(folder)
            try:
                yield
            finally:
                os.fchdir(before)
    finally:
        os.close(before)


def _mock_file(config: LedConfig) -> IO[str] | None:
    """Open it once for all: where no more files can be opened, the LED still goes off."""
    folder = os.environ.get(MOCK_FOLDER, "")
    if not folder or config.pins != "mock":
        return None
    return Path(folder, f"gpio{config.pin}").open("w", encoding="ascii")


def _make(config: LedConfig) -> Any:  # noqa: ANN401 -- gpiozero has no types
    if config.pins == "mock":
        # gpiozero 1.4 (bullseye) looks for real pins while it is imported and fails without them.
        os.environ["GPIOZERO_PIN_FACTORY"] = "mock"
    return first_led(config, _factories(config.pins))


def first_led(config: LedConfig, factories: list[Callable[[], Any]]) -> Any:  # noqa: ANN401 -- gpiozero has no types
    """Return the LED of the first factory that drives its pin; the error of one that is there, if none does."""
    faults: list[Exception] = []
    for make_factory in factories:
        led, fault = _try(config, make_factory)
        if fault is None:
            return led
        faults.append(fault)
        # A library that drives the pin past the kernel would take it from the program that has it.
        if BUSY in str(fault).lower():
            break
    raise _telling(faults)


def _try(config: LedConfig, make_factory: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        # Imported here so that the agent can say in a sentence what is wrong with the pins.
        from gpiozero import LED  # noqa: PLC0415

        factory = make_factory()
        return LED(config.pin, active_high=config.active_high, initial_value=False, pin_factory=factory), None
    except Exception as error:  # noqa: BLE001 -- every pin library has errors of its own; the next one may work
        return None, error


def _telling(faults: list[Exception]) -> Exception:
    """Return the fault of a library that is there before that of one that is missing."""
    return next((fault for fault in faults if not isinstance(fault, ImportError)), faults[0])


def _factories(pins: str) -> list[Callable[[], Any]]:
    """Return what makes pins that only remember, or those of the board in the order in which they are tried.

    Whether a library works shows at the first pin: RPi.GPIO takes its memory only then, and gpiozero 1.6.2 asks lgpio
    0.2 for a name that is gone. At last comes what gpiozero finds by itself.
    """
    if pins == "mock":
        return [_mock]
    chip = header_chip()
    if chip is None or "GPIOZERO_PIN_FACTORY" in os.environ:
        return [_found_by_gpiozero]
    named = [partial(_factory, name, chip[0]) for name in factory_order(chip[1], platform.release())]
    return [*named, _found_by_gpiozero]


def _mock() -> Any:  # noqa: ANN401 -- gpiozero has no types
    from gpiozero.pins.mock import MockFactory  # noqa: PLC0415 -- as above

    return MockFactory()


def _found_by_gpiozero() -> None:
    """Leave the choice to gpiozero."""


def factory_order(label: str, kernel: str) -> list[str]:
    """Return gpiozero's factories in the order in which they are tried on this chip and kernel."""
    version = tuple(int(number) for number in re.findall(r"\d+", kernel)[:2])
    if label == PI_5:
        return ["lgpio"]
    return ["lgpio", "rpigpio"] if version >= LGPIO_KERNEL else ["rpigpio", "lgpio"]


def _factory(name: str, chip: int) -> Any:  # noqa: ANN401 -- gpiozero has no types
    """Return a factory; its library raises an error of its own where it is missing or does not work."""
    pins = import_module(f"gpiozero.pins.{name}")
    factory = getattr(pins, FACTORIES[name])
    return _on_chip(pins, factory, chip) if name == "lgpio" else factory()


def _on_chip(pins: Any, factory: Any, chip: int) -> Any:  # noqa: ANN401 -- gpiozero has no types
    """Return a factory of lgpio on this very chip: gpiozero 2.0.1 opens 0 or 4, whatever it is told (gpiozero#1166)."""
    made = factory.__new__(factory)
    super(factory, made).__init__()
    made._handle = pins.lgpio.gpiochip_open(chip)  # noqa: SLF001 -- as its own __init__ does, from 1.6 to 2.0.1.post3
    made._chip = chip  # noqa: SLF001
    made.pin_class = pins.LGPIOPin
    return made
