"""Describes what a role puts on a board, by the paths there: its folders templates and files mirror them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.template import trust_as_template

from ansible.plugins.lookup import LookupBase

DOCUMENTATION = """
name: role_files
short_description: Files of a role as the module board_files takes them
description:
  - The template C(.j2) of a path with the variables of the board filled in, or the file as it is.
  - It spares the copy of all variables that ansible.builtin.template makes, 35 ms a file and board.
options:
  _terms:
    description: The name of the role, then the paths on the board.
    required: true
author: Pilab
"""


ROLES = Path(__file__).parents[2] / "roles"


class LookupModule(LookupBase):
    """Is what ansible asks for query('role_files', role, path, ...)."""

    def run(self, terms: list[str], variables: Any = None, **_: Any) -> list[dict[str, str]]:  # noqa: ARG002 (Ansible's signature)
        """Return path, content and mode of each file."""
        role, *paths = terms
        folder = ROLES / role
        return [self._described(source_of(folder, path), path) for path in paths]

    def _described(self, source: Path, path: str) -> dict[str, str]:
        text = source.read_text(encoding="utf-8")
        content = self._templar.template(trust_as_template(text)) if source.suffix == ".j2" else text
        return {"path": path, "content": content, "mode": "0755" if source.stat().st_mode & 0o100 else "0644"}


def source_of(folder: Path, path: str) -> Path:
    """Return where a role keeps what goes to a path; AnsibleLookupError if it has nothing for it."""
    candidates = [folder / f"templates{path}.j2", folder / f"templates{path}", folder / f"files{path}"]
    found = next(filter(Path.is_file, candidates), None)
    if found is None:
        raise AnsibleLookupError(f"{folder} has neither a template nor a file for {path}.")
    return found
