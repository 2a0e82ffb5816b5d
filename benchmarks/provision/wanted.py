"""The end state that every tool is asked for: a board after `ansible-playbook site.yml`, read from the board."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from typing import TYPE_CHECKING

from virtual.containers import guest

if TYPE_CHECKING:
    from pathlib import Path

    from virtual.place import Place
    from virtual.state import Guest

TREES = ("opt/pilab/agent", "opt/pilab/native")
FILES = (
    "opt/pilab/bin/pilab",
    "opt/pilab/bin/set-governor",
    "etc/pilab/agent.toml",
    "etc/systemd/system/pilab-agent.service",
    "etc/systemd/system/pilab-bench-restore.service",
    "etc/systemd/system/pilab-governor.service",
)
UNITS = ("pilab-agent.service", "pilab-bench-restore.service", "pilab-governor.service")
# What was compiled on the board, and what Python wrote, is made again by every tool.
MADE = ("native/bin", "__pycache__")
ANSWER_LIMIT_S = 120
MANUAL = "apt-mark showmanual"
# One line per fact, so that two boards can be compared line by line.
PICTURE = f"""
dpkg-query --show --showformat '${{db:Status-Abbrev}} ${{Package}} ${{Version}}\\n' | sort
find /opt/pilab /etc/pilab /etc/systemd/system -path '*pilab*' |
  grep -v -e /native/bin -e __pycache__ | sort | while read -r path; do
    stat --format '%A %U %G %n' "$path"
    [ ! -f "$path" ] || sha256sum "$path"
  done
ls /opt/pilab/native/bin | grep -v SOURCES
for unit in {" ".join(UNITS)}; do echo "$unit $(systemctl is-enabled $unit)"; done
systemctl is-active {UNITS[0]}
cat /sys/devices/system/cpu/cpufreq/policy*/scaling_governor
id -nG pilab
grep -hs '^start_x' /boot/config.txt || true
"""


def picture(place: Place, board: Guest) -> list[str]:
    """Return the state of a board, one fact a line."""
    return answer(place, board, f"sudo sh -c {_quoted(PICTURE)}").decode().splitlines()


def difference(one: list[str], other: list[str]) -> list[str]:
    """Return what only one of two pictures shows."""
    return sorted(set(one) ^ set(other))


def packages(place: Place, board: Guest) -> list[str]:
    """Return the packages that somebody asked for."""
    return answer(place, board, MANUAL).decode().split()


def record(place: Place, board: Guest, before: list[str], folder: Path) -> None:
    """Write down what a provisioned board is, for the peers: its files, and variables.json beside them."""
    words = " ".join(f"--exclude={made}" for made in MADE)
    packed = answer(place, board, f"sudo tar --create {words} --directory=/ {' '.join((*TREES, *FILES))}")
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        # Debian 12 has Python 3.11.2, which knows no filters yet (docs.python.org, "Supporting older Python versions").
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        archive.extractall(folder / "files")  # noqa: S202 (what a virtual Pi of ours has)
    variables = {
        "packages": sorted(set(packages(place, board)) - set(before)),
        "governor": answer(place, board, "cat /sys/devices/system/cpu/cpufreq/policy0/scaling_governor")
        .decode()
        .strip(),
        "is_legacy": bool(answer(place, board, "grep -s ^start_x=1 /boot/config.txt || true")),
        "files": str(folder / "files"),
    }
    (folder / "variables.json").write_text(json.dumps(variables, indent=1), encoding="utf-8")


def answer(place: Place, board: Guest, command: str) -> bytes:
    """Return what a command prints on a board; SystemExit with its own words if it fails."""
    done = subprocess.run(guest.ssh(place, board, command), capture_output=True, check=False, timeout=ANSWER_LIMIT_S)
    if done.returncode:
        raise SystemExit(f"{board.name} does not answer to the benchmark: {done.stderr.decode().strip()}")
    return done.stdout


def _quoted(script: str) -> str:
    return "'" + script.replace("'", "'\\''") + "'"
