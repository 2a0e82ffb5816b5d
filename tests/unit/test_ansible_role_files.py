from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from ansible.errors import AnsibleLookupError  # type: ignore[import-untyped]
from ansible.parsing.dataloader import DataLoader  # type: ignore[import-untyped]
from ansible.template import Templar  # type: ignore[import-untyped]

from tests.unit.ansible_parts import plugin

if TYPE_CHECKING:
    from pathlib import Path

lookup = plugin("lookup", "role_files")
UNIT = "/etc/systemd/system/one.service"
PROGRAM = "/opt/one/bin/one"


@pytest.fixture
def roles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of roles with one role: a unit to fill in, a program as it is."""
    role = tmp_path / "roles/one"
    monkeypatch.setattr(lookup, "ROLES", tmp_path / "roles")
    for path, content in ((f"templates{UNIT}.j2", "User={{ user }}\n"), (f"files{PROGRAM}", "#!/bin/sh\necho {{ }}\n")):
        (role / path.lstrip("/")).parent.mkdir(parents=True)
        (role / path.lstrip("/")).write_text(content)
    (role / f"files{PROGRAM}").chmod(0o755)
    return tmp_path / "roles"


def described(*terms: str) -> list[dict[str, str]]:
    loader = DataLoader()
    variables: dict[str, Any] = {"user": "pilab"}
    made = lookup.LookupModule(loader=loader, templar=Templar(loader, variables=variables))
    answer: list[dict[str, str]] = made.run(list(terms), variables)
    return answer


@pytest.mark.usefixtures("roles")
def test_a_template_is_filled_in_and_a_file_stays_as_it_is() -> None:
    assert described("one", UNIT, PROGRAM) == [
        {"path": UNIT, "content": "User=pilab\n", "mode": "0644"},
        {"path": PROGRAM, "content": "#!/bin/sh\necho {{ }}\n", "mode": "0755"},
    ]


def test_a_template_comes_before_a_file_of_the_same_path(roles: Path) -> None:
    file = roles / f"one/files{UNIT}"
    file.parent.mkdir(parents=True)
    file.write_text("User=nobody\n")
    assert described("one", UNIT)[0]["content"] == "User=pilab\n"


@pytest.mark.usefixtures("roles")
def test_a_path_that_the_role_has_nothing_for_is_named() -> None:
    with pytest.raises(AnsibleLookupError, match=r"roles/one has neither a template nor a file for /etc/two\."):
        described("one", UNIT, "/etc/two")
