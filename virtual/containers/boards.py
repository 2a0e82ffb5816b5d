"""What the virtual Pis pretend to be, as data: releases in turn, each on a model found with it in classrooms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A release on a model; revision codes are those of raspberrypi.com's list."""

    release: str
    model: str
    revision: str
    userland: str
    frequencies_khz: tuple[int, ...]
    config_txt: str

    @property
    def has_power_chip(self) -> bool:
        """Tell whether it can measure what it takes, as only a Pi 5 can."""
        return self.model.startswith("Raspberry Pi 5")


KINDS = (
    Kind(
        "bullseye",
        "Raspberry Pi 3 Model B Plus Rev 1.3",
        "a020d3",
        "armhf",
        (600000, 700000, 800000, 900000, 1000000, 1100000, 1200000, 1300000, 1400000),
        "/boot/config.txt",
    ),
    Kind(
        "bookworm",
        "Raspberry Pi 4 Model B Rev 1.4",
        "c03114",
        "arm64",
        (
            600000,
            700000,
            800000,
            900000,
            1000000,
            1100000,
            1200000,
            1300000,
            1400000,
            1500000,
            1600000,
            1700000,
            1800000,
        ),
        "/boot/firmware/config.txt",
    ),
    Kind(
        "trixie",
        "Raspberry Pi 5 Model B Rev 1.0",
        "d04170",
        "arm64",
        (1500000, 1600000, 1700000, 1800000, 1900000, 2000000, 2100000, 2200000, 2300000, 2400000),
        "/boot/firmware/config.txt",
    ),
)
MOST_PIS = 100
CORES = 4
GOVERNORS = ("performance", "powersave", "ondemand", "conservative", "userspace", "schedutil")
DEFAULT_GOVERNOR = "ondemand"


def kind_of(number: int) -> Kind:
    """What the board with this number (from 1) is: the releases take turns."""
    return KINDS[(number - 1) % len(KINDS)]


def serial_of(number: int) -> str:
    """A serial number that no real board has: real ones do not begin with the letters of a simulation."""
    return f"51b0a7ed{number:08x}"
