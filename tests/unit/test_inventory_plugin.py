from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.ansible_parts import ROOT, plugin

boards = plugin("inventory", "boards")
places = plugin("plugin_utils", "board_places")
ini_reader = plugin("plugin_utils", "ini_reader")


def listed(*sources: Path | str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """What every command of the project asks, with the project's own ansible.cfg."""
    program = str(Path(sys.executable).with_name("ansible-inventory"))
    command = [program, "--list", *(word for source in sources for word in ("-i", str(source)))]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def names(*sources: Path | str) -> list[str]:
    done = listed(*sources)
    assert done.returncode == 0, done.stderr
    return sorted(json.loads(done.stdout)["_meta"]["hostvars"])


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text)
    return path


INI = "[lab]\npi01 ansible_host=10.0.0.1\npi[02:03]\n\n[window]\npi01\npi03\n"
YAML = "lab:\n  hosts:\n    pi01: {ansible_host: 10.0.0.1}\n    pi[02:03]:\nwindow:\n  hosts:\n    pi01:\n    pi03:\n"
JSON = '{"lab": {"hosts": {"pi01": {"ansible_host": "10.0.0.1"}, "pi[02:03]": null}}}'
TOML = '[lab.hosts.pi01]\nansible_host = "10.0.0.1"\n[lab.hosts."pi[02:03]"]\n'
SCRIPT = '#!/bin/sh\necho \'{"lab": {"hosts": ["pi01", "pi02", "pi03"]}, "_meta": {"hostvars": {}}}\'\n'
ROOM = ["pi01", "pi02", "pi03"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("room.ini", INI), ("room", INI), ("room.txt", INI), ("room", "pi01 ansible_host=10.0.0.1\npi02\npi03:2222\n"),
        ("room.yml", YAML), ("room.yaml", YAML), ("room", YAML), ("room", f"# a note\n---\n{YAML}"),
        ("room.json", JSON), ("room", JSON), ("room.toml", TOML),
    ],
)  # fmt: skip
def test_every_format_of_ansible_is_read_whatever_its_file_is_called(tmp_path: Path, name: str, text: str) -> None:
    assert names(written(tmp_path, name, text)) == ROOM


@pytest.mark.parametrize(("name", "text"), [("room.ini", INI), ("room", YAML), ("room.json", JSON)])
def test_a_file_that_may_be_run_as_all_on_a_windows_disk_is_read_all_the_same(
    tmp_path: Path, name: str, text: str
) -> None:
    path = written(tmp_path, name, text)
    path.chmod(0o777)
    assert names(path) == ROOM


def test_a_program_a_list_of_names_a_folder_and_several_sources_are_read(tmp_path: Path) -> None:
    script = written(tmp_path, "room.sh", SCRIPT)
    script.chmod(0o755)
    assert names(script) == ROOM
    assert names("pi01,pi02,") == ["pi01", "pi02"]
    written(tmp_path, "inventory/01-lab", "[lab]\npi01\n")
    written(tmp_path, "inventory/02.yml", "lab:\n  hosts:\n    pi02: {ansible_host: 10.0.0.2}\n")
    written(tmp_path, "inventory/host_vars/pi01.yml", "ansible_host: 10.0.0.1\n")
    assert names(tmp_path / "inventory") == ["pi01", "pi02"]
    assert names(tmp_path / "inventory", "pi03,") == ROOM


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("r.ini", "[lab]\na x=1\n# a note\na x=2\n", "the name a stands in r.ini:2 and again in r.ini:4: give one"),
        ("r.ini", "[lab]\npi[01:09]\npi07\n", "the name pi07 stands in r.ini:2 and again in r.ini:3"),
        ("r.yml", "l:\n hosts:\n  a: {x: 1}\nm:\n hosts:\n  a: {x: 2}\n", "the name a stands in r.yml:3 and again in r.yml:6"),  # noqa: E501 (a table)
        ("r.yml", "l:\n hosts:\n  a: {x: 1}\n  a: {x: 2}\n", "r.yml:4: YAML parsing failed: Found duplicate mapping key 'a'"),  # noqa: E501 (a table)
        ("r.yml", "l:\n hosts:\n  a: {b\n  c:: d\n", "r.yml:4: YAML parsing failed: "),
        ("r.yml", "l:\n hosts:\n - a\n", 'r.yml: Invalid "hosts" entry for "l" group, requires a dictionary, found List'),  # noqa: E501 (a table)
        ("r.ini", "[lab]\n[x\n", "r.ini:2: '[x' is neither a board nor a whole [section]"),
        ("r.ini", "[lab]\na b\n", "r.ini:2: 'b' is no setting: one board stands on a line, and behind it"),
        ("r.ini", "[lab]\npi[30:01]\n", "r.ini:2: 'pi[30:01]' is no board: a range begins with its lower end"),
        ("r.ini", "[lab]\na\n[lab:vars]\nansible_user=a@h\n", "r.ini:4: ansible_user=a@h of a is no account: write"),
        ("r.yml", "l:\n hosts:\n  a: {ansible_host: 10.0.0.300}\n", "r.yml:3: ansible_host=10.0.0.300 of a is no address: four"),  # noqa: E501 (a table)
        ("r.ini", "[lab]\npi_01.local\n", "r.ini:2: no board can be called 'pi_01.local': before .local stand letters"),
        ("r.ini", "[lab]\npi01.local\npi01\n", "the name pi01 stands in r.ini:2 and again in r.ini:3"),
        ("r.toml", "[l.hosts]\n[x\n", "r.toml:2: TOML file"),
        ("r.ini", "a ansible_host=h\nb ansible_host=H.\n", "a in r.ini:1 and b in r.ini:2 have the same address h: correct"),  # noqa: E501 (a table)
        ("r.yml", "l:\n hosts:\n  a:\n  b: {ansible_host: a}\n", "a in r.yml and b in r.yml:4 have the same address a"),
        (
            "r.ini",
            "a seat=1\nb seat=1\n[all:vars]\nansible_host='10.0.0.{{ seat }}'\n",
            "a in r.ini:4 and b in r.ini:4 have the same address 10.0.0.1",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_trusted_stops_every_command_with_one_sentence(
    tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    done = listed(written(tmp_path, name, text))
    assert done.returncode == 1
    assert done.stderr.replace(f"{tmp_path}/", "").startswith(sentence)
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("variable", "text", "reason"),
    [
        ("ansible_port", "x", "is no port"), ("ansible_port", "0", "is no port"),
        ("ansible_host", "", "is no address"), ("ansible_host", "http://h", "is no address"),
        ("ansible_host", "anna@h", "is no address"), ("ansible_host", "10.0.0", "is no address: four numbers"),
        ("ansible_host", "a b", "is no address"), ("ansible_user", "a@h", "is no account"),
        ("ansible_hots", "h", "is no setting of Ansible's, but ansible_host is one"),
        ("ansible_usr", "h", "is no setting of Ansible's, but ansible_user is one"),
    ],
)  # fmt: skip
def test_a_setting_that_leads_nowhere_is_told(variable: str, text: str, reason: str) -> None:
    name, told = places.fault({"ansible_connection": "ssh", variable: text})
    assert (name, told[: len(reason)]) == (variable, reason)


def test_settings_that_lead_somewhere_are_taken() -> None:
    good = {
        "ansible_host": "fe80::1%eth0", "ansible_port": 2222, "ansible_user": "anna", "ansible_become_user": "root",
        "ansible_ssh_host": "[fe80::1]", "ansible_local": {}, "ansible_ssh_user": "{{ teacher }}", "ansible_my_own": 1,
    }  # fmt: skip
    assert places.fault(good) is None
    for address in ("pi01", "pi01.local", "pi_01.school.edu.", "책상1", "10.0.0.1", "::1", "1pi"):
        assert places.fault({"ansible_host": address}) is None


@pytest.mark.parametrize(
    ("said", "line", "sentence"),
    [
        (
            "Expected key=value host variable assignment, got: ansible_host",
            "",
            "'ansible_host' is no setting: one board",
        ),
        ("Expected key=value, got: ansible_user", "", "'ansible_user' is no setting: here stand settings like"),
        (
            "Section [l:children] includes undefined group 'x'.",
            "x",
            "Section [l:children] includes undefined group 'x': w",
        ),
        ("not enough values to unpack", "[x", "'[x' is neither a board nor a whole [section]"),
    ],
)
def test_what_ansible_says_of_a_line_is_said_for_people(said: str, line: str, sentence: str) -> None:
    told = ini_reader.misread(said, line) if line else ini_reader.reworded(said)
    assert told.startswith(sentence)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"[lab]\npi01 x=\xb1\xb3\n", "it has letters that are not in UTF-8; save the file as UTF-8"),
        ("[lab]\npi01\n".encode("utf-16"), "it has letters that are not in UTF-8"),
    ],
)
def test_a_file_in_other_letters_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "r.ini").write_bytes(content)
    assert sentence in listed(tmp_path / "r.ini").stderr


def test_what_notepad_adds_and_comments_in_other_letters_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "r.ini").write_bytes("\ufeff[lab]\r\npi01\r\n".encode() + b"# \xb1\xb3\r\n")
    assert names(tmp_path / "r.ini") == ["pi01"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("r.ini", "[lab]\npi[01:30].local ansible_user=anna\n[window]\npi02.local\npi03\n"),
        (
            "r.yml",
            "lab:\n  hosts:\n    pi[01:30].local: {ansible_user: anna}\nwindow: {hosts: {pi02.local: , pi03: }}\n",
        ),
    ],
)
def test_a_name_of_the_local_network_is_an_address_of_a_board_with_a_short_name(
    tmp_path: Path, name: str, text: str
) -> None:
    done = json.loads(listed(written(tmp_path, name, text)).stdout)
    variables = done["_meta"]["hostvars"]
    assert list(variables) == [f"pi{number:02}" for number in range(1, 31)]
    assert (variables["pi07"]["ansible_host"], variables["pi07"]["ansible_user"]) == ("pi07.local", "anna")
    assert done["window"]["hosts"] == ["pi02", "pi03"]


def test_an_address_that_is_written_down_counts_more_than_the_name(tmp_path: Path) -> None:
    path = written(tmp_path, "r.ini", "[lab]\npi01.local ansible_host=10.0.0.1\n[window]\npi01.local\n")
    variables = json.loads(listed(path).stdout)["_meta"]["hostvars"]["pi01"]
    assert variables["ansible_host"] == "10.0.0.1"
    assert variables["board_known_hosts"] == str(tmp_path / "known_hosts")


def test_a_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = listed(tmp_path / "none.ini")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "none.ini cannot be read: No such file or directory; write your Pis into it, or correct -i." in done.stderr


ENCRYPTED = "$ANSIBLE_VAULT;1.1;AES256\n3465626461303064\n"


def test_an_encrypted_value_that_nobody_reads_stops_nothing(tmp_path: Path) -> None:
    block = "".join(f"        {line}\n" for line in ENCRYPTED.splitlines())
    text = (
        f"lab:\n  vars:\n    ansible_become_password: !vault |\n{block}  hosts:\n    pi01: {{ansible_host: 10.0.0.1}}\n"
    )
    assert names(written(tmp_path, "room.yml", text)) == ["pi01"]


def test_an_encrypted_file_is_told_with_the_way_to_its_password(tmp_path: Path) -> None:
    room = written(tmp_path, "room.ini", "pi01\n")
    secret = written(tmp_path, "host_vars/pi01.yml", ENCRYPTED)
    assert listed(room).stderr.splitlines()[-1].startswith(f"{secret} is encrypted, and its password was not given")


def test_only_what_leads_to_a_board_is_worked_out(tmp_path: Path) -> None:
    """A password may be asked of a program, which then asks somebody."""
    asked = tmp_path / "asked"
    settings = f"ansible_become_password=\"{{{{ lookup('pipe', 'touch {asked}') }}}}\" net=10.0.0"
    room = written(
        tmp_path,
        "room.ini",
        "[lab]\na ansible_host='{{ net }}.1'\nb ansible_host=10.0.0.1\n[lab:vars]\n"
        + settings.replace(" net", "\nnet")
        + "\n",
    )
    assert "a in" in listed(room).stderr.splitlines()[-1]
    assert not asked.exists()


def test_doubled_boards_are_found_across_sources(tmp_path: Path) -> None:
    one, two = written(tmp_path, "1.ini", "a ansible_host=h\n"), written(tmp_path, "2.yml", "l: {hosts: {a: {x: 1}}}\n")
    assert "the name a stands in" in listed(one, two).stderr
    assert names(one, written(tmp_path, "3.ini", "[desks]\na\n")) == ["a"]
    assert "have the same address h" in listed(one, written(tmp_path, "4.ini", "b ansible_host=h\n")).stderr


def test_a_file_of_variables_for_nobody_is_worth_a_warning(tmp_path: Path) -> None:
    room = written(tmp_path, "room.ini", "[lab]\npi01\n")
    for name in ("host_vars/pi99.yml", "group_vars/labb.yml", "group_vars/lab.yml", "host_vars/pi01/x.yml"):
        written(tmp_path, name, "x: 1\n")
    done = listed(room)
    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == 2
    assert "host_vars/pi99.yml is for no board of this list" in done.stderr
    assert "group_vars/labb.yml is for no group of this list" in done.stderr


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"ansible_host": "h"}, {"ansible_host": "H."}),
        ({"ansible_host": "fe80::1"}, {"ansible_host": "[FE80:0:0::1]"}),
        ({"ansible_host": "h"}, {"ansible_ssh_host": "h", "ansible_port": 22}),
        ({"ansible_host": "h", "ansible_ssh_args": "-J g"}, {"ansible_host": "h", "ansible_ssh_extra_args": "-oProxyJump=a@G:22"}),  # noqa: E501 (a table)
        ({"ansible_host": "h", "ansible_ssh_args": "-p 24"}, {"ansible_host": "h", "ansible_port": 24}),
        ({"ansible_host": "h"}, {"ansible_host": "h", "ansible_ssh_args": "-o ForwardAgent=no -o ProxyJump=none"}),
        ({"ansible_host": "h"}, {"ansible_host": "h", "ansible_ssh_args": "'"}),
    ],
)  # fmt: skip
def test_two_spellings_of_one_computer_are_one(first: dict[str, object], second: dict[str, object]) -> None:
    assert places.doubled({"a": places.place("a", first), "b": places.place("b", second)}) == ("a", "b")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"ansible_port": 2201}, {"ansible_port": 2202}),
        ({"ansible_ssh_common_args": "-J gate1"}, {"ansible_ssh_common_args": "-J gate2"}),
        ({"ansible_ssh_common_args": "-J gate1"}, {}),
        ({"ansible_ssh_args": "-J gate:22"}, {"ansible_ssh_args": "-J gate:2222"}),
        (
            {"ansible_ssh_extra_args": "-o 'ProxyCommand=nc one'"},
            {"ansible_ssh_extra_args": "-o 'ProxyCommand nc two'"},
        ),
        ({"ansible_connection": "local"}, {"ansible_connection": "local"}),
    ],
)
def test_two_computers_at_one_address_are_two(first: dict[str, object], second: dict[str, object]) -> None:
    two = [places.place(name, {"ansible_host": "10.0.0.1", **each}) for name, each in (("a", first), ("b", second))]
    assert places.doubled(dict(zip("ab", two, strict=True))) is None


def test_a_name_that_a_running_virtual_pi_has_is_refused_with_the_way_out() -> None:
    virtual = boards.Entry("pi01", "lab", "/x/virtual/inventory.py", None, is_described=True)
    own = boards.Entry("pi01", "lab", "/x/inventory.ini", 2)
    for order in ([virtual, own], [own, virtual]):
        assert "`invoke rehearse.down`" in boards.doubled_name(order)
    assert boards.doubled_name([virtual, own._replace(name="pi02")]) == ""
