"""A real agent process with a simulated CSI camera at 640x480 and 30 fps: its cost, and an hour of faults."""

from __future__ import annotations

import json
import os
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from agent.view.client import ask
from tests.camera.board import Csi
from tests.unit.agent_process import CODE

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE_PX = (640, 480)
FAULTS = ("black", "frozen", "gone", "busy", "covered", "hangs")
FAULT_LASTS_S = 8.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Running:
    """An agent, where its camera takes orders, and what it said."""

    process: subprocess.Popen[str]
    folder: Path
    csi: Csi
    events: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    def camera(self, state: str) -> None:
        """Have the camera do something; "busy" is noticed by one that is opened anew."""
        self.csi.does(state)

    def facts(self) -> dict[str, Any]:
        """Ask the agent itself."""
        return dict(json.loads(ask(self.folder / "status.sock", "/status")))

    def proc(self, name: str) -> Path:
        """Return a file of the kernel about the process."""
        return Path("/proc", str(self.process.pid), name)

    def rss_kib(self, what: str = "VmRSS") -> int:
        """Return the memory in use, or at its peak (VmHWM)."""
        line = next(line for line in self.proc("status").read_text().splitlines() if line.startswith(what))
        return int(line.split()[1])

    def cpu_s(self) -> float:
        """Return the processor time so far, of all threads."""
        fields = self.proc("stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def descriptors(self) -> int:
        """Count open files."""
        return len(list(self.proc("fd").iterdir()))

    def threads(self) -> int:
        """Count threads, those of the libraries too."""
        return len(list(self.proc("task").iterdir()))

    def hear(self) -> None:
        """Note every line with its time."""
        assert self.process.stdout is not None  # noqa: S101 -- it was asked for
        for line in self.process.stdout:
            self.events.append((time.monotonic(), json.loads(line)))

    def wait_for(self, event: str, since_s: float, limit_s: float) -> float:
        """Return when an event came; infinity if it did not."""
        limit = time.monotonic() + limit_s
        while time.monotonic() < limit:
            found = [at for at, line in list(self.events) if at >= since_s and line["event"] == event]
            if found:
                return found[0]
            time.sleep(0.02)
        return float("inf")


@contextmanager
def started(folder: Path, *, real: bool) -> Iterator[Running]:
    """Run an agent while this lasts, with real libcamera over a simulated sensor, or with a stand-in for it."""
    csi = Csi(folder, real=real)
    python, environment = csi.python(SIZE_PX)
    (folder / "agent.toml").write_text('[camera]\nsource = "picamera2"\n[led]\npins = "mock"\n')
    socket = str(folder / "status.sock")
    words = [*python, "-m", "agent", "run", "--config", str(folder / "agent.toml"), "--socket", socket]
    with subprocess.Popen(
        words, cwd=CODE, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
    ) as process:
        running = Running(process, folder, csi)
        Thread(target=running.hear, daemon=True).start()
        try:
            running.wait_for("sighting", 0.0, 30)
            yield running
        finally:
            process.terminate()
            process.wait(10)


def cost(running: Running, seconds: float) -> str:
    """Measure a quiet time."""
    before_s, cpu_s, frames = time.monotonic(), running.cpu_s(), running.facts()["frames"]
    time.sleep(seconds)
    lasted_s, used_s = time.monotonic() - before_s, running.cpu_s() - cpu_s
    fps = (running.facts()["frames"] - frames) / lasted_s
    return (
        f"At 640x480: {fps:.1f} frames a second, {100 * used_s / lasted_s:.1f} % of one core, "
        f"peak memory {running.rss_kib('VmHWM') / 1024:.0f} MiB ({running.csi.says()}, this computer)."
    )


def soak(running: Running, minutes: float) -> Iterator[str]:
    """Inject a fault every minute; tell how fast the agent noticed and recovered, and what it uses."""
    ends_s = time.monotonic() + minutes * 60
    number = 0
    while time.monotonic() < ends_s:
        minute_s = time.monotonic()
        fault = FAULTS[number % len(FAULTS)]
        number += 1
        running.camera("gone" if fault == "busy" else fault)
        lost_s = running.wait_for("camera-lost", minute_s, FAULT_LASTS_S)
        if fault == "busy":
            running.camera("busy")
        time.sleep(max(0.0, minute_s + FAULT_LASTS_S - time.monotonic()))
        mended_s = time.monotonic()
        running.camera("fine")
        back_s = running.wait_for("camera-back", mended_s, 45)
        time.sleep(max(0.0, min(minute_s + 60, ends_s) - time.monotonic()))
        yield (
            f"{number} {fault}: noticed after {lost_s - minute_s:.2f} s, back {back_s - mended_s:.2f} s after its end; "
            f"{running.rss_kib()} KiB, {running.descriptors()} descriptors, {running.threads()} threads, "
            f"{running.facts()['frames']} frames"
        )
