"""The agent as a process, whose event log a test reads line by line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.unit.unhindered import Unhindered

if TYPE_CHECKING:
    import signal
    from collections.abc import Iterator, Sequence

CODE = Path(__file__).parents[2]
# Stand-ins for picamera and picamera2, which exist on Raspberry Pi OS only.
PACKAGES = CODE / "tests" / "data" / "agent" / "packages"
PROMISED_END_S = 2.0
# Tests that are run in the background, or with nohup, hand on signals that are ignored.
HEARING = ("env", "--default-signal=INT,HUP,TERM")


class Agent:
    """A running agent; its event log is read line by line."""

    def __init__(  # noqa: PLR0913 -- the settings that tests change
        self,
        folder: Path,
        *words: str,
        fps: float = 20,
        hold_s: float = 0.2,
        detector: str = "pilab",
        camera: str = "",
        more: str = "",
        code: Path = CODE,
        python: Sequence[str] = (sys.executable,),
        **environment: str,
    ) -> None:
        self.lines: list[dict[str, Any]] = []
        config = folder / "agent.toml"
        played = f'source = "file"\npath = "{folder / "frames"}"\nfps = {fps}'
        config.write_text(
            f"[camera]\n{camera or played}\n"
            f'[led]\npins = "mock"\nhold_s = {hold_s}\n'
            f'[circles]\ndetector = "{detector}"\n{more}'
        )
        self.process = subprocess.Popen(
            [*HEARING, *python, "-m", "agent", "run", "--config", str(config), *words],
            cwd=code,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until(self, event: str) -> dict[str, Any]:
        """Read on to the next event of this name."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(json.loads(line))
            if self.lines[-1]["event"] == event:
                return self.lines[-1]
        raise AssertionError(f"the agent ended without {event}: {self.lines}")

    def events(self) -> list[str]:
        return [line["event"] for line in self.lines]

    def end(self, number: signal.Signals) -> dict[str, Any]:
        """Send a signal; return the last line, once the agent has ended as it promises."""
        with ending_in_time(self.process):
            self.process.send_signal(number)
            return self.until("stopped")


@contextmanager
def ending_in_time(process: subprocess.Popen[Any]) -> Iterator[None]:
    """What ends an agent within the time that it promises; what others have of the processors does not count."""
    lasted = Unhindered(process.pid)
    yield
    while process.poll() is None:
        lasted.look()
        assert lasted.taken_s < PROMISED_END_S
        time.sleep(0.01)
    # How long it waited at last is lost with it, and this process may have waited, too: only a look while it ran tells.
    assert process.returncode == 0
