from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fleet.boards import inventory
from fleet.doctor import here
from fleet.doctor.rules.here import RULES
from tests.unit import doctor_cases
from tests.unit.doctor_cases import COMPUTERS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fleet.boards.inventory import Board
    from fleet.doctor.finding import Finding
    from fleet.doctor.here import Computer

COMMAND = re.compile(r"type: (.*)\Z", re.DOTALL)


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    """A teacher's computer that is fine."""
    return doctor_cases.computer(tmp_path)


def diagnosed(computer: Computer) -> Sequence[Finding]:
    return [found for rule in RULES for found in rule(computer)]


def test_a_computer_that_is_fine_has_no_finding(computer: Computer) -> None:
    assert diagnosed(computer) == []


@pytest.mark.parametrize(("codes", "changes"), COMPUTERS)
def test_what_is_wrong_with_a_computer_is_named(
    computer: Computer, codes: list[str], changes: dict[str, object]
) -> None:
    found = diagnosed(replace(computer, **changes))  # type: ignore[arg-type]
    assert [f"{each.level} {each.code}" for each in found] == codes
    assert all(COMMAND.search(each.fix) for each in found if each.code != "inventory")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout, and a home with a key."""
    for name in (
        "fleet/rules.py",
        "ansible/site.yml",
        "ansible.cfg",
        "inventory.ini",
        "requirements.txt",
        ".venv/.complete",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "home/.ssh").mkdir(parents=True)
    (tmp_path / "home/.ssh/id_ed25519").touch(0o600)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setattr(inventory, "boards", lambda *_: [])
    return tmp_path


def codes(root: Path) -> dict[str, Finding]:
    ours = {"key-open", "here-open", "no-key", "here-clock", "here-of-others"}
    return {each.code: each for each in here.diagnose(root) if each.code in ours}


def test_a_checkout_and_keys_that_are_fine_are_seen_so(checkout: Path) -> None:
    assert codes(checkout) == {}


def type_it(finding: Finding) -> None:
    command = COMMAND.search(finding.fix)
    assert command
    subprocess.run(["sh", "-c", command[1]], check=True)


def test_a_key_that_others_can_read_is_closed_by_the_fix(checkout: Path) -> None:
    (checkout / "home/.ssh/id_ed25519").chmod(0o644)
    type_it(codes(checkout)["key-open"])
    assert codes(checkout) == {}


def test_a_checkout_that_everybody_may_write_is_closed_by_the_fix(checkout: Path) -> None:
    checkout.chmod(0o777)
    (checkout / "ansible.cfg").chmod(0o666)
    type_it(codes(checkout)["here-open"])
    assert codes(checkout) == {}


def test_a_missing_key_is_missed(checkout: Path) -> None:
    (checkout / "home/.ssh/id_ed25519").unlink()
    assert set(codes(checkout)) == {"no-key"}


def test_an_environment_that_is_older_than_its_requirements_is_seen(checkout: Path) -> None:
    assert here.look(checkout).is_set_up
    os.utime(checkout / ".venv/.complete", (1e9, 1e9))
    assert not here.look(checkout).is_set_up


def test_a_room_of_an_installed_pilab_has_no_environment_of_its_own(checkout: Path) -> None:
    (checkout / "requirements.txt").unlink()
    shutil.rmtree(checkout / ".venv")
    found = here.look(checkout)
    assert (found.is_own_python, found.is_set_up) == (True, True)


def test_a_clock_behind_our_own_files_is_wrong(checkout: Path) -> None:
    ahead_s = time.time() + 86400
    os.utime(checkout / "fleet/rules.py", (ahead_s, ahead_s))
    assert set(codes(checkout)) == {"here-clock"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_left_in_a_checkout_is_found_by_its_owner(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for path in (checkout, *checkout.rglob("*")):
        os.chown(path, 1000, 1000)
    (checkout / "results/run").mkdir(parents=True)
    shutil.chown(checkout / "results", 1000)
    found = codes(checkout)
    assert set(found) == {"here-of-others"}
    assert "sudo chown -R" in found["here-of-others"].fix
    assert str(checkout / "results") in found["here-of-others"].fix


def test_an_environment_that_is_closed_to_us_costs_the_list_of_boards_only(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: object) -> list[Board]:
        raise PermissionError(errno.EACCES, "Permission denied", str(checkout / ".venv/bin/ansible-inventory"))

    monkeypatch.setattr(inventory, "boards", closed)
    found = {each.code: each for each in here.diagnose(checkout)}
    assert "ansible-inventory cannot be used: permission denied" in found["inventory"].sentence
