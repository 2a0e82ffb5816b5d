"""A stick with FAT32, as sticks come: a file system of its own in a file, made by mtools and mounted by fusefat."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fleet.share import folder, parcel, send
from fleet.share.folder import FolderStore
from fleet.share.shared import SharedRuns
from tests.unit.agent_parts import until
from tests.unit.share_parts import LINES, names, objects, room, run_of, share
from tests.unit.test_share_send import KILLED, ROOT, is_whole, states

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# FAT32 by its own rules has 65 525 clusters and more.
SECTORS = 70_000
SAMPLES = sum('"kind":"sample"' in line for line in LINES)
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a file system that is a file")


def image(path: Path) -> Path:
    """An empty FAT32, in clusters of a sector so that it is small."""
    with path.open("wb") as file:
        file.truncate(SECTORS * 512)
    subprocess.run(["mformat", "-i", path, "-F", "-c", "1", "-T", str(SECTORS), "::"], check=True, timeout=30)
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
        assert (stick / "one").stat().st_mtime % 2 == 0
        assert (stick / "ONE").exists()
        with pytest.raises(OSError, match=r"\[Errno \d+\]"):
            (stick / "three").symlink_to("one")


def test_runs_go_once_and_are_read_from_the_stick_and_from_another_computer(tmp_path: Path, school: Path) -> None:
    file = image(tmp_path / "stick")
    with plugged_in(file) as stick:
        assert states(share(school, stick)) == [send.SHARED] * 2
    with plugged_in(file) as stick:
        assert states(share(school, stick)) == [send.THERE] * 2
        told = [str(path.relative_to(stick)) for path in objects(stick)]
        found = SharedRuns(str(stick), tmp_path / "cache")
        assert found.complaints == []
        assert found.ask("select count(*) from samples").rows == ((4 * SAMPLES,),)
    # What other programs than the driver see.
    listed = subprocess.run(["mdir", "-i", file, "-b", "-/", "::"], check=True, capture_output=True, text=True).stdout
    assert sorted(line.removeprefix("::/") for line in listed.split() if line.endswith(".gz")) == told
    for name in told:
        data = subprocess.run(["mtype", "-i", file, f"::/{name}"], check=True, capture_output=True).stdout
        assert hashlib.sha256(data).hexdigest() in name


@pytest.mark.parametrize(
    ("event", "count"),
    [
        ("open", 1),
        ("os.rename", 1),
        *(pytest.param(*each, marks=pytest.mark.long) for each in (("os.remove", 1), ("os.rename", 2))),
    ],
)
def test_a_command_that_is_killed_leaves_nothing_half_and_the_next_goes_on(
    tmp_path: Path, school: Path, event: str, count: int
) -> None:
    with plugged_in(image(tmp_path / "stick")) as stick:
        words = [sys.executable, "-c", KILLED, str(school), str(stick), event, str(count)]
        killed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        visible = [found.name for found in FolderStore(stick).names(parcel.FOLDER)]
        assert all(parcel.address_of(name) and is_whole(stick / name) for name in visible)
        run_of(school / "results", names(3)[2])  # with something new to put, leftovers go
        share(school, stick)
        assert len(objects(stick)) == 3
        assert all(is_whole(path) for path in objects(stick))


def driver_of(file: Path) -> int:
    """The process that serves a stick."""
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            if each.read_bytes().startswith(b"fusefat\0") and bytes(file) in each.read_bytes().split(b"\0"):
                return int(each.parent.name)
    raise LookupError(file)


def has_ended(process: int) -> bool:
    """Tell whether a process has let go of all that it had; perhaps nobody asks how it ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_stick_whose_driver_has_died_is_told(tmp_path: Path, typed: Callable[..., tuple[int, str, str]]) -> None:
    with plugged_in(image(tmp_path / "stick")) as stick:
        driver = driver_of(tmp_path / "stick")
        os.kill(driver, signal.SIGKILL)
        until(lambda: has_ended(driver))
        status, out, err = typed("share", "--to", str(stick))
    assert (status, out) == (1, "")
    assert err.startswith(f"{stick} cannot be used: transport endpoint is not connected")
    assert "Traceback" not in err
