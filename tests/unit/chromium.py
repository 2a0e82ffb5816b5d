"""A real browser, started once for many looks: it is spoken to over two pipes, by Chrome's DevTools Protocol."""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT_S = 60
# The browser reads from 3 and writes to 4.
WITH_PIPES = """
import fcntl, os, sys
high = [fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3]]
for there, wanted in zip(high, (3, 4)):
    os.dup2(there, wanted)
os.execvp(sys.argv[3], sys.argv[3:])
"""
CHROMIUM = (
    "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    "--remote-debugging-pipe",
)  # fmt: skip


class Browser:
    """One page of a browser that shows one file after the other."""

    def __init__(self, asks: int, answers: int) -> None:
        self._asks, self._answers, self._number, self._read = asks, answers, 0, b""
        self._session = ""
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self._session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self("Page.enable")

    def __call__(self, method: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401 (as the protocol has them)
        """Give an order and return its answer; AssertionError if the browser refuses, or says nothing for a minute."""
        self._number += 1
        order = {"id": self._number, "method": method, "params": params}
        if self._session:
            order["sessionId"] = self._session
        os.write(self._asks, json.dumps(order).encode() + b"\0")
        answer = self._until(lambda told: told.get("id") == self._number)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def _until(self, is_wanted: Any) -> dict[str, Any]:  # noqa: ANN401 (a test of a message)
        while True:
            while b"\0" not in self._read:
                assert select.select([self._answers], [], [], LIMIT_S)[0], "the browser says nothing"
                part = os.read(self._answers, 1 << 20)
                assert part, "the browser has ended"
                self._read += part
            message, self._read = self._read.split(b"\0", 1)
            told: dict[str, Any] = json.loads(message)
            if is_wanted(told):
                return told

    def show(self, path: Path, width_px: int = 1200, height_px: int = 900, *, dark: bool = False) -> None:
        """Open a file in a window of this size."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self("Emulation.setEmulatedMedia", features=[scheme])
        self(
            "Emulation.setDeviceMetricsOverride",
            width=width_px, height=height_px, deviceScaleFactor=1, mobile=width_px < 600,
        )  # fmt: skip
        self("Page.navigate", url=path.as_uri())
        self._until(lambda told: told.get("method") == "Page.loadEventFired")

    def run(self, script: str) -> Any:  # noqa: ANN401 (what the script gives)
        """Run a script in the page and return what it gives, also if it takes its time."""
        answer = self("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def key(self, name: str) -> None:
        """Press a key."""
        for kind in ("keyDown", "keyUp"):
            self("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=9)

    def printed(self) -> bytes:
        """Print the page; what comes is a PDF."""
        done = self("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        return base64.b64decode(done["data"])

    def picture(self, *, whole: bool = False) -> bytes:
        """Return what is seen as a PNG, or the page from its top to its end."""
        return base64.b64decode(self("Page.captureScreenshot", captureBeyondViewport=whole)["data"])


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Start a browser, and end it."""
    (reads, asks), (answers, writes) = os.pipe(), os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", WITH_PIPES, str(reads), str(writes), *CHROMIUM, f"--user-data-dir={profile}"],
        pass_fds=(reads, writes),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(reads)
    os.close(writes)
    try:
        yield Browser(asks, answers)
    finally:
        os.close(asks)  # it ends when nobody can ask any more
        os.close(answers)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
