"""What agents say in fixed words, which can be said in other languages; the rest stays as it came; pure."""

from __future__ import annotations

import re
import string

from fleet.i18n import lazy, noop

# As agent/loop/controller.py, agent/camera/select.py, agent/bench/control.py and others have them.
TEMPLATES = (
    noop("Circles in sight, LED on"),
    noop("No circles in sight, LED off"),
    noop("no circles any more"),
    noop("camera lost"),
    noop("detection lost"),
    noop("stopping"),
    noop("SIGTERM was received"),
    noop("{path} is a camera ({name})"),
    noop("{path} is the legacy camera ({name})"),
    noop("{path} is a CSI camera ({name}) that libcamera reads"),
    noop(
        "Run {run} is on this board; wait for its end, press Ctrl-C where it was begun, or type on the board: {command}"
    ),
    noop("Pictures are not allowed on this board; allow them with agent_view=true (status.view in agent.toml)."),
    noop("The LED flashes for {seconds} s."),
    noop("left out: the board has no screen"),
    noop("Run {run} has been on this board already; give the new one a name of its own."),
)
LONGEST, LONGEST_VALUE = 1000, 200


def _pattern(template: str) -> re.Pattern[str]:
    parts = string.Formatter().parse(template)
    value = f".{{1,{LONGEST_VALUE}}}?"
    return re.compile("".join(re.escape(text) + (f"(?P<{name}>{value})" if name else "") for text, name, *_ in parts))


PATTERNS = {template: _pattern(template) for template in TEMPLATES}


def known(words: str) -> str:
    """Return words of an agent so that they can be said in other languages, if they are some of these."""
    if len(words) > LONGEST:
        return words
    found = ((template, pattern.fullmatch(words)) for template, pattern in PATTERNS.items())
    return next((lazy(template, **match.groupdict()) for template, match in found if match), words)
