"""The camera check (L3 to L6): still, video, preview and an OpenCV still, while the circle loop is paused."""
