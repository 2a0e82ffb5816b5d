"""The LED rule (L8): on at once, held for a time after the last sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.ports import Led

NEVER_S = float("inf")


class HeldLight:
    """An LED that stays on for `hold_s` after it was last asked for; each call tells whether the LED changed."""

    def __init__(self, led: Led, hold_s: float) -> None:
        self._led, self._hold_s = led, hold_s
        self._until_s = NEVER_S
        self.lit = False

    def hold(self, now_s: float) -> bool:
        """Light the LED, or hold it longer."""
        self._until_s = now_s + self._hold_s
        changed = not self.lit
        if changed:
            self._led.on()
            self.lit = True
        return changed

    def tick(self, now_s: float) -> bool:
        """Darken the LED if its time is over."""
        return self.off() if now_s >= self._until_s else False

    def off(self) -> bool:
        """Darken the LED now."""
        changed = self.lit
        self._led.off()
        self.lit, self._until_s = False, NEVER_S
        return changed

    def left_s(self, now_s: float) -> float:
        """Return how long the LED stays on if nothing else is seen; endless while it is dark."""
        return max(0.0, self._until_s - now_s)
