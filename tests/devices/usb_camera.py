"""A USB camera that is simulated at the wire: what it says on its cable, to the kernel's own USB and camera drivers.

The kernel's vhci-hcd takes a socket for a cable (Documentation/usb/usbip_protocol.rst); what comes over it are the
requests that a camera of the USB Video Class 1.1 gets. Its endpoint is a bulk one, which needs no timing.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HOST = Path("/sys/devices/platform/vhci_hcd.0")
HIGH_SPEED = 3
SUBMIT, UNLINK, SUBMITTED, UNLINKED = 1, 2, 3, 4
HEAD = struct.Struct(">IIIIIIiiii8s")
STALL, GONE = -32, -104
VIDEO_BULK = 0x81
NAMES = ("Pilab", "simulated")
DEVICE = struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x0200, 0xEF, 2, 1, 64, 0x1209, 0x0001, 0x0100, 1, 2, 0, 1)
INTERVAL = 333_333
GUID_TAIL = bytes.fromhex("00001000800000aa00389b71")
INFRARED = bytes.fromhex("320000000200100080 0000aa00389b71".replace(" ", ""))
LARGEST = 4 << 20
# Formats by the name that the kernel gives them: subtype of the format and of its frame, what identifies it, bits.
UNCOMPRESSED = {"YUYV": (b"YUY2" + GUID_TAIL, 16), "GREY": (INFRARED, 8)}


@dataclass
class UsbCamera:
    """A camera of these formats and sizes; `frame` gives the bytes of each frame, or none while it gives nothing."""

    name: str
    formats: tuple[str, ...]
    frame: Callable[[int], bytes | None]
    sizes: tuple[tuple[int, int], ...] = ((640, 480),)
    fps: float = 15.0
    port: int = 0
    chosen: list[tuple[str, tuple[int, int]]] = field(default_factory=list)

    def plug_in(self) -> None:
        """Plug it in; the kernel begins to ask at once."""
        self._cable, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._probe = bytearray(self._settings(1, 1))
        self._waiting: deque[tuple[int, int]] = deque()
        self._streams, self._rest, self._number, self._next_s = False, b"", 0, 0.0
        self._ends_payload = False
        Thread(target=self._serve, daemon=True).start()
        (HOST / "attach").write_text(f"{self.port} {theirs.fileno()} {1 << 16 | self.port + 1} {HIGH_SPEED}")
        theirs.close()

    def pull(self) -> None:
        """Pull it out, if it is plugged in."""
        with suppress(OSError):
            self._cable.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        try:
            while True:
                self._give()
                if select.select([self._cable], [], [], 0.01)[0]:
                    self._hear()
        except OSError:
            self._cable.close()

    def _hear(self) -> None:
        command, number, _, inwards, endpoint, flags, length, *_, setup = HEAD.unpack(self._take(HEAD.size))
        if command == UNLINK:
            found = [each for each in self._waiting if each[0] == flags]
            self._waiting = deque(each for each in self._waiting if each[0] != flags)
            self._cable.sendall(HEAD.pack(UNLINKED, number, 0, 0, 0, 0, 0, 0, 0, 0, b"")[:20] + self._status(found))
            return
        sent = b"" if inwards else self._take(length)
        if endpoint:
            self._waiting.append((number, length))
            return
        answer = self._control(setup, sent)
        self._answer(number, STALL if answer is None else 0, (answer or b"")[:length], len(sent))

    @staticmethod
    def _status(found: list[tuple[int, int]]) -> bytes:
        return struct.pack(">i24x", GONE if found else 0)

    def _answer(self, number: int, status: int, content: bytes, taken: int = 0) -> None:
        head = struct.pack(">IIIIIiiiii8x", SUBMITTED, number, 0, 0, 0, status, taken or len(content), 0, 0, 0)
        self._cable.sendall(head + content)

    def _take(self, size: int) -> bytes:
        taken = b""
        while len(taken) < size:
            part = self._cable.recv(size - len(taken))
            if not part:
                raise ConnectionError
            taken += part
        return taken

    def _give(self) -> None:
        """Answer the requests for frames: a frame is one payload, whose last part is shorter than asked for."""
        while self._waiting and self._streams and (self._rest or self._ends_payload or self._begin()):
            number, length = self._waiting.popleft()
            part, self._rest = self._rest[:length], self._rest[length:]
            self._ends_payload = len(part) == length and not self._rest
            self._answer(number, 0, part)

    def _begin(self) -> bool:
        if time.monotonic() < self._next_s:
            return False
        content = self.frame(self._number)
        self._next_s = time.monotonic() + 1 / self.fps
        if content is None:
            return False
        self._rest = bytes([2, 0x82 | self._number & 1]) + content
        self._number += 1
        return True

    def _control(self, setup: bytes, sent: bytes) -> bytes | None:
        kind, request, value, _, _ = struct.unpack("<BBHHH", setup)
        if (kind, request) == (0x80, 6):
            return self._descriptor(value >> 8, value & 0xFF)
        if kind == 0xA1 and value >> 8 in {1, 2}:
            return self._tell(request)
        if kind == 0x21 and value >> 8 in {1, 2}:
            return self._choose(sent, commit=value >> 8 == 2)  # VS_COMMIT_CONTROL
        if kind in {0x00, 0x01, 0x02}:
            self._rest, self._ends_payload = b"", False
            return b""
        return b"\0\0" if kind & 0x80 and request == 0 else None

    def _tell(self, request: int) -> bytes:
        return {0x85: struct.pack("<H", 34), 0x86: b"\3"}.get(request, bytes(self._probe))

    def _choose(self, sent: bytes, *, commit: bool) -> bytes:
        form, size = max(1, min(sent[2], len(self.formats))), max(1, min(sent[3], len(self.sizes)))
        self._probe = bytearray(self._settings(form, size))
        if commit:
            self.chosen.append((self.formats[form - 1], self.sizes[size - 1]))
            self._streams, self._rest, self._ends_payload = True, b"", False
        return b""

    def _settings(self, form: int, size: int) -> bytes:
        width, height = self.sizes[size - 1]
        return struct.pack("<HBBI10xIIIBBBB", 0, form, size, INTERVAL, width * height * 2, LARGEST, 0, 3, 0, 0, 0)

    def _descriptor(self, kind: int, index: int) -> bytes | None:
        if kind == 3:  # a string
            words = (*NAMES[:1], self.name)[index - 1].encode("utf-16-le") if index else b"\x09\x04"
            return bytes([2 + len(words), 3]) + words
        return {1: DEVICE, 2: self._configuration()}.get(kind)

    def _configuration(self) -> bytes:
        formats = b"".join(self._format(number, name) for number, name in enumerate(self.formats, 1))
        head_size = 13 + len(self.formats)
        head = struct.pack("<BBBBHBBBBBBB", head_size, 0x24, 1, len(self.formats), head_size + len(formats),
                           VIDEO_BULK, 0, 2, 0, 0, 0, 1) + bytes(len(self.formats))  # fmt: skip
        parts = (
            bytes([8, 0x0B, 0, 2, 0x0E, 3, 0, 0]),
            bytes([9, 4, 0, 0, 0, 0x0E, 1, 0, 0]),
            struct.pack("<BBBHHIBB", 13, 0x24, 1, 0x0110, 40, 48_000_000, 1, 1),
            struct.pack("<BBBBHBBHHHB3x", 18, 0x24, 2, 1, 0x0201, 0, 0, 0, 0, 0, 3),
            struct.pack("<BBBBHBBB", 9, 0x24, 3, 2, 0x0101, 0, 1, 0),
            bytes([9, 4, 1, 0, 1, 0x0E, 2, 0, 0]),
            head + formats,
            struct.pack("<BBBBHB", 7, 5, VIDEO_BULK, 2, 512, 0),
        )
        content = b"".join(parts)
        return struct.pack("<BBHBBBBB", 9, 2, 9 + len(content), 2, 1, 0, 0x80, 50) + content

    def _format(self, number: int, name: str) -> bytes:
        count = len(self.sizes)
        if name == "MJPG":
            return bytes([11, 0x24, 6, number, count, 1, 1, 0, 0, 0, 0]) + self._frames(7)
        if name in UNCOMPRESSED:
            guid, bits = UNCOMPRESSED[name]
            return bytes([27, 0x24, 4, number, count]) + guid + bytes([bits, 1, 0, 0, 0, 0]) + self._frames(5)
        guid = name.encode() + GUID_TAIL
        return bytes([28, 0x24, 0x10, number, count]) + guid + bytes([16, 1, 0, 0, 0, 0, 1]) + self._frames(0x11)

    def _frames(self, subtype: int) -> bytes:
        made = b""
        for number, (width, height) in enumerate(self.sizes, 1):
            head = struct.pack("<BBBBBHHII", 30, 0x24, subtype, number, 0, width, height, 1 << 20, 1 << 28)
            based = subtype == 0x11  # a frame-based format
            made += head + (
                struct.pack("<IBII", INTERVAL, 1, 0, INTERVAL)
                if based
                else struct.pack("<IIBI", width * height * 2, INTERVAL, 1, INTERVAL)
            )
        return made
