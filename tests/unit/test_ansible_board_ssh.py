from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from ansible.errors import AnsibleConnectionFailure

from fleet.boards.known_keys import KnownKeys, fingerprint
from tests.unit.ansible_parts import ROOT, plugin
from tests.unit.fleet_sshd import make_key, public

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.fleet_sshd import Sshd

board_ssh = plugin("connection", "board_ssh")
PLAYBOOK = str(Path(sys.executable).with_name("ansible-playbook"))


def asked(sshd: Sshd, task: dict[str, Any], *words: str) -> subprocess.CompletedProcess[str]:
    """What Ansible says when it does one task through the project's own ansible.cfg on the server of the test."""
    return subprocess.run(
        command_for(sshd, task, *words), cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, timeout=100,
    )  # fmt: skip


def command_for(sshd: Sshd, task: dict[str, Any], *words: str) -> list[str]:
    """Write the play, and return what has Ansible do it."""
    play = {"hosts": "all", "gather_facts": False, "tasks": [{"name": "Ask", **task}]}
    (sshd.folder / "play.yml").write_text(json.dumps([play]))
    options = (
        f"-F /dev/null -o IdentitiesOnly=yes -o UserKnownHostsFile={sshd.known_hosts} -o StrictHostKeyChecking=yes"
    )
    variables = {
        "ansible_port": sshd.port,
        "ansible_ssh_private_key_file": str(sshd.key),
        "ansible_ssh_args": options,
        "ansible_python_interpreter": sys.executable,
    }
    return [PLAYBOOK, str(sshd.folder / "play.yml"), "-i", "127.0.0.1,", "-e", json.dumps(variables), *words]


def test_a_command_that_is_answered_without_end_is_given_up(sshd: Sshd) -> None:
    done = asked(sshd, {"raw": "yes"})
    assert done.returncode != 0
    assert "127.0.0.1  unreachable: [too-much] it sent more than 2 MiB in answer to one command: see who" in done.stdout


def test_errors_without_end_are_given_up_as_well(sshd: Sshd) -> None:
    assert "it sent more than 2 MiB" in asked(sshd, {"raw": "yes >&2"}).stdout


def test_a_command_that_hangs_is_given_up_and_leaves_no_ssh_behind(sshd: Sshd) -> None:
    began = time.monotonic()
    long = f"sleep 4711.{os.getpid()}"
    done = asked(sshd, {"raw": long, "timeout": 8})
    assert "did not end this within 8 seconds and was given up" in done.stdout
    assert time.monotonic() - began < 100
    listed = subprocess.run(["ps", "-e", "-o", "args="], capture_output=True, text=True, check=True).stdout
    assert not [line for line in listed.splitlines() if line.startswith("ssh ") and long in line]


def test_the_workers_of_a_playbook_that_is_killed_end_with_their_task(sshd: Sshd) -> None:
    begun, go_on = sshd.folder / "begun", sshd.folder / "go-on"
    # The answer is longer than the pipe to the playbook holds.
    task = {"raw": f"touch {begun}; until [ -e {go_on} ]; do sleep 0.1; done; head -c 300000 /dev/zero | tr '\\0' x"}
    with subprocess.Popen(command_for(sshd, task), cwd=ROOT, stdin=subprocess.DEVNULL) as playbook:
        wait_until(begun.exists)
        playbook.kill()
    assert workers(sshd)
    go_on.touch()
    try:
        wait_until(lambda: not workers(sshd))
    finally:
        for worker in workers(sshd):
            os.kill(worker, signal.SIGKILL)


def workers(sshd: Sshd) -> list[int]:
    """The processes of the playbook of this test."""
    found = subprocess.run(["pgrep", "-f", str(sshd.folder / "play.yml")], capture_output=True, text=True, check=False)
    return [int(number) for number in found.stdout.split()]


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def test_a_module_runs_in_a_folder_of_roots_and_not_in_that_of_the_account(sshd: Sshd) -> None:
    done = asked(sshd, {"command": "pwd"}, "-v")
    assert '"stdout": "/"' in done.stdout, done.stdout + done.stderr


@contextmanager
def started(timeout_s: float | None, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program as Ansible's ssh starts it."""
    with board_ssh.bounded(timeout_s):
        process = board_ssh.ssh.subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            yield process
        finally:
            process.stdout.close()
            process.stderr.close()


def test_a_program_that_ended_well_is_read_to_its_end() -> None:
    with started(None, "head", "-c", "200000", "/dev/zero") as process:
        assert process.stdout
        assert sum(map(len, iter(process.stdout.read, b""))) == 200_000
        process.wait()
    assert process.returncode == 0
    assert board_ssh.ssh.subprocess is subprocess


def test_a_program_that_says_too_much_is_not_read_on_and_does_not_live_on() -> None:
    with started(None, "yes") as process:
        assert process.stdout
        with pytest.raises(AnsibleConnectionFailure, match="more than 2 MiB"):
            list(iter(process.stdout.read, b""))
    assert process.wait(timeout=60) < 0


def test_tidying_up_on_a_board_that_hangs_ends() -> None:
    with started(0.1, "sleep", "60") as process:
        assert process.stdout
        assert process.stdout.read() == b""
        assert process.wait(timeout=60) == -9


@pytest.mark.parametrize(
    ("left_s", "in_data", "limit_s"), [(0.0, None, board_ssh.TIDYING_TIMEOUT_S), (5.0, None, None), (0.0, b"x", None)]
)
def test_only_what_ansible_does_after_a_task_has_a_limit_of_our_own(
    monkeypatch: pytest.MonkeyPatch, left_s: float, in_data: bytes | None, limit_s: float | None
) -> None:
    """As long as the task's own alarm runs, that one counts."""
    limits: list[float | None] = []

    def noted(timeout_s: float | None) -> nullcontext[None]:
        limits.append(timeout_s)
        return nullcontext()

    monkeypatch.setattr(board_ssh, "bounded", noted)
    monkeypatch.setattr(board_ssh.ssh.Connection, "_bare_run", lambda *_, **__: (0, b"", b""))
    monkeypatch.setattr(board_ssh, "signal", SimpleNamespace(ITIMER_REAL=0, getitimer=lambda _: (left_s, 0.0)))
    assert object.__new__(board_ssh.Connection)._bare_run([], in_data) == (0, b"", b"")
    assert limits == [limit_s]


@pytest.mark.parametrize(
    "words", [b"", b"PONG\n", b"\xff\xfe", b"sh: 1: python3: not found\n", "Grüße\n".encode(), b"{} {}"]
)
def test_words_stay_words(words: bytes) -> None:
    assert board_ssh.without_orders(words) == words


def test_words_around_an_answer_are_dropped_because_ansible_would_print_them() -> None:
    answer = b'\x1b[2J\n{"rc": 0}\n\x1b]0;owned\x07\n'
    assert json.loads(board_ssh.without_orders(answer)) == {"rc": 0}


def test_words_that_begin_like_an_answer_cannot_act_on_a_terminal() -> None:
    assert b"\x1b" not in board_ssh.without_orders(b"{ \x1b[2J }\n")


def test_an_honest_answer_keeps_all_it_says() -> None:
    answer = {"changed": True, "rc": 0, "stdout": "ä\x1b", "results": [{"failed": False}], "diff": {"before": "x"}}
    assert json.loads(board_ssh.without_orders(json.dumps(answer).encode())) == answer


@pytest.mark.parametrize(
    "answer",
    [
        '{"a": ' + "[" * 40 + "]" * 40 + "}",
        '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        '{"a": [' + "[]," * 60_000 + "[]]}",
    ],
)
def test_an_answer_that_would_take_much_room_is_refused(answer: str) -> None:
    with pytest.raises(AnsibleConnectionFailure, match="its answer has "):
        board_ssh.without_orders(answer.encode())


def test_a_number_without_end_is_no_answer() -> None:
    number = b'{"a": ' + b"1" * 10_000 + b"}"
    assert board_ssh.without_orders(number) == number


def test_no_key_agent_screen_or_port_is_lent_to_a_board() -> None:
    asked_for = (ROOT / "ansible.cfg").read_text(encoding="utf-8")
    done = subprocess.run(
        ["ssh", *next(line for line in asked_for.splitlines() if line.startswith("ssh_args"))[11:].split(),
         "-F", "/dev/stdin", "-G", "pi01"],
        input="Host *\nForwardAgent yes\nForwardX11 yes\nRemoteForward 9999 localhost:22\n",
        capture_output=True, text=True, check=True, env={**os.environ, "DISPLAY": ":0"},
    )  # fmt: skip
    said = done.stdout.splitlines()
    assert {"forwardagent no", "forwardx11 no", "clearallforwardings yes"} <= set(said)


def room(sshd: Sshd, *boards: str) -> Path:
    """A list of boards that are all at the address of the server, as far as ssh is told; the keys lie beside it."""
    ways = (
        f"ansible_port={sshd.port} ansible_ssh_private_key_file={sshd.key} ansible_python_interpreter={sys.executable}"
    )
    lines = [f"{name} ansible_host={address} {ways}\n" for name, address in zip(boards, ADDRESSES, strict=False)]
    path = sshd.folder / "room" / "inventory.ini"
    path.parent.mkdir(exist_ok=True)
    path.write_text("[lab]\n" + "".join(lines))
    return path


# Names of this computer.
ADDRESSES = ("127.0.0.1", "localhost")
# What a list may say of ssh, so that no file of the account that runs the tests is asked.
APART = "-F /dev/null -o IdentitiesOnly=yes"
KEPT_OPEN = f"{APART} -o ControlMaster=auto -o ControlPersist=20s"


def pinged(inventory: Path, *words: str, arguments: str = APART) -> str:
    """What the playbook says when it reaches the boards of a list."""
    play = {"hosts": "all", "gather_facts": False, "tasks": [{"name": "Ask", "raw": "echo it is $((40 + 2))"}]}
    (inventory.parent / "play.yml").write_text(json.dumps([play]))
    command = [PLAYBOOK, "-v", str(inventory.parent / "play.yml"), "-i", str(inventory)]
    done = subprocess.run(
        [*command, "-e", json.dumps({"ansible_ssh_args": arguments}), *words],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_a_board_is_known_by_its_name_whatever_its_address(sshd: Sshd) -> None:
    inventory = room(sshd, "pi01")
    KnownKeys(inventory.parent / "known_hosts").put("pi01", public(sshd.host_key))
    assert "it is 42" in pinged(inventory)
    inventory.write_text(inventory.read_text().replace("127.0.0.1", "localhost"))
    assert "it is 42" in pinged(inventory)
    assert "it is 42" in pinged(inventory, arguments=f"{APART} -o StrictHostKeyChecking=no")


def test_a_board_with_another_key_is_refused_with_who_it_is(sshd: Sshd) -> None:
    inventory = room(sshd, "pi07", "pi03")
    known = KnownKeys(inventory.parent / "known_hosts")
    known.put("pi07", public(make_key(sshd.folder / "of_pi07")))
    said = pinged(inventory, "--limit", "pi07", arguments=f"{APART} -o StrictHostKeyChecking=no")
    shown = fingerprint(public(sshd.host_key))
    stranger = f"its address 127.0.0.1 shows a host key that no board of the list has ({shown})"
    assert f"pi07  unreachable: [host-key-other] {stranger}" in said
    assert "`invoke enrol pi07 127.0.0.1 --again`" in said
    known.put("pi03", public(sshd.host_key))
    said = pinged(inventory)
    swapped = "the card of pi03 is at its address 127.0.0.1: put the cards back, or have"
    assert f"pi07  unreachable: [host-key-other] {swapped}" in said
    assert "pi03  changed in Ask" in said


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where open connections lie; the path of a socket has little room."""
    with tempfile.TemporaryDirectory(prefix="cp") as folder:
        monkeypatch.setenv("ANSIBLE_SSH_CONTROL_PATH_DIR", folder)
        yield Path(folder)


def test_an_open_connection_of_one_board_is_not_taken_for_another_one(sshd: Sshd, connections: Path) -> None:
    """Ansible keeps connections open for a minute, and would find them by their addresses alone."""
    inventory = room(sshd, "pi03")
    known = KnownKeys(inventory.parent / "known_hosts")
    known.put("pi03", public(sshd.host_key))
    known.put("pi07", public(make_key(sshd.folder / "of_pi07")))
    assert "it is 42" in pinged(inventory, arguments=KEPT_OPEN)
    assert list(connections.iterdir())
    inventory.write_text(inventory.read_text().replace("pi03", "pi07"))
    said = pinged(inventory, arguments=KEPT_OPEN)
    assert "it is 42" not in said
    assert "pi07  unreachable: [host-key-other] the card of pi03 is at its address" in said


def test_what_a_list_says_itself_of_host_keys_counts(sshd: Sshd) -> None:
    inventory = room(sshd, "pi01")
    KnownKeys(inventory.parent / "known_hosts").put("pi01", public(make_key(sshd.folder / "other")))
    own = f"{APART} -o UserKnownHostsFile={sshd.known_hosts} -o StrictHostKeyChecking=yes"
    assert "it is 42" in pinged(inventory, arguments=own)
    sshd.know(make_key(sshd.folder / "third"))
    assert "its host key changed: if its card was written anew, forget" in pinged(inventory, arguments=own)


def test_what_a_list_says_of_the_keys_of_a_jump_host_is_not_about_the_board(sshd: Sshd) -> None:
    inventory = room(sshd, "pi01")
    KnownKeys(inventory.parent / "known_hosts").put("pi01", public(sshd.host_key))
    strict = f"{APART} -o StrictHostKeyChecking=yes"
    through = f"ssh {APART} -i {sshd.key} -o UserKnownHostsFile={sshd.known_hosts} -p {sshd.port} -W %h:%p 127.0.0.1"
    assert "it is 42" in pinged(inventory, arguments=f"{strict} -o ProxyCommand='{through}'")


@pytest.mark.parametrize("words", ["-o UserKnownHostsFile=x", "-oHostKeyAlias=x", "-4o userknownhostsfile\tx"])
def test_every_way_to_say_how_a_board_is_known_is_seen(words: str) -> None:
    assert board_ssh.has_own_way(words.encode().split(b" "))


def test_a_board_that_is_not_in_our_file_is_looked_for_in_that_of_the_account(sshd: Sshd, tmp_path: Path) -> None:
    """Simulated: ssh reads the account's files by its number, so they are named in a configuration of its own."""
    inventory = room(sshd, "pi01")
    (tmp_path / "config").write_text(f"UserKnownHostsFile {sshd.known_hosts}\nStrictHostKeyChecking yes\n")
    as_account = APART.replace("/dev/null", str(tmp_path / "config"))
    assert "it is 42" in pinged(inventory, arguments=as_account)
    sshd.know(make_key(sshd.folder / "other"))
    said = pinged(inventory, arguments=as_account)
    assert f"shows a host key that no board of the list has ({fingerprint(public(sshd.host_key))})" in said
