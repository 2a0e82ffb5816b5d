"""What `invoke doctor` finds on boards that failed for a reason that no program said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from ansible_collections.pilab.classroom.plugins.plugin_utils.findings import is_behind, marked
from ansible_collections.pilab.classroom.plugins.plugin_utils.spoken import catalog, of_locale

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

# Some for invoke and the list of boards, and ten for a Pi Zero that looks at itself; others take one or two.
LIMIT_S = 20.0
# Bytes of the answer of all boards.
MOST_BYTES = 1 << 20
# The commands of invoke are where the playbooks are, as in a checkout and in the folder of a room.
TASKS = "tasks.py"
KIND = "playbook"


def look(names: Sequence[str], inventory: Iterable[str], room: Path) -> dict[str, list[str]]:
    """Return what can be behind the failure of each board, in sentences with their fixes; nothing where it is not told.

    `inventory` is the list that the playbook was given, `room` the folder of its settings.
    """
    if not names or not (room / TASKS).exists():
        return {}
    # Without a password: what only root sees is left out.
    words = ["doctor", f"--hosts={','.join(names)}", "--json", f"--lang={language()}"]
    where = {**os.environ, "ANSIBLE_INVENTORY": ",".join(inventory)}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "invoke", *words],
            cwd=room, env=where, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return told(done.stdout[:MOST_BYTES].decode("utf-8", "replace"))


def language() -> str:
    """Name the language of the terminal, or English where rows have no other."""
    found = of_locale(os.environ)
    return found if catalog(found) else "en"


def told(answer: str) -> dict[str, list[str]]:
    """Read the lines of JSON of the doctor; those that are none are passed over."""
    found: dict[str, list[str]] = {}
    for line in answer.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and row.get("kind") == "board":
            found[row["board"]] = [sentence(each) for each in row["findings"] if is_reason(each)]
    return found


def is_reason(finding: dict[str, Any]) -> bool:
    """Tell whether a playbook can fail for what was found."""
    return bool(finding["level"] == "fault" and is_behind(finding["code"], KIND))


def sentence(finding: dict[str, Any]) -> str:
    """Write what was found and what mends it on one line."""
    words = marked(finding["code"], finding["sentence"])
    return f"{words}; {finding['fix']}" if finding["fix"] else words
