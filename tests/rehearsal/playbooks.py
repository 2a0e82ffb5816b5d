"""The playbook as a teacher types it, and what it says of each board."""

from __future__ import annotations

from tests.rehearsal.conftest import PLAYBOOK_TIMEOUT_S, typed


def playbook(*words: str, timeout_s: float = PLAYBOOK_TIMEOUT_S) -> tuple[int, str]:
    done = typed("ansible-playbook", "site.yml", *words, timeout_s=timeout_s)
    return done.returncode, done.stdout + done.stderr


def rows(output: str) -> dict[str, str]:
    """The last row of each board in what the playbook printed."""
    words = (line.split(maxsplit=1) for line in output.splitlines() if line.startswith("pi"))
    return dict(pair for pair in words if len(pair) == 2)


def notes(output: str, board: str) -> list[str]:
    """Everything that the last rows say of a board: its first words, and the lines below that belong to it."""
    lines = output.splitlines()
    began = max(index for index, line in enumerate(lines) if line.startswith(board))
    first = lines[began].split(maxsplit=1)[1]
    below = []
    for line in lines[began + 1 :]:
        if not line.startswith(" "):
            break
        below.append(line.strip())
    return [first, *below]
