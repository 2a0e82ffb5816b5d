"""Stand-in for picamera2, with what the agent calls and what the real one does (0.3.31), also what it does badly.

Whoever opens a camera in vain loses the descriptors of a pipe; a camera that is gone answers nothing; libcamera and the
package write to descriptor 2 whatever happens. `make test-camera` runs the same tests on the real one.
"""

import os
import queue
import threading
from concurrent.futures import Future

import libcamera
import numpy as np
from simulated_sensor import Sensor, state

ALIGNMENT = 64


def say(*lines):
    os.write(2, "".join(f"{line}\n" for line in lines).encode())


class CameraManager:
    """Knows the cameras that were there when it was made."""

    def __init__(self):
        self.names = None

    def reset(self):
        say("[1:02:03.456] [7] INFO Camera camera_manager.cpp:327 libcamera v0.4.0")
        self.names = [] if state() == "gone" else ["/base/soc/i2c0mux/i2c@1/ov5647@36"]


class Picamera2:
    _cm = CameraManager()

    @staticmethod
    def global_camera_info():
        if Picamera2._cm.names is None:
            Picamera2._cm.reset()
        return [{"Id": name, "Num": number} for number, name in enumerate(Picamera2._cm.names)]

    def __init__(self, camera_num=0):
        self.notifyme_r, self.notifyme_w = os.pipe2(os.O_NONBLOCK)
        self.notifymeread = os.fdopen(self.notifyme_r, "rb")
        self.is_open = False
        self._preview = self._config = self._sensor = None
        self.global_camera_info()[camera_num]
        if state() == "busy":
            say(
                "[1:02:03.456] [7] INFO Camera camera.cpp:1029 Pipeline handler in use by another process",
                "Camera __init__ sequence did not complete.",
            )
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self.is_open = True

    def __del__(self):
        self.close()

    def create_video_configuration(self, main=None, lores=None, raw=None, colour_space=None, buffer_count=6):
        assert lores is None and raw is None  # memory and bandwidth for nobody
        width, height = main["size"]
        if width % 2 or height % 2:
            raise RuntimeError("width and height should be even")
        space = colour_space or libcamera.ColorSpace.Smpte170m()
        return {"main": dict(main), "colour_space": space, "buffer_count": buffer_count}

    def configure(self, config):
        width, height = config["main"]["size"]
        config["main"]["stride"] = -(-width // ALIGNMENT) * ALIGNMENT
        say(f"[1:02:03.456] [7] INFO Camera camera.cpp:1202 configuring streams: (0) {width}x{height}-YUV420")
        self._config = config

    def camera_configuration(self):
        return self._config

    def start(self):
        limited = self._config["colour_space"].range == libcamera.ColorSpace.Range.Limited
        self._sensor = Sensor(*self._config["main"]["size"], black=16 if limited else 0)
        self._jobs = queue.Queue()
        self._preview = threading.Thread(target=self._process_requests, daemon=True)
        self._preview.start()

    def _process_requests(self):
        """Give each job the next frame; none comes of a camera that is gone, and its jobs wait for ever."""
        for job, signal in iter(self._jobs.get, None):
            if (frame := self._sensor.frame()) is None:
                continue
            job.set_result(self._planes(frame))
            signal(job)

    def _planes(self, frame):
        width, height = self._config["main"]["size"]
        rows = height * 3 // 2 - (2 if state() == "resized" else 0)
        planes = np.full((rows, self._config["main"]["stride"]), 128, np.uint8)
        planes[:height, :width] = frame
        return planes

    def capture_array(self, name="main", wait=None, signal_function=None):
        assert name == "main" and wait is False
        job = Future()
        job.get_result = job.result
        self._jobs.put((job, signal_function))
        return job

    def close(self):
        if not self.is_open:
            return
        while state() == "hangs":  # a driver that keeps whoever stops it
            threading.Event().wait(0.1)
        if self._preview:
            self._jobs.put(None)
            self._preview.join()
        self.is_open = False
        self._sensor = None
        self.notifymeread.close()
        os.close(self.notifyme_w)
