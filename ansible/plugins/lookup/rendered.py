"""Renders a template without the copy of all variables that ansible.builtin.template makes: 35 ms per file and board."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible.template import trust_as_template

DOCUMENTATION = """
name: rendered
short_description: A template of ours with the variables of the board filled in
options:
  _terms:
    description: Paths of the templates.
    required: true
author: Pilab
"""


class LookupModule(LookupBase):
    """Is what ansible asks for lookup('rendered', path)."""

    def run(self, terms: list[str], variables: Any = None, **_: Any) -> list[str]:  # noqa: ARG002 (Ansible's signature)
        """Return the rendered text of each template."""
        texts = (Path(term).read_text(encoding="utf-8") for term in terms)
        return [self._templar.template(trust_as_template(text)) for text in texts]
