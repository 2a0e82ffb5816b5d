from __future__ import annotations

import socket
import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import paramiko
import pytest

from fleet.boards import ssh
from fleet.boards.known_keys import KnownKeys, fingerprint
from fleet.boards.ssh import Link
from fleet.boards.stream import CommandResult
from fleet.errors import LimitError, RefusedError, UnreachableError
from tests.unit.agent_parts import until
from tests.unit.fleet_sshd import free_port, make_key, public
from tests.unit.hostile_sshd import Hostile

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.boards.inventory import Board
    from tests.unit.fleet_sshd import Sshd


def complaint(board: Board) -> str:
    with pytest.raises((RefusedError, UnreachableError)) as raised:
        Link(board).open()
    return str(raised.value)


def test_a_command_gets_its_input_and_hands_back_status_and_words(sshd: Sshd) -> None:
    with Link(sshd.board()) as link:
        answer = link.run("cat; echo careful >&2; exit 3", "hello\n")
    assert answer == CommandResult(3, "hello\n", "careful")


def test_much_output_arrives_whole(sshd: Sshd) -> None:
    with Link(sshd.board()) as link:
        answer = link.run("seq 200000")
    assert answer.stdout.splitlines()[-1] == "200000"
    assert len(answer.stdout.splitlines()) == 200000


def test_lines_come_while_the_command_still_runs(sshd: Sshd) -> None:
    with Link(sshd.board()) as link:
        stream = link.stream("echo first; sleep 60")
        assert next(line for line in stream if line) == b"first\n"
        stream.close()


def test_a_board_whose_host_key_nobody_knows_is_refused(sshd: Sshd) -> None:
    sshd.known_hosts.unlink()
    assert "has no host key of pi01: log in once with 'ssh -p" in complaint(sshd.board())


def test_a_board_with_another_host_key_than_before_is_refused(sshd: Sshd) -> None:
    sshd.know(make_key(sshd.folder / "other"))
    assert "pi01 shows another host key than the one in" in complaint(sshd.board())
    assert f"ssh-keygen -f {sshd.known_hosts} -R '[127.0.0.1]:{sshd.port}'" in complaint(sshd.board())


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_a_key_that_the_board_does_not_know_is_named(sshd: Sshd, kind: str) -> None:
    key = make_key(sshd.folder / "stranger", "-t", kind)
    assert f"pi01 does not take the key {key}" in complaint(sshd.board(key=key))


def test_a_key_that_is_not_there_is_named(sshd: Sshd) -> None:
    assert "cannot be used (No such file or directory)" in complaint(sshd.board(key=sshd.folder / "missing"))


def test_a_file_that_is_no_key_is_named(sshd: Sshd) -> None:
    assert "cannot be used" in complaint(sshd.board(key=sshd.known_hosts))


def test_a_key_with_a_passphrase_is_left_to_the_agent(sshd: Sshd) -> None:
    key = make_key(sshd.folder / "locked", "-N", "secret")
    assert f"unlock it with 'ssh-add {key}'" in complaint(sshd.board(key=key))


def test_a_computer_without_ssh_is_told_apart_from_one_that_is_off(sshd: Sshd) -> None:
    board = replace(sshd.board(), port=free_port())
    assert f"pi01 at 127.0.0.1 refuses ssh on port {board.port}" in complaint(board)


def test_a_name_without_an_address_is_named(sshd: Sshd) -> None:
    board = replace(sshd.board(), address="pi01.invalid")
    assert (
        complaint(board) == "The address 'pi01.invalid' of pi01 cannot be found; correct ansible_host in inventory.ini."
    )


def test_a_board_that_takes_the_connection_and_says_nothing_is_given_up(
    sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh, "CONNECT_LIMIT_S", 1)
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        board = replace(sshd.board(), port=mute.getsockname()[1])
        assert "pi01" in complaint(board)


class Stalling:
    """A clock of a computer that stands still for so long between any two looks."""

    def __init__(self, for_s: float) -> None:
        self._for_s = for_s
        self._stalled_s = 0.0
        self.now_s = time.monotonic

    def stalled_s(self) -> float:
        self._stalled_s += self._for_s
        return self._stalled_s


@pytest.mark.parametrize(("stall_s", "tries"), [(0.0, 1), (3600.0, 2)])
def test_whoever_stood_still_while_a_board_was_silent_connects_once_more(
    sshd: Sshd, monkeypatch: pytest.MonkeyPatch, stall_s: float, tries: int
) -> None:
    monkeypatch.setattr(ssh, "CONNECT_LIMIT_S", 1)
    monkeypatch.setattr(ssh, "CLOCK", Stalling(stall_s))
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        complaint(replace(sshd.board(), port=mute.getsockname()[1]))
        mute.settimeout(0)
        for _ in range(tries):
            mute.accept()[0].close()
        with pytest.raises(BlockingIOError):
            mute.accept()


class Busy(paramiko.ServerInterface):  # type: ignore[misc] # paramiko has no types
    """A board that answers, and for long has no time to look at a key."""

    def __init__(self) -> None:
        self.over = threading.Event()

    def get_allowed_auths(self, _user: str) -> str:
        return "publickey"

    def check_auth_publickey(self, _user: str, _key: paramiko.PKey) -> int:
        self.over.wait(30)
        return int(paramiko.AUTH_FAILED)


def test_a_board_too_busy_to_look_at_the_key_is_not_said_to_refuse_it(
    sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh, "LOG_IN_LIMIT_S", 1)
    sshd.stop()
    with socket.create_server(("127.0.0.1", sshd.port)) as listening:
        busy, transports = Busy(), []

        def serve() -> None:
            transports.append(paramiko.Transport(listening.accept()[0]))
            transports[0].add_server_key(paramiko.PKey.from_path(sshd.host_key))
            transports[0].start_server(threading.Event(), busy)

        threading.Thread(target=serve, daemon=True).start()
        assert "pi01 answers, but let nobody in within 1 s" in complaint(sshd.board())
        busy.over.set()
        transports[0].close()


def test_a_command_that_takes_too_long_is_left(sshd: Sshd) -> None:
    with Link(sshd.board()) as link, pytest.raises(LimitError, match=r"pi01 took longer than 0\.3 s"):
        link.run("sleep 60", limit_s=0.3)


def test_a_connection_that_breaks_is_not_taken_for_an_end(sshd: Sshd) -> None:
    with Link(sshd.board()) as link, pytest.raises(UnreachableError, match="The connection to pi01 broke"):
        link.run("echo half; kill -9 $PPID")


def test_a_connection_that_breaks_between_two_commands_is_told_as_broken(sshd: Sshd) -> None:
    with Link(sshd.board()) as link:
        link.run("nohup sh -c 'sleep 0.1; kill -9 '$PPID >/dev/null 2>&1 &")
        connection = link._connection
        assert connection
        until(lambda: not connection.transport.is_active())
        with pytest.raises(UnreachableError, match="The connection to pi01 broke"):
            link.run("true")


def test_a_broken_connection_can_be_opened_again(sshd: Sshd) -> None:
    with Link(sshd.board()) as link:
        with pytest.raises(UnreachableError):
            link.run("kill -9 $PPID")
        link.open()
        assert link.run("echo back").stdout == "back\n"


def test_root_needs_no_password_where_sudo_wants_none(sshd: Sshd) -> None:
    with Link(sshd.board()) as link:
        assert link.sudo("cat", "plan").stdout == "plan"


def test_the_password_goes_to_sudo_and_only_the_rest_to_the_command(sshd: Sshd) -> None:
    sshd.lay("password", "secret\n")
    with Link(sshd.board(), "secret") as link:
        assert link.sudo("cat", "plan").stdout == "plan"


def test_no_thread_is_left_behind_by_a_board_that_refuses(sshd: Sshd) -> None:
    before = set(threading.enumerate())
    complaint(sshd.board(key=make_key(sshd.folder / "stranger")))
    started = set(threading.enumerate()) - before
    for thread in started:
        thread.join(5)
    assert not any(thread.is_alive() for thread in started)


PROXY = """
import socket, sys, threading
way = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
def out():
    while (words := way.recv(65536)):
        sys.stdout.buffer.write(words); sys.stdout.buffer.flush()
threading.Thread(target=out, daemon=True).start()
while (words := sys.stdin.buffer.raw.read(65536)):
    way.sendall(words)
"""


@pytest.fixture
def ssh_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home/.ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home/.ssh/config"


def test_a_proxy_that_the_teacher_set_is_used(sshd: Sshd, ssh_config: Path, tmp_path: Path) -> None:
    (tmp_path / "proxy.py").write_text(PROXY)
    ssh_config.write_text(f"Host *\n  ProxyCommand {sys.executable} {tmp_path / 'proxy.py'} {sshd.port}\n")
    with Link(sshd.board()) as link:
        assert link.run("echo $SSH_CONNECTION; seq 50000").stdout.endswith("\n50000\n")


def test_a_jump_that_the_teacher_set_is_used(sshd: Sshd, ssh_config: Path) -> None:
    ssh_config.write_text(
        f"Host hop\n  HostName 127.0.0.1\n  Port {sshd.port}\n  IdentityFile {sshd.key}\n"
        "Host 127.0.0.1\n  ProxyJump hop\n"
    )
    with Link(sshd.board()) as link:
        assert link.run("seq 50000").stdout.endswith("\n50000\n")


@pytest.mark.parametrize("wish", ["ForwardAgent yes", "ForwardAgent $SSH_AUTH_SOCK\n  ForwardX11 yes"])
def test_nothing_is_forwarded_whatever_ssh_is_told(tmp_path: Path, ssh_config: Path, wish: str) -> None:
    ssh_config.write_text(f"Host *\n  {wish}\n")

    def deed(channel: paramiko.Channel, _command: str) -> None:
        channel.send_exit_status(0)
        channel.close()

    hostile = Hostile(tmp_path / "hostile", deed)
    with Link(hostile.board()) as link:
        assert link.run("true").status == 0
    hostile.close()
    assert hostile.server.forwarded == []


def test_a_talk_as_root_begins_with_the_password_only_where_sudo_wants_it(sshd: Sshd) -> None:
    with Link(sshd.board(), "secret") as link:
        for password in ("", "secret\n"):
            if password:
                sshd.lay("password", password)
            channel = link.open_channel("head -n 1", as_root=True)
            channel.settimeout(10)
            channel.sendall(b"words\n")
            assert channel.makefile("rb").read() == b"words\n"


def test_a_password_that_was_asked_for_once_is_given_from_then_on(sshd: Sshd) -> None:
    sshd.lay("password", "secret\n")
    with Link(sshd.board(), "secret") as link:
        assert [link.sudo("cat", words).stdout for words in ("one", "two")] == ["one", "two"]
    with Link(sshd.board()) as link:
        assert "password is required" in link.sudo("cat").stderr


def known_by_name(sshd: Sshd, name: str, address: str = "127.0.0.1") -> Board:
    """A board that is known by its key in a file beside a list, and by no address."""
    file = str(sshd.folder / "beside")
    return replace(sshd.board(name), address=address, known_hosts=file, key_alias=name, known_keys=file)


def test_a_board_is_known_by_its_name_whatever_its_address(sshd: Sshd) -> None:
    KnownKeys(sshd.folder / "beside").put("pi07", public(sshd.host_key))
    for address in ("127.0.0.1", "localhost"):
        with Link(known_by_name(sshd, "pi07", address)) as link:
            assert link.run("echo in").stdout == "in\n"


def test_a_board_with_another_key_is_refused_with_who_it_is(sshd: Sshd) -> None:
    known = KnownKeys(sshd.folder / "beside")
    known.put("pi07", public(make_key(sshd.folder / "of_pi07")))
    board = known_by_name(sshd, "pi07")
    shown = fingerprint(public(sshd.host_key))
    assert complaint(board) == (
        f"pi07: its address 127.0.0.1 shows a host key that no board of the list has ({shown}): if its card was "
        "written anew, take it in with `invoke enrol pi07 127.0.0.1 --again`; else another computer is there, and "
        "`invoke discover` looks for pi07."
    )
    known.put("pi03", public(sshd.host_key))
    assert complaint(board) == (
        "pi07: the card of pi03 is at its address 127.0.0.1: put the cards back, or have the list follow them with "
        "`invoke discover --write`."
    )


def test_a_board_that_nobody_has_compared_is_refused_with_how(sshd: Sshd) -> None:
    assert complaint(known_by_name(sshd, "pi07")).endswith("let the board in, with: invoke enrol pi07 127.0.0.1")


def test_a_password_opens_nothing_where_only_keys_do(sshd: Sshd) -> None:
    with pytest.raises(RefusedError, match="pi01 takes no passwords"):
        Link(sshd.board(), login_password="anything").open()  # noqa: S106 (of nobody)
