"""What only the firmware knows, asked through vcgencmd: a program that needs a device which could do much more."""

from __future__ import annotations

import re

from agent.board.programs import ask
from agent.board.sensors import throttle_bits

# What vcgencmd asks: the new one, and the one of bullseye.
DEVICES = ("/dev/vcio", "/dev/vchiq")
# Lines such as `VDD_CORE_A current(7)=1.11625000A` and `VDD_CORE_V volt(15)=0.74944980V`.
AMPERES = re.compile(r"^\s*(\w+)_A current\(\d+\)=(\d{1,3}\.\d+)A$", re.MULTILINE)
VOLTS = re.compile(r"^\s*(\w+)_V volt\(\d+\)=(\d{1,3}\.\d+)V$", re.MULTILINE)


def temperature_mc() -> int | None:
    """Ask for the processor's temperature in thousandths of a degree."""
    return parse_temperature_mc(ask("vcgencmd", "measure_temp"))


def parse_temperature_mc(answer: str) -> int | None:
    """Understand `temp=48.3'C`."""
    found = re.fullmatch(r"temp=(-?\d+(?:\.\d+)?)'C", answer)
    return round(float(found[1]) * 1000) if found else None


def throttled() -> int | None:
    """Ask for the bits; the kernel's own file can say 0 while the firmware says otherwise (linux issue 2367)."""
    return parse_throttled(ask("vcgencmd", "get_throttled"))


def parse_throttled(answer: str) -> int | None:
    """Understand `throttled=0x50000`."""
    name, _, bits = answer.partition("=")
    return throttle_bits(bits) if name == "throttled" else None


def clear_throttled() -> int | None:
    """Have the firmware forget what was before, where it can; return the bits that are left.

    Linux's own raspberrypi-hwmon clears them by the same mask.
    """
    ask("vcgencmd", "get_throttled", "0xffff")
    return throttled()


def clock_khz() -> int | None:
    """Ask for the clock of the cores as the firmware measures it; the kernel's may be only what it asked for."""
    return parse_clock_khz(ask("vcgencmd", "measure_clock", "arm"))


def parse_clock_khz(answer: str) -> int | None:
    """Understand `frequency(48)=1800404352`, which is in Hz."""
    found = re.fullmatch(r"frequency\(\d+\)=(\d{1,12})", answer)
    return round(int(found[1]) / 1000) if found else None


def power_w() -> float | None:
    """Ask a Pi 5's power chip what its rails take in watts; nothing on a board that has no such chip."""
    return parse_power_w(ask("vcgencmd", "pmic_read_adc"))


def parse_power_w(answer: str) -> float | None:
    """Add up current times voltage of each rail that has both; nothing if none has.

    The input of the board (EXT5V) has a voltage only, so what the board loses before its rails is not in the sum.
    """
    currents, voltages = ({name: float(value) for name, value in pair.findall(answer)} for pair in (AMPERES, VOLTS))
    powers = [currents[rail] * voltages[rail] for rail in currents if rail in voltages]
    return sum(powers) if powers else None
