"""Pictures and videos played as a camera would show them."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Union

import cv2
import numpy as np

from agent.camera.grey import to_grey
from agent.camera.pace import Pace
from agent.errors import CameraError, PictureError
from agent.ports import GREY_DIMENSIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from agent.ports import Clock, Grey, Wait
    from agent.settings.config import CameraConfig

PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
# No camera's picture comes near these; whatever asks for more would take the memory of a board.
MOST_SIDE_PX = 8192
MOST_BYTES = 2**28


class PlayedPictures:
    """Pictures one after the other."""

    def __init__(self, pictures: list[Path], pace: Pace, *, loop: bool) -> None:
        self._pictures, self._pace, self._loop = pictures, pace, loop
        self._fallen = 0

    def read(self) -> Grey | None:
        """Wait for the next picture's time; None after the last one.

        PictureError for a picture that cannot be used, CameraError if all of them cannot.
        """
        number = self._pace.next()
        if number >= len(self._pictures) and not self._loop:
            return None
        return self._read(self._pictures[number % len(self._pictures)])

    def _read(self, path: Path) -> Grey:
        try:
            picture = read_picture(path)
        except PictureError as error:
            self._fallen += 1
            if self._fallen >= len(self._pictures) or not path.parent.is_dir():
                raise CameraError(str(error)) from error
            raise
        self._fallen = 0
        return picture

    def close(self) -> None:
        """Pictures are closed as soon as they are read."""


class PlayedVideo:
    """The frames of a video."""

    def __init__(self, path: Path, pace: Pace, *, loop: bool) -> None:
        self._path, self._pace, self._loop = path, pace, loop
        self._video = open_video(path)
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
        self._video = open_video(self._path)
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
    """Return a picture in grey; PictureError if it has gone or is none that can be used."""
    content = _content(path)
    try:
        picture = cv2.imdecode(content, cv2.IMREAD_ANYCOLOR) if content.size else None
    except cv2.error:
        picture = None
    if picture is None or max(picture.shape[:2]) > MOST_SIDE_PX:
        raise PictureError(
            f"'{path}' is no picture that OpenCV can read, or has more than {MOST_SIDE_PX} pixels on a side; take it "
            "away or replace it."
        )
    return np.asarray(picture, np.uint8) if picture.ndim == GREY_DIMENSIONS else to_grey(picture)


def _content(path: Path) -> NDArray[np.uint8]:
    """Read a file whole; PictureError if it has gone, or is none that ends, such as a pipe, which is not waited for."""
    try:
        content = _bytes(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        raise PictureError(f"'{path}' cannot be read: {error.strerror}.") from error
    if content is None:
        raise PictureError(f"'{path}' is no file of at most {MOST_BYTES} bytes; take it away or replace it.")
    return np.frombuffer(content, np.uint8)


def _bytes(opened: int) -> bytes | None:
    with open(opened, "rb") as file:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_BYTES:
            return None
        return file.read(MOST_BYTES)


def _pictures(path: Path) -> list[Path]:
    """Return the picture, or those of the folder; none for a video."""
    if not path.is_dir():
        return [path] if path.suffix.lower() in PICTURE_SUFFIXES else []
    return list_pictures(path)


def list_pictures(folder: Path) -> list[Path]:
    """Return the pictures of a folder in the order of their names; CameraError if there are none.

    Names that begin with a dot are left out: they belong to the system, as macOS's "._coin.png" on every USB stick.
    """
    try:
        pictures = sorted(entry for entry in folder.iterdir() if _is_picture(entry))
    except OSError as error:
        raise CameraError(f"'{folder}' cannot be read: {error.strerror}.") from error
    if not pictures:
        raise CameraError(f"'{folder}' holds no pictures; put some there ({', '.join(sorted(PICTURE_SUFFIXES))}).")
    return pictures


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".") and path.is_file()


def open_video(path: Path) -> cv2.VideoCapture:
    """Return a video, opened; CameraError if there is none."""
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise CameraError(f"'{path}' does not exist; put pictures or a video there, or give another path.") from error
    except OSError as error:
        raise CameraError(f"'{path}' cannot be read: {error.strerror}.") from error
    if not _is_utf8(path):
        raise CameraError(f"'{path}' has a name that is not UTF-8, which OpenCV crashes on; rename it.")
    # OpenCV would wait for ever for somebody to write into a pipe.
    video = cv2.VideoCapture(str(path)) if stat.S_ISREG(found.st_mode) else None
    if video is None or not video.isOpened():
        raise CameraError(f"'{path}' is neither a picture nor a video that OpenCV can read; give another path.")
    return video


def _is_utf8(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True
