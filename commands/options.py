"""What several commands take: the words that explain it, and how it is read."""

from __future__ import annotations

import getpass
import warnings
from typing import Any

from invoke.tasks import Task

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


class RootTask(Task[Any]):
    """A task that is root on the boards: it takes -K, as Ansible's commands do."""

    def arg_opts(self, name: str, default: Any, taken_names: set[str]) -> dict[str, Any]:  # noqa: ANN401 (invoke's signature)
        """Give the one option its letter; invoke takes the first that is in a name."""
        options: dict[str, Any] = super().arg_opts(name, default, taken_names)
        if name == "ask_sudo_password":
            options["names"] = [options["names"][0], "K"]
        return options


def password(*, asked: bool) -> str:
    """Ask for the password that sudo wants on the boards, if that was wished; PlanError if nobody can be asked."""
    if not asked:
        return ""
    with warnings.catch_warnings():
        # Without a terminal, it would be read from wherever input comes from, and be seen.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass("Password for sudo on the boards: ")
        except (getpass.GetPassWarning, EOFError) as error:
            raise PlanError("-K asks for the password of sudo, and there is no terminal to ask on; use one.") from error


def number(option: str, text: str) -> int:
    """Read a whole number from 1 on; 0 if nothing was typed, PlanError for anything else."""
    if text and not (text.isdecimal() and int(text)):
        raise PlanError(f"{option} is '{text}'; give a whole number from 1.")
    return int(text or 0)
