from __future__ import annotations

import errno
import os
import resource
import shlex
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from fleet.errors import DiskError
from fleet.files import make_folder, sentence, whole, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
NOBODY = 65534


def test_a_file_is_written_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_whole(path, "{}\n")
    write_whole(path, "한국어\n")
    assert path.read_bytes() == "한국어\n".encode()
    assert list(tmp_path.iterdir()) == [path]


@contextmanager
def short() -> Iterator[None]:
    """Let no file of this process become longer than 100 bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_was_there_stays_if_the_new_file_does_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_whole(path, "old")
    with pytest.raises(DiskError) as refusal, short():
        write_whole(path, "new" * 1000)
    assert str(refusal.value) == (
        f"{path} cannot be used: file too large; files of this account have a limit, "
        "which ends with: ulimit -f unlimited."
    )
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_there_stays_if_somebody_ends_the_writing(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_whole(path, "old")
    with suppress(KeyboardInterrupt), whole(path) as file:
        file.write(b"new")
        raise KeyboardInterrupt
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])


def test_a_file_that_is_only_read_for_another_is_named_itself(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing"), whole(tmp_path / "archive"):
        (tmp_path / "missing").open()
    assert list(tmp_path.iterdir()) == []


def test_something_that_has_the_name_of_the_folder_is_to_be_moved_away(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("")
    with pytest.raises(DiskError, match=r"results/run cannot be used: not a directory; move away what has its name\.$"):
        make_folder(tmp_path / "results/run")
    with pytest.raises(DiskError, match=r"results cannot be used: file exists; move away what has its name\.$"):
        make_folder(tmp_path / "results")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full; make room (see with: df -h {there}), then type the command again."),
        (errno.EDQUOT, "your share of the disk is full; make room (see with: df -h {there}), then type"),
        (errno.EROFS, "read-only file system; have its disk mounted for writing, or work in a copy"),
        (errno.EIO, "input/output error."),
    ],
)
def test_what_the_system_refuses_is_told_with_what_to_do(tmp_path: Path, number: int, words: str) -> None:
    error = OSError(number, os.strerror(number), str(tmp_path / "new/run.json"))
    assert sentence(error).startswith(f"{tmp_path}/new/run.json cannot be used: {words.format(there=tmp_path)}")


def test_a_refusal_that_names_no_file_is_a_sentence_too() -> None:
    assert sentence(OSError(errno.EIO, "Input/output error")) == (
        "A file of this computer cannot be used: input/output error."
    )
    assert sentence(OSError("unsaid")) == "A file of this computer cannot be used: unsaid."
    assert "df -h" in sentence(OSError(errno.ENOSPC, "x", 3))


def test_what_belongs_to_somebody_else_is_taken_over(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can give something away")
    os.chown(tmp_path, 54321, 54321)
    error = PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "run/run.json"))
    assert sentence(error) == (
        f"{tmp_path}/run/run.json cannot be used: permission denied; it belongs to 54321; "
        f"take it over with: sudo chown -R root {tmp_path}, then type the command again."
    )


@pytest.mark.parametrize("folder", ["/", "/proc"])
def test_what_the_system_relies_on_is_never_taken_over(folder: str) -> None:
    told = sentence(PermissionError(errno.EACCES, "Permission denied", f"{folder}/results"))
    assert "chown" not in told
    assert "choose a folder of your own instead, then type the command again" in told


def test_what_is_shut_to_its_own_owner_is_opened() -> None:
    program = (
        "import os, sys; from pathlib import Path; sys.path.append(sys.argv[1]); from fleet import files, errors\n"
        "os.geteuid() or os.setresuid(65534, 65534, 65534)\n"
        "try:\n    files.write_whole(Path(sys.argv[2]), 'x')\nexcept errors.DiskError as error:\n    print(error)\n"
    )
    with TemporaryDirectory() as base:  # where an ordinary user may look in
        Path(base).chmod(0o755)
        folder = Path(base, "it's mine")
        folder.mkdir(mode=0o500)
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        command = [sys.executable, "-c", program, str(ROOT), str(folder / "run.json")]
        said = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/").stdout
    assert said == (
        f"{folder}/run.json cannot be used: permission denied; open it to yourself with: "
        f"chmod -R u+rwX {shlex.quote(str(folder))}, then type the command again.\n"
    )
