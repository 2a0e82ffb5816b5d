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
from pathlib import Path

from virtual.place import PROJECT

# The number of this process among those that run tests; nothing where there is only one.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
LISTED = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")


def _copy() -> Path:
    """Copy what the project consists of and what was built of it."""
    folder = Path(tempfile.mkdtemp(prefix="pilab-checkout-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    listed = subprocess.run(LISTED, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, listed):
        source, target = PROJECT / name, folder / name
        if source.is_file() or source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target, follow_symlinks=False)
    shutil.copytree(PROJECT / "native/bin", folder / "native/bin")
    return folder


CHECKOUT = _copy() if WORKER else PROJECT
