from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import Any

import pytest

from fleet.boards.inventory import ROOT, Board
from fleet.doctor import reach
from fleet.doctor.finding import Level
from fleet.doctor.rules import RULES, diagnose
from fleet.doctor.rules.room import diagnose_room
from tests.unit.ansible_parts import plugin, role_file
from tests.unit.doctor_parts import (
    GIB,
    PI07,
    RUNS,
    STOCK,
    CardErrors,
    CloudInit,
    ConfigTxt,
    Disk,
    Governor,
    Policy,
    Process,
    Wifi,
    WifiDevice,
    command_in,
    healthy,
    seen,
)

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
FINE: list[dict[str, Any]] = [
    {},
    {"temperature_mc": 79_999},
    {"disk": Disk(31 * GIB, 4 * GIB, 0, 0)},
    {"disk": Disk(128 * GIB, 5 * GIB, 0, 0)},
    {"disk": None, "card_errors": None, "temperature_mc": None, "governors": None, "wifi": None, "cloud_init": None},
    {"cameras": None},
    {"cameras": [], "can_list_cameras": False},
    {"camera_users": [Process(9, "wireplumber")]},
    {"clock_ahead_s": -60},
    {"memory_mib": 370},
    {"cloud_init": cloud("hostname: pi07")},
    {"cloud_init": cloud("hostname: x", ours="preserve_hostname: true")},
    {"cloud_init": cloud("hostname: x", is_off=True)},
    {"wifi": wifi(devices=[])},
    {"wifi": wifi(devices=[WifiDevice("wlan0", is_up=False, sleeps=True)], country="00")},
    {"governors": policies(policy0="powersave"), "bench_runs": True},
    {"governors": policies(policy0="powersave"), "governor_set": None},
    {"governors": policies(policy0="ondemand", policy2="powersave"), "governor_set": Governor("powersave", "1-3")},
    {"config_txt": config("#force_turbo=1", "force_turbo=0", "[pi5]", "force_turbo=1")},
    {"gpio_packages": ["python3-rpi.gpio"]},
    {**PI_5, "gpio_packages": ["python3-rpi-lgpio"]},
    {"header_chip": None, "virtualization": "systemd-nspawn", "throttled": None},
    {**PI_3, "config_txt": config("start_x=1", "camera_auto_detect=0")},
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "changes", "words"), FAULTS, ids=[f"{code}-{number}" for number, (code, *_) in enumerate(FAULTS)]
)
def test_a_board_that_is_broken_in_one_way_has_this_one_finding(code: str, changes: dict[str, Any], words: str) -> None:
    found = diagnose(seen(healthy(**changes)))
    assert [(each.level, each.code) for each in found] == [(Level.FAULT, code)]
    assert words in found[0].sentence
    assert "{" not in found[0].sentence + found[0].fix


@pytest.mark.parametrize(("code", "changes"), NOTES, ids=[f"{code}-{number}" for number, (code, _) in enumerate(NOTES)])
def test_what_is_only_to_be_known_is_a_note(code: str, changes: dict[str, Any]) -> None:
    assert [(each.level, each.code) for each in diagnose(seen(healthy(**changes)))] == [(Level.NOTE, code)]


@pytest.mark.parametrize("changes", FINE, ids=str)
def test_a_board_that_is_fine_or_cannot_tell_has_none(changes: dict[str, Any]) -> None:
    assert diagnose(seen(healthy(**changes))) == []


def test_every_rule_finds_something_in_these_tests() -> None:
    changes = [*(changes for _, changes, _ in FAULTS), *(changes for _, changes in NOTES)]
    broken = [seen(healthy(**each)) for each in changes]
    assert [rule.__name__ for rule in RULES if not any(rule(each) for each in broken)] == []


@pytest.mark.parametrize(
    ("code", "changes", "_words"), FAULTS, ids=[f"{code}-{number}" for number, (code, *_) in enumerate(FAULTS)]
)
def test_a_command_names_its_board_as_a_shell_takes_it(code: str, changes: dict[str, Any], _words: str) -> None:  # noqa: ARG001
    odd = replace(PI07, name="pi 7; reboot")
    for each in diagnose(seen(healthy(**changes), odd)):
        if "type: " in each.fix:
            words = shlex.split(command_in(each))
            assert words[0] in {"ansible", "ansible-playbook", "invoke", "sudo"}
            assert "pi 7; reboot" in words


def test_wifi_that_may_sleep_by_the_settings_is_left_alone() -> None:
    changes = {"wifi": wifi(devices=[WifiDevice("wlan0", is_up=True, sleeps=True)])}
    for given in (False, "no", "false"):
        assert diagnose(seen(healthy(**changes), replace(PI07, variables={"base_wifi_stays_awake": given}))) == []


def test_a_model_that_the_inventory_explains_is_known() -> None:
    known = replace(PI07, variables={"board_model": "Raspberry Pi 4 Model B"})
    assert diagnose(seen(healthy(model="Orange Pi 5"), known)) == []


def test_a_country_comes_from_the_teachers_locale_and_else_is_one_to_be_replaced() -> None:
    blocked = healthy(wifi=wifi(is_blocked=True))
    assert "do_wifi_country KR" in diagnose(seen(blocked))[0].fix
    assert "do_wifi_country GB" in diagnose(seen(blocked, country=""))[0].fix


def room(**facts: dict[str, Any]) -> list[tuple[list[str], str]]:
    boards = [seen(healthy(**changes), Board(name, "192.168.1.1")) for name, changes in facts.items()]
    return [(names, found.code) for names, found in diagnose_room(boards)]


def test_two_names_of_one_board_and_two_copies_of_one_card_are_told_apart() -> None:
    other = {"serial": "10000000ffffffff", "machine_id": "f" * 32}
    assert room(pi01={}, pi02=other) == []
    assert room(pi01={}, pi02={}, pi03=other) == [(["pi01", "pi02"], "serial-twice")]
    assert room(pi01={}, pi02={**other, "machine_id": healthy().machine_id}) == [(["pi01", "pi02"], "machine-id-twice")]


@pytest.mark.parametrize("nothing", ["", "0000000000000000", "uninitialized"])
def test_boards_that_do_not_say_who_they_are_are_no_copies(nothing: str) -> None:
    assert room(pi01={"serial": nothing, "machine_id": nothing}, pi02={"serial": nothing, "machine_id": nothing}) == []


EVIL = "$(reboot);`x`"


def test_nothing_that_a_board_says_in_words_comes_into_a_command() -> None:
    words: dict[str, Any] = {
        "overlay_by": EVIL, "hostname": EVIL, "model": EVIL, "system": EVIL, "release": EVIL, "untold": [EVIL],
        "unfinished": [EVIL], "apt_holder": None, "camera_users": [Process(7, EVIL)], "serial": EVIL,
        "card_errors": CardErrors(1, EVIL), "cloud_init": cloud(f"hostname: {EVIL}"), "was_interrupted": True,
        "governors": policies(policy0=EVIL),
        "wifi": wifi(country=EVIL, devices=[WifiDevice(EVIL, is_up=True, sleeps=True)]),
    }  # fmt: skip
    found = diagnose(seen(healthy(**words)))
    assert len(found) >= 9
    assert [each.code for each in found if "reboot)" in each.fix or "`" in each.fix] == []


# What `agent.status` calls a service that does not work.
SERVICE_WORDS = ("failed", "stopped", "ended", "not-started", "starts", "ends")
CODE = re.compile(r'\b(?:fault|note|found|how_bad)\(\s*"([a-z0-9-]+)"')


def test_every_code_is_explained_and_no_other() -> None:
    sources = [path.read_text() for path in (ROOT / "fleet/doctor").rglob("*.py")]
    made = {code for source in sources for code in CODE.findall(source)} | {
        *reach.CODES.values(),
        *reach.CAUSES.values(),
        reach.NO_SSH,
    }
    made |= {"user-data-yaml", "network-config-yaml"} | {f"service-{word}" for word in SERVICE_WORDS}
    assert len(made) > 80
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / "docs/doctor.md").read_text(), re.MULTILINE)
    listed = {code for row in rows for code in re.findall(r"`([^`]+)`", row)}
    assert made == listed


@pytest.mark.parametrize(
    ("by", "what"),
    [
        ("boot=overlay", "raspi-config nonint disable_overlayfs"),
        ("overlayroot=tmpfs", "raspi-config nonint disable_overlayfs"),
        ("/proc/mounts", "raspi-config nonint disable_overlayfs"),
        ("overlayroot=/dev/sda1", "/boot/firmware/cmdline.txt"),
        ("/etc/overlayroot.conf", "overlayroot-chroot"),
    ],
)
def test_what_ends_an_overlay_is_what_the_playbooks_say(by: str, what: str) -> None:
    (found,) = diagnose(seen(healthy(overlay_by=by)))
    assert what in found.fix
    assert what in plugin("plugin_utils", "write_protection").forgetful(by)


def test_a_clock_is_wrong_where_the_playbooks_say_so() -> None:
    most_s = plugin("plugin_utils", "decide_base").MOST_WRONG_S
    assert diagnose(seen(healthy(clock_ahead_s=most_s))) == []
    (found,) = diagnose(seen(healthy(clock_ahead_s=-most_s - 1)))
    distrust = role_file("base", "vars/main/main.yml")["__base_distrust"]
    assert "site.yml" in distrust
    assert "base_set_clock=true" in distrust
    assert "base_set_clock=true" in found.fix
