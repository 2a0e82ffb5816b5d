"""What a classroom adds of its own by settings: it comes, stays, and goes without a trace when nobody wants it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.playbooks import notes, playbook, rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.rehearsal.conftest import Lab

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]
NAME = "pi03"


@pytest.fixture
def own(provisioned: Lab, tmp_path: Path) -> Iterator[str]:
    """A file of settings; afterwards the board is as it was."""
    tasks = tmp_path / "after.yml"
    tasks.write_text("- ansible.builtin.copy: {dest: /etc/marker, content: here}\n")
    (tmp_path / "motd").write_text("Desk 3 of {{ 'room' }}\n")
    settings = {
        "base_extra_packages": ["cowsay", "no-such-thing"],
        "base_extra_files": [
            {"path": "/etc/motd", "source": str(tmp_path / "motd")},
            {"path": "/srv/lessons/plan.txt", "content": "L9\n", "mode": "0755"},
        ],
        "base_tasks_after": str(tasks),
    }
    path = tmp_path / "own.json"
    path.write_text(json.dumps(settings))
    yield f"@{path}"
    provisioned.say(NAME, "sudo rm -f /etc/marker; sudo apt-get purge --yes --quiet --autoremove cowsay")


def test_own_packages_files_and_tasks_come_stay_and_go(provisioned: Lab, own: str) -> None:
    before = provisioned.say(NAME, "cat /etc/motd")
    status, output = playbook("--limit", NAME, "-e", own)
    assert status == 0, output
    assert rows(output)[NAME].startswith("changed in base")
    assert any("no-such-thing" in note for note in notes(output, NAME))
    assert provisioned.say(NAME, "cat /etc/motd /etc/marker") == "Desk 3 of {{ 'room' }}\nhere"
    assert provisioned.say(NAME, "dpkg-query --show --showformat '${db:Status-Status}' cowsay") == "installed"
    assert rows(playbook("--limit", NAME, "-e", own)[1])[NAME] == "nothing to change"
    _, output = playbook("--limit", NAME, "--diff")
    assert "-Desk 3 of {{ 'room' }}" in output
    assert provisioned.say(NAME, "cat /etc/motd; ls /srv/lessons 2>&1 || true").startswith(before)
    assert provisioned.ssh(NAME, "ls /srv/lessons").returncode != 0
