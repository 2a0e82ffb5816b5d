"""What several commands take: the words that explain it, and how it is read."""

from __future__ import annotations

import getpass

from fleet.boards import inventory
from fleet.errors import PlanError

RESULTS = inventory.ROOT / "results"
ASK = (
    "ask once for the password that sudo wants on the boards; a board that is named here and asks for it learns it, "
    "and so does whoever is root there"
)
CSV = "print the answer as CSV"
LANG = "language of the report: en or ko"
RUN = "the name of a run; the newest if not given"
HOSTS = "a board, a group or a pattern as Ansible understands it"


def password(*, asked: bool) -> str:
    """Ask for the password that sudo wants on the boards, if that was wished."""
    return getpass.getpass("Password for sudo on the boards: ") if asked else ""


def number(option: str, text: str) -> int:
    """Read a whole number from 1 on; 0 if nothing was typed, PlanError for anything else."""
    if text and not (text.isdecimal() and int(text)):
        raise PlanError(f"{option} is '{text}'; give a whole number from 1.")
    return int(text or 0)
