"""The camera that `make test-devices` simulates at the wire is well-formed, and answers what the kernel asks of it."""

from __future__ import annotations

import struct

import pytest

from tests.devices.usb_camera import UsbCamera


def camera(*formats: str) -> UsbCamera:
    return UsbCamera("HD Webcam", formats, lambda _: b"", sizes=((640, 480), (1280, 720)))


def parts(described: bytes) -> list[bytes]:
    """Descriptors follow each other, each with its length in front."""
    found = []
    while described:
        assert described[0] > 2
        found.append(described[: described[0]])
        described = described[described[0] :]
    return found


@pytest.mark.parametrize(
    "formats", [("MJPG",), ("YUYV", "MJPG"), ("GREY",), ("H264",), ("MJPG", "YUYV", "GREY", "H264")]
)
def test_every_length_in_its_description_is_right(formats: tuple[str, ...]) -> None:
    whole = camera(*formats)._configuration()
    described = parts(whole)
    assert sum(map(len, described)) == len(whole) == struct.unpack("<H", whole[2:4])[0]
    video = [part for part in described if part[1] == 0x24]
    control, streaming = video[:3], video[3:]
    assert struct.unpack("<H", control[0][5:7])[0] == sum(map(len, control))
    assert struct.unpack("<H", streaming[0][4:6])[0] == sum(map(len, streaming))
    assert len(streaming) == 1 + len(formats) * 3


def test_what_is_asked_for_is_what_it_says_it_will_give() -> None:
    one = camera("YUYV", "MJPG")
    one._streams, one._rest, one._ends_payload = False, b"", False
    asked = struct.pack("<HBBI26x", 0, 2, 9, 333_333)
    assert one._choose(asked, commit=False) == b""
    told = one._tell(0x81)
    assert (len(told), told[2], told[3]) == (34, 2, 2)
    assert one.chosen == []
    one._choose(told, commit=True)
    assert one.chosen == [("MJPG", (1280, 720))]
