from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from ansible.errors import AnsibleConnectionFailure

from tests.unit.ansible_parts import ROOT, plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.fleet_sshd import Sshd

board_ssh = plugin("connection", "board_ssh")
PLAYBOOK = str(Path(sys.executable).with_name("ansible-playbook"))


def asked(sshd: Sshd, task: dict[str, Any], *words: str) -> subprocess.CompletedProcess[str]:
    """What Ansible says when it does one task through the project's own ansible.cfg on the server of the test."""
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
    command = [PLAYBOOK, str(sshd.folder / "play.yml"), "-i", "127.0.0.1,", "-e", json.dumps(variables), *words]
    return subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=100
    )


def test_a_command_that_is_answered_without_end_is_given_up(sshd: Sshd) -> None:
    done = asked(sshd, {"raw": "yes"})
    assert done.returncode != 0
    assert "127.0.0.1  unreachable: it sent more than 2 MiB in answer to one command: see who" in done.stdout


def test_errors_without_end_are_given_up_as_well(sshd: Sshd) -> None:
    assert "it sent more than 2 MiB" in asked(sshd, {"raw": "yes >&2"}).stdout


def test_a_command_that_hangs_is_given_up_and_leaves_no_ssh_behind(sshd: Sshd) -> None:
    began = time.monotonic()
    done = asked(sshd, {"raw": "sleep 4711", "timeout": 2})
    assert "did not end this within 2 seconds and was given up" in done.stdout
    assert time.monotonic() - began < 60
    listed = subprocess.run(["ps", "-e", "-o", "args="], capture_output=True, text=True, check=True).stdout
    assert not [line for line in listed.splitlines() if line.startswith("ssh ") and "sleep 4711" in line]


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
    assert process.wait(timeout=10) < 0


def test_tidying_up_on_a_board_that_hangs_ends() -> None:
    with started(0.1, "sleep", "60") as process:
        assert process.stdout
        assert process.stdout.read() == b""
        assert process.wait(timeout=10) == -9


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
