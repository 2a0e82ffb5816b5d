"""Files that are small and would take gigabytes, or minutes, of whoever decodes them without limits."""

from __future__ import annotations

import re
import struct
import zlib
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fleet.camera.answer import MOST_FRAMES
from tests.unit import h264_bits

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parents[1] / "data/camera"
SMALL_FILMS = {name: (FOLDER / f"{name}.h264").read_bytes() for name in ("16x16", "48x32", "240x240")}
SEGMENT = 65_533
GREATEST = (3120, 4160)  # just within the pixels that a picture may have


def jpeg(height: int, width: int, *, noise: bool = False, progressive: bool = False) -> bytes:
    """A picture of nothing, or of noise."""
    pixels = np.zeros((height, width, 3), np.uint8)
    if noise:
        pixels = np.random.default_rng(19).integers(0, 256, pixels.shape, np.uint8)
    full = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    how = [cv2.IMWRITE_JPEG_PROGRESSIVE, int(progressive), cv2.IMWRITE_JPEG_SAMPLING_FACTOR, full]
    return cv2.imencode(".jpg", pixels, [*how, cv2.IMWRITE_JPEG_QUALITY, 20])[1].tobytes()


def lying(side: int) -> bytes:
    """A JPEG of 16x16 that says it is larger."""
    content = bytearray(jpeg(16, 16))
    at = content.find(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", side, side)
    return bytes(content)


def png(width: int, height: int) -> bytes:
    """A grey PNG, which packs a thousandfold."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height, 9)
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, (b"IHDR", b"IDAT", b"IEND"), (header, rows, b"")))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def scans(times: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    content = jpeg(*GREATEST, progressive=True)
    last = content[content.rfind(b"\xff\xda") : -2]
    return content[:-2] + last * times + content[-2:]


def segments(marker: bytes, begin: bytes, times: int) -> bytes:
    """A small JPEG with much beside its picture."""
    content = jpeg(64, 64, noise=True)
    filled = begin + b"A" * (SEGMENT - len(begin))
    return content[:2] + (marker + struct.pack(">H", SEGMENT + 2) + filled) * times + content[2:]


def film(count: int, size: str = "16x16") -> bytes:
    """So many small frames."""
    sequence, picture, *units = re.split(b"\0?\0\0\1", SMALL_FILMS[size])[1:]
    frames = [unit for unit in units if unit.startswith(h264_bits.INSTANT_REFRESH)]
    return b"".join(h264_bits.START + unit for unit in (sequence, picture, *islice(cycle(frames), count)))


def headless(count: int) -> bytes:
    """Frames of which nothing says how large they are."""
    return film(count)[film(count).index(h264_bits.START + h264_bits.INSTANT_REFRESH) :]


def announcing(width: int, height: int) -> bytes:
    """A film whose second sequence says that it is larger."""
    small = film(2)
    return small + h264_bits.sequence(width, height) + small[small.index(h264_bits.START + h264_bits.PICTURE) :]


SIZE = f"{GREATEST[1]}x{GREATEST[0]}"
EXIF, PROFILE = b"Exif\0\0MM\0*\0\0\0\x08", b"ICC_PROFILE\0\1\x78"
# Each is made when it is asked for, and has the words that are said of it.
PICTURES: dict[str, tuple[Callable[[], bytes], str]] = {
    "lying": (lambda: lying(30_000), "claims more than 13000000 pixels"),
    "lying a little": (lambda: lying(3_600), "3600x3600"),
    "1x15000 png": (lambda: png(1, 15_000), "is no picture"),
    "thin": (lambda: jpeg(65_500, 1, noise=True), "1x65500"),
    "flat": (lambda: jpeg(1, 65_500, noise=True), "65500x1"),
    "progressive": (lambda: jpeg(*GREATEST, noise=True, progressive=True), SIZE),
    "plain": (lambda: jpeg(*GREATEST, noise=True), SIZE),
    "exif": (lambda: segments(b"\xff\xe1", EXIF, 60), "64x64"),
    "icc": (lambda: segments(b"\xff\xe2", PROFILE, 60), "64x64"),
    "fill": (lambda: b"\xff\xd8" + b"\xff" * (4 * 2**20 - 2), "is no picture"),
    "too many bytes": (lambda: b"\xff\xd8\xff" + bytes(4 * 2**20), "more than the 4194304 that are decoded"),
}
FILMS: dict[str, tuple[Callable[[], bytes], str]] = {
    "many frames": (lambda: film(MOST_FRAMES + 1), "has more than 600 frames"),
    "as many as may be": (lambda: film(MOST_FRAMES), "600 frames, 16x16"),
    "large": (lambda: announcing(16_384, 16_384), "claims more than 2088960 pixels a frame"),
    "full HD": (lambda: announcing(1920, 1088), "4 frames, 1920x1088"),
    "changing": (lambda: film(3) + film(3, "240x240") + film(3, "48x32"), "9 frames, "),
    "cut": (lambda: film(1)[:7], "is no film"),
    "a list": (lambda: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "is no film"),
    "frames only": (lambda: headless(3), "only 0 frames can be decoded"),
    "too many bytes": (lambda: b"\0\0\1" + bytes(8 * 2**20), "more than the 8388608 that are decoded"),
}
