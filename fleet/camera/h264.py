"""The sizes that an H.264 byte stream announces, read without decoding a picture of it; pure.

ITU-T H.264 (08/2021): 7.3.2.1.1 the sequence parameter set, 7.4.1 its wrapping, 9.1 its numbers, annex B the stream.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

START = b"\0\0\1"
SEQUENCE = 7
# A set with every list written out takes less; what comes after is not read.
LONGEST_SET_BYTES = 1024
LONGEST_NUMBER_BITS = 32
# Profiles that tell of colours and scaling lists before their size, 7.3.2.1.1.
HIGH_PROFILES = (100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135)
COLOURS_APART = 3
SMALL_LISTS, SMALL_LIST, LARGE_LIST = 6, 16, 64
BLOCK_PX = 16


class BitReader:
    """Bits in the order in which they were sent; ValueError past their end."""

    def __init__(self, content: bytes) -> None:
        self._bits = "".join(f"{byte:08b}" for byte in content)
        self._at = 0

    def fixed(self, width: int) -> int:
        """u(n)."""
        self._at += width
        return int(self._bits[self._at - width : self._at], 2) if self._at <= len(self._bits) else self._end()

    def golomb(self) -> int:
        """ue(v)."""
        zeros = self._bits.find("1", self._at) - self._at
        if not 0 <= zeros < LONGEST_NUMBER_BITS:
            return self._end()
        self._at += zeros
        return self.fixed(zeros + 1) - 1

    def signed(self) -> int:
        """se(v)."""
        code = self.golomb()
        return (code + 1) // 2 if code % 2 else -code // 2

    @staticmethod
    def _end() -> int:
        raise ValueError("a sequence parameter set is cut short")


def is_stream(content: bytes) -> bool:
    """Tell whether this begins as a byte stream does."""
    return content.startswith((START, b"\0" + START))


def sizes(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield the width and height in pixels of every sequence in a stream; ValueError for one that is cut short."""
    for start in re.finditer(re.escape(START), content):
        begin = start.end()
        unit = content[begin : begin + LONGEST_SET_BYTES]
        if unit and unit[0] & 0x1F == SEQUENCE:
            yield _size(unit[1:].partition(START)[0].replace(b"\0\0\3", b"\0\0"))


def _size(content: bytes) -> tuple[int, int]:
    bits = BitReader(content)
    profile = bits.fixed(8)
    bits.fixed(16)
    bits.golomb()
    if profile in HIGH_PROFILES:
        _skip_colours(bits)
    bits.golomb()
    _skip_order(bits)
    bits.golomb()
    bits.fixed(1)
    width, height = bits.golomb() + 1, bits.golomb() + 1
    fields = 2 - bits.fixed(1)
    return width * BLOCK_PX, height * BLOCK_PX * fields


def _skip_colours(bits: BitReader) -> None:
    colours = bits.golomb()
    if colours == COLOURS_APART:
        bits.fixed(1)
    bits.golomb()
    bits.golomb()
    bits.fixed(1)
    if bits.fixed(1):
        for number in range(SMALL_LISTS * 2 if colours == COLOURS_APART else SMALL_LISTS + 2):
            if bits.fixed(1):
                _skip_list(bits, SMALL_LIST if number < SMALL_LISTS else LARGE_LIST)


def _skip_list(bits: BitReader, length: int) -> None:
    """7.3.2.1.1.1: a scale of 0 ends a list early."""
    scale = 8
    for _ in range(length):
        scale = (scale + bits.signed()) % 256
        if not scale:
            return


def _skip_order(bits: BitReader) -> None:
    kind = bits.golomb()
    if kind == 0:
        bits.golomb()
    elif kind == 1:
        bits.fixed(1)
        bits.signed()
        bits.signed()
        for _ in range(bits.golomb()):
            bits.signed()
