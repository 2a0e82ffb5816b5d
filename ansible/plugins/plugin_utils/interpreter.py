"""The Python of a board, found the way that Ansible finds it for its modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible.executor.interpreter_discovery import discover_interpreter

from ansible import constants as C  # type: ignore[attr-defined]  # noqa: N812 (as everywhere in Ansible)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DISCOVERED = "discovered_interpreter_python"
# An empty setting is one, too (ansible/executor/module_common.py).
MODES = frozenset({"", "auto", "auto_silent", "auto_legacy", "auto_legacy_silent"})


def python_of(action: Any, task_vars: dict[str, Any]) -> str:
    """Return the command that runs Python on the board of an action, as words for its shell.

    As for a module it may be a path, a command with arguments such as `/usr/bin/env python3`, a template, or a way of
    finding one out. What was found out is kept in `task_vars`; `found_out` tells Ansible.
    """

    def discover(mode: str) -> str:
        return str(discover_interpreter(action, "python", mode or "auto", task_vars))

    setting = C.config.get_config_value("INTERPRETER_PYTHON", variables=task_vars)
    facts = task_vars.setdefault("ansible_facts", {})
    return python_in(action._templar.template(setting), facts, discover)  # noqa: SLF001 (Ansible has no public way)


def python_in(setting: str | None, facts: dict[str, Any], discover: Callable[[str], str]) -> str:
    """Return the command that a setting means; `discover` is asked only for what is not among the facts yet."""
    wanted = (setting or "").strip()
    if wanted not in MODES:
        return wanted
    if DISCOVERED not in facts:
        facts[DISCOVERED] = discover(wanted)
    return str(facts[DISCOVERED])


def found_out(task_vars: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an action adds to its result, so that no later task looks for Python again."""
    facts = task_vars.get("ansible_facts", {})
    return {"ansible_facts": {DISCOVERED: facts[DISCOVERED]}} if DISCOVERED in facts else {}
