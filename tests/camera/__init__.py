"""CSI cameras, simulated: the same tests on stand-ins, and on real libcamera and picamera2 (`make test-camera`)."""
