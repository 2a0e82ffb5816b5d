"""The platform's own camera programs, and how each is asked for the same thing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Callable, Optional

Which = Callable[[str], Optional[str]]

STILL_MS, VIDEO_MS, PREVIEW_MS = 1000, 2000, 5000


@dataclass(frozen=True)
class Tools:
    """One family of programs: what they are called, and their options where these differ."""

    still: str
    video: str
    preview: str
    width: str
    height: str

    def take_still(self, file: str) -> list[str]:
        """Build the command of L3."""
        return [self.still, "-n", "-t", str(STILL_MS), *self._size(1296, 972), "-q", "85", "-o", file]

    def take_video(self, file: str) -> list[str]:
        """Build the command of L4."""
        return [self.video, "-n", "-t", str(VIDEO_MS), *self._size(640, 480), "-o", file]

    def show_preview(self) -> list[str]:
        """Build the command of L5."""
        return [self.preview, "-t", str(PREVIEW_MS)]

    def _size(self, width_px: int, height_px: int) -> list[str]:
        return [self.width, str(width_px), self.height, str(height_px)]


LEGACY = Tools("raspistill", "raspivid", "raspistill", "-w", "-h")
# Called libcamera-* up to bullseye, and beside it until rpicam-apps 1.8.0.
LIBCAMERA = [
    Tools(f"{prefix}-still", f"{prefix}-vid", f"{prefix}-hello", "--width", "--height")
    for prefix in ("rpicam", "libcamera")
]


def installed(get_camera: str, which: Which = shutil.which) -> Tools | None:
    """Return the family that works on this board, from what `vcgencmd get_camera` says; None if there is none."""
    families = [LEGACY] if "supported=1" in get_camera else [*LIBCAMERA, LEGACY]
    return next((each for each in families if which(each.still)), None)
