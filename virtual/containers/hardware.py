"""The simulated hardware of one virtual Pi: plain files that its own kernel interfaces are covered with."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from virtual.containers.boards import CORES, DEFAULT_GOVERNOR, GOVERNORS, Kind, serial_of

if TYPE_CHECKING:
    from collections.abc import Iterator

STANDINS = Path(__file__).parent / "standins"
LIBCAMERA_PROGRAMS = ("hello", "still", "jpeg", "vid")
# rpicam-apps were libcamera-apps before bookworm and kept the old names as links until 1.8.0 (June 2025).
CAMERA_PREFIXES = {"bullseye": ("libcamera",), "bookworm": ("libcamera", "rpicam"), "trixie": ("rpicam",)}
# Whether trixie still has the script nobody has seen.
RELEASES_THAT_SET_A_GOVERNOR = ("bullseye", "bookworm")


def write(folder: Path, kind: Kind, number: int, still: Path) -> None:
    """Make the folder that the guest sees at /srv/pilab-hardware; `still` is the picture that its camera takes."""
    _write_cpu_tree(folder / "cpu", kind)
    (folder / "cpuinfo").write_text("\n".join(cpuinfo(kind, number)) + "\n")
    (folder / "throttled").write_text("0x0\n")
    (folder / "temperature").write_text("45.1\n")
    if kind.has_power_chip:
        shutil.copy(STANDINS / "pmic.txt", folder / "pmic")
    shutil.copy(STANDINS / "video.h264", folder / "video.h264")
    shutil.copy(still, folder / "still.jpg")


def cpuinfo(kind: Kind, number: int) -> Iterator[str]:
    """The lines of /proc/cpuinfo that tell a Pi apart, as its kernel writes them (arch/arm64/kernel/cpuinfo.c)."""
    for core in range(CORES):
        yield from (f"processor\t: {core}", "BogoMIPS\t: 108.00", "CPU implementer\t: 0x41", "")
    yield from (f"Revision\t: {kind.revision}", f"Serial\t\t: {serial_of(number)}", f"Model\t\t: {kind.model}")


def _write_cpu_tree(tree: Path, kind: Kind) -> None:
    policy = tree / "cpufreq" / "policy0"
    policy.mkdir(parents=True)
    for name, value in policy_files(kind).items():
        (policy / name).write_text(value + "\n")
    for name in ("online", "present", "possible"):
        (tree / name).write_text(f"0-{CORES - 1}\n")
    for core in range(CORES):
        (tree / f"cpu{core}").mkdir()
        (tree / f"cpu{core}" / "cpufreq").symlink_to("../cpufreq/policy0")


def policy_files(kind: Kind) -> dict[str, str]:
    """The one policy that the four cores of a Pi share (Documentation/admin-guide/pm/cpufreq.rst of Linux)."""
    lowest, highest = str(kind.frequencies_khz[0]), str(kind.frequencies_khz[-1])
    cores = " ".join(map(str, range(CORES)))
    return {
        "affected_cpus": cores,
        "related_cpus": cores,
        "scaling_governor": DEFAULT_GOVERNOR,
        "scaling_available_governors": " ".join(GOVERNORS),
        "scaling_available_frequencies": " ".join(map(str, kind.frequencies_khz)),
        "scaling_min_freq": lowest,
        "scaling_max_freq": highest,
        "scaling_cur_freq": highest,
        "scaling_setspeed": "<unsupported>",
        "scaling_driver": "simulated",
        "cpuinfo_min_freq": lowest,
        "cpuinfo_max_freq": highest,
    }


def install_standins(root: Path, kind: Kind) -> None:
    """Put the stand-ins for the Pi's own programs, and config.txt, into a guest's file system."""
    for name in ("vcgencmd", "raspi-config"):
        _install(name, root / "usr/bin" / name)
    _install("attach-hardware", root / "usr/lib/pilab-rehearsal/attach-hardware")
    _show_the_hardware_to_the_bench(root)
    for prefix in CAMERA_PREFIXES[kind.release]:
        for program in LIBCAMERA_PROGRAMS:
            _install("camera-libcamera", root / "usr/bin" / f"{prefix}-{program}")
    if kind.release == "bullseye":
        for name in ("raspistill", "raspivid"):
            _install("camera-legacy", root / "usr/bin" / name)
    if kind.release in RELEASES_THAT_SET_A_GOVERNOR:
        _install("raspi-config-init", root / "etc/init.d/raspi-config")
        _link(root / "etc/rc2.d/S01raspi-config", "../init.d/raspi-config")
        (root / "etc/default").mkdir(parents=True, exist_ok=True)
        (root / "etc/default/cpu_governor").write_text(f'CPU_DEFAULT_GOVERNOR="{DEFAULT_GOVERNOR}"\n')
    _install_config_txt(root, kind)


def _show_the_hardware_to_the_bench(root: Path) -> None:
    """Before 257, systemd gives a unit with a sandbox a fresh /proc, without what attach-hardware laid over it.

    The firmware of a real board forgets by itself what it is asked to; ours keeps that in a file.
    """
    drop_in = root / "usr/lib/systemd/system/pilab-bench.service.d/simulated.conf"
    drop_in.parent.mkdir(parents=True, exist_ok=True)
    drop_in.write_text(
        "[Service]\nBindReadOnlyPaths=/srv/pilab-hardware/cpuinfo:/proc/cpuinfo\nReadWritePaths=/srv/pilab-hardware\n"
    )


def _link(path: Path, target: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def _install_config_txt(root: Path, kind: Kind) -> None:
    config = root / kind.config_txt.lstrip("/")
    config.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(STANDINS / "config" / f"{kind.release}.txt", config)
    if config.parent.name == "firmware":
        shutil.copy(STANDINS / "config" / "moved.txt", root / "boot/config.txt")


def _install(standin: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(STANDINS / standin, target)
    target.chmod(0o755)
