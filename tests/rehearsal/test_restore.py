"""From provisioned boards to what they were before; in a room of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rehearsal import power, trees
from tests.rehearsal.conftest import GOVERNOR, PLAYBOOK_TIMEOUT_S, Lab, room_apart, typed
from tests.rehearsal.playbooks import playbook, rows
from virtual.containers import room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]


# Every release takes half a minute of the processors, so it is the newest here; `make test-long` has all.
@pytest.fixture(
    scope="module",
    params=[
        pytest.param([3], id="one release"),
        pytest.param([1, 2, 3], id="all releases", marks=pytest.mark.long),
    ],
)
def described(snapshot: Path, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """Provisioned boards in a room of their own."""
    with room_apart("v") as here:
        yield Lab(here, room.up(request.param, print, snapshot))


def restore(*words: str) -> tuple[int, str]:
    done = typed("ansible-playbook", "restore.yml", *words, timeout_s=PLAYBOOK_TIMEOUT_S)
    return done.returncode, done.stdout + done.stderr


def test_restoring_gives_back_every_file_and_the_governor_and_again_changes_nothing(
    described: Lab, snapshot: Path
) -> None:
    """Also where an installation was cut short."""
    before, names = trees.kept(snapshot), [one.name for one in described.room.guests]
    assert playbook("-e", "governor_name=powersave")[0] == 0
    power.cut_short_an_unpacking(described, names[-1])
    status, output = restore("-e", "restore_packages=true")
    assert status == 0, output
    for name in names:
        assert described.say(name, "sudo dpkg --audit") == ""
        different = sorted({path for path, _ in trees.tree(described, name).items() ^ before[name].files.items()})
        assert not different, "\n".join(different)
        assert set(before[name].groups) <= set(trees.groups(described, name))
        assert "pilab" not in described.say(name, "cat /etc/group /etc/passwd")
        assert described.say(name, f"cat {GOVERNOR}") == "ondemand"
    status, output = restore()
    assert (status, rows(output)) == (0, dict.fromkeys(names, "nothing to change"))
