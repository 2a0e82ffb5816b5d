"""A board with a CSI camera for tests and soak: a stand-in, or the real libraries over a simulated sensor."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import cv2

from tests.camera import root
from tests.camera.pictures import scene
from tests.unit.agent_process import CODE, PACKAGES, Agent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

REAL = "libcamera"
SCENES = 8
ORDER_BYTES = 16
CAMERAS = """%YAML 1.1
---
"Virtual0":
  supported_formats:
  - {{width: {width}, height: {height}, frame_rates: [30]}}
  frames: {{path: "{folder}/", scale_mode: "fill"}}
  model: "Simulated sensor"
"""


class Csi:
    """A board with a CSI camera, which does what it is told: fine, gone, busy, black, covered, frozen, hangs."""

    def __init__(self, folder: Path, *, real: bool) -> None:
        self.folder, self.real = folder, real
        self.agents: list[Agent] = []
        self._order = folder / "camera"
        self._order.touch()
        self.does("fine")

    def does(self, word: str) -> None:
        """Have the camera do something; in one piece, and in the same file, which the sensor keeps in its memory."""
        with self._order.open("r+b", buffering=0) as file:
            file.write(word.ljust(ORDER_BYTES).encode())

    def agent(self, *words: str, size: tuple[int, int] = (640, 480), **how: Any) -> Agent:  # noqa: ANN401 -- as Agent takes them
        """Start an agent that looks through it."""
        python, environment = self.python(size)
        camera = f'source = "picamera2"\nwidth_px = {size[0]}\nheight_px = {size[1]}'
        self.agents.append(Agent(self.folder, *words, camera=camera, python=python, **{**environment, **how}))
        return self.agents[-1]

    def run(self, program: str) -> str:
        """Run a program that uses our parts directly, and return what it prints."""
        python, environment = self.python((640, 480))
        done = subprocess.run(
            [*python, "-c", program], cwd=CODE, env={**os.environ, **environment},
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def says(self) -> str:
        """Say what is simulated."""
        return "real libcamera and picamera2, simulated sensor" if self.real else "simulated camera"

    def pin(self) -> str:
        """Read the LED's pin."""
        return (self.folder / "gpio27").read_text()

    def python(self, size: tuple[int, int]) -> tuple[Sequence[str], dict[str, str]]:
        """Return how a Python is started there, and what it is to find in its environment."""
        environment = {"STANDIN_CAMERA": str(self._order), "PILAB_MOCK_PINS": str(self.folder)}
        if not self.real:
            return (sys.executable,), {**environment, "PYTHONPATH": str(PACKAGES)}
        self._furnish(size[0] // 2 * 2, size[1] // 2 * 2)
        # By its path: in the folder of the tests lies a Python of another system, which PATH names first.
        return (*root.entered(self.folder, CODE), "/usr/bin/python3"), environment

    def _furnish(self, width_px: int, height_px: int) -> None:
        scenes = self.folder / "scenes"
        scenes.mkdir(exist_ok=True)
        for number in range(SCENES):
            picture = cv2.cvtColor(scene(width_px, height_px, number), cv2.COLOR_GRAY2BGR)
            cv2.imwrite(str(scenes / f"{number}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 95])
        text = CAMERAS.format(width=width_px, height=height_px, folder=scenes)
        (self.folder / "virtual.yaml").write_text(text)
        root.sensor(self.folder)
