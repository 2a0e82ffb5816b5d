"""As pidng."""

Picamera2Camera = None
