"""Power and heat: what the firmware says of now, and of any moment since the start (vcgencmd get_throttled)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fleet.doctor.finding import again, fault, note, on_board
from fleet.doctor.rules.table import is_real_pi
from fleet.i18n import lazy

if TYPE_CHECKING:
    from fleet.doctor.finding import Finding, Seen

# raspberrypi/utils, vcgencmd/vcgencmd.1: the low bits are now, the same ones 16 higher since the start.
UNDER_VOLTAGE, SLOWED, SINCE_START = 0x1, 0xE, 16
# They have nothing that could see it (raspberrypi/linux issue 2367); the Model B+ was the first that has.
NO_DETECTOR = re.compile(r"Raspberry Pi (Zero|Compute Module|Model [AB] Rev)")
# What the makers' own supplies give (raspberrypi.com, power supply); any other model needs less than a Pi 3.
AMPERES = (("Raspberry Pi 5", "5"), ("Raspberry Pi 4", "3"), ("", "2.5"))
# At 80 degrees the firmware begins to slow the cores down (config.txt, temp_limit is 85).
HOT_MC = 80_000


def under_voltage(seen: Seen) -> Finding | None:
    """Find a supply or a cable that is too weak, now or at some moment since the start."""
    bits, model = seen.facts.throttled, seen.facts.model
    if bits is None or NO_DETECTOR.match(model):
        return _cannot_tell(seen)
    amperes = next(most for name, most in AMPERES if model.startswith(name))
    if bits & UNDER_VOLTAGE:
        fix = lazy("give it 5 V and {amperes} A by a short cable, then type: {command}", amperes=amperes,
                   command=on_board(seen.board, "systemctl reboot"))  # fmt: skip
        return fault("under-voltage-now", lazy("its power supply is too weak: under-voltage at this moment"), fix)
    if bits >> SINCE_START & UNDER_VOLTAGE:
        fix = lazy("give it 5 V and {amperes} A by a short cable, then type: {command}", amperes=amperes,
                   command=on_board(seen.board, "systemctl reboot"))  # fmt: skip
        return fault("under-voltage-since", lazy("its power supply is too weak: under-voltage since its start"), fix)
    return None


def _cannot_tell(seen: Seen) -> Finding | None:
    if not is_real_pi(seen.facts):
        return None
    return note("under-voltage-unknown", lazy("whether its power supply is too weak cannot be told on this board"))


def slowed(seen: Seen) -> Finding | None:
    """Find a board that the firmware slows down for another reason than its supply, which is heat."""
    bits = seen.facts.throttled or 0
    command = on_board(seen.board, "systemctl reboot")
    fix = lazy("give it air and a heat sink, then type: {command}", command=command)
    if bits & SLOWED and not bits & UNDER_VOLTAGE:
        return fault("slowed-now", lazy("its firmware slows it down at this moment, because it is hot"), fix)
    before = bits >> SINCE_START
    if before & SLOWED and not before & UNDER_VOLTAGE and not bits & UNDER_VOLTAGE:
        return fault("slowed-since", lazy("its firmware has slowed it down since its start, because it was hot"), fix)
    return None


def hot(seen: Seen) -> Finding | None:
    """Find a processor that is about to be slowed down."""
    found = seen.facts.temperature_mc
    if found is None or found < HOT_MC:
        return None
    fix = lazy("give it air and a heat sink, then type: {command}", command=again(seen.board))
    return fault("hot", lazy("its processor has {degrees} degrees C", degrees=round(found / 1000)), fix)
