from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleet.boards import inventory_file as lists
from fleet.errors import InventoryError

if TYPE_CHECKING:
    from pathlib import Path

ROOM = "# our room\n[lab]\npi01  ansible_host=10.0.0.1 seat=A1   # at the door\npi02\n\n[d:vars]\npi03=1\n[d]\npi02\n"
YAML = """\
lab:
  hosts:
    pi01: {ansible_host: 10.0.0.1, x: 1} # door
    pi02:
      # its address
      ansible_host: "10.0.0.2"
      x: 2
"""


@pytest.mark.parametrize(
    ("text", "name", "changed"),
    [
        (ROOM, "pi01", ROOM.replace("10.0.0.1", "10.0.0.9")),
        (ROOM, "pi02", ROOM.replace("pi02\n\n", "pi02 ansible_host=10.0.0.9\n\n")),
        (ROOM, "pi03", None),
        ("[desk]\npi1\n[lab]\n  pi1 ansible_host='10.0.0.1' x=2\r\n", "pi1", "[desk]\npi1\n[lab]\n  pi1 ansible_host=10.0.0.9 x=2\r\n"),  # noqa: E501 (a table)
        ("pi01.local user=anna\n", "pi01", "pi01.local ansible_host=10.0.0.9 user=anna\n"),
        ("pi[01:30].local a=1 # all\n", "pi07", "pi[01:06].local a=1 # all\npi07.local ansible_host=10.0.0.9 a=1 # all\npi[08:30].local a=1 # all\n"),  # noqa: E501 (a table)
        ("pi[1:3]\n", "pi1", "pi1 ansible_host=10.0.0.9\npi[2:3]\n"),
        ("pi[1:3]\n", "pi2", "pi1\npi2 ansible_host=10.0.0.9\npi3\n"),
        ("pi[8:11]\n", "pi11", "pi[8:10]\npi11 ansible_host=10.0.0.9\n"),
        ("pi[01:30]\n", "pi7", None),
        ("# pi01 ansible_host=10.0.0.1\n; pi01\n", "pi01", None),
        ("pi01 n='ansible_host=1' ansible_host=10.0.0.1\n", "pi01", "pi01 n='ansible_host=1' ansible_host=10.0.0.9\n"),
        ("pi01 # was ansible_host=10.0.0.1\n", "pi01", "pi01 ansible_host=10.0.0.9 # was ansible_host=10.0.0.1\n"),
        (YAML, "pi02", YAML.replace("10.0.0.2", "10.0.0.9")),
        (YAML, "pi01", YAML.replace("10.0.0.1", "10.0.0.9")),
        ("---\nlab: {hosts: {}}\nx:\n  pi01: {ansible_host: 10.0.0.1}\n", "pi01", "---\nlab: {hosts: {}}\nx:\n  pi01: {ansible_host: 10.0.0.9}\n"),  # noqa: E501 (a table)
        ("lab:\n  hosts:\n    pi01: # door\n    pi02: {ansible_host: 10.0.0.2}\n", "pi01", "lab:\n  hosts:\n    pi01: # door\n      ansible_host: 10.0.0.9\n    pi02: {ansible_host: 10.0.0.2}\n"),  # noqa: E501 (a table)
        ("lab:\n  hosts:\n    pi01.local: {x: 1}\n", "pi01", "lab:\n  hosts:\n    pi01.local: {x: 1, ansible_host: 10.0.0.9}\n"),  # noqa: E501 (a table)
        ("lab:\n  hosts:\n    pi[01:30].local:\n      x: 1\n\n# the others\nd:\n  hosts: pi40\n", "pi07", "lab:\n  hosts:\n    pi[01:06].local:\n      x: 1\n    pi07.local:\n      x: 1\n      ansible_host: 10.0.0.9\n    pi[08:30].local:\n      x: 1\n\n# the others\nd:\n  hosts: pi40\n"),  # noqa: E501 (a table)
        ("lab:\n  hosts:\n    pi01: &a\n      x: 1\n    pi02: *a\n", "pi03", None),
    ],
)  # fmt: skip
def test_an_address_is_changed_and_every_other_letter_stays(text: str, name: str, changed: str | None) -> None:
    assert lists.readdressed(text, name, "10.0.0.9") == changed


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("[lab]\npi01\n# end\n\n[lab:vars]\nx=1\n", "[lab]\npi01\npi09 x=1\n# end\n\n[lab:vars]\nx=1\n"),
        ("[lab]\r\n[desk]\r\npi01\r\n", "[lab]\r\npi09 x=1\r\n[desk]\r\npi01\r\n"),
        ("[lab:vars]\nx=1\n[lab]\npi01", "[lab:vars]\nx=1\n[lab]\npi01\npi09 x=1\n"),
        ("# nothing yet\n", "# nothing yet\n\n[lab]\npi09 x=1\n"),
        ("", "[lab]\npi09 x=1\n"),
        ("lab:\n  hosts:\n", "lab:\n  hosts:\n    pi09:\n      x: '1'\n"),
        ("---\nlab: # mine\n", "---\nlab: # mine\n  hosts:\n    pi09:\n      x: '1'\n"),
        (
            "all:\n    children:\n        lab:\n            hosts:\n                pi01:\n",
            "all:\n    children:\n        lab:\n            hosts:\n                pi01:\n                pi09:\n                    x: '1'\n",  # noqa: E501 (a table)
        ),
        (
            "lab:\n  hosts:\n    pi01: {x: 2}  # door\n\n# spare\nd:\n  hosts:\n    pi05:\n",
            "lab:\n  hosts:\n    pi01: {x: 2}  # door\n    pi09:\n      x: '1'\n\n# spare\nd:\n  hosts:\n    pi05:\n",
        ),
        (
            "lab:\n  vars:\n    text: |\n      two\n      lines\nd:\n",
            "lab:\n  vars:\n    text: |\n      two\n      lines\n  hosts:\n    pi09:\n      x: '1'\nd:\n",
        ),
        ("lab: {hosts: {pi01: {}}} # all\n", "lab: {hosts: {pi01: {}, pi09: {x: '1'}}} # all\n"),
        ("lab: {}\n", "lab: {hosts: {pi09: {x: '1'}}}\n"),
        ("lab:\n  hosts: {\n    pi01: {},\n  }\n", "lab:\n  hosts: {\n    pi01: {}, pi09: {x: '1'}\n  }\n"),
        (
            "d:\r\n  hosts:\r\n    pi01:",
            "d:\r\n  hosts:\r\n    pi01:\r\nlab:\r\n  hosts:\r\n    pi09:\r\n      x: '1'\r\n",
        ),
        ("lab:\n  hosts: pi01\n", None),
        ("lab: [pi01]\n", None),
        ("{lab: {hosts: {pi01: }}}\n", None),
        ("lab: {hosts\n", None),
    ],
)
def test_a_board_more_stands_at_the_end_of_its_group(text: str, changed: str | None) -> None:
    assert lists.with_board(text, "lab", "pi09", {"x": "1", "y": ""}) == changed


def test_a_board_more_is_read_by_ansible_where_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "rooms.yml"
    path.write_text(YAML)
    changed = lists.with_board(YAML, "lab", "pi09", {"ansible_host": "fe80::1%eth0"})
    assert changed
    lists.rewrite(path, changed, {"pi09": "fe80::1%eth0"}, "pi09")
    assert path.read_text() == changed
    assert set(YAML.splitlines()) < set(changed.splitlines())


def test_a_setting_with_a_space_is_quoted() -> None:
    assert lists.host_line("pi09", ansible_host="10.0.0.9", ansible_user="") == "pi09 ansible_host=10.0.0.9"
    assert lists.host_line("pi09", ansible_ssh_private_key_file="/my key").endswith("='/my key'")


@pytest.fixture
def room(tmp_path: Path) -> Path:
    path = tmp_path / "inventory.ini"
    path.write_text("[lab]\npi01 ansible_host=10.0.0.1 # door\npi02 ansible_host=10.0.0.2\n")
    path.chmod(0o640)
    return path


def test_a_list_is_written_whole_and_the_old_one_is_kept(room: Path) -> None:
    before = room.read_text()
    changed = lists.readdressed(before, "pi02", "10.0.0.9")
    assert changed
    kept = lists.rewrite(room, changed, {"pi02": "10.0.0.9"})
    assert (room.read_text(), kept.read_text()) == (changed, before)
    assert room.stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in room.parent.iterdir()) == ["inventory.ini", "inventory.ini.bak"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ("[lab]\npi01 ansible_host=10.0.0.1\npi02 ansible_host=10.0.0.9 x=1\n", "left as it is: the address of pi02"),
        ("[lab]\npi02 ansible_host=10.0.0.9\n", "left as it is: the address of pi01"),
        ("[lab]\npi01 ansible_host=10.0.0.9\npi02 ansible_host=10.0.0.9\n", "have the same address 10.0.0.9"),
        ("[lab\n", "inventory.ini:1: '[lab' is neither"),
    ],
)
def test_what_would_mean_anything_else_to_ansible_is_not_written(room: Path, changed: str, sentence: str) -> None:
    before = room.read_text()
    with pytest.raises(InventoryError) as raised:
        lists.rewrite(room, changed, {"pi02": "10.0.0.9"})
    assert sentence in str(raised.value)
    assert ".tried" not in str(raised.value)
    assert [each.name for each in room.parent.iterdir()] == ["inventory.ini"]
    assert room.read_text() == before


def test_an_address_that_host_vars_have_is_not_written_in_vain(room: Path) -> None:
    (room.parent / "host_vars").mkdir()
    (room.parent / "host_vars" / "pi02.yml").write_text("ansible_host: 10.0.0.2\n")
    with pytest.raises(InventoryError, match=r"the address of pi02 is said elsewhere too \(host_vars"):
        lists.rewrite(room, lists.readdressed(room.read_text(), "pi02", "10.0.0.9") or "", {"pi02": "10.0.0.9"})


def test_the_lists_that_people_write_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANSIBLE_INVENTORY", raising=False)
    monkeypatch.delenv("ANSIBLE_CONFIG", raising=False)
    (tmp_path / "ansible.cfg").write_text("[defaults]\ninventory = virtual/inventory.py, rooms, none.ini\n")
    (tmp_path / "rooms").mkdir()
    for name in ("b.yml", "a.ini", "a.ini.bak"):
        (tmp_path / "rooms" / name).touch()
    assert [each.name for each in lists.sources(tmp_path)] == ["a.ini", "b.yml"]
