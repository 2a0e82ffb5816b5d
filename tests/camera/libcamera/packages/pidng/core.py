"""As pidng."""

PICAM2DNG = None
