#!/usr/bin/python
"""Looks at a board once, so that tasks act only where something differs and no-change runs stay fast."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: board_facts
short_description: Look at a board without changing it
description:
  - One round trip for everything that the roles decide on. Register the result as C(board).
options:
  packages:
    description: Names to look up among the installed packages, and those missing in the package sources.
    type: list
    elements: str
    default: []
  units:
    description: Units of systemd to look at.
    type: list
    elements: str
    default: []
  user:
    description: The account whose groups are looked at.
    type: str
    default: ""
author: Pilab
"""
EXAMPLES = r"""
- name: Look at the board
  board_facts:
    packages: [htop, byobu]
    units: [pilab-agent.service]
  register: board
"""
RETURN = r"""
release:
  description: Code name of the release, as C(bookworm).
  returned: always
  type: str
"""

CONFIG_TXT = ("boot/firmware/config.txt", "boot/config.txt")  # the second holds only a notice since bookworm
MODEL = ("proc/device-tree/model", "sys/firmware/devicetree/base/model")
CPU = "sys/devices/system/cpu/cpufreq"
KERNEL = os.uname().release
MODULES = ("performance", "powersave", "ondemand", "conservative", "userspace")  # schedutil is never a module
DPKG_JOURNAL = Path("/var/lib/dpkg/updates")  # holds numbered files while dpkg works, and after it was killed
BENCH = "run/systemd/transient/pilab-bench.service"


def main() -> None:
    """Answer ansible with what was found; nothing is ever changed."""
    text = {"type": "str", "default": ""}
    names = {"type": "list", "elements": "str", "default": []}
    module = AnsibleModule({"packages": names, "units": names, "user": text}, supports_check_mode=True)
    wanted = module.params
    found = look(Path("/"))
    found["packages"] = look_at_packages(wanted["packages"])
    found["units"] = look_at_units(wanted["units"])
    found["groups"] = groups_of(wanted["user"])
    module.exit_json(changed=False, **found)


def look(root: Path) -> dict[str, Any]:
    """Read everything that is in files below root."""
    release = parse_os_release(read(root / "etc/os-release"))
    return {
        "release": release.get("VERSION_CODENAME", ""),
        "system": release.get("PRETTY_NAME", "an unknown system"),
        "userland": run("dpkg", "--print-architecture").strip(),
        "model": model_in(root),
        "overlay": "boot=overlay" in read(root / "proc/cmdline").split(),
        "bench_runs": (root / BENCH).exists(),
        "config_txt": look_at_config_txt(root),
        "governors": governors_in(root / CPU, loadable_governors(read(root / "lib/modules" / KERNEL / "modules.dep"))),
        "default_governor": default_governor(read(root / "etc/default/cpu_governor")),
        "lists_age_s": lists_age_s(root / "var/lib/apt"),
        "native_sources": read(root / "opt/pilab/native/bin/SOURCES").strip(),
    }


def read(path: Path) -> str:
    """Return the text of a file, or nothing where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def run(*command: str) -> str:
    """Return what a command prints; a failing or missing one prints nothing of use."""
    try:
        environment = dict(os.environ, LC_ALL="C")
        ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    except OSError:
        return ""
    return ran.stdout


def parse_os_release(text: str) -> dict[str, str]:
    """Return the settings of os-release, without their quotes."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {key: value.strip("\"'") for key, value in pairs}


def model_in(root: Path) -> str:
    """Return the board's model as the device tree or the kernel names it, or nothing on a computer that is no Pi."""
    line = re.search(r"^Model\s*:\s*(Raspberry Pi .*)$", read(root / "proc/cpuinfo"), re.MULTILINE)
    names = [read(root / path).strip("\0\n") for path in MODEL] + ([line[1]] if line else [])
    return next(filter(None, names), "")


def look_at_config_txt(root: Path) -> dict[str, Any]:
    """Say where config.txt is, which camera stack it asks for, and whether it changed after the start."""
    path = next((root / name for name in CONFIG_TXT if (root / name).exists()), None)
    if path is None:
        return {"path": "", "camera": "", "newer_than_boot": False}
    newer = path.stat().st_mtime > started_at_s(read(root / "proc/1/stat"))
    return {"path": str(path), "camera": camera_in(read(path)), "newer_than_boot": newer}


def camera_in(config_txt: str) -> str:
    """Name the camera stack of a config.txt; both at once is what do_legacy followed by do_camera leaves."""
    lines = {line.replace(" ", "") for line in (raw.split("#", 1)[0].strip() for raw in config_txt.splitlines())}
    legacy, automatic = "start_x=1" in lines, "camera_auto_detect=1" in lines
    return {(True, True): "both", (True, False): "legacy", (False, True): "libcamera"}.get((legacy, automatic), "none")


def started_at_s(stat_of_first_process: str) -> float:
    """Return when the system started; asked of process 1, because /proc/stat names the host's start in a container."""
    fields = stat_of_first_process.rpartition(")")[2].split()
    ticks = int(fields[19]) if fields else 0  # field 22 of proc(5): starttime
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks / os.sysconf("SC_CLK_TCK")


def loadable_governors(modules: str) -> set[str]:
    """Return the governors that are kernel modules: the kernel lists one only after it was loaded."""
    return set(re.findall(r"/cpufreq_(\w+)\.ko", modules)) & set(MODULES)


def governors_in(cpufreq: Path, loadable: set[str]) -> dict[str, Any]:
    """Return each policy's governor and those it offers; no cpufreq, no policies."""
    return {
        policy.name: {
            "governor": read(policy / "scaling_governor").strip(),
            "available": sorted({*read(policy / "scaling_available_governors").split(), *loadable}),
        }
        for policy in sorted(cpufreq.glob("policy*"))
    }


def default_governor(text: str) -> str:
    """Return what raspi-config's script sets at boot, or nothing where it asks no file."""
    found = re.findall(r"^CPU_DEFAULT_GOVERNOR=\"?(\w*)", text, re.MULTILINE)
    return found[-1] if found else ("unset" if text else "")


def lists_age_s(apt: Path) -> int:
    """Return how old the package lists are; a board without any has lists from 1970."""
    stamps = [apt / "periodic/update-success-stamp", apt / "lists"]
    written_s = max((path.stat().st_mtime for path in stamps if path.exists()), default=0)
    return int(time.time() - (written_s if any((apt / "lists").glob("*_Packages*")) else 0))


def look_at_packages(names: list[str]) -> dict[str, Any]:
    """Sort names into installed, available in the package sources, and neither; tell whether dpkg was interrupted."""
    form = "${db:Status-Status} ${Package}\n"
    installed = parse_installed(run("dpkg-query", "--show", "--showformat", form, *names)) if names else []
    missing = [name for name in names if name not in installed]
    available = parse_candidates(run("apt-cache", "policy", *missing)) if missing else []
    interrupted = any(DPKG_JOURNAL.glob("[0-9]*"))
    return {"installed": installed, "available": available, "interrupted": interrupted}


def parse_installed(text: str) -> list[str]:
    """Return the packages that dpkg calls installed, each once though it may have two architectures."""
    return sorted({line.split()[1] for line in text.splitlines() if line.startswith("installed ")})


def parse_candidates(text: str) -> list[str]:
    """Return the packages of which apt has a version to install."""
    return re.findall(r"^(\S+):\n(?:  .*\n)??  Candidate: (?!\(none\))", text, re.MULTILINE)


def look_at_units(names: list[str]) -> dict[str, Any]:
    """Return each unit's state, and what the running process was deployed from."""
    properties = "Id,UnitFileState,ActiveState,NeedDaemonReload,MainPID"
    text = run("systemctl", "show", "--property", properties, *names) if names else ""
    units = [dict(line.split("=", 1) for line in block.splitlines()) for block in text.split("\n\n") if block.strip()]
    return {unit["Id"]: describe_unit(unit) for unit in units}


def describe_unit(unit: dict[str, str]) -> dict[str, Any]:
    """Turn systemd's words into the roles' words."""
    return {
        "enabled": unit.get("UnitFileState") == "enabled",
        "active": unit.get("ActiveState") in ("active", "activating"),
        "stale": unit.get("NeedDaemonReload") == "yes",
        "deployment": deployment_of(read(Path("/proc") / unit.get("MainPID", "0") / "environ")),
    }


def deployment_of(environment: str) -> str:
    """Return the deployment that a process was started with, from its environment."""
    pairs = (item.partition("=") for item in environment.split("\0"))
    return next((value for key, _, value in pairs if key == "PILAB_DEPLOYMENT"), "")


def groups_of(user: str) -> list[str]:
    """Return the groups of an account; nothing where there is no such account."""
    return run("id", "--name", "--groups", user).split() if user else []


if __name__ == "__main__":
    main()
