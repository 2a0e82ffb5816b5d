"""Boards that are taken in: over a real sshd, and over servers that ask for a password or are not who they were."""

from __future__ import annotations

import os
import subprocess
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import paramiko
import pytest

from fleet.boards import inventory
from fleet.boards.inventory import Board
from fleet.boards.known_keys import KnownKeys, fingerprint
from fleet.discovery import enrol
from fleet.discovery.enrol import Answers, Wish
from fleet.errors import PlanError, RefusedError, UnreachableError
from tests.unit.fleet_sshd import free_port, make_key, public
from tests.unit.test_host_key import served

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from tests.unit.fleet_sshd import Sshd

OTHERS = "[lab]\npi01 ansible_host=10.0.0.1 # door\n"
LIST = f"{OTHERS}pi09 ansible_host=127.0.0.1\n"
PASSWORD = "correct horse"  # noqa: S105 (of a board that lives for a test)


class Account(paramiko.ServerInterface):  # type: ignore[misc] # paramiko has no types
    """One account of a board: it takes its password and the keys that are in its folder, and runs what it is told."""

    def __init__(self, home: Path, ways: str) -> None:
        self._home, self._ways = home, ways
        self.passwords: list[str] = []

    def get_allowed_auths(self, _user: str) -> str:
        return self._ways

    def check_auth_password(self, _user: str, password: str) -> int:
        self.passwords.append(password)
        is_right = password == PASSWORD and "password" in self._ways
        return int(paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED)

    def check_auth_publickey(self, _user: str, key: paramiko.PKey) -> int:
        file = self._home / ".ssh" / "authorized_keys"
        known = file.read_text() if file.exists() else ""
        return int(paramiko.AUTH_SUCCESSFUL if key.get_base64() in known else paramiko.AUTH_FAILED)

    def check_channel_request(self, _kind: str, _number: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)

    def check_channel_exec_request(self, channel: Any, command: bytes) -> bool:  # noqa: ANN401 (paramiko has no types)
        threading.Thread(target=self._run, args=(channel, command.decode()), daemon=True).start()
        return True

    def _run(self, channel: Any, command: str) -> None:  # noqa: ANN401 (as above)
        environment = {**os.environ, "HOME": str(self._home)}
        done = subprocess.run(["sh", "-c", command], capture_output=True, env=environment, check=False, timeout=60)
        channel.sendall(done.stdout)
        channel.sendall_stderr(done.stderr)
        channel.send_exit_status(done.returncode)
        channel.close()


class Room:
    """A list of boards in a folder, a key pair of the teacher's, and a board on a port of this computer."""

    def __init__(self, folder: Path, ways: str = "publickey,password") -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        self.list = folder / "inventory.ini"
        self.list.write_text(LIST)
        self.known = KnownKeys(folder / "known_hosts")
        self.key = make_key(folder / "id_ed25519")
        # By which key who answers is known, one for each time; the last one from then on.
        self.host_keys = [make_key(folder / "host")]
        self.account = Account(self.home, ways)
        self.asked: list[tuple[str, ...]] = []

    def serve(self, client: socket.socket) -> None:
        key = self.host_keys.pop(0) if len(self.host_keys) > 1 else self.host_keys[0]
        transport = paramiko.Transport(client)
        transport.add_server_key(paramiko.PKey.from_path(key))
        transport.start_server(threading.Event(), self.account)
        transport.join(30)

    def board(self, port: int, name: str = "pi09") -> Board:
        return Board(name, "127.0.0.1", port, "anna", str(self.key), known_keys=str(self.known.path))

    def answers(self, *, right: bool = True, password: str = PASSWORD) -> Answers:
        def is_right(_board: Board, shown: str, known: str) -> bool:
            self.asked.append(("key", shown, known))
            return right

        def secret() -> str:
            self.asked.append(("password",))
            return password

        return Answers(is_right, secret)

    def enrol(self, port: int, wish: Wish | None = None, answers: Answers | None = None) -> list[str]:
        return enrol.enrol(self.board(port), wish or Wish(), answers or self.answers())

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was written, here or on the board."""
        return not self.known.path.exists() and self.list.read_text() == LIST and not list(self.home.iterdir())


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    made = Room(tmp_path)
    monkeypatch.setenv("ANSIBLE_INVENTORY", str(made.list))
    return made


def test_a_board_is_compared_then_let_in_then_written_down(room: Room) -> None:
    shown = public(room.host_keys[0])
    room.list.write_text(OTHERS)
    with served(room.serve) as port:
        told = enrol.enrol(room.board(port, "pi10"), Wish(), room.answers())
        assert room.asked == [("key", fingerprint(shown), ""), ("password",)]
        assert told[0].endswith("has it now, in the group lab; the old list is inventory.ini.bak.")
        assert room.known.key_of("pi10") == shown
        assert (room.home / ".ssh" / "authorized_keys").read_text() == room.key.with_suffix(".pub").read_text()
        assert (room.home / ".ssh").stat().st_mode & 0o777 == 0o700
        room.asked.clear()
        enrol.enrol(room.board(port, "pi10"), Wish(), room.answers())
        assert room.asked == []
    assert (room.home / ".ssh" / "authorized_keys").read_text().count("ssh-ed25519") == 1
    assert room.list.read_text() == f"{OTHERS}pi10 ansible_host=127.0.0.1 ansible_user=anna\n"


def test_a_fingerprint_that_was_typed_is_asked_for_no_more(room: Room) -> None:
    with served(room.serve) as port:
        room.enrol(port, Wish(fingerprint(public(room.host_keys[0]))))
    assert room.asked == [("password",)]


@pytest.mark.parametrize(
    ("wish", "right", "sentence"),
    [
        (Wish(), False, "its key was not confirmed, and nothing was sent to it"),
        (Wish("SHA256:" + "A" * 43), True, "it is another computer, or somebody stands between; nothing was sent"),
    ],
)
def test_a_key_that_is_not_the_right_one_ends_it_before_anything_is_sent(
    room: Room,
    wish: Wish,
    right: bool,  # noqa: FBT001 (a table)
    sentence: str,
) -> None:
    with served(room.serve) as port, pytest.raises(PlanError, match=sentence):
        room.enrol(port, wish, room.answers(right=right))
    assert room.account.passwords == []
    assert room.is_untouched


def test_whoever_steps_in_between_gets_no_password(room: Room) -> None:
    room.host_keys.append(make_key(room.folder / "in_the_middle"))
    with served(room.serve) as port, pytest.raises(PlanError, match="showed another key than a moment ago"):
        room.enrol(port)
    assert ("password",) not in room.asked
    assert room.account.passwords == []
    assert room.is_untouched


def test_whoever_steps_in_when_the_password_is_sent_does_not_get_it(room: Room) -> None:
    room.host_keys += [room.host_keys[0], make_key(room.folder / "in_the_middle")]
    with served(room.serve) as port, pytest.raises(PlanError, match="showed another key than a moment ago"):
        room.enrol(port)
    assert ("password",) in room.asked
    assert room.account.passwords == []
    assert room.is_untouched


def test_a_wrong_password_is_told(room: Room) -> None:
    with (
        served(room.serve) as port,
        pytest.raises(RefusedError, match="does not take this password of the account anna"),
    ):
        room.enrol(port, answers=room.answers(password="wrong"))  # noqa: S106 (that is what it is)
    assert room.is_untouched


def test_a_board_that_takes_no_passwords_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(tmp_path, "publickey")
    monkeypatch.setenv("ANSIBLE_INVENTORY", str(room.list))
    with (
        served(room.serve) as port,
        pytest.raises(RefusedError, match="takes no passwords: write your key on its card"),
    ):
        room.enrol(port)
    assert room.is_untouched


def test_a_key_is_replaced_only_if_that_is_wished(room: Room) -> None:
    old, new = public(make_key(room.folder / "old")), public(room.host_keys[0])
    room.known.put("pi09", old)
    with served(room.serve) as port:
        with pytest.raises(PlanError) as raised:
            room.enrol(port)
        assert f"known by the key {fingerprint(old)}, and 127.0.0.1 shows {fingerprint(new)}" in str(raised.value)
        assert room.known.key_of("pi09") == old
        assert room.asked == []
        room.enrol(port, Wish(again=True))
    assert room.asked[0] == ("key", fingerprint(new), fingerprint(old))
    assert room.known.key_of("pi09") == new


def test_the_key_of_another_board_is_refused_even_again(room: Room) -> None:
    room.known.put("pi01", public(room.host_keys[0]))
    with served(room.serve) as port, pytest.raises(PlanError, match="has the key of pi01: it is that board, or a copy"):
        room.enrol(port, Wish(again=True))
    assert room.known.key_of("pi09") is None


def test_a_board_whose_disk_is_full_keeps_what_it_has(room: Room) -> None:
    """Simulated: what the account may write to is a folder that is a file."""
    (room.home / ".ssh").write_text("")
    with served(room.serve) as port, pytest.raises(RefusedError, match=r"Our key cannot be put on pi09: .*make room"):
        room.enrol(port)
    assert not room.known.path.exists()


def test_a_line_without_an_end_does_not_swallow_our_key(room: Room) -> None:
    (room.home / ".ssh").mkdir()
    (room.home / ".ssh" / "authorized_keys").write_text("ssh-rsa AAAA theirs")
    with served(room.serve) as port:
        room.enrol(port)
    lines = (room.home / ".ssh" / "authorized_keys").read_text().splitlines()
    assert lines == ["ssh-rsa AAAA theirs", room.key.with_suffix(".pub").read_text().strip()]


def test_a_board_that_has_our_key_is_asked_for_no_password(sshd: Sshd, room: Room) -> None:
    board = replace(sshd.board("pi09"), known_hosts="/dev/null", known_keys=str(room.known.path))
    enrol.enrol(board, Wish(), room.answers())
    assert [question for question, *_ in room.asked] == ["key"]
    assert room.known.key_of("pi09") == public(sshd.host_key)


def test_nobody_there_changes_nothing(room: Room) -> None:
    with pytest.raises(UnreachableError, match="refuses ssh on port"):
        room.enrol(free_port())
    assert room.is_untouched


def test_a_new_board_has_the_account_and_the_key_of_its_group(room: Room) -> None:
    room.list.write_text(
        f"[lab]\npi01 ansible_host=10.0.0.1\n[lab:vars]\nansible_user=anna\nansible_ssh_private_key_file={room.key}\n"
    )
    board = enrol.one("pi09", "10.0.0.9", "")
    assert (board.user, board.key_file, board.known_keys) == ("anna", str(room.key), str(room.known.path))
    assert enrol.one("pi01", "10.0.0.7", "bob").address == "10.0.0.7"
    assert enrol.one("pi01", "10.0.0.7", "bob").user == "bob"


@pytest.mark.parametrize(
    ("name", "address", "sentence"),
    [
        ("pi 09", "10.0.0.9", "'pi 09' cannot be the name of a board"),
        ("a" * 64, "10.0.0.9", "cannot be the name"),
        ("pi.09", "10.0.0.9", "cannot be the name"),
        ("pi09", "anna@10.0.0.9", "is no address"),
        ("pi09", "-oProxyCommand=x", "is no address"),
        ("pi09", "10.0.0.1", r"10\.0\.0\.1 is the address of pi01 in the list"),
    ],
)
def test_what_cannot_be_a_board_is_told_before_anybody_is_asked(
    room: Room, name: str, address: str, sentence: str
) -> None:
    with pytest.raises(PlanError, match=sentence):
        enrol.one(name, address, "")
    assert room.is_untouched


def test_a_list_that_only_people_can_write_is_told_before_anybody_is_asked(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = room.list.with_suffix(".yml")
    monkeypatch.setenv("ANSIBLE_INVENTORY", str(mine))
    mine.write_text("lab:\n  hosts: pi01\n")
    sentence = r"can only be changed by you: write this board into its group lab, .*: pi08: {ansible_host: 10\.0\.0\.8}"
    with pytest.raises(PlanError, match=sentence):
        enrol.one("pi08", "10.0.0.8", "")


def test_a_board_more_comes_into_a_list_in_yaml(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = room.list.with_suffix(".yml")
    monkeypatch.setenv("ANSIBLE_INVENTORY", str(mine))
    mine.write_text("lab:\n  vars: {ansible_user: anna}\n  hosts:\n    pi01: {ansible_host: 10.0.0.1} # door\n")
    board = enrol.one("pi08", "10.0.0.8", "")
    assert (board.user, board.address) == ("anna", "10.0.0.8")


def test_boards_that_are_known_are_not_asked_about_again(room: Room) -> None:
    room.list.write_text(OTHERS)
    assert [each.name for each in enrol.listed("lab", "", again=False)] == ["pi01"]
    room.known.put("pi01", public(room.key))
    assert enrol.listed("lab", "", again=False) == []
    assert [each.name for each in enrol.listed("lab", "", again=True)] == ["pi01"]


def test_a_list_that_says_itself_how_a_board_is_known_is_left_alone(room: Room) -> None:
    room.list.write_text("[lab]\npi01 ansible_ssh_common_args='-o UserKnownHostsFile=/own'\n")
    with pytest.raises(PlanError, match="write its key into /own, or take UserKnownHostsFile"):
        enrol.listed("lab", "", again=False)


def test_a_key_of_ours_that_is_not_there_is_told(room: Room) -> None:
    room.key.with_suffix(".pub").unlink()
    with pytest.raises(PlanError, match=f"ssh-keygen -t ed25519 -f {room.key}"):
        enrol.our_key(room.board(22))
    assert inventory.everybody()[0].name == "pi01"
