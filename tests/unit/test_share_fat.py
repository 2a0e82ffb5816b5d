"""A stick with FAT32, as sticks come: a file system of its own in a file, made by mtools and mounted by fusefat."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from fleet.errors import DiskError
from fleet.share import folder, parcel, send
from fleet.share.folder import FolderStore
from fleet.share.shared import SharedRuns
from tests.unit import disks
from tests.unit.share_parts import LINES, names, objects, room, run_of, share
from tests.unit.test_share_send import KILLED, ROOT, is_whole, states

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# FAT32 by its own rules has 65 525 clusters and more.
SECTORS = 70_000
SAMPLES = sum('"kind":"sample"' in line for line in LINES)
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a file system that is a file")


def image(path: Path) -> Path:
    """An empty FAT32, in clusters of a sector so that it is small."""
    with path.open("wb") as file:
        file.truncate(SECTORS * 512)
    subprocess.run(
        ["mformat", "-i", path, "-F", "-c", "1", "-T", str(SECTORS), "-v", "STICK", "::"], check=True, timeout=30
    )
    return path


@contextmanager
def plugged_in(path: Path) -> Iterator[Path]:
    """The stick, where its files are seen."""
    mounted = path.with_suffix(".mounted")
    mounted.mkdir(exist_ok=True)
    subprocess.run(["fusefat", "-o", "rw+", path, mounted], check=True, timeout=30)
    try:
        yield mounted
    finally:
        subprocess.run(["umount", mounted], check=True, timeout=30)


@pytest.fixture
def school(tmp_path: Path) -> Path:
    room(tmp_path / "school")
    return tmp_path / "school"


def test_the_limits_of_fat_hold_on_it(tmp_path: Path) -> None:
    """What the next tests rely on: else they would say nothing of a stick."""
    with plugged_in(image(tmp_path / "stick")) as stick:
        (stick / "one").write_text("1")
        with pytest.raises(OSError) as refused:  # noqa: PT011 (the number is looked at)
            os.link(stick / "one", stick / "two")
        assert refused.value.errno in folder.NO_LINKS
        os.utime(stick / "one", (1_700_000_001, 1_700_000_001))
        assert os.stat(stick / "one").st_mtime % 2 == 0
        assert (stick / "ONE").exists()
        with pytest.raises(OSError, match="."):
            (stick / "one").symlink_to("two")
