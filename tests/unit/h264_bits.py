"""The bits of a sequence parameter set of H.264, written one value after the other (ITU-T H.264, 7.3.2.1.1 and 9.1)."""

from __future__ import annotations

START = b"\0\0\0\1"
SEQUENCE, PICTURE, INSTANT_REFRESH = b"\x67", b"\x68", b"\x65"
BASELINE, LEVEL = 66, 30
BLOCK_PX = 16


class Bits:
    """Bits in the order in which they are sent."""

    def __init__(self) -> None:
        self._bits = ""

    def fixed(self, value: int, width: int) -> Bits:
        """u(n)."""
        self._bits += f"{value:0{width}b}"
        return self

    def golomb(self, value: int) -> Bits:
        """ue(v), 9.1."""
        code = f"{value + 1:b}"
        self._bits += "0" * (len(code) - 1) + code
        return self

    def end(self) -> bytes:
        """rbsp_trailing_bits, 7.3.2.11."""
        bits = self._bits + "1"
        bits += "0" * (-len(bits) % 8)
        return int(bits, 2).to_bytes(len(bits) // 8, "big")


def sequence(width_px: int, height_px: int) -> bytes:
    """A set as x264 writes it for frames that do not refer to each other; the size is in whole macroblocks."""
    bits = Bits().fixed(BASELINE, 8).fixed(0, 8).fixed(LEVEL, 8)
    bits.golomb(0).golomb(0).golomb(2).golomb(1).fixed(0, 1)  # id, frame numbers of 4 bits, output order, one reference
    bits.golomb(width_px // BLOCK_PX - 1).golomb(height_px // BLOCK_PX - 1)
    bits.fixed(1, 1).fixed(1, 1).fixed(0, 1).fixed(0, 1)  # whole frames, 8x8 inference, no cropping, no VUI
    return START + SEQUENCE + bits.end()
