"""What a bug report may tell of boards: what is on a list of things that name nobody, and words for all else."""

from __future__ import annotations

import errno
import json
import os
import platform
import re
from importlib import metadata
from typing import TYPE_CHECKING, Any, get_args

from fleet import files
from fleet.errors import DiskError
from fleet.gate import Governor
from fleet.harmless import KERNEL, MACHINES, MODEL, USERLANDS, VERSION, VIRTUALIZATION
from fleet.plugins import table
from fleet.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fleet.doctor.examine import Examined
    from fleet.doctor.facts import Facts, Wifi
    from fleet.doctor.finding import Finding

SCHEMA = 1
SENSOR = re.compile(r"(imx|ov|ar0)\d{3,4}( \[\d{2,5}x\d{2,5}[^A-Za-z]*( \(simulated\))?\])?")
CHIP = re.compile(r"pinctrl-(bcm\d{4}|rp1)")
INSTALLERS = ("apt", "apt-get", "aptitude", "dpkg", "unattended-upgr", "packagekitd", "python3")
OVERLAYS = ("boot=overlay", "overlayroot=tmpfs", "/proc/mounts", "/etc/overlayroot.conf", "/etc/overlayroot.local.conf")
# Numbers and yes or no, of which each is told as it is.
PLAIN = (
    *(
        "is_root",
        "clock_ahead_s",
        "throttled",
        "temperature_mc",
        "chips_are_closed",
        "memory_mib",
        "page_bytes",
        "up_s",
    ),
    *("root_is_read_only", "read_only_by_fstab", "bench_runs", "can_list_cameras", "was_interrupted"),
)
DISK = ("size_bytes", "free_bytes", "files", "free_files")


def check(path: Path) -> None:
    """DiskError where a report could not be written: whoever waits for thirty boards shall not learn then."""
    files.make_folder(path.parent)
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        number = errno.EISDIR if path.is_dir() else errno.EACCES
        raise DiskError(files.sentence(OSError(number, os.strerror(number)), path))


def write(path: Path, examined: Sequence[Examined], together: Sequence[tuple[list[str], Finding]]) -> None:
    """Write the report as one JSON object; DiskError if it cannot be, and then nothing is there of it."""
    tokens = Tokens()
    content = {
        "schema": SCHEMA,
        "kind": "doctor-report",
        "here": _here(tokens),
        "boards": [_board(each, tokens) for each in examined],
        "together": [
            {"boards": [tokens("board", name) for name in names], **_told(found)} for names, found in together
        ],
    }
    files.write_whole(path, json.dumps(content, indent=1, sort_keys=True) + "\n")


def _here(tokens: Tokens) -> dict[str, str]:
    """Say what the teacher's computer runs."""
    release = _os_release()
    return {
        "python": platform.python_version(),
        "ansible": metadata.version("ansible-core"),
        "system": tokens.unless(re.compile(r"(debian|ubuntu|raspbian|fedora) [\d.]+"), "system", release),
        "machine": tokens.unless(MACHINES, "machine", platform.machine()),
    }


def _os_release() -> str:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return ""
    return f"{release.get('ID', '')} {release.get('VERSION_ID', '')}".strip()


def _board(examined: Examined, tokens: Tokens) -> dict[str, Any]:
    return {
        "board": tokens("board", examined.board.name),
        "address": tokens("address", examined.board.address),
        "is_fine": examined.is_fine,
        "findings": [_told(each) for each in examined.findings],
        "facts": _facts(examined.facts, tokens) if examined.facts else None,
    }


def _told(finding: Finding) -> dict[str, str]:
    """Tell what a rule found, without its sentence, which may have a name in it."""
    return {"level": finding.level, "code": finding.code}


def _facts(facts: Facts, tokens: Tokens) -> dict[str, Any]:
    return {
        **{name: getattr(facts, name) for name in PLAIN},
        **_software(facts, tokens),
        **_hardware(facts, tokens),
        **_card(facts),
        "hostname": tokens("board", facts.hostname),
        "serial": tokens("serial", facts.serial),
        "machine_id": tokens("machine-id", facts.machine_id),
        "parts_untold": [each.partition(":")[0] for each in facts.untold if re.match("[a-z]{1,12}:", each)],
    }


def _software(facts: Facts, tokens: Tokens) -> dict[str, Any]:
    return {
        "release": tokens.unless(table()["releases"], "release", facts.release),
        "userland": tokens.unless(USERLANDS, "userland", facts.userland),
        "kernel": tokens.unless(KERNEL, "kernel", facts.kernel),
        "machine": tokens.unless(MACHINES, "machine", facts.machine),
        "python": tokens.unless(VERSION, "python", facts.python),
        "unfinished_packages": len(facts.unfinished),
        "gpio_packages": [
            tokens.unless(("python3-rpi.gpio", "python3-rpi-lgpio"), "package", each) for each in facts.gpio_packages
        ],
        "apt_holder": tokens.unless(INSTALLERS, "program", facts.apt_holder.name) if facts.apt_holder else None,
        "overlay_by": tokens.unless(OVERLAYS, "overlay", facts.overlay_by),
        "cloud_init_is_used": facts.cloud_init.is_used if facts.cloud_init else None,
    }


def _hardware(facts: Facts, tokens: Tokens) -> dict[str, Any]:
    governors, known = facts.governors or {}, get_args(Governor)
    chip = [facts.header_chip[0], tokens.unless(CHIP, "chip", facts.header_chip[1])] if facts.header_chip else None
    return {
        "model": tokens.unless(MODEL, "model", facts.model),
        "virtualization": tokens.unless(VIRTUALIZATION, "virtualization", facts.virtualization),
        "governors": sorted({tokens.unless(known, "governor", each.governor) for each in governors.values()}),
        "governor_set": tokens.unless(known, "governor", facts.governor_set.name) if facts.governor_set else None,
        "header_chip": chip,
        "cameras": [tokens.unless(SENSOR, "camera", each) for each in facts.cameras or []],
        "camera_users": len(facts.camera_users),
        "wifi": _wifi(facts.wifi) if facts.wifi else None,
    }


def _card(facts: Facts) -> dict[str, Any]:
    return {
        "card_errors": facts.card_errors.count if facts.card_errors else None,
        "disk": {name: getattr(facts.disk, name) for name in DISK} if facts.disk else None,
    }


def _wifi(wifi: Wifi) -> dict[str, Any]:
    return {
        "devices": [{"is_up": each.is_up, "sleeps": each.sleeps} for each in wifi.devices],
        "is_wanted": wifi.is_wanted,
        "is_blocked": wifi.is_blocked,
        "is_switched_off": wifi.is_switched_off,
        "has_country": wifi.country not in ("", "00", "99"),
    }
