"""What camera packages raise, each in its own way, as one error with a sentence."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from agent.errors import CameraError, reason

if TYPE_CHECKING:
    from collections.abc import Iterator

# How libcamera (picamera2#300, #385, #399) and the legacy camera (MMAL) say that another process has the camera.
BUSY = ("in use by another process", "device or resource busy", "did not complete", "out of resources")


@contextmanager
def opening(who: str) -> Iterator[None]:
    """Raise CameraError, with what to do about it, for a camera that cannot be opened."""
    try:
        yield
    except Exception as error:
        raise CameraError(f"{who} cannot be opened: {reason(error)}; {_remedy(error)}.") from error


@contextmanager
def reading(who: str) -> Iterator[None]:
    """Raise CameraError for a camera that stopped giving frames."""
    try:
        yield
    except Exception as error:
        raise CameraError(f"{who} gives no frames: {reason(error)}; check its cable.") from error


def _remedy(error: Exception) -> str:
    if isinstance(error, ImportError):
        return "install the package that reads it with: ansible-playbook site.yml"
    if any(words in str(error).lower() for words in BUSY):
        return "another program uses it, end that one"
    return "check its ribbon cable, and with `rpicam-hello --list-cameras` that the board knows it"
