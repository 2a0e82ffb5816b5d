"""Stand-in for picamera2, with what the agent calls and the shapes and errors of the real one (0.3.x)."""

import numpy as np
from simulated_sensor import Sensor, state

ALIGNMENT = 64


class Picamera2:
    def __init__(self, camera_num=0):
        if state() == "gone":
            raise IndexError("list index out of range")
        if state() == "busy":
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self._config = None
        self._sensor = None

    def create_video_configuration(self, main=None, lores=None):
        if lores["format"] != "YUV420":
            raise RuntimeError("lores stream must be YUV")
        if any(small > large for small, large in zip(lores["size"], main["size"])):
            raise RuntimeError("lores stream dimensions may not exceed main stream")
        return {"main": dict(main), "lores": dict(lores)}

    def configure(self, config):
        width, _ = config["lores"]["size"]
        config["lores"]["stride"] = -(-width // ALIGNMENT) * ALIGNMENT
        self._config = config

    def camera_configuration(self):
        return self._config

    def start(self):
        self._sensor = Sensor(*self._config["lores"]["size"])

    def capture_array(self, name="main"):
        width, height = self._config[name]["size"]
        rows = height * 3 // 2 - (2 if state() == "resized" else 0)
        planes = np.full((rows, self._config[name]["stride"]), 128, np.uint8)
        planes[:height, :width] = self._sensor.frame()
        return planes

    def stop(self):
        self._sensor = None

    def close(self):
        self._config = None
