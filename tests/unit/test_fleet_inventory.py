from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from fleet.boards import inventory
from fleet.boards.inventory import Board, boards, complaint, parse_listing, program
from fleet.errors import InventoryError
from fleet.places import CODE

if TYPE_CHECKING:
    from pathlib import Path

CLASSROOM = """
[desks]
pi02 ansible_host=192.168.1.102 ansible_port=2222
pi01 ansible_host=192.168.1.101

[shelf]
pi03

[lab:children]
desks
shelf

[lab:vars]
ansible_user=anna
"""


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "ansible.cfg").write_text("[defaults]\ninventory = inventory.ini\n")
    (tmp_path / "inventory.ini").write_text(CLASSROOM)
    return tmp_path


def test_boards_come_in_the_order_of_the_inventory(room: Path) -> None:
    assert [board.name for board in boards("lab", room)] == ["pi02", "pi01", "pi03"]


def test_an_input_that_a_killed_ssh_left_does_not_matter(room: Path) -> None:
    """OpenSSH sets O_NONBLOCK on what is no terminal; Ansible refuses to begin with such a standard input."""
    usual, left = os.dup(0), os.open(os.devnull, os.O_RDONLY | os.O_NONBLOCK)
    try:
        os.dup2(left, 0)
        assert [board.name for board in boards("shelf", room)] == ["pi03"]
    finally:
        os.dup2(usual, 0)
        os.close(usual)
        os.close(left)


def test_a_board_has_its_address_port_and_account(room: Path) -> None:
    (board,) = boards("pi02", room)
    assert (board.address, board.port, board.user) == ("192.168.1.102", 2222, "anna")
    assert (board.key_file, board.known_hosts) == ("", "~/.ssh/known_hosts")


def test_a_pattern_means_what_it_means_to_ansible(room: Path) -> None:
    assert [board.name for board in boards("lab:!shelf", room)] == ["pi02", "pi01"]


@pytest.mark.parametrize("text", ["", "# nobody yet\n", "[lab]\n"])
def test_where_no_board_is_listed_it_is_said_where_to_list_them(room: Path, text: str) -> None:
    (room / "inventory.ini").write_text(text)
    with pytest.raises(
        InventoryError, match=r"There is no board in 'lab': list your boards under \[lab\] in inventory"
    ):
        boards("lab", room)


@pytest.mark.parametrize("pattern", ["pi09", "desks,pi09", "lab:!pi09"])
def test_a_name_that_is_not_in_the_inventory_is_named_with_those_that_are(room: Path, pattern: str) -> None:
    with pytest.raises(InventoryError) as raised:
        boards(pattern, room)
    assert str(raised.value) == (
        "'pi09' is neither a board nor a group of the inventory; "
        "there are the boards pi02, pi01, pi03 and the groups desks, lab, shelf."
    )


def test_an_empty_lab_says_how_to_fill_it(room: Path) -> None:
    (room / "inventory.ini").write_text("[lab]\n")
    with pytest.raises(InventoryError, match=r"no board in 'lab': list your boards under \[lab\] in inventory\.ini"):
        boards("lab", room)


@pytest.mark.parametrize("pattern", ["", "  "])
def test_no_pattern_does_not_mean_every_board(room: Path, pattern: str) -> None:
    with pytest.raises(InventoryError, match="--hosts is empty"):
        boards(pattern, room)


@pytest.fixture
def checkout(room: Path) -> Path:
    """A room that is read as the project's own ansible.cfg has it."""
    (room / "ansible.cfg").write_text(
        f"[defaults]\ninventory = inventory.ini\ncollections_path = {CODE}/collections\n"
        "vars_plugins_enabled = pilab.classroom.boards, host_group_vars\nduplicate_dict_key = error\n"
        "[inventory]\nenable_plugins = pilab.classroom.boards\nany_unparsed_is_failed = true\n"
    )
    return room


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (
            {"inventory.ini": "[lab]\npi01 ansible_host=10.0.0.1\npi01 ansible_host=10.0.0.2\n"},
            "the name pi01 stands in inventory.ini:2 and again in inventory.ini:3: give one of the two boards",
        ),
        (
            {"inventory.ini": "[lab\n"},
            "inventory.ini:1: '[lab' is neither a board nor a whole [section]; correct it there.",
        ),
        (
            {"group_vars/all.yml": "governor_name: performance\ncamera_stack: [\n"},
            "group_vars/all.yml:3: YAML parsing failed: While parsing a flow node did not find expected node content",
        ),
        (
            {"host_vars/pi01.yml": "a: 1\na: 2\n"},
            "host_vars/pi01.yml:2: YAML parsing failed: Found duplicate mapping key",
        ),
        ({"host_vars/pi01.yml": "- a\n"}, "host_vars/pi01.yml holds no settings: write one on each line"),
        # 학교 as older editors of Windows save it.
        (
            {"group_vars/all.yml": "card_wifi_ssid: \udcc7\udcd0\udcb1\udcb3\n"},
            "group_vars/all.yml: it has letters that are not in UTF-8; save the file as UTF-8; correct it there.",
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_one_sentence_with_file_and_line(
    checkout: Path, files: dict[str, str], sentence: str
) -> None:
    for name, text in files.items():
        (checkout / name).parent.mkdir(exist_ok=True)
        (checkout / name).write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InventoryError) as raised:
        boards("lab", checkout)
    assert str(raised.value).startswith(sentence)
    assert "\n" not in str(raised.value)


def test_a_broken_inventory_is_one_sentence(room: Path) -> None:
    (room / "ansible.cfg").write_text(
        "[defaults]\ninventory = inventory.ini\n[inventory]\nenable_plugins = ini\nany_unparsed_is_failed = true\n"
    )
    (room / "inventory.ini").write_text("[lab\npi01\n")
    with pytest.raises(InventoryError) as raised:
        boards("lab", room)
    assert "\n" not in str(raised.value)
    assert "inventory.ini" in str(raised.value)


def test_what_ansible_complains_about_is_found_among_its_warnings() -> None:
    words = "[WARNING]: something else\n\n<<< caused by >>>\nOrigin: /tmp/x\n[ERROR]: Completely failed to parse it\n"
    assert complaint(words) == (
        "The inventory cannot be used: Completely failed to parse it; correct it in the inventory."
    )
    assert complaint("") == "The inventory cannot be used: it did not say why; correct it in the inventory."
    assert complaint("[WARNING]: something else\nroom.yml:3: it is wrong.\n") == "room.yml:3: it is wrong."


def listed(**variables: object) -> Board:
    (board,) = parse_listing({"_meta": {"hostvars": {"pi01": variables}}, "all": {"hosts": ["pi01"]}})
    return board


def test_a_virtual_pi_brings_its_key_and_host_keys() -> None:
    board = listed(
        ansible_ssh_private_key_file="/run/pilab/key",
        ansible_ssh_common_args="-o UserKnownHostsFile=/run/pilab/known_hosts -o IdentitiesOnly=yes",
    )
    assert (board.address, board.key_file) == ("pi01", "/run/pilab/key")
    assert board.known_hosts == "/run/pilab/known_hosts"


def test_host_keys_are_found_without_a_space_after_the_option_too() -> None:
    assert listed(ansible_ssh_common_args="-oUserKnownHostsFile='/my keys'").known_hosts == "/my keys"


@pytest.mark.parametrize(
    ("variables", "gateway"),
    [
        ({"ansible_ssh_common_args": "-J gate"}, "ssh -o BatchMode=yes -W [10.0.0.1]:22 gate"),
        ({"ansible_ssh_args": "-Janna@gate:2200"}, "ssh -o BatchMode=yes -W [10.0.0.1]:22 ssh://anna@gate:2200"),
        ({"ansible_ssh_extra_args": "-o ProxyJump=one,two"}, "ssh -o BatchMode=yes -J one -W [10.0.0.1]:22 two"),
        (
            {"ansible_ssh_common_args": "-o 'ProxyCommand=nc -X connect %h %p'", "ansible_port": 2222},
            "nc -X connect 10.0.0.1 2222",
        ),
        (
            {"ansible_ssh_common_args": "-o 'proxycommand nc %h %p' -J gate"},
            "ssh -o BatchMode=yes -W [10.0.0.1]:22 gate",
        ),
        ({"ansible_ssh_common_args": "-o ProxyJump=none"}, ""),
        ({"ansible_ssh_common_args": "-o ForwardAgent=no"}, ""),
        ({}, ""),
    ],
)
def test_what_stands_between_is_what_ansibles_ssh_is_told(variables: dict[str, object], gateway: str) -> None:
    assert listed(ansible_host="10.0.0.1", **variables).gateway == gateway


def test_ansibles_other_names_are_understood() -> None:
    board = listed(ansible_ssh_host="h", ansible_ssh_port=2, ansible_ssh_user="u", ansible_private_key_file="k")
    assert (board.address, board.port, board.user, board.key_file) == ("h", 2, "u", "k")


def test_how_python_is_found_does_not_matter_here() -> None:
    for value in ("auto_silent", "/usr/bin/env python3", "{{ ansible_playbook_python }}"):
        assert listed(ansible_python_interpreter=value).name == "pi01"


@pytest.mark.parametrize("port", ["many", 0, 65536])
def test_a_port_that_is_none_is_named(port: object) -> None:
    with pytest.raises(InventoryError, match=f"ansible_port of pi01 is '{port}'"):
        listed(ansible_port=port)


def test_a_value_that_only_ansible_can_work_out_is_refused() -> None:
    with pytest.raises(InventoryError, match=r"ansible_user of pi01 is '\{\{ teacher \}\}'"):
        listed(ansible_user="{{ teacher }}")


def test_arguments_of_ssh_that_cannot_be_split_are_named() -> None:
    with pytest.raises(InventoryError, match="ansible_ssh_common_args of pi01"):
        listed(ansible_ssh_common_args="-o 'half")


def test_a_program_of_the_virtual_environment_is_found_although_path_lacks_it() -> None:
    assert program("ansible-inventory").endswith("bin/ansible-inventory")
    assert program("no-such-program") == "no-such-program"


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP4we2TxVPicYwdaVDKnD3q4Ce+DDLPfJnyUCABFPZyh"


@pytest.mark.parametrize(
    ("variables", "known"),
    [
        ({}, ("{beside}", "pi01", "{beside}")),
        ({"ansible_ssh_common_args": "-o UserKnownHostsFile=/own"}, ("/own", "", "")),
        ({"ansible_ssh_args": "-o HostKeyAlias=desk"}, ("~/.ssh/known_hosts", "desk", "")),
    ],
)
def test_a_board_is_known_as_its_list_says_and_else_by_its_name(
    tmp_path: Path, variables: dict[str, object], known: tuple[str, ...]
) -> None:
    beside = tmp_path / "known_hosts"
    beside.write_text(f"pi01 {KEY}\n")
    board = listed(board_known_hosts=str(beside), **variables)
    assert (board.known_hosts, board.key_alias, board.known_keys) == tuple(each.format(beside=beside) for each in known)


def test_a_board_that_is_not_in_our_file_is_looked_for_in_that_of_the_account(tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text(f"pi02 {KEY}\n")
    board = listed(board_known_hosts=str(tmp_path / "known_hosts"))
    assert (board.known_hosts, board.key_alias) == ("~/.ssh/known_hosts", "")
    assert board.known_keys == str(tmp_path / "known_hosts")


def test_an_empty_list_has_nobody(checkout: Path) -> None:
    (checkout / "inventory.ini").write_text("[lab]\n")
    assert inventory.everybody(checkout) == []
