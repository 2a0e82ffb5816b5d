"""What libraries say is not heard, what the agent says is: in processes of their own, whose descriptors are real."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.board.descriptors import exhausted
from tests.unit.agent_process import CODE

if TYPE_CHECKING:
    from collections.abc import Iterator

OPEN = Path("/proc/self/fd")
LIBRARY = """
import logging, os, sys, threading
from agent.service.chatter import hush
hush()
os.write(2, b"a library in C\\n")
logging.getLogger("picamera2").error("a library that logs")
logging.error("a library that logs without a name")
class Half:
    def __del__(self): raise AttributeError("a destructor")
Half()
other = compile("def die(): raise RuntimeError('a thread of a library')", "/usr/lib/library.py", "exec")
exec(other)
thread = threading.Thread(target=die)
thread.start(); thread.join()
print("the agent", file=sys.stderr)
"""
OURS = """
import threading
from agent.service.chatter import hush
from agent.backoff import backoff_s
hush()
thread = threading.Thread(target=backoff_s, args=("no number", 1, 1))
thread.start(); thread.join()
"""


def said(program: str, **environment: str) -> str:
    words = [sys.executable, "-c", program]
    return subprocess.run(
        words, cwd=CODE, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    ).stderr


def test_only_what_the_agent_itself_says_reaches_who_reads_along() -> None:
    assert said(LIBRARY) == "the agent\n"


def test_who_asks_libcamera_to_speak_hears_all_libraries() -> None:
    heard = said(LIBRARY, LIBCAMERA_LOG_LEVELS="*:INFO")
    for words in ("a library in C", "a library that logs", "a destructor", "a thread of a library", "the agent"):
        assert words in heard


def test_a_mistake_in_a_thread_of_ours_is_not_hidden() -> None:
    assert "TypeError" in said(OURS)


@pytest.fixture
def few_descriptors() -> Iterator[None]:
    """A process that can open three more files, which is less than a camera takes."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(each.name) for each in OPEN.iterdir())
    taken = [os.open(os.devnull, os.O_RDONLY) for _ in range(highest)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(taken) + 4, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)
    for each in taken:
        os.close(each)


@pytest.mark.usefixtures("few_descriptors")
def test_whatever_an_error_says_too_few_descriptors_are_noticed_and_none_is_kept() -> None:
    opened = len(list(OPEN.iterdir()))
    assert exhausted(RuntimeError("Camera __init__ sequence did not complete."))
    assert len(list(OPEN.iterdir())) == opened


def test_an_error_that_speaks_of_descriptors_counts_and_another_one_does_not() -> None:
    assert exhausted(RuntimeError("failed to open: Too many open files"))
    assert not exhausted(RuntimeError("Camera __init__ sequence did not complete."))
