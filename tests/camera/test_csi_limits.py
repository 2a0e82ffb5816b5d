"""A CSI camera that fails again and again, or for good (simulated): on stand-ins and on real libcamera."""

from __future__ import annotations

import json
import resource
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.agent_parts import until

if TYPE_CHECKING:
    from tests.camera.board import Csi
    from tests.unit.agent_process import Agent

pytestmark = pytest.mark.slow

# Opens a camera in vain so often, then once more when it is free, and tells what it holds before and after.
VAIN = """
import json, os, threading
from agent.camera.picamera2 import Picamera2Source
from agent.errors import CameraError
from agent.service.chatter import hush
hush()
order = open(os.environ["STANDIN_CAMERA"], "r+b", buffering=0)
def does(word): os.pwrite(order.fileno(), word.ljust(16).encode(), 0)
def holds(): return [len(os.listdir("/proc/self/fd")), threading.active_count()]
def vainly():
    try: Picamera2Source(0, 640, 480)
    except CameraError as error: return str(error)
held = []
for number in range({tries}):
    does("{fault}")
    said = vainly()
    held.append(holds())
does("fine")
source = Picamera2Source(0, 640, 480)
print(json.dumps([said, held[10], held[-1], source.read().shape]))
"""
# Opens and closes a camera so often.
AGAIN = """
import json, os, resource, threading
from agent.camera.picamera2 import Picamera2Source
from agent.service.chatter import hush
hush()
def holds(): return [len(os.listdir("/proc/self/fd")), threading.active_count()]
def kib(): return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() // 1024
held = []
for number in range({times}):
    source = Picamera2Source(0, 640, 480)
    source.read()
    source.close()
    held.append([*holds(), kib()])
print(json.dumps([held[10], held[-1]]))
"""


def last_words(agent: Agent, status: int = 1) -> str:
    """Wait until an agent has ended by itself, and return the only line that it wrote beside its event log."""
    assert agent.process.stdout is not None
    assert agent.process.stderr is not None
    agent.lines += [json.loads(line) for line in agent.process.stdout]
    (line,) = agent.process.stderr.read().splitlines()
    assert agent.process.wait(60) == status
    return str(line)


@pytest.mark.parametrize(("fault", "words"), [("busy", "another program uses it"), ("gone", "finds none")])
def test_an_hour_of_vain_tries_holds_no_more_than_the_first_and_the_camera_is_taken_once_it_is_free(
    csi: Csi, fault: str, words: str
) -> None:
    """One try each 30 s makes 120 in an hour; the hour is compressed."""
    said, early, late, shape = json.loads(csi.run(VAIN.format(tries=130, fault=fault)))
    assert words in said
    assert late == early
    assert shape == [480, 640]


def test_a_camera_that_is_opened_again_and_again_takes_no_more_memory_descriptors_or_threads(csi: Csi) -> None:
    early, late = json.loads(csi.run(AGAIN.format(times=60)))
    assert late[:2] == early[:2]
    assert late[2] < early[2] + 4096


def test_an_agent_that_can_open_no_more_files_ends_with_one_line(csi: Csi) -> None:
    agent = csi.agent()
    agent.until("sighting")
    opened = max(int(each.name) for each in Path(f"/proc/{agent.process.pid}/fd").iterdir())
    resource.prlimit(agent.process.pid, resource.RLIMIT_NOFILE, (opened + 1, opened + 1))
    csi.does("gone")
    assert "No more files can be opened, so the agent ends, to be started anew" in last_words(agent)
    assert agent.lines[-1]["event"] == "stopped"


def test_a_driver_that_does_not_come_back_is_left_behind_with_the_process(csi: Csi) -> None:
    agent = csi.agent(hold_s=600)
    agent.until("led-on")
    csi.does("hangs")
    agent.until("camera-lost")
    until(lambda: csi.pin() == "0\n")
    ended = (-signal.SIGKILL, "The driver of the CSI camera") if csi.real else (1, "The driver of the camera")
    assert last_words(agent, ended[0]).startswith(ended[1] + " does not come back, so the agent")
