"""A folder for another room, and which room a command is for."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fleet import places, room_folder
from fleet.boards import inventory
from fleet.errors import InventoryError, PlanError
from fleet.places import CODE

if TYPE_CHECKING:
    from collections.abc import Callable

BIN = Path(sys.executable).parent


@pytest.fixture
def room(tmp_path: Path) -> Path:
    folder = tmp_path / "5b"
    room_folder.lay(folder, again=False)
    return folder


def typed_in(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE")}
    return subprocess.run(
        [BIN / words[0], *words[1:]], cwd=folder, capture_output=True, text=True, check=False, timeout=60,
        env={**environment, "PILAB_ROOM": "none"},
    )  # fmt: skip


def test_a_room_has_the_commands_of_the_checkout_and_its_own_boards(room: Path) -> None:
    (room / "inventory.ini").write_text("[lab]\npi01 ansible_host=127.0.0.9\n")
    listed = typed_in(room, "ansible-inventory", "--graph")
    assert "pi01" in listed.stdout, listed.stderr
    (room / "below").mkdir()
    done = typed_in(room / "below", "invoke", "compare", "newest", "newest")
    assert f"{room}/results" in done.stderr


def test_the_playbooks_of_a_room_are_those_of_the_collection(room: Path) -> None:
    (room / "inventory.ini").write_text("[lab]\npi01 ansible_host=127.0.0.9\n")
    for name in ("site.yml", "restore.yml"):
        done = typed_in(room, "ansible-playbook", name, "--list-tasks")
        assert done.returncode == 0, done.stderr
        assert "Look at the board" in done.stdout


def test_files_of_the_classroom_count_from_its_room(room: Path) -> None:
    (room / "inventory.ini").write_text("[lab]\npi01 ansible_connection=local ansible_become=false\n")
    wanted = '{"base_extra_files": [{"path": "/etc/motd", "source": "absent"}]}'
    done = typed_in(room, "ansible-playbook", "site.yml", "--check", "-e", wanted)  # refused before any change
    assert f"{room}/absent, the source of /etc/motd in base_extra_files, cannot be read" in done.stdout


def test_an_empty_room_says_so_as_the_checkout_does(room: Path) -> None:
    done = typed_in(room, "ansible-playbook", "site.yml")
    assert "there is no board yet: write your Pis into inventory.ini" in done.stdout + done.stderr
    assert done.returncode != 0


def test_virtual_pis_of_a_pilab_that_is_gone_are_none(room: Path) -> None:
    settings = (room / "ansible.cfg").read_text()
    (room / "ansible.cfg").write_text(settings.replace(f"{CODE}/virtual/", "/gone/virtual/"))
    (room / "inventory.ini").write_text("[lab]\npi01 ansible_host=127.0.0.9\n")
    listed = typed_in(room, "ansible-inventory", "--graph")
    assert (listed.returncode, "pi01" in listed.stdout) == (0, True), listed.stderr


def test_what_is_there_is_not_lost(room: Path, typed: Callable[..., tuple[int, str, str]]) -> None:
    (room / "inventory.ini").write_text("[lab]\npi01\n")
    (room / "site.yml").write_text("- hosts: all\n")
    (room / "restore.yml").unlink()
    status, out, err = typed("new-room", str(room))
    assert (status, out) == (1, "")
    assert err.startswith(f"{room} has site.yml already, and nothing was changed;")
    assert err.endswith(f"type: invoke new-room {room} --again\n")
    assert not (room / "restore.yml").exists()
    assert typed("new-room", str(room), "--again")[0] == 0
    assert "import_playbook" in (room / "site.yml").read_text()
    assert (room / "site.yml.bak").read_text() == "- hosts: all\n"
    assert (room / "restore.yml").exists()
    assert (room / "inventory.ini").read_text() == "[lab]\npi01\n"


@pytest.mark.parametrize(
    ("folder", "sentence"),
    [
        ("", "The folder of the room is empty; name one, for example: invoke new-room room\n"),
        ("a" * 300, " cannot be used: file name too long; choose a shorter name.\n"),
    ],
    ids=["empty", "long"],
)
def test_a_room_that_cannot_be_there_is_refused(
    tmp_path: Path, typed: Callable[..., tuple[int, str, str]], folder: str, sentence: str
) -> None:
    status, out, err = typed("new-room", folder and str(tmp_path / folder))
    assert (status, out, err[-len(sentence) :]) == (1, "", sentence)
    assert not any(tmp_path.iterdir())


def test_the_name_of_a_room_does_nothing_to_the_terminal(
    tmp_path: Path, typed: Callable[..., tuple[int, str, str]]
) -> None:
    status, out, _ = typed("new-room", str(tmp_path / "a\x1b[2Jb"))
    assert (status, "\x1b" in out) == (0, False)
    assert "The room is " in out
    assert "a\\x1b[2Jb: go there" in out


def test_a_room_in_git_keeps_to_itself_what_the_checkout_keeps(room: Path) -> None:
    kept = ["room.key", "host_keys/pi01", "cards/x", "results/x", "bundle/x", ".cache/x"]
    subprocess.run(["git", "init", "--quiet", room], check=True)
    for folder in (CODE, room):
        words = ["git", "-C", str(folder), "check-ignore", *kept]
        assert subprocess.run(words, capture_output=True, text=True, check=False).stdout.split() == kept


def test_laid_twice_it_stays_as_it_is(room: Path) -> None:
    assert room_folder.lay(room, again=False) == []


@pytest.mark.parametrize("is_checkout", [True, False])
def test_the_settings_of_a_room_are_those_of_the_checkout_with_other_paths(*, is_checkout: bool) -> None:
    ours = (CODE / "ansible.cfg").read_text()
    laid = room_folder.settings(ours, Path("/opt/pilab"), is_checkout=is_checkout)
    before, after = (configparser.ConfigParser(interpolation=None) for _ in range(2))
    before.read_string(ours)
    after.read_string(laid)
    collections = (
        f"{'/opt/pilab/collections:' if is_checkout else ''}~/.ansible/collections:/usr/share/ansible/collections"
    )
    assert after["defaults"].pop("inventory") == "/opt/pilab/virtual/inventory.py,inventory.ini"
    assert after["defaults"].pop("collections_path") == collections
    for name in ("inventory", "collections_path", "roles_path"):
        before["defaults"].pop(name)
    assert {name: dict(part) for name, part in after.items()} == {name: dict(part) for name, part in before.items()}
    assert "checkout" not in laid


@pytest.mark.parametrize("letter", [",", ":", "%"])
def test_a_path_that_ansible_cannot_read_is_refused(letter: str) -> None:
    with pytest.raises(PlanError, match="cannot read a path with"):
        room_folder.settings("", Path(f"/home/anna/1{letter}2"))


def test_the_nearest_room_above_counts_and_the_settings_of_others_do_not(tmp_path: Path) -> None:
    (tmp_path / "ansible.cfg").write_text("stdout_callback = pilab.classroom.board_rows\n")
    other = tmp_path / "other"
    (other / "deep").mkdir(parents=True)
    (other / "ansible.cfg").write_text("[defaults]\nforks = 5\n")
    assert places.room(other / "deep") == tmp_path
    (tmp_path / "ansible.cfg").unlink()
    assert places.room(other / "deep") == CODE


def test_a_room_that_somebody_left_where_everybody_may_write_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ansible.cfg").write_text("stdout_callback = pilab.classroom.board_rows\n")
    tmp_path.chmod(0o777)
    assert places.is_room(tmp_path)  # as below /mnt/c of WSL, where all is of whoever sits there
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    assert not places.is_room(tmp_path)
    tmp_path.chmod(0o755)
    assert places.is_room(tmp_path)


def test_installed_where_no_room_is_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "IS_CHECKOUT", False)
    assert places.room(tmp_path) == tmp_path
    monkeypatch.setattr(inventory, "ROOM", tmp_path)
    monkeypatch.delenv("ANSIBLE_CONFIG", raising=False)
    monkeypatch.delenv("ANSIBLE_INVENTORY", raising=False)
    with pytest.raises(InventoryError, match=f"{tmp_path} is no room of Pilab: go to yours, or make one with"):
        inventory.boards("lab", tmp_path)
