"""The yardstick of `make bench-provision`: what counts as a change, and what counts as the same board."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.provision import tools, wanted

BOARDS = Path("boards.json")


@pytest.mark.parametrize(
    ("tool", "changed", "unchanged"),
    [
        (tools.pilab(), "pi01  changed in base, agent", "pi01  nothing to change\n      left out libjasper-dev"),
        (tools.ansible(BOARDS), "pi01 : ok=12 changed=2 failed=0", "pi01 : ok=12 changed=0 failed=0"),
        (tools.pyinfra(BOARDS), "    Grand total   63   3   -   60", "    Grand total   63   -   -   63"),
    ],
    ids=["pilab", "plain Ansible", "pyinfra"],
)
def test_a_tool_says_itself_whether_it_changed_anything(tool: tools.Tool, changed: str, unchanged: str) -> None:
    assert tool.changes.search(changed)
    assert not tool.changes.search(unchanged)


def test_a_difference_shows_what_either_board_has_alone() -> None:
    assert wanted.difference(["ii  gcc 12", "active"], ["ii  gcc 12", "failed"]) == ["active", "failed"]


def test_boards_that_are_alike_show_no_difference() -> None:
    assert wanted.difference(["active", "ondemand"], ["ondemand", "active"]) == []


def test_a_tool_that_does_not_end_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "LIMIT_S", 0.2)
    endless = tools.Tool("sleep", ("sleep", "60"), tools.NEVER, {})
    with pytest.raises(SystemExit, match=r"sleep did not end within 0\.2 s"):
        endless.run()
