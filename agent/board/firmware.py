"""How warm the board is, and whether its firmware slowed it down."""

from __future__ import annotations

import re
from pathlib import Path

HEX = re.compile(r"(0x)?[0-9a-fA-F]+")
SYSFS = Path("/sys")
# Raspberry Pi's kernel hands the firmware's bits on here; vcgencmd needs a device that could do much more.
THROTTLED = "devices/platform/soc*/soc*:firmware/get_throttled"
TEMPERATURE = "class/thermal/thermal_zone0/temp"


def temperature_c(sysfs: Path = SYSFS) -> float | None:
    """Return degrees Celsius, None where the kernel does not tell."""
    thousandths = _text(sysfs / TEMPERATURE)
    return int(thousandths) / 1000 if thousandths.lstrip("-").isdigit() else None


def throttled(sysfs: Path = SYSFS) -> int | None:
    """Return the firmware's bits as `vcgencmd get_throttled` shows them, None where there are none."""
    bits = [_text(file) for file in sysfs.glob(THROTTLED)]
    return next((int(each, 16) for each in bits if HEX.fullmatch(each)), None)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
