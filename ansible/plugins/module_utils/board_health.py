"""What ails a board, as far as its files and Debian's own programs tell; `invoke doctor` sends it, nothing is changed.

`ask` runs a program and returns what it prints, nothing where it is missing, fails or hangs. What cannot be told is
None, or is left out.
"""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING, Any, Callable

from ansible_collections.pilab.classroom.plugins.module_utils import board_devices, board_look, board_packages

if TYPE_CHECKING:
    from pathlib import Path

Ask = Callable[..., str]
Part = Callable[[Any, Ask], "dict[str, Any]"]
GPIO_PACKAGES = ("python3-rpi.gpio", "python3-rpi-lgpio")
LOCKS = ("var/lib/dpkg/lock-frontend", "var/lib/dpkg/lock", "var/lib/apt/lists/lock")
LOCK = re.compile(r"^\d+: \w+ +ADVISORY +WRITE +([1-9]\d*) (\S+:\d+) ", re.MULTILINE)  # see proc_locks(5)
GOVERNOR_UNIT = "etc/systemd/system/pilab-governor.service"  # written by the role governor
SET_GOVERNOR = re.compile(r"^ExecStartPre=\S+/set-governor (\S{1,64}) (\S{1,64})$", re.MULTILINE)
# What the kernel says of a card that it cannot read or write (drivers/mmc, block/blk-core.c, fs/ext4/super.c).
CARD_ERROR = re.compile(
    r"I/O error, dev(ice)? mmcblk|Buffer I/O error on dev mmcblk|mmcblk\d\w*: .*(error|timed out)|EXT4-fs error|"
    r"EXT4-fs \(mmcblk\w+\): (Remounting filesystem read-only|error count)|mmc0: (Timeout waiting|cache flush error)"
)
MOST_SHOWN = 20  # names of a list; one is enough to act on


def facts(root: Path, ask: Ask, asked: dict[str, Any]) -> dict[str, Any]:
    """Return what can be told of a board; `untold` names the parts that its files or programs made impossible.

    `asked` has `show`, the words that ask systemd for our units.
    """
    found: dict[str, Any] = {"is_root": os.geteuid() == 0, "units": ask("sh", "-c", asked["show"])}
    told = [told_by(name, part, root, ask) for name, part in PARTS.items()]
    for each in told:
        found.update(each)
    return {**found, "untold": [each["untold"] for each in told if "untold" in each]}


def told_by(name: str, part: Part, root: Path, ask: Ask) -> dict[str, Any]:
    """Return what one part tells; a board that is broken in one place is asked about all others."""
    try:
        return part(root, ask)
    except Exception as error:  # noqa: BLE001 (whatever it is, the other parts are told)
        return {"untold": board_look.one_line(f"{name}: {error!r}")}


def machine(root: Path, ask: Ask) -> dict[str, Any]:
    """Say which board it is, and what its kernel is."""
    cpuinfo = board_look.read(root / "proc/cpuinfo")
    serial = re.search(r"^Serial\s*:\s*(\w+)$", cpuinfo, re.MULTILINE)
    in_tree = board_look.read(root / "proc/device-tree/serial-number")
    return {
        "model": board_look.model_in(root),
        "serial": serial[1] if serial else board_look.one_line(in_tree.strip("\0")),
        "machine_id": board_look.one_line(board_look.read(root / "etc/machine-id")),
        "memory_mib": board_look.memory_mib(board_look.read(root / "proc/meminfo")),
        "page_bytes": os.sysconf("SC_PAGESIZE"),
        "kernel": os.uname().release,
        "machine": os.uname().machine,
        "virtualization": board_look.one_line(ask("systemd-detect-virt")),
    }


def system(root: Path, ask: Ask) -> dict[str, Any]:
    """Say which system is on the card, and how it names the board, now and at the next start."""
    release = board_look.parse_os_release(board_look.read(root / "etc/os-release"))
    words = board_look.read(root / "proc/cmdline").split()
    off = (root / "etc/cloud/cloud-init.disabled").exists() or "cloud-init=disabled" in words
    return {
        "release": release.get("VERSION_CODENAME", ""),
        "system": board_look.one_line(release.get("PRETTY_NAME", "an unknown system")),
        "userland": board_look.one_line(ask("dpkg", "--print-architecture")),
        "hostname": board_look.one_line(board_look.read(root / "etc/hostname")),
        "cloud_init": {**board_look.look_at_cloud_init(root), "is_off": off},
        "up_s": int(time.time() - board_look.started_at_s(board_look.read(root / "proc/1/stat"))),
    }


def card(root: Path, ask: Ask) -> dict[str, Any]:
    """Say how full the card is, whether it can be written, and how often the kernel failed to."""
    disk = os.statvfs(root)
    mounted, planned = (board_look.mounts(root, table).get("/", ("", set())) for table in ("proc/mounts", "etc/fstab"))
    return {
        "disk": {
            "size_bytes": disk.f_blocks * disk.f_frsize,
            "free_bytes": disk.f_bavail * disk.f_frsize,
            "files": disk.f_files,
            "free_files": disk.f_favail,
        },
        "root_is_read_only": "ro" in mounted[1],
        "read_only_by_fstab": "ro" in planned[1],
        "overlay_by": board_look.overlay_by(root),
        "card_errors": card_errors(kernel_log(ask)),
    }


def kernel_log(ask: Ask) -> str:
    """Return what the kernel said since the start: to root, or to who may read the journal."""
    return ask("dmesg") or ask("journalctl", "--quiet", "--dmesg", "--boot", "--output=cat", "--no-pager")


def card_errors(log: str) -> dict[str, Any] | None:
    """Count the lines about a failing card; None where the kernel's log is closed to us."""
    lines = [line for line in log.splitlines() if CARD_ERROR.search(line)]
    return {"count": len(lines), "last": board_look.one_line(lines[-1]) if lines else ""} if log else None


def config(root: Path, ask: Ask) -> dict[str, Any]:  # noqa: ARG001 (as every part)
    """Return what the firmware is told, and which governor the board has and was given."""
    given = SET_GOVERNOR.search(board_look.read(root / GOVERNOR_UNIT))
    return {
        "config_txt": board_look.look_at_config_txt(root),
        "governors": board_look.governors_in(root / board_look.CPU, set()),
        "governor_set": {"name": given[1], "cores": given[2]} if given else None,
        "bench_runs": (root / board_look.BENCH).exists(),
    }


def packages(root: Path, ask: Ask) -> dict[str, Any]:
    """Say which packages are unfinished, which library the pins have, and who installs something now."""
    answer = ask(*board_packages.QUERY)
    unfinished = board_packages.unfinished_in(answer)
    return {
        "unfinished": unfinished[:MOST_SHOWN],
        "was_interrupted": bool(unfinished) or any((root / "var/lib/dpkg/updates").glob("[0-9]*")),
        "gpio_packages": [name for name in GPIO_PACKAGES if name in board_packages.installed_in(answer)],
        "apt_holder": apt_holder(root),
    }


def apt_holder(root: Path) -> dict[str, Any] | None:
    """Return the process that keeps others from installing packages, or None; /proc/locks tells it to everybody.

    Locks of other file systems are listed there as well, such as those of containers, and holders that ended just now.
    """
    files = {f"{device_of(root, name)}:{(root / name).stat().st_ino}" for name in LOCKS if (root / name).exists()}
    locks = LOCK.findall(board_look.read(root / "proc/locks"))
    holders = (board_devices.process(root, int(pid)) for pid, file in locks if file in files)
    return next((holder for holder in holders if holder["name"]), None)


def device_of(root: Path, name: str) -> str:
    """Return the file system that holds a file in the words of /proc/locks; nothing where no mount tells it.

    stat(2) names another device for a file of an overlay or of btrfs.
    """
    rows = [line.split() for line in board_look.read(root / "proc/self/mountinfo").splitlines()]
    above = [row for row in rows if f"/{name}".startswith(row[4].rstrip("/") + "/")]
    if not above:
        return ""
    lowest = max(len(row[4]) for row in above)
    major, _, minor = [row[2] for row in above if len(row[4]) == lowest][-1].partition(":")  # the last one is on top
    return f"{int(major):02x}:{int(minor):02x}"


PARTS: dict[str, Part] = {
    "machine": machine,
    "system": system,
    "card": card,
    "config": config,
    "wifi": board_devices.wifi,
    "camera": board_devices.camera,
    "packages": packages,
}
