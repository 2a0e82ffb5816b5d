"""Where things are on a board: every path in one value, so that a test can stand in a directory of its own."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass, field
from pathlib import Path

EXPERIMENTER = "pilab"
# The agent and its programs, in a checkout as on a board.
CODE = Path(__file__).resolve().parents[2]
AGENT_CONFIG = Path("/etc/pilab/agent.toml")
RUN_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


def _is_root() -> bool:
    return os.geteuid() == 0


def _experimenter() -> pwd.struct_passwd | None:
    """Find whom the experiments run as: a lesson's programs need no root."""
    try:
        return pwd.getpwnam(EXPERIMENTER) if _is_root() else None
    except KeyError:
        return None


@dataclass(frozen=True)
class Paths:
    """One board: its files under `root`, our code, and what this process may do on it."""

    root: Path = Path("/")
    code: Path = CODE
    may_tune: bool = field(default_factory=_is_root)
    experimenter: pwd.struct_passwd | None = field(default_factory=_experimenter)

    @property
    def native(self) -> Path:
        """The compiled programs."""
        return self.code / "native" / "bin"

    @property
    def scripts(self) -> Path:
        """The programs of the course in Python."""
        return self.code / "agent" / "bench" / "programs"

    @property
    def state(self) -> Path:
        """What must outlive a reboot."""
        return self.root / "var" / "lib" / "pilab"

    @property
    def restore_file(self) -> Path:
        """How the board was found; there only while something is changed."""
        return self.state / "restore.json"

    @property
    def lock_file(self) -> Path:
        """Held by the one bench that may change the board."""
        return self.state / "bench.lock"

    def run_folder(self, run: str) -> Path:
        """Everything about one run."""
        return self.state / "runs" / run

    def records_file(self, run: str) -> Path:
        """Where the records of a run are."""
        return self.run_folder(run) / "records.jsonl"

    @property
    def cpufreq(self) -> Path:
        """The frequency policies of the processor."""
        return self.sys / "devices" / "system" / "cpu" / "cpufreq"

    @property
    def thermal(self) -> Path:
        """The temperature sensors."""
        return self.sys / "class" / "thermal"

    @property
    def sys(self) -> Path:
        """What the kernel says about its devices."""
        return self.root / "sys"

    @property
    def proc(self) -> Path:
        """What the kernel says about itself."""
        return self.root / "proc"

    @property
    def os_release(self) -> Path:
        """The name of the release."""
        return self.root / "etc" / "os-release"


HERE = Paths()
