from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fleet.errors import ShareError
from fleet.share import key

ROOT = Path(__file__).parents[2]


def test_the_key_is_for_its_owner_alone_and_git_does_not_see_it(tmp_path: Path) -> None:
    os.umask(0)
    try:
        key.tokens(tmp_path)
    finally:
        os.umask(0o022)
    assert (tmp_path / key.FILE).stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / key.FILE]
    ignored = subprocess.run(["git", "check-ignore", "-q", key.FILE], cwd=ROOT, check=False)
    assert ignored.returncode == 0


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_not_used(tmp_path: Path, mode: int) -> None:
    key.tokens(tmp_path)
    (tmp_path / key.FILE).chmod(mode)
    with pytest.raises(ShareError, match=r"room\.key can be read by others; close it with: chmod 600 .*room\.key$"):
        key.tokens(tmp_path)


@pytest.mark.parametrize("content", ["", "abc", "g" * 64, "a" * 66])
def test_what_is_no_key_is_not_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / key.FILE).write_text(content)
    (tmp_path / key.FILE).chmod(0o600)
    with pytest.raises(ShareError, match="is no key of a room; bring it back from a copy, or take it away"):
        key.tokens(tmp_path)
    assert (tmp_path / key.FILE).read_text() == content


def test_two_commands_that_make_the_key_at_once_have_the_same(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from fleet.share import key\n"
        "print(key.room_word(key.tokens(Path(sys.argv[1]))))"
    )
    words = [sys.executable, "-c", program, str(tmp_path)]
    both = [subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert len({each.communicate()[0] for each in both}) == 1


def test_a_look_at_what_would_go_makes_no_key(tmp_path: Path) -> None:
    assert key.room_word(key.provisional(tmp_path)).startswith("room-")
    assert list(tmp_path.iterdir()) == []
    words = key.tokens(tmp_path)
    assert key.room_word(key.provisional(tmp_path)) == key.room_word(words)
