"""Several cameras, of which one that gives nothing is passed over for the next; the log says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from agent.camera.select import Selector
from agent.camera.trial import LASTS_S, Rounds
from agent.errors import CameraError
from agent.settings.config import CameraConfig
from tests.unit.agent_parts import HandClock
from tests.unit.video_nodes import (
    add_node,
    looking,
)

if TYPE_CHECKING:
    from pathlib import Path

    from agent.ports import Grey


class Camera:
    """A camera that gives so many frames, one a second, and is then lost."""

    def __init__(self, clock: HandClock, frames: int) -> None:
        self._clock, self._left = clock, frames

    def read(self) -> Grey:
        if not self._left:
            raise CameraError("It gives no frames.")
        self._left -= 1
        self._clock.now_s += 1
        return np.zeros((2, 2), np.uint8)

    def close(self) -> None:
        """Nothing is held."""


def until_lost(rounds: Rounds, name: str, camera: Camera) -> None:
    source = rounds.watch(name, lambda: camera)
    while True:
        try:
            source.read()
        except CameraError:
            return


def test_each_camera_is_tried_once_before_the_first_is_tried_again() -> None:
    clock = HandClock()
    rounds, names = Rounds(clock), ["a", "b", "c"]
    tried = []
    for _ in range(7):
        tried.append(rounds.next(names))
        until_lost(rounds, names[tried[-1]], Camera(clock, tried[-1]))
    assert tried == [0, 1, 2, 0, 1, 2, 0]


def test_after_a_camera_that_lasted_the_best_is_tried_first_again() -> None:
    clock = HandClock()
    rounds = Rounds(clock)
    until_lost(rounds, "a", Camera(clock, 0))
    assert (rounds.next(["a", "b"]), rounds.passed_over("b")) == (1, "; passed over: It gives no frames")
    until_lost(rounds, "b", Camera(clock, int(LASTS_S) + 2))
    assert (rounds.next(["a", "b"]), rounds.passed_over("a")) == (0, "")


def test_a_camera_that_cannot_be_opened_is_passed_over_too() -> None:
    def busy() -> Camera:
        raise CameraError("Another program uses it.")

    rounds = Rounds(HandClock())
    with pytest.raises(CameraError, match="Another program"):
        rounds.watch("a", busy)
    assert rounds.next(["a", "b"]) == 1


def test_dead_cameras_that_take_turns_are_told_once() -> None:
    rounds = Rounds(HandClock())
    assert [rounds.is_news(why) for why in ("a", "b", "a", "b", "a", "c")] == [False, True, False, False, False, True]
    rounds.forget()
    assert [rounds.is_news(why) for why in ("c", "b")] == [False, True]


def test_a_camera_that_is_alone_is_not_passed_over_for_itself(tmp_path: Path) -> None:
    told: list[str] = []
    add_node(tmp_path, 61, "HD Webcam")
    clock = HandClock()
    selector = Selector(CameraConfig(), clock, clock.wait, looking(tmp_path), lambda event, **_: told.append(event))
    for _ in range(3):
        with pytest.raises(CameraError, match="/dev/video61 does not exist"):
            selector.open()
    assert told == []
    assert selector.choose().why == "/dev/video61 is a camera (HD Webcam)"


def test_the_log_is_told_of_another_choice_and_why(tmp_path: Path) -> None:
    """The nodes are simulated: OpenCV finds no such devices here, so that each is lost when it is opened."""
    told: list[dict[str, Any]] = []
    add_node(tmp_path, 61, "Dummy video device (0x0000)")
    add_node(tmp_path, 62, "UVC Camera")
    clock = HandClock()
    selector = Selector(
        CameraConfig(), clock, clock.wait, looking(tmp_path), lambda event, **facts: told.append({"e": event, **facts})
    )
    for number in (61, 62):
        with pytest.raises(CameraError, match=f"/dev/video{number} does not exist"):
            selector.open()
    (line,) = told
    assert (line["e"], line["source"]) == ("camera-chosen", "v4l2")
    assert line["why"].startswith("/dev/video62 is a camera (UVC Camera); passed over: /dev/video61 does not exist")


def test_the_source_that_is_told_is_the_one_that_was_picked_last(tmp_path: Path) -> None:
    clock = HandClock()
    selector = Selector(CameraConfig(), clock, clock.wait, looking(tmp_path))
    selector.choose()
    assert selector.source == "none"
    add_node(tmp_path, 61, "UVC Camera")
    with pytest.raises(CameraError):
        selector.open()
    assert selector.source == "v4l2"
