"""The LED rule (L8): on at once, held for a time after the last sight; and flashing, so that a desk can be found."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.ports import Led

NEVER_S = float("inf")
FLASH_S = 0.25


class LedTimer:
    """An LED that stays on for `hold_s` after it was last asked for; each call tells whether `lit` changed.

    `lit` is what the circles ask for. While it flashes, the LED shows something else.
    """

    def __init__(self, led: Led, hold_s: float) -> None:
        self._led, self._hold_s = led, hold_s
        self._until_s = NEVER_S
        self._flash_until_s = self._flash_next_s = NEVER_S
        self._flash_on = False
        self.lit = False

    def hold(self, now_s: float) -> bool:
        """Light the LED, or hold it longer."""
        self._until_s = now_s + self._hold_s
        changed = not self.lit
        if changed:
            self.lit = True
            self._show()
        return changed

    def tick(self, now_s: float) -> bool:
        """Darken the LED if its time is over; flash on."""
        self._flash(now_s)
        return self.off() if now_s >= self._until_s else False

    def off(self) -> bool:
        """Darken the LED now."""
        changed = self.lit
        self.lit, self._until_s = False, NEVER_S
        self._show()
        return changed

    def flash(self, now_s: float, lasting_s: float) -> None:
        """Flash for a time, whatever is seen."""
        self._flash_until_s, self._flash_next_s = now_s + lasting_s, now_s
        self._flash(now_s)

    def stop(self) -> bool:
        """Darken the LED for good, also while it flashes."""
        self._flash_until_s = NEVER_S
        changed = self.off()
        self._led.off()
        return changed

    def left_s(self, now_s: float) -> float:
        """Return how long nothing has to be done if nothing else is seen."""
        due_s = min(self._until_s, self._flash_next_s if self._flashes else NEVER_S)
        return max(0.0, due_s - now_s)

    @property
    def _flashes(self) -> bool:
        return self._flash_until_s != NEVER_S

    def _flash(self, now_s: float) -> None:
        if not self._flashes or now_s < self._flash_next_s:
            return
        self._flash_on, self._flash_next_s = not self._flash_on, now_s + FLASH_S
        if now_s >= self._flash_until_s:
            self._flash_on, self._flash_until_s = False, NEVER_S
            self._show()
        else:
            (self._led.on if self._flash_on else self._led.off)()

    def _show(self) -> None:
        if not self._flashes:
            (self._led.on if self.lit else self._led.off)()
