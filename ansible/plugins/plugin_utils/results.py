"""What Ansible's results of tasks consist of."""

from __future__ import annotations

from typing import Any


def rounds_of(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of the rounds of a loop; what a board calls so need not be any."""
    rounds = result.get("results")
    return [each for each in rounds if isinstance(each, dict)] if isinstance(rounds, list) else []
