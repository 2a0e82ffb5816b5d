"""What the board is: everything that a reader of a timing must know about the machine it was taken on (L16)."""

from __future__ import annotations

import os
import platform
import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING

from agent.board.cpufreq import policies
from agent.board.kernel import read
from agent.board.programs import ask

if TYPE_CHECKING:
    from agent.board.paths import Paths

OPENCV_WHEELS = ("opencv-python", "opencv-python-headless")
REAL_HARDWARE = "none"
# It reads some files; one that needs longer hangs.
VIRTUALIZATION_LIMIT_S = 5.0


def facts(paths: Paths) -> dict[str, object]:
    """Ask the board for everything that is recorded about it."""
    return {**_machine(paths), **_system(paths), **_versions(), **_reality(paths)}


def _machine(paths: Paths) -> dict[str, object]:
    cpuinfo = read(paths.proc / "cpuinfo")
    return {
        "hostname": platform.node(),
        "model": model(read(paths.proc / "device-tree" / "model"), cpuinfo),
        "serial": cpuinfo_value(cpuinfo, "Serial"),
        "revision": cpuinfo_value(cpuinfo, "Revision"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": meminfo_bytes(read(paths.proc / "meminfo"), "MemTotal"),
        "page_size_bytes": os.sysconf("SC_PAGESIZE"),
        "policies": [asdict(policy) for policy in policies(paths.cpufreq)],
    }


def _system(paths: Paths) -> dict[str, object]:
    release = parse_os_release(read(paths.os_release))
    return {
        "release": release.get("VERSION_CODENAME", ""),
        "os_pretty": release.get("PRETTY_NAME", ""),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "userland": ask("dpkg", "--print-architecture"),
    }


def _versions() -> dict[str, object]:
    return {
        "gcc": ask("gcc", "-dumpfullversion"),
        "python": platform.python_version(),
        "opencv": ask("dpkg-query", "--show", "--showformat=${Version}", "python3-opencv") or _opencv_wheel(),
    }


def _reality(paths: Paths) -> dict[str, object]:
    told = ask("systemd-detect-virt", limit_s=VIRTUALIZATION_LIMIT_S)
    return {"virtualization": told, "simulated": (told or _unasked_virtualization(paths)) != REAL_HARDWARE}


def _unasked_virtualization(paths: Paths) -> str:
    """Judge by files where systemd does not answer: a Pi is real unless something says otherwise."""
    container = read(paths.root / "run" / "systemd" / "container")
    if container:
        return container
    tree = paths.proc / "device-tree"
    if (tree / "hypervisor").exists() or list(tree.glob("*fw-cfg*")):
        return "qemu"
    name = model(read(tree / "model"), read(paths.proc / "cpuinfo"))
    return REAL_HARDWARE if name.startswith("Raspberry Pi") else ""


def _opencv_wheel() -> str:
    """Ask Python's own packages, without the seconds that importing OpenCV takes."""
    from importlib import metadata  # noqa: PLC0415 -- few boards need it, and all would wait for it

    versions = [found.version for wheel in OPENCV_WHEELS for found in metadata.distributions(name=wheel)]
    return versions[0] if versions else ""


def model(device_tree: str, cpuinfo: str) -> str:
    """Name the machine: a Pi as its device tree does, a PC by its processor."""
    return device_tree.rstrip("\0") or cpuinfo_value(cpuinfo, "Model") or cpuinfo_value(cpuinfo, "model name")


def cpuinfo_value(cpuinfo: str, key: str) -> str:
    """Find the first line with this key in /proc/cpuinfo."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""


def available_bytes(paths: Paths) -> int | None:
    """Read how much memory programs could still take."""
    return meminfo_bytes(read(paths.proc / "meminfo"), "MemAvailable")


def meminfo_bytes(meminfo: str, key: str) -> int | None:
    """Find an amount in /proc/meminfo."""
    for line in meminfo.splitlines():
        name, _, amount = line.partition(":")
        if name == key:
            return int(amount.split()[0]) * 1024
    return None


def parse_os_release(text: str) -> dict[str, str]:
    """Understand /etc/os-release."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {key: "".join(shlex.split(value)) for key, _, value in pairs}
