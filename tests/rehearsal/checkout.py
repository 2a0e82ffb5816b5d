"""The checkout in which the commands of the tests are typed.

Where tests run in several processes each has a copy of its own, so that none sees results, bundles or settings of
another.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from importlib.util import cache_from_source
from pathlib import Path

from virtual.place import PROJECT

# The number of this process among those that run tests; nothing where there is only one.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
LISTED = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")


def _copy() -> Path:
    """Copy what the project consists of and what was built of it, also by Python: else each copy is compiled anew."""
    folder = Path(tempfile.mkdtemp(prefix="pilab-checkout-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    listed = subprocess.run(LISTED, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, listed):
        _copy_file(PROJECT / name, folder / name)
        if name.endswith(".py"):
            _copy_file(*(Path(cache_from_source(top / name)) for top in (PROJECT, folder)))
    shutil.copytree(PROJECT / "native/bin", folder / "native/bin")
    return folder


def _copy_file(source: Path, target: Path) -> None:
    """Copy what is there, with the time by which Python knows what it was compiled from."""
    if source.is_file() or source.is_symlink():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)


CHECKOUT = _copy() if WORKER else PROJECT
