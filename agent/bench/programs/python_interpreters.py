"""L15: whether a sum is ready sooner when several interpreters in one process share it, each with a lock of its own."""

from __future__ import annotations

import importlib
import os
from functools import partial
from typing import Any

from agent.bench.programs.sharing import in_threads, main

ADDING = """
import os
from agent.bench.programs.sharing import add_ones
os.write({device}, add_ones({additions}).to_bytes(8, "little"))
"""


def add_in_interpreter(interpreters: Any, additions: int) -> int:  # noqa: ANN401 (a module that only some Pythons have)
    """Add 1 that many times in an interpreter of its own; return the sum. SystemExit if it fails."""
    end, device = os.pipe()
    interpreter = interpreters.create()
    try:
        failure = interpreters.exec(interpreter, ADDING.format(device=device, additions=additions))
    finally:
        interpreters.destroy(interpreter)
        os.close(device)
    with os.fdopen(end, "rb") as result:
        total = result.read()
    if failure is not None or not total:
        message = f"An interpreter did not do its part: {failure}"
        raise SystemExit(message)
    return int.from_bytes(total, "little")


if __name__ == "__main__":
    # PEP 734; public from Python 3.14 on as concurrent.interpreters, which stands on this module.
    of_python = importlib.import_module("_interpreters")
    main("python_interpreters", partial(in_threads, partial(add_in_interpreter, of_python)))
