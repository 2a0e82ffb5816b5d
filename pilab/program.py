"""The command `pilab`: what `invoke` is in a checkout and in the folder of a room, wherever it is typed."""

from __future__ import annotations

import os
import runpy
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from invoke.program import Program

HERE = Path(__file__).resolve().parent
# In a wheel the folders of the checkout lie below this one, so that names like `agent` are nobody else's.
CHECKOUT = next(each for each in (HERE / "checkout", HERE.parent) if (each / "tasks.py").exists())
sys.path.insert(0, str(CHECKOUT))
# Not by its name, which is also that of the file from which `invoke` in a room comes here.
namespace = runpy.run_path(str(CHECKOUT / "tasks.py"))["namespace"]


def main() -> None:
    """Do what was typed; SystemExit with the status."""
    try:
        Program(
            name="Pilab", binary="pilab", binary_names=["pilab"], version=version("pilab"), namespace=namespace
        ).run()
    except PackageNotFoundError:
        raise SystemExit(f"{sys.executable} has no Pilab installed: in a checkout, type invoke instead.") from None
    except BrokenPipeError:  # whoever read the list of commands has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
