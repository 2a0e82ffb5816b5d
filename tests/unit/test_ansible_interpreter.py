from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.ansible_parts import plugin

interpreter = plugin("plugin_utils", "interpreter")


@pytest.mark.parametrize("setting", ["/usr/bin/python3", "/usr/bin/env python3", "/opt/my python/bin/python3"])
def test_what_names_a_python_is_taken_as_ansible_takes_it_for_a_module(setting: str) -> None:
    facts: dict[str, Any] = {}
    assert interpreter.python_in(f" {setting} ", facts, lambda _: pytest.fail("nothing is to be found out")) == setting
    assert facts == {}


@pytest.mark.parametrize("mode", ["auto", "auto_silent", "auto_legacy", "auto_legacy_silent", "", None])
def test_what_is_to_be_found_out_is_found_out_once(mode: str | None) -> None:
    asked: list[str] = []

    def discover(way: str) -> str:
        asked.append(way)
        return "/usr/bin/python3.9"

    facts: dict[str, Any] = {}
    assert [interpreter.python_in(mode, facts, discover) for _ in range(3)] == ["/usr/bin/python3.9"] * 3
    assert asked == [mode or ""]


class Action:
    """What Ansible runs for a task, on a board with one Python."""

    _task = SimpleNamespace(delegate_to=None)
    _templar = SimpleNamespace(template=lambda text: text)

    def __init__(self, said: str) -> None:
        self.said, self.commands = said, 0

    def _low_level_execute_command(self, _command: str, sudoable: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 (Ansible's signature)
        assert not sudoable
        self.commands += 1
        return {"rc": 0, "stdout": self.said, "stderr": ""}


def test_ansibles_own_discovery_is_asked_and_its_answer_is_told_to_ansible() -> None:
    action, task_vars = Action("FOUND\n/usr/bin/python3.11\n/usr/bin/python3\nENDFOUND\n"), {
        "inventory_hostname": "pi01", "ansible_python_interpreter": "auto_silent",
    }  # fmt: skip
    assert [interpreter.python_of(action, task_vars) for _ in range(2)] == ["/usr/bin/python3.11"] * 2
    assert action.commands == 1
    assert interpreter.found_out(task_vars) == {
        "ansible_facts": {"discovered_interpreter_python": "/usr/bin/python3.11"}
    }


def test_a_board_without_any_python_has_ansibles_last_resort() -> None:
    task_vars = {"inventory_hostname": "pi01", "ansible_python_interpreter": "auto_silent"}
    assert interpreter.python_of(Action("FOUND\nENDFOUND\n"), task_vars) == "/usr/bin/python3"


def test_a_path_is_nothing_to_tell_ansible_of() -> None:
    task_vars = {"inventory_hostname": "pi01", "ansible_python_interpreter": "/usr/bin/env python3"}
    assert interpreter.python_of(Action(""), task_vars) == "/usr/bin/env python3"
    assert interpreter.found_out(task_vars) == {}
