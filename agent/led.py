"""The LED on a pin of the board, through gpiozero."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from agent.errors import LedError

if TYPE_CHECKING:
    from agent.config import LedConfig


class GpioLed:
    """An LED that is dark when it is made and when it is closed; to be made in the process that uses it."""

    def __init__(self, config: LedConfig) -> None:
        try:
            self._led = _make(config)
        except Exception as error:  # every pin library has errors of its own
            raise LedError(
                f"The LED on GPIO {config.pin} cannot be used: {_reason(error)}. Check led.pin, or set led.pins to "
                '"mock" on a computer without pins.'
            ) from error

    def on(self) -> None:
        """Light it."""
        self._led.on()

    def off(self) -> None:
        """Darken it."""
        self._led.off()

    def close(self) -> None:
        """Darken it and give the pin back."""
        self._led.off()
        self._led.close()


def _make(config: LedConfig) -> Any:  # noqa: ANN401 -- gpiozero has no types
    if config.pins == "mock":
        # gpiozero 1.4 (bullseye) looks for real pins while it is imported and fails without them.
        os.environ["GPIOZERO_PIN_FACTORY"] = "mock"
    # Imported here so that the agent can say in a sentence what is wrong with the pins.
    from gpiozero import LED  # noqa: PLC0415

    return LED(config.pin, active_high=config.active_high, initial_value=False, pin_factory=_factory(config.pins))


def _factory(pins: str) -> Any:  # noqa: ANN401 -- gpiozero has no types
    """Return pins that only remember, or None for those that gpiozero finds on the board."""
    if pins == "auto":
        return None
    from gpiozero.pins.mock import MockFactory  # noqa: PLC0415 -- as above

    return MockFactory()


def _reason(error: Exception) -> str:
    return str(error).rstrip(".!") or type(error).__name__
