"""A small board in a directory, for the tests of the bench; run as a program, it benches on that board."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agent.board.paths import Paths
from agent.commands import bench

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[1] / "data" / "bench"
CODE = Path(__file__).parents[2]
AGENT = "pilab-agent.service"


class Board:
    """A board whose kernel and systemd are files and small programs that remember."""

    def __init__(self, folder: Path) -> None:
        self.paths = Paths(root=folder / "root", may_tune=True, experimenter=None)
        self.bin = folder / "bin"
        self.units = self.bin / "units"
        shutil.copytree(DATA / "programs", self.bin)
        self.units.mkdir()
        (self.units / "calls").touch()
        self.paths.state.mkdir(parents=True)
        self.add_policy("policy0", "0 1 2 3")
        self._put("proc/cpuinfo", "cpuinfo-pi4.txt")
        self._put("proc/meminfo", "meminfo.txt")
        self._put("etc/os-release", "os-release-bookworm.txt")

    def add_policy(self, name: str, cpus: str) -> Path:
        folder = self.paths.cpufreq / name
        folder.mkdir(parents=True)
        files = {
            "related_cpus": cpus,
            "scaling_governor": "ondemand",
            "scaling_available_governors": "performance schedutil",
            "scaling_min_freq": "600000",
            "scaling_max_freq": "1800000",
            "scaling_cur_freq": "1500000",
        }
        for file, text in files.items():
            (folder / file).write_text(f"{text}\n")
        return folder

    @property
    def governor(self) -> str:
        return (self.paths.cpufreq / "policy0" / "scaling_governor").read_text().strip()

    def run_unit(self, name: str, description: str = "") -> None:
        (self.units / name).write_text(f"{description}\n")

    def runs_unit(self, name: str) -> bool:
        return (self.units / name).exists()

    @property
    def calls(self) -> list[str]:
        return (self.units / "calls").read_text().splitlines()

    def command(self, *words: str) -> list[str]:
        """Give the command that benches on this board in a process of its own."""
        return [sys.executable, "-m", "tests.unit.bench_board", str(self.paths.root), "bench", *words]

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.bin}:{os.environ['PATH']}"
        # What a run that is killed leaves in its temporary folder goes with the test's own.
        return {**os.environ, "PATH": path, "PYTHONPATH": str(CODE), "TMPDIR": str(self.bin)}

    def _put(self, path: str, captured: str) -> None:
        target = self.paths.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(DATA / captured, target)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def plan_text(**changes: object) -> str:
    plan: dict[str, object] = {
        "schema": 1,
        "run": "test-1",
        "suite": "short",
        "runs": 2,
        "governors": ["performance", "powersave"],
        "target_s": 0.02,
        "timeout_s": 60,
        "patience_s": 1,
        "seed": 42,
        "experiments": [{"name": "busy", "workers": [1], "sizes": [1000]}],
    }
    return json.dumps({**plan, **changes})


def read_records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def bench_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    bench.add_arguments(parser.add_subparsers(dest="command"))
    return parser


def main() -> int:
    root, *words = sys.argv[1:]
    paths = Paths(root=Path(root), may_tune=True, experimenter=None)
    return bench.main(bench_parser().parse_args(words), sys.stdin, sys.stdout, sys.stderr, paths)


if __name__ == "__main__":
    raise SystemExit(main())
