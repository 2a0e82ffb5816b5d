from __future__ import annotations

import os
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "setup/packages.sh"
KNOWN = """\
installed gcc, c-compiler,
installed python3-venv, python3.13-venv (= 3.13.5-1),,
installed chromium-browser, chromium (= 2:1snap1-0ubuntu2), www-browser,
config-files mtools, ,
"""


def test_what_is_missing_is_named_and_not_what_another_package_stands_for(tmp_path: Path) -> None:
    (tmp_path / "known").write_text(KNOWN)
    for name, does in {"dpkg-query": f"cat {tmp_path}/known", "id": "echo 1000"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    words = [str(SCRIPT), "a lesson", "gcc", "python3-venv", "chromium", "mtools", "venv"]
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == (
        "Debian packages are missing for a lesson: mtools venv. Install them with: sudo apt-get install mtools venv\n"
    )
