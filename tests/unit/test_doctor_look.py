from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from fleet.doctor import facts as gate
from fleet.doctor import rows
from fleet.doctor.examine import Examined
from fleet.doctor.program import PROGRAM, TOO_OLD, command, program
from fleet.doctor.rules import diagnose
from fleet.gate import MisfitError
from fleet.i18n import Language
from fleet.text import visible
from tests.unit import mutations
from tests.unit.ansible_parts import plugin
from tests.unit.doctor_parts import PI07, command_in, healthy, seen, typed_on_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from fleet.doctor.facts import Facts
    from fleet.doctor.finding import Finding

health = plugin("module_utils", "board_health")
devices = plugin("module_utils", "board_devices")
# What the programs of a board that is fine answer, by the words that they are asked with.
ANSWERS = {
    "systemd-detect-virt": "none",
    "dpkg --print-architecture": "arm64",
    "dmesg": "[    1.1] mmc0: new high speed SDHC card at address aaaa\n[    1.2] mmcblk0: mmc0:aaaa SL32G 29.7 GiB",
    "dpkg-query": "ii  htop\nii  python3-rpi-lgpio",
    "vcgencmd get_camera": "supported=0 detected=0, libcamera interfaces=1",
    "iw reg get": "global\ncountry KR: DFS-JP",
    "iw dev wlan0 get power_save": "Power save: off",
    "nmcli": "802-11-wireless\n802-3-ethernet",
    "rpicam-hello": "Available cameras\n-----------------\n0 : imx219 [3280x2464 10-bit RGGB]\n    Modes: 'SRGGB10'",
}
TREE = {
    "etc/os-release": 'VERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    "etc/hostname": "pi07\n",
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "etc/fstab": "PARTUUID=1-02 / ext4 defaults,noatime 0 1\n",
    "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0",
    "proc/cpuinfo": "processor\t: 0\nSerial\t\t: 10000000a1b2c3d4\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n",
    "proc/meminfo": "MemTotal:        3884360 kB\n",
    "proc/mounts": "/dev/mmcblk0p2 / ext4 rw,noatime 0 0\n",
    "proc/cmdline": "console=tty1 root=PARTUUID=1-02 rootwait",
    "proc/locks": "",
    "proc/self/mountinfo": (
        "21 1 179:2 / / rw,noatime - ext4 /dev/mmcblk0p2 rw\n22 21 0:25 / /var/tmp rw - tmpfs tmpfs rw\n"
    ),
    "proc/1/stat": f"1 (systemd) S {'0 ' * 18}100 0\n",
    "boot/firmware/config.txt": "camera_auto_detect=1\n[all]\n",
    "var/lib/dpkg/lock-frontend": "",
    "sys/class/net/wlan0/operstate": "up\n",
    "sys/class/net/wlan0/phy80211/name": "phy0\n",
    "sys/class/rfkill/rfkill0/type": "wlan\n",
    "sys/class/rfkill/rfkill0/soft": "0\n",
    "sys/class/rfkill/rfkill0/hard": "0\n",
    "sys/class/video4linux/video0/name": "unicam-image\n",
    "sys/class/video4linux/video10/name": "bcm2835-codec-decode\n",
    "sys/devices/system/cpu/cpufreq/policy0/scaling_governor": "ondemand\n",
    "sys/devices/system/cpu/cpufreq/policy0/related_cpus": "0 1 2 3\n",
    "sys/devices/system/cpu/cpufreq/policy0/scaling_available_governors": "ondemand powersave\n",
    "etc/systemd/system/pilab-governor.service": "[Service]\nExecStartPre=/opt/pilab/bin/set-governor ondemand all\n",
}


def asking(answers: Mapping[str, str]) -> Callable[..., str]:
    """Stands for the programs of a board; one that is not named answers nothing, as one that is missing."""

    def ask(*words: str, limit_s: float = 10.0) -> str:  # noqa: ARG001
        line = " ".join(words)
        return next((answer for begin, answer in answers.items() if line.startswith(begin)), "")

    return ask


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The root of a Pi 4 that is fine."""
    for name, text in TREE.items():
        put(tmp_path, name, text)
    return tmp_path


def put(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def looked(root: Path, answers: Mapping[str, str] | None = None) -> Facts:
    """What a board tells of its tree and its programs, through the gate; the rest of the look is that of a fine one."""
    told = health.facts(root, asking({**ANSWERS, **(answers or {})}), {"show": ""})
    # Not in a tree: what the kernel answers to calls.
    fine = json.loads(msgspec.json.encode(healthy()))
    calls = {*("is_root", "units", "python", "clock_ahead_s", "throttled", "temperature_mc", "header_chip", "disk")}
    calls |= {"chips_are_closed", "machine", "page_bytes"}
    return gate.read(json.dumps({**told, **{name: fine[name] for name in calls}}).replace(str(root), ""))


def faults(root: Path, answers: Mapping[str, str] | None = None) -> dict[str, Finding]:
    return {each.code: each for each in diagnose(seen(looked(root, answers)))}


@pytest.mark.usefixtures("cameras")
def test_a_board_that_is_fine_is_seen_so(root: Path) -> None:
    found = looked(root)
    assert diagnose(seen(found)) == []
    assert (found.serial, found.memory_mib, found.untold) == ("10000000a1b2c3d4", 3793, [])
    assert (found.cameras, found.card_errors) == (["imx219 [3280x2464 10-bit RGGB]"], gate.CardErrors(0, ""))
    assert found.governor_set == gate.Governor("ondemand", "all")


@pytest.fixture
def cameras(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A board that has the program which lists cameras."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "rpicam-hello").write_text("#!/bin/sh\n")
    (folder / "rpicam-hello").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


OVERLAID = "console=tty1 root=PARTUUID=1-02 {} rootwait"
RESTART = "cp $ROOT/boot/firmware/cmdline.txt $ROOT/proc/cmdline"
RASPI_CONFIG = "sed -i 's/ boot=overlay//' $ROOT/boot/firmware/cmdline.txt"
TREES: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "turbo": ("turbo-forced", {"boot/firmware/config.txt": "force_turbo=1\n[all]\n"}, {}),
    "read-only": (
        "read-only",
        {
            "proc/mounts": "/dev/mmcblk0p2 / ext4 ro,noatime 0 0\n",
            "etc/fstab": "# ro\nPARTUUID=1-02 / ext4 defaults,ro 0 1\n",
        },
        {"mount": "sed -i 's/ ro,/ rw,/' $ROOT/proc/mounts"},
    ),
    "boot=overlay": (
        "overlay",
        dict.fromkeys(("proc/cmdline", "boot/firmware/cmdline.txt"), OVERLAID.format("boot=overlay")),
        {"systemctl": RESTART, "raspi-config": RASPI_CONFIG},
    ),
    "overlayroot=/dev/sda1": (
        "overlay",
        dict.fromkeys(("proc/cmdline", "boot/firmware/cmdline.txt"), OVERLAID.format("overlayroot=/dev/sda1")),
        {"systemctl": RESTART},
    ),
    "systemd.volatile": (
        "overlay",
        dict.fromkeys(("proc/cmdline", "boot/firmware/cmdline.txt"), OVERLAID.format("systemd.volatile=overlay")),
        {"systemctl": RESTART},
    ),
    "overlayroot.conf": (
        "overlay",
        {"etc/overlayroot.conf": 'overlayroot="tmpfs"\n', "proc/mounts": ""},
        {"overlayroot-chroot": 'exec "$@"'},
    ),
    "rfkill": (
        "wifi-blocked",
        {"sys/class/rfkill/rfkill0/soft": "1\n"},
        {"raspi-config": "exit 0", "rfkill": "echo 0 >$ROOT/sys/class/rfkill/rfkill0/soft"},
    ),
}


@pytest.mark.usefixtures("cameras")
@pytest.mark.parametrize(("code", "files", "programs"), TREES.values(), ids=TREES)
def test_what_is_broken_in_files_is_mended_by_the_fix_as_it_stands(
    root: Path, code: str, files: dict[str, str], programs: dict[str, str]
) -> None:
    for name, text in files.items():
        put(root, name, text)
    found = faults(root)
    assert list(found) == [code]
    typed_on_tree(command_in(found[code]), root, programs)
    assert faults(root) == {}


def test_a_read_only_disk_is_made_writable_in_fstab_and_nothing_else_changes(root: Path) -> None:
    lines = (
        "proc /proc proc ro 0 0\n# PARTUUID=9 / ext4 ro 0 1\nPARTUUID=1-02\t/\text4\tnoatime,ro,errors=panic\t0\t1\n"
    )
    put(root, "etc/fstab", lines)
    put(root, "proc/mounts", "/dev/mmcblk0p2 / ext4 ro,noatime 0 0\n")
    typed_on_tree(command_in(faults(root)["read-only"]), root)
    assert (root / "etc/fstab").read_text() == lines.replace("noatime,ro,", "noatime,rw,")


def test_a_program_that_has_the_camera_is_named_and_ended(root: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        put(root, f"proc/{other.pid}/comm", "motion\n")
        put(root, f"proc/{other.pid}/cgroup", "0::/user.slice\n")
        (root / f"proc/{other.pid}/fd").mkdir()
        (root / f"proc/{other.pid}/fd/5").symlink_to("/dev/video0")
        found = faults(root)["camera-busy"]
        assert f"motion (process {other.pid})" in found.sentence
        typed_on_tree(command_in(found), root)
        assert other.wait(60) < 0
        shutil.rmtree(root / f"proc/{other.pid}")
    assert "camera-busy" not in faults(root)


@pytest.mark.parametrize(
    ("comm", "cgroup", "node"),
    [
        ("python3", "0::/system.slice/pilab-agent.service\n", "/dev/video0"),
        ("ffmpeg", "0::/user.slice\n", "/dev/video10"),
    ],
)
def test_the_agent_and_who_only_converts_do_not_keep_the_camera(root: Path, comm: str, cgroup: str, node: str) -> None:
    put(root, "proc/77/comm", comm)
    put(root, "proc/77/cgroup", cgroup)
    (root / "proc/77/fd").mkdir()
    (root / "proc/77/fd/5").symlink_to(node)
    assert "camera-busy" not in faults(root)


def lock(root: Path, device: str) -> str:
    """What /proc/locks says while process 812 keeps others from installing, if that is the device of the file."""
    inode = (root / "var/lib/dpkg/lock-frontend").stat().st_ino
    return f"1: FLOCK  ADVISORY  WRITE 5 00:19:1 0 EOF\n2: POSIX  ADVISORY  WRITE 812 {device}:{inode} 0 EOF\n"


def test_who_installs_packages_is_found_by_the_lock(root: Path) -> None:
    put(root, "proc/locks", lock(root, "b3:02"))
    put(root, "proc/812/comm", "unattended-upgr\n")
    assert "unattended-upgr (process 812)" in faults(root)["packages-busy"].sentence
    put(root, "proc/locks", "")
    assert "packages-busy" not in faults(root)


def test_who_installs_is_found_where_var_is_an_overlay_of_its_own(root: Path) -> None:
    mounted = TREE["proc/self/mountinfo"]
    put(
        root,
        "proc/self/mountinfo",
        f"{mounted}30 21 0:31 / /var rw - tmpfs a rw\n31 30 0:39 / /var rw - overlay b rw\n",
    )
    put(root, "proc/812/comm", "apt-get\n")
    put(root, "proc/locks", lock(root, "00:1f"))
    assert "packages-busy" not in faults(root)
    put(root, "proc/locks", lock(root, "00:27"))
    assert "apt-get (process 812)" in faults(root)["packages-busy"].sentence


def test_a_lock_on_another_file_system_is_none_of_the_boards_packages(root: Path) -> None:
    put(root, "proc/locks", lock(root, "00:27"))
    put(root, "proc/812/comm", "systemd-network\n")
    assert "packages-busy" not in faults(root)


def test_a_process_that_is_not_on_the_board_keeps_nobody_from_installing(root: Path) -> None:
    put(root, "proc/locks", lock(root, "b3:02"))
    assert "packages-busy" not in faults(root)


def test_a_library_that_a_pi_5_cannot_use_is_replaced(root: Path, tmp_path: Path) -> None:
    put(root, "proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0")
    found = faults(root, {"dpkg-query": "ii  python3-rpi.gpio"})["gpio-library"]
    typed_on_tree(command_in(found), root, {"apt-get": f'echo "$3" >{tmp_path}/got'})
    assert "gpio-library" not in faults(root, {"dpkg-query": f"ii  {(tmp_path / 'got').read_text()}"})


@pytest.mark.parametrize(
    ("line", "is_error"),
    [
        ("[  812.4] blk_update_request: I/O error, dev mmcblk0, sector 62333 op 0x1:(WRITE) flags 0x800", True),
        ("[  812.4] I/O error, dev mmcblk0, sector 62333 op 0x0:(READ) flags 0x80700", True),
        (
            "[   91.0] mmcblk0: error -110 transferring data, sector 3, nr 8, cmd response 0x900, card status 0xc00",
            True,
        ),
        (
            "[   91.0] EXT4-fs error (device mmcblk0p2): ext4_lookup:1855: inode #12: comm ls: iget: checksum invalid",
            True,
        ),
        ("[   91.0] EXT4-fs (mmcblk0p2): Remounting filesystem read-only", True),
        ("[   91.0] Buffer I/O error on dev mmcblk0p2, logical block 9, lost async page write", True),
        ("[   91.0] mmc0: Timeout waiting for hardware interrupt.", True),
        ("[    2.4] mmcblk0: mmc0:aaaa SL32G 29.7 GiB", False),
        ("[    2.4] mmc1: error -110 whilst initialising SDIO card", False),
        ("[    9.1] I/O error, dev sda, sector 8", False),
        ("[    9.1] EXT4-fs (mmcblk0p2): mounted filesystem with ordered data mode. Quota mode: none.", False),
    ],
)
def test_errors_of_the_card_are_told_from_what_else_the_kernel_says(line: str, *, is_error: bool) -> None:
    assert health.card_errors(f"[ 1.0] start\n{line}\n")["count"] == is_error


def test_a_kernel_log_that_is_closed_to_us_tells_nothing(root: Path) -> None:
    assert looked(root, {"dmesg": ""}).card_errors is None


def test_a_part_that_fails_costs_itself_only(root: Path) -> None:
    put(root, "proc/1/stat", "1 (systemd) S\n")
    (root / "proc/1/stat").write_text("1 (systemd) " + "x " * 30)
    found = looked(root)
    assert [each.partition(":")[0] for each in found.untold] == ["system", "config"]
    assert found.serial == "10000000a1b2c3d4"
    assert "untold" in faults(root)


def test_the_look_runs_on_this_computer_and_its_answer_passes_the_gate() -> None:
    found = gate.read(ran(program()))
    assert found.untold == []
    assert abs(found.clock_ahead_s) <= 30
    assert found.python.startswith("3.")
    assert found.disk
    assert found.disk.size_bytes > found.disk.free_bytes > 0


def ran(text: str) -> str:
    """What a program prints that comes as the doctor sends it."""
    done = subprocess.run([sys.executable, "-I", "-"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return f"Welcome!\n{done.stdout}"


def test_a_clock_that_is_slow_beside_ours_is_measured() -> None:
    found = gate.read(ran(program(time.time() + 400 * 86400)))
    sentence = next(each.sentence for each in diagnose(seen(found)) if each.code == "clock")
    assert sentence == "its clock is 400 days slow"


def test_a_python_that_is_too_old_says_so_before_it_reads_anything_newer() -> None:
    text = PROGRAM.format(oldest=(99, 0), too_old=TOO_OLD, search="", parts={}, shelf="os", asked="")
    done = subprocess.run([sys.executable, "-I", "-"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, f"{TOO_OLD} 99.0\n")


@pytest.mark.parametrize(
    ("given", "typed"),
    [("", "/usr/bin/python3"), ("auto", "/usr/bin/python3"), ("/opt/my py/bin/python", "'/opt/my py/bin/python'")],
)
def test_the_python_of_a_board_is_that_of_the_inventory(given: str, typed: str) -> None:
    assert command(replace(PI07, variables={"ansible_python_interpreter": given})) == f"{typed} -I -"


def test_whatever_a_board_sends_is_let_in_whole_or_refused_in_a_sentence_and_shown_harmlessly() -> None:
    honest = msgspec.json.encode(healthy())
    let_in, complaints = 0, []
    for data in mutations.mutated(honest, 25, 400):
        try:
            found = gate.read(data.decode(errors="surrogateescape"))
        except MisfitError as error:
            complaints.append(str(error))
            continue
        let_in += 1
        row = Examined(PI07, found, tuple(diagnose(seen(found))))
        assert all(visible(line, 2000).isprintable() for line in rows.lines([row], [], Language("ko")))
    assert let_in > 10
    assert complaints
    assert all(visible(each).isprintable() for each in complaints)


def test_what_a_board_sends_has_an_end() -> None:
    long = msgspec.json.encode(
        healthy(config_txt=gate.ConfigTxt("/boot/config.txt", "x" * 2**18 + "x", newer_than_boot=False))
    )
    with pytest.raises(MisfitError, match="262144"):
        gate.read(long.decode())


@pytest.mark.usefixtures("cameras")
def test_cameras_whose_nodes_cannot_be_opened_are_not_said_to_be_missing(root: Path) -> None:
    (root / "dev").mkdir()
    (root / "dev/media0").symlink_to("nowhere")  # closed to everybody, root too
    assert "camera-none" not in faults(root, {"rpicam-hello": "No cameras available!"})


@pytest.mark.usefixtures("cameras")
def test_no_camera_is_told_where_the_board_could_list_one(root: Path) -> None:
    assert "camera-none" in faults(root, {"rpicam-hello": "No cameras available!"})
