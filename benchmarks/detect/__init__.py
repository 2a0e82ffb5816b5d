"""How right and how fast the circle detectors are, side by side."""
