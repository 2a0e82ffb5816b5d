from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.ansible_parts import ROOT, plugin

boards = plugin("inventory", "boards")


def listed(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What every command of the project asks, with the project's own ansible.cfg."""
    program = Path(sys.executable).with_name("ansible-inventory")
    command = [str(program), "-i", str(path), "--list", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def inventory(folder: Path, text: str) -> Path:
    path = folder / "inventory.ini"
    path.write_text(text)
    return path


def entry(name: str, line: int, group: str = "lab", **variables: object) -> object:
    return boards.Entry(name, group, line, variables)


def test_a_board_in_two_groups_is_one_board(tmp_path: Path) -> None:
    done = listed(inventory(tmp_path, "[lab]\npi01 ansible_host=10.0.0.1\npi[02:03]\n\n[window]\npi01\npi03\n"))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["lab"]["hosts"] == ["pi01", "pi02", "pi03"]
    assert found["_meta"]["hostvars"]["pi01"]["ansible_host"] == "10.0.0.1"


def test_a_doubled_name_stops_every_command_with_one_sentence(tmp_path: Path) -> None:
    done = listed(inventory(tmp_path, "[lab]\npi01 ansible_host=10.0.0.1\n# a note\npi01 ansible_host=10.0.0.2\n"))
    assert done.returncode == 1
    assert done.stderr == (
        "inventory.ini: the name pi01 stands on line 2 and again on line 4: "
        "give one of the two boards another name, or remove a line.\n"
    )


def test_a_range_that_meets_a_single_name_is_a_doubled_name(tmp_path: Path) -> None:
    done = listed(inventory(tmp_path, "[lab]\npi[01:09]\npi07\n"))
    assert (done.returncode, "the name pi07 stands on line 2 and again on line 3" in done.stderr) == (1, True)


def test_variables_in_two_places_are_a_doubled_name_even_in_two_groups() -> None:
    twice = [entry("pi01", 2, ansible_host="10.0.0.1"), entry("pi01", 5, "window", ansible_host="10.0.0.2")]
    assert "pi01 stands on line 2 and again on line 5" in boards.doubled_name(twice)


@pytest.mark.parametrize("address", [{"ansible_host": "10.0.0.1"}, {}])
def test_two_boards_cannot_have_one_address(address: dict[str, str]) -> None:
    first = entry("10.0.0.1", 2) if not address else entry("pi01", 2, **address)
    sentence = boards.doubled_address([first, entry("pi02", 3, ansible_host="10.0.0.1")])
    assert "line 2 and pi02 on line 3 have the same address 10.0.0.1: correct ansible_host" in sentence


def test_boards_behind_one_address_may_differ_by_port() -> None:
    behind = [entry(f"pi0{n}", n, ansible_host="10.0.0.1", ansible_port=2200 + n) for n in (1, 2)]
    assert boards.doubled_address(behind) == ""


def test_a_name_that_a_running_virtual_pi_has_is_refused_with_the_way_out() -> None:
    assert "`invoke rehearse.down`" in boards.taken([entry("pi01", 2)], {"pi01"})
    assert boards.taken([entry("pi01", 2)], {"pi02"}) == ""
