"""The look at a board as one program for its own Python, made of what boards and playbooks know already.

Nothing needs to be installed for it, and it is the same to root as to any account.
"""

from __future__ import annotations

import json
import shlex
import time
from typing import TYPE_CHECKING

from fleet import places
from fleet.service.state import SHOW

if TYPE_CHECKING:
    from fleet.boards.inventory import Board

PYTHON = "/usr/bin/python3"
SHELF = "ansible_collections.pilab.classroom.plugins.module_utils"
# In the order in which they need each other.
SHARED = ("board_look", "board_packages", "board_devices", "board_health")
OF_BOARDS = (
    "agent.errors",
    "agent.board.kernel",
    "agent.board.programs",
    "agent.board.cpufreq",
    "agent.board.sensors",
    "agent.board.firmware",
    "agent.board.gpiochip",
)
OLDEST_PYTHON = (3, 8)
TOO_OLD = "minimum of Python version"
# sudo and ssh give a short PATH on Debian, without the folders of iw and dmesg.
SEARCH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# A module is there under its full name before it is run, as an import would have it.
PROGRAM = """
import os, sys, types
if sys.version_info < {oldest!r}:
    sys.exit({too_old!r} + " %d.%d" % {oldest!r})
import json, time
from pathlib import Path
began_s = time.time()
os.environ["PATH"] = {search!r}
os.environ["LC_ALL"] = "C"
def package(name):
    above, _, last = name.rpartition(".")
    if name not in sys.modules:
        sys.modules[name] = types.ModuleType(name)
        if above:
            setattr(package(above), last, sys.modules[name])
    return sys.modules[name]
for name, source in {parts!r}.items():
    exec(compile(source, name, "exec"), vars(package(name)))
from agent.board import firmware, gpiochip, programs, sensors
from {shelf} import board_health
asked = json.loads({asked!r})
facts = board_health.facts(Path("/"), programs.ask, asked)
seen = firmware.throttled(), firmware.temperature_mc()
files = sensors.throttled(Path("/sys")), sensors.temperature_mc(Path("/sys/class/thermal"))
facts["throttled"], facts["temperature_mc"] = (file if told is None else told for told, file in zip(seen, files))
facts["header_chip"] = gpiochip.header_chip()
facts["chips_are_closed"] = not all(os.access(each, os.R_OK) for each in gpiochip.DEVICES.glob("gpiochip*"))
facts["clock_ahead_s"] = round(began_s - asked["now_s"])
facts["python"] = "%d.%d.%d" % sys.version_info[:3]
print()
print(json.dumps(facts))
"""


def command(board: Board) -> str:
    """Write what reads the program on a board: the Python that Ansible uses there."""
    given = str(board.variables.get("ansible_python_interpreter", ""))
    return f"{shlex.quote(given if given.startswith('/') else PYTHON)} -I -"


def program(now_s: float | None = None) -> str:
    """Return the look as one program, which compares the board's clock with `now_s`, or with ours."""
    names = {f"{SHELF}.{name}": places.COLLECTION / "plugins/module_utils" / f"{name}.py" for name in SHARED}
    names |= {name: (places.CODE / name.replace(".", "/")).with_suffix(".py") for name in OF_BOARDS}
    asked = {"now_s": time.time() if now_s is None else now_s, "show": SHOW}
    return PROGRAM.format(
        oldest=OLDEST_PYTHON,
        too_old=TOO_OLD,
        search=SEARCH,
        parts={name: path.read_text(encoding="utf-8") for name, path in names.items()},
        shelf=SHELF,
        asked=json.dumps(asked),
    )
