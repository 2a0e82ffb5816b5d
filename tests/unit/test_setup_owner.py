from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from virtual.place import PROJECT

SOMEBODY = 4321


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the script in it, and a way to it for everybody."""
    if os.geteuid() != 0:
        pytest.skip("another owner needs root")
    made = Path(shutil.copytree(PROJECT / "setup", tmp_path / "pilab/setup")).parent
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    return made


def run(checkout: Path, command: str) -> str:
    done = subprocess.run(
        ["setup/owner.sh", "sh", "-c", command], cwd=checkout, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_what_root_makes_in_a_checkout_of_somebody_is_theirs(checkout: Path) -> None:
    for path in (checkout, *checkout.rglob("*")):
        os.chown(path, SOMEBODY, SOMEBODY)
    assert run(checkout, "touch made; id -u; id -G; echo ${PYTHONPYCACHEPREFIX-none}").split() == [
        "4321",
        "4321",
        "none",
    ]
    assert (checkout / "made").stat().st_uid == SOMEBODY


def test_in_a_checkout_of_root_root_stays(checkout: Path) -> None:
    assert run(checkout, "id -u") == "0"


def test_a_command_that_fails_says_so(checkout: Path) -> None:
    os.chown(checkout, SOMEBODY, SOMEBODY)
    done = subprocess.run(["setup/owner.sh", "sh", "-c", "exit 3"], cwd=checkout, check=False, timeout=60)
    assert done.returncode == 3
