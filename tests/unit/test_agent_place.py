"""Where the socket is: nothing of anybody else is taken away, and a second agent is told of the first."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.errors import AnotherAgentError, NobodyError, StatusError
from agent.view import place
from agent.view.client import ask
from agent.view.pictures import Pictures
from agent.view.server import StatusServer
from agent.view.status_api import StatusApi
from tests.unit.agent_process import CODE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.agent_process import Agent

SCENE = 'source = "rendered"\nfps = 30'
API = StatusApi(pytest.fail, lambda _: None, Pictures())
NOBODY = 65534


def stale(path: Path) -> Path:
    """Leave a socket there at which nobody listens."""
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    return path


def file(path: Path) -> Path:
    path.write_text("homework")
    return path


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def link(path: Path) -> Path:
    path.symlink_to(stale(path.with_name("other")))
    return path


def loop(path: Path) -> Path:
    path.symlink_to(path)
    return path


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (file, "a file"),
        (folder, "a folder"),
        (link, "a symbolic link"),
        (loop, "a symbolic link"),
        (pipe, "a pipe"),
    ],
)
def test_what_is_no_socket_stays_and_is_named(tmp_path: Path, make: Callable[[Path], Path], what: str) -> None:
    path = make(tmp_path / "s")
    before = path.lstat()
    with pytest.raises(StatusError, match=f"cannot be made: {what} is there, and stays; give another path"):
        StatusServer(path, API)
    assert path.lstat() == before


def test_a_stale_socket_of_ours_is_taken_over(tmp_path: Path) -> None:
    path = stale(tmp_path / "s")
    before = path.stat().st_ino, path.stat().st_mtime_ns
    with closing(StatusServer(path, API)) as server:
        server.start()
        assert (path.stat().st_ino, path.stat().st_mtime_ns) != before
    assert not path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to leave a socket of another account")
def test_a_stale_socket_of_another_account_stays(tmp_path: Path) -> None:
    path = stale(tmp_path / "s")
    os.chown(path, NOBODY, NOBODY)
    with pytest.raises(StatusError, match="nobody left one there, which stays"):
        StatusServer(path, API)
    assert stat.S_ISSOCK(path.stat().st_mode)


def test_the_access_of_a_socket_is_right_from_its_first_moment_whatever_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = os.umask(0)
    try:
        monkeypatch.setattr(Path, "chmod", lambda *_: pytest.fail("changed later"))
        with closing(StatusServer(tmp_path / "s", API)) as server:
            server.start()
            assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o660
        assert os.umask(0) == 0
    finally:
        os.umask(before)


def test_a_server_that_ends_leaves_the_socket_of_the_one_that_followed(tmp_path: Path) -> None:
    path = tmp_path / "s"
    first = StatusServer(path, API)
    first.start()
    path.rename(tmp_path / "moved")
    with closing(StatusServer(path, API)) as second:
        second.start()
        first.close()
        assert path.exists()


@pytest.mark.parametrize("length", [108, 5000])
def test_a_path_that_is_too_long_for_a_socket_is_told_with_the_limit(length: int) -> None:
    path = Path("/run/" + "ü" * (length // 2 - 2) + "s" * (length % 2 - 1))
    with pytest.raises(StatusError, match="bytes, and a socket's may have 107; give a shorter one"):
        StatusServer(path, API)
    with pytest.raises(NobodyError):
        ask(path, "/status")


def test_a_lock_that_another_program_keeps_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "LOCK_LIMIT_S", 0.1)
    opened = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        with pytest.raises(StatusError, match=f"another program keeps a lock on '{tmp_path}'"):
            StatusServer(tmp_path / "s", API)
    finally:
        os.close(opened)
    StatusServer(tmp_path / "s", API).server_close()


def test_of_two_that_start_at_once_one_takes_the_socket_and_one_is_told(tmp_path: Path) -> None:
    stale(tmp_path / "s")
    program = (
        "import sys\nfrom pathlib import Path\nfrom agent.view.server import StatusServer\n"
        "sys.stdin.read(1)\n"
        "try:\n    server = StatusServer(Path(sys.argv[1]), None)\nexcept Exception as error:\n    print(error)\n"
        "else:\n    print('has it')\nsys.stdout.flush()\nsys.stdin.read(1)\n"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "s")],
            cwd=CODE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(6)
    ]  # fmt: skip
    for one in both:
        assert one.stdin is not None
        one.stdin.write(".")
        one.stdin.flush()
    said = [one.stdout.readline().strip() if one.stdout else "" for one in both]
    for one in both:
        one.communicate(".", timeout=60)
    assert said.count("has it") == 1
    assert sum("An agent runs already: process" in words for words in said) == 5


def test_a_second_agent_says_that_one_runs_and_where_and_touches_nothing_of_it(
    tmp_path: Path, start: Callable[..., Agent]
) -> None:
    path, pins = tmp_path / "s", {"PILAB_MOCK_PINS": str(tmp_path)}
    first = start("--socket", str(path), camera=SCENE, hold_s=600, **pins)
    first.until("sighting")
    second = start("--socket", str(path), camera=SCENE, **pins).process
    out, error = second.communicate(timeout=30)
    assert (second.returncode, out) == (1, "")
    assert error.startswith(f"An agent runs already: process {first.process.pid} of ")
    assert error.endswith(f" answers at '{path}'; end it first, or give this one another --socket.\n")
    assert (tmp_path / "gpio27").read_text() == "1\n"
    assert ask(path, "/status")
    first.end(signal.SIGINT)
    assert not path.exists()


def test_a_second_agent_of_the_service_s_folder_does_not_go_on_without_its_socket(
    tmp_path: Path, start: Callable[..., Agent]
) -> None:
    first = start(camera=SCENE, RUNTIME_DIRECTORY=str(tmp_path))
    first.until("sighting")
    second = start(camera=SCENE, RUNTIME_DIRECTORY=str(tmp_path)).process
    assert second.communicate(timeout=30)[1].startswith("An agent runs already")
    assert ask(tmp_path / "status.sock", "/status")


def test_a_busy_agent_is_one_too(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as busy, socket.socket(socket.AF_UNIX) as waiting:
        busy.bind(str(tmp_path / "s"))
        busy.listen(0)
        waiting.connect(str(tmp_path / "s"))
        with pytest.raises(AnotherAgentError, match="a busy one answers"):
            place.refuse(tmp_path / "s")


def test_each_agent_removes_its_own_socket_only(tmp_path: Path, start: Callable[..., Agent]) -> None:
    path = tmp_path / "s"
    agent = start("--socket", str(path), camera=SCENE)
    agent.until("sighting")
    path.unlink()
    stale(path)
    agent.end(signal.SIGTERM)
    assert stat.S_ISSOCK(path.stat().st_mode)


def test_a_socket_that_a_killed_agent_left_is_taken_over(tmp_path: Path, start: Callable[..., Agent]) -> None:
    path = tmp_path / "status.sock"
    first = start("--socket", str(path), camera=SCENE)
    first.until("sighting")
    first.process.kill()
    first.process.wait(60)
    with pytest.raises(StatusError, match="No agent answers at"):
        ask(path, "/status")
    start("--socket", str(path), camera=SCENE).until("sighting")
    assert ask(path, "/status")


def test_a_socket_that_cannot_be_made_is_one_sentence(start: Callable[..., Agent]) -> None:
    process = start("--socket", "/nowhere/status.sock", camera=SCENE).process
    _, error = process.communicate(timeout=30)
    assert process.returncode == 1
    assert (
        error == "The socket '/nowhere/status.sock' cannot be made: No such file or directory; correct status.socket.\n"
    )


WAITING = """
import resource, socket, sys, time
from pathlib import Path
from agent.view.pictures import Pictures
from agent.view.server import StatusServer
from agent.view.status_api import StatusApi

path = Path(sys.argv[1])
client = socket.socket(socket.AF_UNIX)
server = StatusServer(path, StatusApi(dict, print, Pictures()))
server.start()
time.sleep(0.2)
resource.setrlimit(resource.RLIMIT_NOFILE, (client.fileno() + 1, 100))
client.connect(str(path))
before = time.process_time()
time.sleep(2)
print(time.process_time() - before)
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))  # ending threads may load a library
"""


def test_who_waits_where_no_more_files_can_be_opened_costs_no_processor(tmp_path: Path) -> None:
    words = [sys.executable, "-c", WAITING, str(tmp_path / "s")]
    done = subprocess.run(words, cwd=CODE, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 0.3
