from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BEGINNING = f"""
import ctypes, json, mmap, os, resource, signal, socket, subprocess, sys, threading
sys.path.append({str(ROOT)!r})
from fleet.camera import confine
"""
TRIES = """
def attempt(deed):
    try:
        deed()
    except (OSError, RuntimeError, subprocess.SubprocessError, ValueError) as error:
        return type(error).__name__
    return "done"

acts = {
    "read a file": lambda: open("/etc/passwd"),
    "read its own program": lambda: open(sys.executable, "rb"),
    "write a file": lambda: open("/tmp/pilab-confined", "w"),
    "list a folder": lambda: os.listdir("/tmp"),
    "remove a file": lambda: os.unlink("/tmp/pilab-confined-not-there"),
    "speak to the network": socket.socket,
    "speak to this computer": lambda: socket.socket(socket.AF_UNIX),
    "start a process": os.fork,
    "start a thread": lambda: threading.Thread(target=int).start(),
    "become a program": lambda: os.execv("/bin/true", ["true"]),
    "end its parent": lambda: os.kill(os.getppid(), 0),
    "look into its parent": lambda: os.pidfd_open(os.getppid()),
    "make a file in memory": lambda: os.memfd_create("x"),
    "have more memory again": lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)),
    "become somebody": lambda: os.setuid(0),
    "leave its room": lambda: os.chroot("/"),
}
"""
REFUSED_WITHOUT = ("read a file", "write a file", "list a folder", "speak to the network", "start a process")


def run(program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-c", BEGINNING + program]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def told(program: str) -> dict[str, str]:
    done = run(program)
    assert (done.returncode, done.stderr) == (0, "")
    return dict(json.loads(done.stdout))


def test_what_is_confined_can_open_reach_and_start_nothing() -> None:
    said = told(
        TRIES + "unconfined = confine.confine()\n"
        "print(json.dumps({'unconfined': unconfined} | {name: attempt(deed) for name, deed in acts.items()}))"
    )
    assert said.pop("unconfined") == ""
    assert said.pop("start a thread") == "RuntimeError"  # how Python tells of EPERM there, and here
    assert said.pop("have more memory again") == "ValueError"
    assert len(said) == 14
    assert set(said.values()) == {"PermissionError"}


def test_without_libseccomp_it_says_so_and_still_opens_and_starts_nothing() -> None:
    said = told(
        TRIES + f"confine.LIBRARY = 'libnothing.so'\nunconfined = confine.confine()\nnames = {REFUSED_WITHOUT!r}\n"
        "print(json.dumps({'unconfined': unconfined} | {name: attempt(acts[name]) for name in names}))"
    )
    assert said.pop("unconfined").startswith("libnothing.so: ")
    assert {name: word for name, word in said.items() if word == "done"} == {}


def test_a_kernel_that_takes_no_filter_is_told_of() -> None:
    # The first filter refuses the calls that set a second one, as such a kernel would.
    said = told(
        "library = ctypes.CDLL(confine.LIBRARY)\n"
        "print(json.dumps({'first': confine._filter(library), 'second': confine._filter(library)}))"
    )
    assert (said["first"], said["second"].partition(":")[0]) == ("", "seccomp_load")


def test_memory_past_the_limit_is_an_error_and_not_taken() -> None:
    said = told(
        "confine.confine(memory_bytes=2**20)\n"
        "try:\n    bytes(8 * 2**20); word = 'taken'\nexcept MemoryError:\n    word = 'refused'\n"
        "print(json.dumps({'memory': word}))"
    )
    assert said == {"memory": "refused"}


def test_processor_time_past_the_limit_ends_it() -> None:
    done = run("confine.confine(cpu_s=0)\nwhile True: pass")
    assert done.returncode == -signal.SIGXCPU


def test_nobody_is_who_it_is_where_root_started_it() -> None:
    if os.geteuid():
        pytest.skip("whose user it is can only be seen to change from root")
    said = told("confine._limit(2**28, 10)\nprint(json.dumps({'user': os.getuid(), 'groups': os.getgroups()}))")
    assert said == {"user": 65534, "groups": []}


def test_a_limit_that_is_lower_already_stays() -> None:
    said = told(
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\nconfine._limit(2**28, 10)\n"
        "print(json.dumps({'bytes': str(resource.getrlimit(resource.RLIMIT_FSIZE))}))"
    )
    assert said == {"bytes": "(100, 100)"}
