"""What the firmware does with the clock in the first minute after a start, whatever the governor."""

from __future__ import annotations

import re

# initial_turbo where config.txt does not say it, since the firmware of November 2024; before it was 0, and 60 is the
# most (raspberrypi.com: config.txt, overclocking options).
USUAL_S = MOST_S = 60


def turbo_s(config_txt: str) -> int:
    """Return for how many seconds after a start the firmware may hold the highest clock."""
    said = re.findall(r"^[ \t]*initial_turbo=(\d{1,9})", config_txt, re.MULTILINE)
    return min(max(map(int, said), default=USUAL_S), MOST_S)


def note(governor: str, up_s: int, config_txt: str, *, shows_clock: bool) -> list[str]:
    """Return what there is to know of a governor that has just been set: whether its effect can be seen yet.

    `up_s` is how long ago the board was started, in seconds; `shows_clock` whether its kernel tells the clock.
    """
    if up_s < turbo_s(config_txt):
        held = (
            f"the firmware holds the highest clock for the first {turbo_s(config_txt)} s after a start (initial_turbo)"
        )
        return [f"governor {governor} is set, and its clock follows later: {held}"]
    if not shows_clock:
        return [f"governor {governor} is set; whether its clock follows cannot be seen: the kernel does not show it"]
    return []
