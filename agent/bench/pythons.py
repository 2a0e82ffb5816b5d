"""What this board's Python can do beyond the oldest one: each question answered with nothing, or why not."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import sys
from pathlib import Path

from agent.board.programs import ask

# Each interpreter has a lock of its own since Python 3.12 (PEP 684); the module this uses came with 3.13 (PEP 734).
FIRST_WITH_INTERPRETERS = (3, 13)
ASKS_FOR_THE_LOCK = "import sys; print(sys._is_gil_enabled())"


def lacks_numpy() -> str:
    """Say what is missing for numpy."""
    return "" if importlib.util.find_spec("numpy") else "python3-numpy is not installed."


def lacks_interpreters() -> str:
    """Say what is missing for several interpreters in one process."""
    if sys.version_info >= FIRST_WITH_INTERPRETERS:
        return ""
    return f"Python {platform.python_version()} has no interpreters with a lock each; 3.13 is the first that has."


def lacks_free_threads() -> str:
    """Say what is missing for a Python without the lock."""
    return "" if free_threaded() else "No Python without the lock is installed (such as python3.13t)."


def free_threaded() -> str:
    """Find a Python without the lock (PEP 703), by its name and by its own word; nothing if there is none."""
    named = [
        file
        for folder in os.get_exec_path()
        for file in sorted(Path(folder).glob("python3*"))
        if re.fullmatch(r"python3\.\d+(t|-nogil)", file.name)
    ]
    return next((str(file) for file in named if ask(str(file), "-I", "-c", ASKS_FOR_THE_LOCK) == "False"), "")
