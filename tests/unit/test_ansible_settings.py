from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agent.errors import ConfigError
from agent.settings.config import check_config
from tests.unit.ansible_parts import ROOT, plugin, role_file

if TYPE_CHECKING:
    from pathlib import Path

described = plugin("plugin_utils", "described")
ROLES = ("base", "camera", "governor", "native", "agent")
# Where the agent's own settings go in its file.
SECTIONS = {"agent_camera_": "camera", "agent_circles_": "circles", "agent_led_": "led"}
RANGES = {
    name: edges
    for name, edges in role_file("agent", "vars/main.yml")["__agent_ranges"].items()
    if name.startswith(tuple(SECTIONS))
}


def tables(name: str, value: float) -> dict[str, Any]:
    prefix = next(prefix for prefix in SECTIONS if name.startswith(prefix))
    companions = {"of": 120} if name == "agent_led_seen" else {}
    return {SECTIONS[prefix]: {**companions, name.removeprefix(prefix): value}}


@pytest.mark.parametrize("role", ROLES)
def test_every_setting_is_described_with_the_default_it_has(role: str) -> None:
    described = role_file(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    assert {name: option["default"] for name, option in described.items()} == role_file(role, "defaults/main.yml")


def test_all_settings_are_checked_together_before_the_first_change() -> None:
    found = described.options_of(list(ROLES), str(ROOT / "ansible" / "roles"))
    assert set(found) == {name for role in ROLES for name in role_file(role, "defaults/main.yml")}


@pytest.mark.parametrize("name", RANGES)
def test_the_ends_of_a_range_are_those_of_the_agent(name: str) -> None:
    low, high = RANGES[name]
    for edge in (low, high):
        check_config(tables(name, edge))
    for beyond in (low - 0.01 if isinstance(low, float) else low - 1, high + 1):
        with pytest.raises(ConfigError):
            check_config(tables(name, beyond))


def test_a_value_outside_its_range_is_named_with_the_range() -> None:
    assert described.out_of_range({"pin": [0, 27], "hold_s": [0.1, 600]}, [28, 3]) == [
        "pin is 28, which is not between 0 and 27: correct it in group_vars or host_vars."
    ]


LONG = {"apt", "reboot", "unarchive", "systemd_service"}  # what may honestly take longer than the limit of the play


@pytest.mark.parametrize("name", ["site.yml", "restore.yml"])
def test_every_task_has_a_limit_and_no_board_waits_for_another(name: str) -> None:
    play = yaml.safe_load((ROOT / "ansible" / name).read_text(encoding="utf-8"))[-1]
    assert play["hosts"] == "all"
    assert play["timeout"] == "{{ task_limit_s | default(120) }}"
    assert play["strategy"] == "free"
    assert not {"any_errors_fatal", "max_fail_percentage", "serial"} & set(play)
    assert play["pre_tasks"][0]["timeout"] == "{{ __base_look_limit_s }}"


@pytest.mark.parametrize("path", sorted((ROOT / "ansible/roles").glob("*/tasks/*.yml")), ids=lambda path: path.stem)
def test_a_task_that_may_take_long_says_its_own_limit(path: Path) -> None:
    limits = role_file("base", "vars/main/limits.yml")
    for task in yaml.safe_load(path.read_text(encoding="utf-8")):
        own = task.get("timeout")
        assert own is None or own.strip("{} ") in limits, task["name"]
        assert own or not any(key.rpartition(".")[2] in LONG for key in task), task["name"]
