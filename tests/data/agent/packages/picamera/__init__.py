"""Stand-in for picamera, with what the agent calls and the padding and errors of the real one (1.13)."""

from simulated_sensor import Sensor, state


class PiCameraMMALError(Exception):
    pass


class PiCamera:
    def __init__(self, resolution, framerate):
        if state() == "busy":
            raise PiCameraMMALError("Failed to enable connection: Out of resources")
        if state() == "gone":
            raise PiCameraMMALError("Camera is not enabled. Try running 'sudo raspi-config'")
        self._width, self._height = resolution
        self._sensor = Sensor(*resolution, black=16)

    def capture_continuous(self, output, format=None, use_video_port=False):
        assert format == "yuv" and use_video_port
        row, rows = -(-self._width // 32) * 32, -(-self._height // 16) * 16
        while True:
            plane = output[: row * rows].reshape(rows, row)
            if (frame := self._sensor.frame()) is None:
                raise PiCameraMMALError("Timed out waiting for capture to end")
            plane[: self._height, : self._width] = frame
            yield output

    def close(self):
        self._sensor = None
