from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from agent.errors import AgentError
from agent.spread import sandbox_check, unit, watchdog

if TYPE_CHECKING:
    from pathlib import Path

STATUS = """Name:	python3
Uid:	61568	61568	61568	61568
CapEff:	0000000000000000
CapBnd:	0000000000000000
NoNewPrivs:	1
Seccomp:	2
"""
HEADING = "Inter-|   Receive\n face |bytes\n"


def proc(folder: Path, status: str = STATUS, networks: str = "    lo: 0 0\n") -> Path:
    (folder / "net").mkdir()
    (folder / "status").write_text(status)
    (folder / "net" / "dev").write_text(HEADING + networks)
    return folder


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result((0,) * 8 + (os.ST_RDONLY, 255)))


@pytest.mark.usefixtures("read_only")
def test_a_process_that_is_held_has_no_complaint(tmp_path: Path) -> None:
    assert sandbox_check.complaint(proc(tmp_path)) == ""


@pytest.mark.usefixtures("read_only")
@pytest.mark.parametrize(
    ("there", "instead", "words"),
    [
        ("NoNewPrivs:\t1", "NoNewPrivs:\t0", "NoNewPrivs"),
        ("Seccomp:\t2\n", "", "Seccomp"),
        ("CapBnd:\t0000000000000000", "CapBnd:\t000001ffffffffff", "CapBnd"),
        ("61568\n", "0\n", "not root"),
    ],
)
def test_each_thing_that_a_kernel_leaves_out_is_named(tmp_path: Path, there: str, instead: str, words: str) -> None:
    assert words in sandbox_check.complaint(proc(tmp_path, STATUS.replace(there, instead)))


@pytest.mark.usefixtures("read_only")
def test_a_network_beside_its_own_is_named(tmp_path: Path) -> None:
    complaint = sandbox_check.complaint(proc(tmp_path, networks="    lo: 0 0\n  eth0: 0 0\n"))
    assert "a network of its own" in complaint


def test_a_system_that_can_be_written_is_named(tmp_path: Path) -> None:
    assert "read-only" in sandbox_check.complaint(proc(tmp_path), str(tmp_path))


def test_the_sandbox_runs_one_part_as_nobody_without_network_privileges_or_files() -> None:
    words = unit.start_command("x.service", ["work", "--port", "1"])
    for wanted in ("DynamicUser=yes", "PrivateNetwork=yes", "NoNewPrivileges=yes", "CapabilityBoundingSet="):
        assert f"--property={wanted}" in words
    assert words[-4:] == ["held", "work", "--port", "1"]


def test_nobody_but_root_makes_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(AgentError, match="use sudo"):
        watchdog.main(["work"])


@pytest.fixture
def line() -> tuple[int, int]:
    return os.pipe()


def part(program: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_what_comes_through_the_line_reaches_the_part_and_its_end_ends_both(line: tuple[int, int]) -> None:
    with part("import sys; sys.stdout.write(sys.stdin.read())") as one:
        os.write(line[1], b"there")
        os.close(line[1])
        watchdog.pass_on(one, line[0])
        assert one.stdout
        assert one.stdout.read() == b"there"
    os.close(line[0])


@pytest.mark.parametrize("said", [b"", bytes(2**16)])
def test_a_line_that_is_silent_or_a_part_that_never_reads_is_not_waited_for(
    line: tuple[int, int], said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "DEAF_LIMIT_S", 0.2)
    with part("import time; time.sleep(60)") as one:
        stop = threading.Event()

        def speak() -> None:
            while said and not stop.is_set():
                os.write(line[1], said)

        threading.Thread(target=speak, daemon=True).start()
        began_s = time.monotonic()
        watchdog.pass_on(one, line[0])
        assert time.monotonic() - began_s < 30
        assert one.poll() is None
        stop.set()
        while said and select.select([line[0]], [], [], 0.1)[0]:
            os.read(line[0], 2**20)
        one.kill()
    for end in line:
        os.close(end)


def test_a_part_that_ended_is_not_waited_for(line: tuple[int, int]) -> None:
    with part("pass") as one:
        one.wait(30)
        watchdog.pass_on(one, line[0])
    for end in line:
        os.close(end)
