"""A small real H.264 stream without an encoder: every macroblock is sent as its plain samples (I_PCM).

ITU-T H.264 (08/2021), 7.3.2.1.1, 7.3.2.2, 7.3.3 and 7.3.5; every decoder reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

BLOCK_PX = 16
NO_COLOUR = bytes([128] * (BLOCK_PX * BLOCK_PX // 2))
START = b"\0\0\0\1"
SEQUENCE, PICTURE, INSTANT_REFRESH = 0x67, 0x68, 0x65
BASELINE, LEVEL = 66, 30
I_SLICE, I_PCM = 7, 25


class Bits:
    """Bits in the order in which they are sent."""

    def __init__(self) -> None:
        self._bits: list[str] = []

    def fixed(self, value: int, width: int) -> Bits:
        """u(n)."""
        self._bits.append(f"{value:0{width}b}")
        return self

    def golomb(self, value: int) -> Bits:
        """ue(v), 9.1."""
        code = f"{value + 1:b}"
        self._bits.append("0" * (len(code) - 1) + code)
        return self

    def align(self) -> Bits:
        """Fill up with zeros to a whole byte."""
        self._bits.append("0" * (-len("".join(self._bits)) % 8))
        return self

    def samples(self, content: bytes) -> Bits:
        """Plain bytes."""
        self._bits.append("".join(f"{byte:08b}" for byte in content))
        return self

    def end(self) -> bytes:
        """rbsp_trailing_bits, 7.3.2.11."""
        bits = "".join(self._bits) + "1"
        bits += "0" * (-len(bits) % 8)
        return int(bits, 2).to_bytes(len(bits) // 8, "big")


def encode(frames: list[NDArray[np.uint8]]) -> bytes:
    """Return a stream of grey frames, height by width in whole macroblocks."""
    height, width = (side // BLOCK_PX for side in frames[0].shape)
    units = [_unit(SEQUENCE, _sequence(width, height)), _unit(PICTURE, _picture())]
    units += [_unit(INSTANT_REFRESH, _slice(frame, number % 2)) for number, frame in enumerate(frames)]
    return b"".join(units)


def _sequence(width: int, height: int) -> bytes:
    bits = Bits().fixed(BASELINE, 8).fixed(0, 8).fixed(LEVEL, 8)
    bits.golomb(0).golomb(0).golomb(2).golomb(1).fixed(0, 1)  # id, frame numbers of 4 bits, output order, one reference
    bits.golomb(width - 1).golomb(height - 1).fixed(1, 1).fixed(1, 1)  # whole frames, 8x8 inference
    return bits.fixed(0, 1).fixed(0, 1).end()  # no cropping, no VUI


def _picture() -> bytes:
    bits = Bits().golomb(0).golomb(0).fixed(0, 1).fixed(0, 1).golomb(0)  # ids, CAVLC, one slice group
    bits.golomb(0).golomb(0).fixed(0, 1).fixed(0, 2)  # one reference, no weights
    return bits.golomb(0).golomb(0).golomb(0).fixed(1, 1).fixed(0, 1).fixed(0, 1).end()  # quantisers, deblocking told


def _slice(frame: NDArray[np.uint8], picture_id: int) -> bytes:
    bits = Bits().golomb(0).golomb(I_SLICE).golomb(0).fixed(0, 4).golomb(picture_id)
    bits.fixed(0, 1).fixed(0, 1).golomb(0).golomb(1)  # references, quantiser, no deblocking
    for block in _blocks(frame):
        bits.golomb(I_PCM).align().samples(block.tobytes() + NO_COLOUR)
    return bits.end()


def _blocks(frame: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    for top in range(0, frame.shape[0], BLOCK_PX):
        for left in range(0, frame.shape[1], BLOCK_PX):
            yield np.ascontiguousarray(frame[top : top + BLOCK_PX, left : left + BLOCK_PX])


def _unit(kind: int, content: bytes) -> bytes:
    """Wrap a unit; three bytes that could be a start code are broken up (7.4.1)."""
    out = bytearray()
    zeros = 0
    for byte in content:
        if zeros >= 2 and byte <= 3:  # noqa: PLR2004 -- as the standard has it
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return START + bytes([kind]) + bytes(out)
