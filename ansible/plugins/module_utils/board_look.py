"""What the files of a board say about it; the root of their paths can be any folder."""

from __future__ import annotations

import os
import re
import stat
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

CONFIG_TXT = ("boot/firmware/config.txt", "boot/config.txt")  # the second holds only a notice since bookworm
MODEL = ("proc/device-tree/model", "sys/firmware/devicetree/base/model")
# What keeps Wi-Fi awake, where NetworkManager looks after it and where it does not; written by the role base.
WIFI_AWAKE = ("etc/NetworkManager/conf.d/99-pilab-wifi.conf", "etc/udev/rules.d/70-pilab-wifi.rules")
BEFORE = "var/lib/pilab/before.json"  # written by board_before
CLOUD = "boot/firmware/user-data"
CLOUD_OURS = "etc/cloud/cloud.cfg.d/99-pilab.cfg"  # written by the role base
BOOT = ("/boot/firmware", "/boot")  # where the partition of the firmware's files may be mounted
# Words of the kernel's command line by which every change is forgotten: of raspi-config, overlayroot and systemd.
FORGETS = re.compile(r"boot=overlay|overlayroot=(?!(disabled)?$).*|systemd\.volatile(=(?!(0|n|no|f|false|off)$).*)?")
MEMORY = ("overlay", "overlayfs", "aufs", "tmpfs", "ramfs")  # kinds of file systems
OVERLAY_SETTINGS = ("etc/overlayroot.local.conf", "etc/overlayroot.conf")  # the first overrules the second
RADIOS = {"801", "802", "803"}  # ARPHRD_IEEE80211 and its monitors (linux/if_arp.h): they see frames, they do not sleep
MOST_DEVICES = 16
MOST_NAMING_LINES = 10
# For devices of that name alone, as it was written before those of any name were found.
OLD_RULE = 'KERNEL=="wlan*"'
CPU = "sys/devices/system/cpu/cpufreq"
KERNEL = os.uname().release
MODULES = ("performance", "powersave", "ondemand", "conservative", "userspace")  # schedutil is never a module
BUNDLE = "var/cache/pilab"  # there only while packages are installed from it, and after a run was killed
BENCH = "run/systemd/transient/pilab-bench.service"
# Of one file, so that an endless one does not fill the memory. What is cut here is too long for the gate (2**18
# characters, of 4 bytes at most), so half a file is never written back.
MOST_BYTES = (1 << 20) + 8
MOST_BYTES_OF_MODULES = 1 << 22  # hundreds of KiB on a Raspberry Pi
MOST_LETTERS = 300  # of what is one line or less


def look(root: Path) -> dict[str, Any]:
    """Read everything that is in files below root."""
    release = parse_os_release(read(root / "etc/os-release"))
    laid_over = overlay_by(root)
    return {
        "release": release.get("VERSION_CODENAME", ""),
        "system": one_line(release.get("PRETTY_NAME", "an unknown system")),
        "model": model_in(root),
        "overlay": bool(laid_over),
        "overlay_by": laid_over,
        "boot_is_read_only": boot_is_read_only(root),
        "bench_runs": (root / BENCH).exists(),
        "has_bundle": (root / BUNDLE).exists(),
        "config_txt": look_at_config_txt(root),
        "memory_mib": memory_mib(read(root / "proc/meminfo")),
        "hostname": one_line(read(root / "etc/hostname")),
        "hosts": read_bytes(root / "etc/hosts").decode("utf-8", "replace"),  # with the line ends of whoever wrote it
        "cloud_init": look_at_cloud_init(root),
        "wifi": look_at_wifi(root),
        "governors": governors_in(
            root / CPU, loadable_governors(read(root / "lib/modules" / KERNEL / "modules.dep", MOST_BYTES_OF_MODULES))
        ),
        "shows_clock": all((path / "scaling_cur_freq").exists() for path in (root / CPU).glob("policy*")),
        "up_s": int(time.time() - started_at_s(read(root / "proc/1/stat"))),
        "default_governor": default_governor(read(root / "etc/default/cpu_governor")),
        "lists_age_s": lists_age_s(root / "var/lib/apt"),
    }


def read(path: Path, most: int = MOST_BYTES) -> str:
    """Return the text of a file as far as it may go, or nothing where there is none, or a pipe or device instead."""
    return read_bytes(path, most).decode("utf-8", "replace").replace("\r\n", "\n")


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """Return the first bytes of a file, or nothing where there is none, or a pipe or device instead."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        with os.fdopen(number, "rb") as stream:
            return (stream.read(most) or b"") if stat.S_ISREG(os.fstat(number).st_mode) else b""
    except OSError:
        return b""


def one_line(text: str) -> str:
    """Return the first line of a text, without what cannot be printed and blanks around it; cut if it is long."""
    first = text.strip().partition("\n")[0].strip()
    return "".join(letter for letter in first if letter.isprintable())[:MOST_LETTERS]


def parse_os_release(text: str) -> dict[str, str]:
    """Return the settings of os-release, without their quotes."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {key: value.strip("\"'") for key, value in pairs}


def model_in(root: Path) -> str:
    """Return the board's model as the device tree or the kernel names it, or nothing on a computer that is no Pi."""
    line = re.search(r"^Model\s*:\s*(Raspberry Pi .*)$", read(root / "proc/cpuinfo"), re.MULTILINE)
    names = [one_line(read(root / path).strip("\0\n")) for path in MODEL] + ([one_line(line[1])] if line else [])
    return next(filter(None, names), "")


def look_at_config_txt(root: Path) -> dict[str, Any]:
    """Say where config.txt is, what it says, and whether it changed after the start."""
    path = next((root / name for name in CONFIG_TXT if (root / name).exists()), None)
    if path is None:
        return {"path": "", "text": "", "newer_than_boot": False}
    newer = path.stat().st_mtime > started_at_s(read(root / "proc/1/stat"))
    text = read_bytes(path).decode("utf-8", "replace")  # with the line ends of whoever wrote it
    return {"path": str(path), "text": text, "newer_than_boot": newer}


def memory_mib(meminfo: str) -> int:
    """Return how much memory the kernel has."""
    found = re.search(r"^MemTotal:\s*(\d+) kB", meminfo, re.MULTILINE)
    return int(found[1]) // 1024 if found else 0


def overlay_by(root: Path) -> str:
    """Return what laid memory over the root file system, so that every change is forgotten, or nothing.

    It is a word of the kernel's command line, a settings file of Debian's package overlayroot, or `/proc/mounts`.
    """
    told = {word.partition("=")[0]: word for word in read(root / "proc/cmdline").split()}  # of several the last counts
    if laid := next((word for word in told.values() if FORGETS.fullmatch(word)), ""):
        return one_line(laid)
    kind, _ = mounts(root).get("/", ("", set()))
    if kind not in ("", *MEMORY):
        return ""  # what the files say holds from the next start on
    is_container = (root / "run/systemd/container").exists()  # its root is laid over an image, and remembers
    by_file = "" if "overlayroot" in told else set_by(root)
    return by_file or (one_line(told.get("init", "/proc/mounts")) if kind and not is_container else "")


def set_by(root: Path) -> str:
    """Return the settings file that has overlayroot lay memory over the root file system, or nothing."""
    said = ((name, overlayroot_in(read(root / name))) for name in OVERLAY_SETTINGS)
    name, value = next(((name, value) for name, value in said if value is not None), ("", "disabled"))
    return f"/{name}" if value not in ("", "disabled") else ""


def overlayroot_in(settings: str) -> str | None:
    """Return what a settings file of overlayroot, which is a shell script, says last; None if it says nothing."""
    found = re.findall(r"^[ \t]*overlayroot=[\"']?([^\"'\s#;]*)", settings, re.MULTILINE)
    return found[-1] if found else None


def mounts(root: Path, table: str = "proc/mounts") -> dict[str, tuple[str, set[str]]]:
    """Return kind and options of what is mounted, by its place; of several at one place the last covers the others."""
    rows = (line.split() for line in read(root / table).splitlines() if not line.lstrip().startswith("#"))
    return {row[1]: (row[2], set(row[3].split(","))) for row in rows if len(row) > 3}  # noqa: PLR2004 (see fstab(5))


def boot_is_read_only(root: Path) -> bool:
    """Tell whether the partition with config.txt is write-protected, now or, where it is not mounted, by fstab."""
    tables = (mounts(root), mounts(root, "etc/fstab"))
    return next(("ro" in table[place][1] for table in tables for place in BOOT if place in table), False)


def look_at_cloud_init(root: Path) -> dict[str, Any]:
    """Say whether cloud-init is used, what user-data tells it of the name, and what our settings tell it."""
    text = read(root / CLOUD)
    return {
        "is_used": (root / "etc/cloud").is_dir(),
        "is_readable": is_cloud_config(text),
        "user_data": "\n".join(naming_lines(text)) if is_cloud_config(text) else "",
        "ours": read(root / CLOUD_OURS)[:MOST_LETTERS],
    }


def is_cloud_config(text: str) -> bool:
    """Tell whether user-data is one list of settings, as it mostly is, or several parts, a program, a link.

    The kinds are those of cloud-init's user_data.py and handlers; a list in braces is one that we do not read.
    """
    first = next(
        (line for line in text.lstrip("\ufeff").splitlines() if line.strip() and not line.startswith("##")), ""
    )
    return not re.match(
        r"#(!|include|part-handler|cloud-boothook|cloud-config-)|[Cc]ontent-[Tt]ype:|M[Ii][Mm][Ee]-|From |\x1f|\{",
        first,
    ) and not re.search(r"^\{", text, re.MULTILINE)


def naming_lines(text: str) -> list[str]:
    """Return the lines with which user-data names the board; all else in it is nobody's business.

    Only those of the outermost level: deeper down the same words mean something else.
    """
    settings = [line for line in text.lstrip("\ufeff").splitlines() if re.match(r"[ ]*[\w\"']", line)]
    margin = re.match(r" *", settings[0])[0] if settings else ""  # type: ignore[index]
    named = re.compile(rf"{margin}[\"']?(hostname|fqdn|preserve_hostname)[\"']?[ \t]*:([ \t]|$)")
    return [line.rstrip() for line in settings if named.match(line) and line.replace("\t", " ").isprintable()][
        :MOST_NAMING_LINES
    ]


def look_at_wifi(root: Path) -> dict[str, Any]:
    """Name the Wi-Fi devices, and tell whether NetworkManager looks after them."""
    devices = sorted(path.name for path in (root / "sys/class/net").glob("*") if is_wifi(path))
    rules = [read(root / path) for path in WIFI_AWAKE if (root / path).exists()]
    return {
        "devices": [name for name in devices if name.isprintable()][:MOST_DEVICES],
        "has_network_manager": (root / "etc/NetworkManager").is_dir(),
        "stays_awake": any(OLD_RULE not in rule for rule in rules),
    }


def is_wifi(device: Path) -> bool:
    """Tell whether a network device is one of Wi-Fi, whatever it is called; a monitor beside it is none."""
    is_one = device.name.startswith("wlan") or (device / "wireless").exists() or (device / "phy80211").exists()
    return is_one and read(device / "type").strip() not in RADIOS


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
            "cores": [int(core) for core in read(policy / "related_cpus").split()],
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
