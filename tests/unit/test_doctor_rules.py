from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import Any

import pytest

from fleet.boards.inventory import Board
from fleet.doctor import reach
from fleet.doctor.finding import Level
from fleet.doctor.rules import RULES, diagnose
from fleet.doctor.rules.room import diagnose_room
from fleet.places import CODE
from tests.unit.ansible_parts import plugin, role_file
from tests.unit.doctor_cases import FAULTS, NOTES, PI_3, PI_5, cloud, config, policies, wifi
from tests.unit.doctor_parts import (
    GIB,
    PI07,
    CardErrors,
    Disk,
    Governor,
    Process,
    WifiDevice,
    command_in,
    healthy,
    seen,
)

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
FINDING_CODE = re.compile(r'\b(?:cause|_shared|fault|note|found|how_bad)\(\s*"([a-z0-9-]+)"')


def test_every_code_is_explained_and_no_other() -> None:
    page = (CODE / "docs/doctor.md").read_text()
    trial = CODE / "fleet/doctor/trial.py"  # has its own paragraph
    assert all(f"`{code}`" in page for code in FINDING_CODE.findall(trial.read_text()))
    sources = [path.read_text() for path in (CODE / "fleet/doctor").rglob("*.py") if path != trial]
    sources += [(CODE / path).read_text() for path in ("fleet/boards/messages.py", "fleet/service/state.py")]
    made = {code for source in sources for code in FINDING_CODE.findall(source)} | set(reach.CODES.values())
    made |= {"user-data-yaml", "network-config-yaml"} | {f"service-{word}" for word in SERVICE_WORDS}
    assert len(made) > 80
    rows = re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)
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
