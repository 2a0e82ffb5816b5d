"""Stand-in for libcamera's Python bindings, with what the agent names of them (0.4.0)."""

from enum import Enum


class ColorSpace:
    """Only the two that matter here: sYCC has black at 0, and videos of this size have it at 16."""

    Range = Enum("Range", "Full Limited")

    def __init__(self, limits):
        self.range = limits

    @staticmethod
    def Sycc():
        return ColorSpace(ColorSpace.Range.Full)

    @staticmethod
    def Smpte170m():
        return ColorSpace(ColorSpace.Range.Limited)
