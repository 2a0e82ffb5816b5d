from __future__ import annotations

import pytest

from fleet.camera.h264 import is_stream, sizes
from tests.unit.bombs import film
from tests.unit.h264_bits import START, Bits

HIGH, HIGH_444 = 100, 244
# The sets of sequences as x264 writes them.
WRITTEN = {
    "64001eacd940a03db0110000030001000003003c0f162d9600": (640, 480),
    "f4000d919b28283f6022000003000200000300781e28532c00": (320, 240),
    "640028acd94078044dff8011001688000003000800000301e0f8b16cb000": (1920, 1088),  # in fields
    "6e0020a6cd9405107bbff00f400f310000030001000003003c0f18319600": (1296, 976),  # of 10 bits
}
ENDING_LIST = 2 * 8  # se(v) of -8: a scale of 8 becomes 0, and the list ends


def stream(content: bytes) -> bytes:
    return START + b"\x67" + content + START + b"\x68\x01"


def begun(profile: int) -> Bits:
    return Bits().fixed(profile, 8).fixed(0, 8).fixed(30, 8).golomb(0)


def sized(bits: Bits, width: int, height: int) -> bytes:
    return bits.golomb(1).fixed(0, 1).golomb(width - 1).golomb(height - 1).fixed(1, 1).end()


def colours(profile: int, format_: int) -> Bits:
    bits = begun(profile).golomb(format_)
    if format_ == 3:
        bits.fixed(0, 1)
    return bits.golomb(0).golomb(0).fixed(0, 1).fixed(1, 1)


@pytest.mark.parametrize(("content", "size"), WRITTEN.items())
def test_the_size_of_a_real_stream_is_read(content: str, size: tuple[int, int]) -> None:
    assert list(sizes(stream(bytes.fromhex(content)))) == [size]


def test_every_sequence_of_a_stream_tells_its_size() -> None:
    assert list(sizes(film(1) + film(1, "48x32"))) == [(16, 16), (48, 32)]


@pytest.mark.parametrize(("format_", "lists"), [(1, 8), (3, 12)])
@pytest.mark.parametrize("deltas", [[0], [ENDING_LIST]])
def test_scaling_lists_are_stepped_over(format_: int, lists: int, deltas: list[int]) -> None:
    bits = colours(HIGH if format_ == 1 else HIGH_444, format_)
    for number in range(lists):
        bits.fixed(1, 1)
        for delta in deltas if deltas[0] else deltas * (16 if number < 6 else 64):
            bits.golomb(delta)
    assert list(sizes(stream(sized(bits.golomb(0).golomb(2), 40, 30)))) == [(640, 480)]


def test_both_ways_to_tell_the_order_of_pictures_are_stepped_over() -> None:
    first = begun(66).golomb(0).golomb(0).golomb(4)
    second = begun(66).golomb(0).golomb(1).fixed(0, 1).golomb(3).golomb(4).golomb(2).golomb(7).golomb(8)
    assert [list(sizes(stream(sized(bits, 20, 15)))) for bits in (first, second)] == [[(320, 240)]] * 2


@pytest.mark.parametrize(
    "content", [b"", b"\x42", b"\x42\0\x1e", b"\x42\0\x1e\x80" + b"\0" * 40, b"\xff" * 3 + b"\x01"]
)
def test_a_sequence_that_is_cut_short_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError, match="cut short"):
        list(sizes(stream(content)))


def test_an_order_without_end_is_no_work_without_end() -> None:
    endless = begun(66).golomb(0).golomb(1).fixed(0, 1).golomb(0).golomb(0).golomb(2**31)
    with pytest.raises(ValueError, match="cut short"):
        list(sizes(stream(endless.end() + b"\xff" * 5000)))


@pytest.mark.parametrize(
    ("content", "is_one"), [(START, True), (START[1:], True), (b"", False), (b"\0\0\0\x18ftyp", False)]
)
def test_a_stream_is_known_by_its_first_bytes(content: bytes, is_one: bool) -> None:  # noqa: FBT001 (a table)
    assert is_stream(content) is is_one
