"""Boards, cards and computers, each broken in one way: what the doctor is tried on, and the examples of the guide."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fleet.boards.inventory import Board
from fleet.doctor.card import MOST_BYTES
from fleet.doctor.here import Computer, Key
from tests.unit.doctor_parts import (
    GIB,
    RUNS,
    STOCK,
    CardErrors,
    CloudInit,
    ConfigTxt,
    Disk,
    Policy,
    Process,
    Wifi,
    WifiDevice,
)

if TYPE_CHECKING:
    from pathlib import Path

ZERO = "Raspberry Pi Zero W Rev 1.1"
PI_5: dict[str, Any] = {"model": "Raspberry Pi 5 Model B Rev 1.0", "header_chip": (4, "pinctrl-rp1")}
PI_3: dict[str, Any] = {
    "model": "Raspberry Pi 3 Model B Plus Rev 1.3",
    "header_chip": (0, "pinctrl-bcm2835"),
    "release": "bullseye",
    "userland": "armhf",
    "machine": "armv7l",
}


def cloud(user_data: str, ours: str = "", *, is_off: bool = False) -> CloudInit:
    return CloudInit(is_used=True, is_readable=True, user_data=user_data, ours=ours, is_off=is_off)


def wifi(**changes: Any) -> Wifi:  # noqa: ANN401
    usual: dict[str, Any] = {
        "devices": [WifiDevice("wlan0", is_up=True, sleeps=False)],
        "is_wanted": True,
        "is_blocked": False,
        "is_switched_off": False,
        "country": "KR",
    }
    return Wifi(**{**usual, **changes})


def config(*lines: str) -> ConfigTxt:
    return ConfigTxt("/boot/firmware/config.txt", STOCK + "".join(f"{line}\n" for line in lines), newer_than_boot=False)


def policies(**governors: str) -> dict[str, Policy]:
    return {name: Policy(each, [int(name[-1])], ["ondemand", "powersave"]) for name, each in governors.items()}


STOPPED = RUNS.replace("ActiveState=active", "ActiveState=inactive").replace(
    "Result=success", "Result=success\nInactiveEnterTimestamp=Fri 2026-11-27 04:08:06 UTC"
)
AGAIN = RUNS.replace("ActiveState=active\nSubState=running", "ActiveState=activating\nSubState=start").replace(
    "Result=success", "Result=success\nNRestarts=4"
)
ENDED = STOPPED.replace("StatusText=Circles in sight", "StatusText=Ended: the last picture was shown")
NOT_STARTED = RUNS.replace("ActiveState=active", "ActiveState=inactive")
STARTS, ENDS = (
    RUNS.replace("ActiveState=active\nSubState=running", f"ActiveState={active}\nSubState={sub}")
    for active, sub in (("activating", "start"), ("deactivating", "stop-sigterm"))
)
NONE_YET = RUNS.replace("LoadState=loaded", "LoadState=not-found").replace("ActiveState=active", "ActiveState=inactive")
# What makes a board that is fine one that is not, with the code that it is to be known by, and words of its sentence.
FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("under-voltage-now", {"throttled": 0x50005}, "under-voltage at this moment"),
    ("under-voltage-since", {"throttled": 0x50000}, "under-voltage since its start"),
    ("slowed-now", {"throttled": 0x40004}, "slows it down at this moment"),
    ("slowed-now", {"throttled": 0x8}, "slows it down at this moment"),
    ("slowed-since", {"throttled": 0x80000}, "has slowed it down since its start"),
    ("hot", {"temperature_mc": 81_700}, "82 degrees C"),
    ("card-errors", {"card_errors": CardErrors(3, "I/O error, dev mmcblk0, sector 8")}, "failed 3 times"),
    ("read-only", {"root_is_read_only": True}, "as the kernel makes it after errors"),
    ("read-only", {"root_is_read_only": True, "read_only_by_fstab": True}, "because /etc/fstab says so"),
    ("overlay", {"overlay_by": "boot=overlay", "root_is_read_only": True}, "(boot=overlay) forgets every change"),
    ("disk-full", {"disk": Disk(31 * GIB, 3 * GIB, 0, 0)}, "3072 MiB (10%) are free"),
    ("disk-full", {"disk": Disk(128 * GIB, 3 * GIB, 0, 0)}, "3072 MiB (2%) are free"),
    ("disk-full-of-files", {"disk": Disk(31 * GIB, 20 * GIB, 1000, 99)}, "only 99 more"),
    (
        "release-unknown",
        {"release": "forky", "system": "Debian GNU/Linux forky"},
        "(Debian GNU/Linux forky) is none of",
    ),
    ("model-unknown", {"model": "Orange Pi 5", "header_chip": None}, "calls itself 'Orange Pi 5'"),
    ("model-unknown", {"model": "", "header_chip": None}, "does not say what it is"),
    ("memory-little", {"memory_mib": 186}, "only 186 MiB"),
    ("clock", {"clock_ahead_s": -3 * 86400}, "3 days slow"),
    ("clock", {"clock_ahead_s": 61}, "61 seconds fast"),
    ("name-reset", {"cloud_init": cloud("hostname: raspberrypi")}, "becomes raspberrypi at the next start"),
    ("wifi-blocked", {"wifi": wifi(is_blocked=True)}, "off (rfkill)"),
    ("wifi-switched-off", {"wifi": wifi(is_switched_off=True)}, "off by a switch"),
    ("wifi-country", {"wifi": wifi(country="00")}, "does not know its country"),
    ("wifi-asleep", {"wifi": wifi(devices=[WifiDevice("wlan1", is_up=True, sleeps=True)])}, "(wlan1) sleeps"),
    ("packages-busy", {"apt_holder": Process(812, "unattended-upgr"), "was_interrupted": True}, "unattended-upgr"),
    ("packages-unfinished", {"unfinished": ["htop"], "was_interrupted": True}, "(htop)"),
    ("packages-unfinished", {"was_interrupted": True}, "(dpkg)"),
    ("camera-legacy", {"config_txt": config("start_x=1"), "cameras": []}, "start_x=1"),
    ("camera-none", {"cameras": []}, "no camera is found"),
    ("camera-busy", {"camera_users": [Process(9, "wireplumber"), Process(77, "python3")]}, "python3 (process 77)"),
    ("gpio-library", {**PI_5, "gpio_packages": ["python3-rpi.gpio"]}, "pins of a Pi 5"),
    ("pins-none", {"header_chip": None}, "does not show the pins"),
    ("pins-closed", {"header_chip": None, "chips_are_closed": True, "is_root": False}, "may not use the pins"),
    ("turbo-forced", {"config_txt": config("force_turbo=1")}, "overrules every governor"),
    ("governor", {"governors": policies(policy0="powersave")}, "is powersave and was set to ondemand"),
    ("service-stopped", {"units": STOPPED}, "stopped by you"),
    ("service-failed", {"units": AGAIN}, "attempt 4"),
    ("service-ended", {"units": ENDED}, "ended by itself"),
    ("service-not-started", {"units": NOT_STARTED}, "not started since the board was switched on"),
    ("service-starts", {"units": STARTS}, "starts now"),
    ("service-ends", {"units": ENDS}, "ends now"),
    ("service-untold", {"units": ""}, "cannot be understood"),
    ("untold", {"untold": ["card: OSError(5, 'Input/output error')"]}, "card: OSError(5"),
]
NOTES: list[tuple[str, dict[str, Any]]] = [
    ("under-voltage-unknown", {"throttled": None}),
    ("under-voltage-unknown", {"throttled": 0, "model": ZERO}),
    (
        "wifi-blocked",
        {"wifi": wifi(devices=[WifiDevice("wlan0", is_up=False, sleeps=None)], is_wanted=False, is_blocked=True)},
    ),
    ("not-configured", {"units": NONE_YET}),
    ("userland-32-bit", {"userland": "armhf"}),
    ("pages-large", {**PI_5, "page_bytes": 16384}),
]

FIRSTBOOT = "init=/usr/lib/raspberrypi-sys-mods/firstboot"
CMDLINE = (
    "console=serial0,115200 console=tty1 root=PARTUUID=1-02 rootfstype=ext4 rootwait ds=nocloud;i=pilab-pi07-0a1b2c3d\n"
)
TRIXIE = {
    "config.txt": "camera_auto_detect=1\n[all]\n",
    "cmdline.txt": CMDLINE,
    "kernel8.img": "",
    "user-data": "#cloud-config\nhostname: pi07\nuser:\n  name: anna\n",
    "meta-data": "instance-id: pilab-pi07-0a1b2c3d\n",
    "network-config": "network:\n  version: 2\n",
    "pilab/seat": "name=pi07\naccount=anna\n",
}
DONE = "seat: pi07\ntime: 2026-11-27T08:00:00Z\naddress: 192.168.1.107\nhost key: ssh-ed25519 AAAA\n"
NOT_YET = f"{DONE.replace('address: 192.168.1.107', '').replace(chr(10) * 2, chr(10))}end\n"
STARTED = {**TRIXIE, "user-data": "#cloud-config\n", "network-config": "", "pilab/done.txt": f"{DONE}end\n"}
BOOKWORM = {**TRIXIE, "cmdline.txt": CMDLINE.replace(" ds=", f" {FIRSTBOOT} ds="), "user-data": "", "meta-data": "",
            "custom.toml": "config_version = 1\n[system]\nhostname = 'pi07'\n"}  # fmt: skip


def card(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, newline="")
    return folder


# A card that was prepared and has not come to the end of its first start always says so.
WAITS = "card-not-started"
BROKEN: dict[str, tuple[list[str], dict[str, str]]] = {
    "two lines": (["cmdline-lines", WAITS], {**TRIXIE, "cmdline.txt": f"{CMDLINE}cfg80211.ieee80211_regdom=KR\n"}),
    "two lines of windows": (["cmdline-lines", WAITS], {**TRIXIE, "cmdline.txt": f"{CMDLINE.strip()}\r\nquiet\r\n"}),
    "no line": (["cmdline-empty", WAITS], {**TRIXIE, "cmdline.txt": "\n"}),
    "no root": (["cmdline-root", WAITS], {**TRIXIE, "cmdline.txt": "console=tty1\n"}),
    "no kernel": (["card-kernel", WAITS], {name: text for name, text in TRIXIE.items() if name != "kernel8.img"}),
    "no config": (["card-config", WAITS], {name: text for name, text in TRIXIE.items() if name != "config.txt"}),
    "repaired": (["card-damaged", WAITS], {**TRIXIE, "FSCK0000.REC": "x"}),
    "tab": (["user-data-yaml", WAITS], {**TRIXIE, "user-data": "#cloud-config\nuser:\n\tname: anna\n"}),
    "a list": (["user-data-yaml", WAITS], {**TRIXIE, "user-data": "#cloud-config\n- hostname\n"}),
    "a brace": (["network-config-yaml", WAITS], {**TRIXIE, "network-config": "network: {version: 2\n"}),
    "first line": (["user-data-first-line", WAITS], {**TRIXIE, "user-data": "hostname: pi07\n"}),
    "no id": (["instance-id", WAITS], {**TRIXIE, "meta-data": "instance_id: rpios-image\n"}),
    "two ids": (["instance-id-two", WAITS], {**TRIXIE, "meta-data": "instance-id: pilab-pi07-ffffffff\n"}),
    "late": (["user-data-late"], {**STARTED, "user-data": "#cloud-config\nhostname: pi08\n"}),
    "toml": (["custom-toml", WAITS], {**BOOKWORM, "custom.toml": "config_version = \n"}),
    "deep toml": (["custom-toml", WAITS], {**BOOKWORM, "custom.toml": f"a = {'[' * 5000}\n"}),
    "old toml": (["custom-toml-version", WAITS], {**BOOKWORM, "custom.toml": "[system]\n"}),
    "left toml": (["custom-toml-left", WAITS], {**BOOKWORM, "cmdline.txt": CMDLINE}),
    "failed": (["card-failed"], {**STARTED, "pilab/done.txt": f"{DONE}failed: there is no account anna\nend\n"}),
    "no address": (["card-no-address"], {**STARTED, "pilab/done.txt": DONE.replace("192.168.1.107", "none")}),
    "secret": (["card-secret"], {**STARTED, "network-config": "wifis:\n  wlan0:\n    password: beef\n"}),
    "key": (["card-secret"], {**STARTED, "pilab/ssh_host_ed25519_key": "-----BEGIN"}),
    "bare": (["card-not-prepared"], {name: TRIXIE[name] for name in ("config.txt", "cmdline.txt", "kernel8.img")}),
    "long": (["card-file", WAITS], {**TRIXIE, "network-config": "x" * (MOST_BYTES + 1)}),
}


def computer(root: Path, **changes: Any) -> Computer:  # noqa: ANN401 (whatever can be told of one)
    """A teacher's computer that is fine, with what an example changes."""
    fine = Computer(
        root=root, account="anna", missing=(), keys=(Key("~/.ssh/id_ed25519", is_there=True),), agent_keys=0,
        free_bytes=50 * 2**30, now_s=2e9, newest_s=1.9e9, is_synchronised=True, boards=(Board("pi01", "192.168.1.1"),),
        inventory_fault="", is_own_python=True, is_set_up=True, open_to_all=(), of_others=(),
    )  # fmt: skip
    return replace(fine, **changes)


COMPUTERS: list[tuple[list[str], dict[str, object]]] = [
    (["fault program-missing"], {"missing": ("ssh", "ssh-keygen")}),
    (["note program-missing", "note program-missing"], {"missing": ("mcopy", "openssl")}),
    (["fault key-missing"], {"keys": (Key("/home/anna/key", is_there=False),)}),
    (["fault key-open"], {"keys": (Key("/home/anna/key", is_there=True, is_open_to_others=True),)}),
    (["fault key-of-another"], {"keys": (Key("/home/anna/key", is_there=True, is_mine=False),)}),
    (["fault no-key"], {"keys": ()}),
    ([], {"keys": (), "agent_keys": 1}),
    (["fault here-disk-full"], {"free_bytes": 2**29}),
    (["fault inventory"], {"inventory_fault": "inventory.ini:3: pi01 stands twice."}),
    (["fault here-clock"], {"now_s": 1.8e9}),
    (["note here-clock-alone"], {"is_synchronised": False}),
    ([], {"is_synchronised": None}),
    (["fault venv-other"], {"is_own_python": False, "is_set_up": False}),
    (["fault venv-old"], {"is_set_up": False}),
    (["fault here-open"], {"open_to_all": ("/home/anna/pilab",)}),
    (["fault here-of-others"], {"of_others": (".venv", "results")}),
]
