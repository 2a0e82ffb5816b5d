"""Facts of boards as the doctor sees them, and the fixes that it names, typed as they stand."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import msgspec

from fleet.boards.inventory import Board
from fleet.doctor.facts import (
    CardErrors,
    CloudInit,
    ConfigTxt,
    Disk,
    Facts,
    Governor,
    Policy,
    Process,
    Wifi,
    WifiDevice,
)
from fleet.doctor.finding import Seen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fleet.doctor.finding import Finding

__all__ = ["CardErrors", "CloudInit", "ConfigTxt", "Disk", "Governor", "Policy", "Process", "Wifi", "WifiDevice"]
GIB = 2**30
PI07 = Board("pi07", "192.168.1.107", user="anna")
STOCK = "camera_auto_detect=1\ndtoverlay=vc4-kms-v3d\n[all]\n"
RUNS = (
    "Id=pilab-agent.service\nLoadState=loaded\nActiveState=active\nSubState=running\nStatusText=Circles in sight\n"
    "Result=success\n\nId=pilab-bench.service\nLoadState=loaded\nActiveState=inactive\n"
)
COMMAND = re.compile(r"type: (.*)\Z", re.DOTALL)


def healthy(**changes: Any) -> Facts:  # noqa: ANN401 (whatever a board can tell)
    """A Raspberry Pi 4 that is fine, with what a test changes."""
    made = Facts(
        is_root=True,
        untold=[],
        python="3.11.2",
        units=RUNS,
        clock_ahead_s=0,
        throttled=0,
        temperature_mc=48_300,
        header_chip=(0, "pinctrl-bcm2711"),
        chips_are_closed=False,
        model="Raspberry Pi 4 Model B Rev 1.4",
        serial="10000000a1b2c3d4",
        machine_id="0123456789abcdef0123456789abcdef",
        memory_mib=3794,
        page_bytes=4096,
        kernel="6.12.47+rpt-rpi-v8",
        machine="aarch64",
        virtualization="none",
        release="bookworm",
        system="Debian GNU/Linux 12 (bookworm)",
        userland="arm64",
        hostname="pi07",
        up_s=4000,
        cloud_init=CloudInit(is_used=False, is_readable=True, user_data="", ours="", is_off=False),
        disk=Disk(size_bytes=31 * GIB, free_bytes=20 * GIB, files=1_900_000, free_files=1_700_000),
        card_errors=CardErrors(count=0, last=""),
        config_txt=ConfigTxt("/boot/firmware/config.txt", STOCK, newer_than_boot=False),
        governors={"policy0": Policy("ondemand", [0, 1, 2, 3], ["ondemand", "performance", "powersave"])},
        governor_set=Governor("ondemand", "all"),
        wifi=Wifi(
            devices=[WifiDevice("wlan0", is_up=True, sleeps=False)],
            is_wanted=True,
            is_blocked=False,
            is_switched_off=False,
            country="KR",
        ),
        cameras=["imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx219@10)"],
        can_list_cameras=True,
    )
    return msgspec.structs.replace(made, **changes)


def seen(facts: Facts, board: Board = PI07, country: str = "KR") -> Seen:
    return Seen.of(board, facts, country)


def command_in(finding: Finding) -> str:
    """What the fix of a finding says to type."""
    found = COMMAND.search(finding.fix)
    assert found, f"{finding.code} names no command: {finding.fix!r}"
    return found[1]


def typed_on_tree(command: str, root: Path, programs: Mapping[str, str] | None = None) -> None:
    """Type what is for a board, on a folder that stands for its disk; `programs` stand in for those it starts."""
    words = shlex.split(command)
    assert words[:2] == ["ansible", "pi07"], command
    shell = re.sub(r"(?<![\w/])/(etc|boot|var)/", rf"{root}/\1/", words[-1])
    stand_ins = root / "stand-ins"
    stand_ins.mkdir(exist_ok=True)
    for name, text in {"systemctl": "exit 0", "mount": "exit 0", **(programs or {})}.items():
        (stand_ins / name).write_text(f"#!/bin/sh\n{text}\n")
        (stand_ins / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{stand_ins}:{os.environ['PATH']}", "ROOT": str(root)}
    done = subprocess.run(["sh", "-c", shell], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{shell}: {done.stderr}"
