"""Pictures and videos played as a camera would show them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Union

import cv2
import numpy as np

from agent.camera.grey import to_grey
from agent.camera.pace import Pace
from agent.errors import CameraError
from agent.ports import GREY_DIMENSIONS

if TYPE_CHECKING:
    from agent.ports import Clock, Grey, Wait
    from agent.settings.config import CameraConfig

PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})


class PlayedPictures:
    """Pictures one after the other."""

    def __init__(self, pictures: list[Path], pace: Pace, *, loop: bool) -> None:
        self._pictures, self._pace, self._loop = pictures, pace, loop

    def read(self) -> Grey | None:
        """Wait for the next picture's time; None after the last one."""
        number = self._pace.next()
        if number >= len(self._pictures) and not self._loop:
            return None
        return read_picture(self._pictures[number % len(self._pictures)])

    def close(self) -> None:
        """Pictures are closed as soon as they are read."""


class PlayedVideo:
    """The frames of a video."""

    def __init__(self, path: Path, pace: Pace, *, loop: bool) -> None:
        self._path, self._pace, self._loop = path, pace, loop
        self._video = _open_video(path)
        self._passed = 0

    def read(self) -> Grey | None:
        """Wait for the next frame's time; None after the last one."""
        number = self._pace.next()
        while self._passed <= number:
            if not self._step():
                return None
            self._passed += 1
        return self._picture()

    def close(self) -> None:
        """Close the video."""
        self._video.release()

    def _step(self) -> bool:
        """Go to the next frame, from the start again after the last one."""
        if self._video.grab():
            return True
        if not self._loop:
            return False
        self._video.release()
        self._video = _open_video(self._path)
        if not self._video.grab():
            raise CameraError(f"'{self._path}' holds no frames; give another video.")
        return True

    def _picture(self) -> Grey:
        whole, bgr = self._video.retrieve()
        if not whole:
            raise CameraError(f"'{self._path}' holds a frame that cannot be decoded; give another video.")
        return to_grey(bgr)


def open_source(camera: CameraConfig, clock: Clock, wait: Wait) -> Union[PlayedPictures, PlayedVideo]:
    """Open what the config's path names: a folder of pictures, a picture or a video."""
    path = Path(camera.path)
    pictures = _pictures(path)
    pace = Pace(camera.fps, clock, wait)
    if pictures:
        return PlayedPictures(pictures, pace, loop=camera.loop)
    return PlayedVideo(path, pace, loop=camera.loop)


def read_picture(path: Path) -> Grey:
    """Return a picture in grey; CameraError if it has gone or is no picture."""
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise CameraError(f"'{path}' cannot be read: {error.strerror}.") from error
    picture = cv2.imdecode(content, cv2.IMREAD_ANYCOLOR) if content.size else None
    if picture is None:
        raise CameraError(f"'{path}' is no picture that OpenCV can read; take it away or replace it.")
    return np.asarray(picture, np.uint8) if picture.ndim == GREY_DIMENSIONS else to_grey(picture)


def _pictures(path: Path) -> list[Path]:
    """Return the picture, or those of the folder in the order of their names; none for a video."""
    if not path.is_dir():
        return [path] if _is_picture(path) else []
    try:
        pictures = sorted(entry for entry in path.iterdir() if _is_picture(entry))
    except OSError as error:
        raise CameraError(f"'{path}' cannot be read: {error.strerror}.") from error
    if not pictures:
        raise CameraError(f"'{path}' holds no pictures; put some there ({', '.join(sorted(PICTURE_SUFFIXES))}).")
    return pictures


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_SUFFIXES


def _open_video(path: Path) -> cv2.VideoCapture:
    if not path.exists():
        raise CameraError(f"'{path}' does not exist; put pictures or a video there, or correct camera.path.")
    video = cv2.VideoCapture(str(path))
    if not video.isOpened():
        raise CameraError(f"'{path}' is neither a picture nor a video that OpenCV can read.")
    return video
