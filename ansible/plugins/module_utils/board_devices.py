"""The Wi-Fi devices and the cameras of a board, and who uses them; for board_health."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING, Any, Callable

from ansible_collections.pilab.classroom.plugins.module_utils import board_look

if TYPE_CHECKING:
    from pathlib import Path

Ask = Callable[..., str]
CAMERA_LIMIT_S = 15.0
CAMERA_PROGRAMS = ("rpicam-hello", "libcamera-hello")
# What the drivers of ribbon cameras call their nodes, in the kernels of the releases that there are.
CAMERA_NODE = re.compile(r"(unicam|rp1-cfe|mmal service)")
MOST_SHOWN = 20  # names of a list; one is enough to act on
MOST_PIDS = 1 << 16


def wifi(root: Path, ask: Ask) -> dict[str, Any]:
    """Say of each Wi-Fi device whether it is used, asleep or blocked, and which country it believes to be in."""
    names = board_look.look_at_wifi(root)["devices"]
    switches = [path for path in (root / "sys/class/rfkill").glob("*") if word(path / "type") == "wlan"]
    country = re.search(r"^country (\w\w):", ask("iw", "reg", "get"), re.MULTILINE) if names else None
    return {
        "wifi": {
            "devices": [device(root, name, ask) for name in names],
            "is_wanted": bool(names) and has_network(root, ask),
            "is_blocked": any(word(path / "soft") == "1" for path in switches),
            "is_switched_off": any(word(path / "hard") == "1" for path in switches),
            "country": country[1] if country else "",
        }
    }


def device(root: Path, name: str, ask: Ask) -> dict[str, Any]:
    """Say whether a Wi-Fi device is used, and whether it sleeps when idle; None where nobody can tell."""
    told = re.search(r"Power save: (on|off)", ask("iw", "dev", name, "get", "power_save"))
    return {
        "name": name,
        "is_up": word(root / "sys/class/net" / name / "operstate") == "up",
        "sleeps": told[1] == "on" if told else None,
    }


def has_network(root: Path, ask: Ask) -> bool:
    """Tell whether somebody gave the board a Wi-Fi network, by NetworkManager or without it."""
    known = "802-11-wireless" in ask("nmcli", "--terse", "--fields", "TYPE", "connection", "show")
    return known or "network={" in board_look.read(root / "etc/wpa_supplicant/wpa_supplicant.conf")


def camera(root: Path, ask: Ask) -> dict[str, Any]:
    """Name the cameras that libcamera, the firmware and USB have; and, to root, the programs that use one of them."""
    nodes = camera_nodes(root)
    program = next((name for name in CAMERA_PROGRAMS if shutil.which(name)), "")
    answer = ask(program, "--list-cameras", limit_s=CAMERA_LIMIT_S) if program else ""
    listed = re.findall(r"^\s*\d+ : (.+)$", answer, re.MULTILINE)
    legacy = re.match(r"supported=1 detected=(\d)", ask("vcgencmd", "get_camera"))
    by_firmware = ["camera of the firmware"] * (int(legacy[1]) if legacy else 0)
    usb = [word(root / "sys/class/video4linux" / name / "name") for name in sorted(nodes) if is_usb(root, name)]
    return {
        "cameras": [board_look.one_line(each) for each in listed + by_firmware + usb][:MOST_SHOWN],
        "can_list_cameras": bool(program or legacy) and may_open_media(root),
        "camera_users": camera_users(root, nodes),
    }


def may_open_media(root: Path) -> bool:
    """Tell whether this account may ask for cameras: libcamera finds none where its nodes are closed to us."""
    return all(os.access(path, os.R_OK) for path in (root / "dev").glob("media*"))


def camera_nodes(root: Path) -> set[str]:
    """Name the nodes that give pictures of a camera; others convert what programs give them."""
    names = [path.name for path in (root / "sys/class/video4linux").glob("video*")]
    here = root / "sys/class/video4linux"
    return {name for name in names if CAMERA_NODE.match(word(here / name / "name")) or is_usb(root, name)}


def is_usb(root: Path, node: str) -> bool:
    """Tell whether a node belongs to a device at USB."""
    return "/usb" in os.path.realpath(root / "sys/class/video4linux" / node / "device")


def camera_users(root: Path, nodes: set[str]) -> list[dict[str, Any]]:
    """Return the processes that have a camera open and are not ours; others' are seen by root alone."""
    wanted = {f"/dev/{node}" for node in nodes}
    return [process(root, pid) for pid in pids(root) if wanted & opened(root, pid) and not is_ours(root, pid)][
        :MOST_SHOWN
    ]


def pids(root: Path) -> list[int]:
    """List the processes that there are."""
    return sorted(int(path.name) for path in (root / "proc").glob("[0-9]*") if path.name.isdecimal())[:MOST_PIDS]


def opened(root: Path, pid: int) -> set[str]:
    """Return the files that a process has open; nothing of one that is not ours to ask, or that has ended."""
    return {target for link in (root / "proc" / str(pid) / "fd").glob("*") if (target := target_of(link))}


def target_of(link: Path) -> str:
    """Return where a link leads; nothing where it is gone by now, or not ours to ask."""
    try:
        return str(link.readlink())
    except OSError:
        return ""


def is_ours(root: Path, pid: int) -> bool:
    """Tell whether a process belongs to one of our units, which make way for each other."""
    return "/pilab-" in board_look.read(root / "proc" / str(pid) / "cgroup")


def process(root: Path, pid: int) -> dict[str, Any]:
    """Name a process."""
    return {"pid": pid, "name": board_look.one_line(board_look.read(root / "proc" / str(pid) / "comm"))}


def word(path: Path) -> str:
    """Return the one line of a small file of the kernel's."""
    return board_look.one_line(board_look.read(path))
