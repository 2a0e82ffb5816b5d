"""What Ansible's results of tasks consist of."""

from __future__ import annotations

from typing import Any

from ansible.playbook.role_include import IncludeRole


def rounds_of(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of the rounds of a loop; what a board calls so need not be any."""
    rounds = result.get("results")
    return [each for each in rounds if isinstance(each, dict)] if isinstance(rounds, list) else []


def name_of(task: Any) -> str:
    """Name a task without the collection of its role; one that includes a role can leave nothing out."""
    return str(task.get_name() if isinstance(task, IncludeRole) else task.get_name(include_role_fqcn=False))
