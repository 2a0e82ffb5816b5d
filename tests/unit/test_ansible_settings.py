from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import pytest

from agent.errors import ConfigError
from agent.settings.config import check_config
from tests.unit.ansible_parts import ROOT, loaded, plugin, role_file

if TYPE_CHECKING:
    from pathlib import Path

roles = plugin("plugin_utils", "roles")
settings = plugin("plugin_utils", "settings")
ROLES = ("base", "camera", "governor", "native", "agent")
# Where the agent's own settings go in its file.
SECTIONS = {"agent_camera_": "camera", "agent_circles_": "circles", "agent_led_": "led"}
HINTS = get_type_hints(roles.DECISIONS["agent"].Settings, include_extras=True)
RANGES = {
    name: next(edge for edge in get_args(hint) if isinstance(edge, settings.Range))
    for name, hint in HINTS.items()
    if name.startswith(tuple(SECTIONS)) and get_args(hint)
}


def tables(name: str, value: float) -> dict[str, Any]:
    prefix = next(prefix for prefix in SECTIONS if name.startswith(prefix))
    companions = {"of": 120} if name == "agent_led_seen" else {}
    return {SECTIONS[prefix]: {**companions, name.removeprefix(prefix): value}}


@pytest.mark.parametrize("role", ROLES)
def test_every_setting_is_described_with_the_default_it_has(role: str) -> None:
    described = role_file(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    assert {name: option["default"] for name, option in described.items()} == role_file(role, "defaults/main.yml")


@pytest.mark.parametrize("role", ROLES)
def test_every_setting_that_is_described_has_a_type(role: str) -> None:
    options = roles.SETTINGS[role].options
    assert {each.name for each in fields(roles.DECISIONS[role].Settings)} == set(options)


def values(role: str, **others: Any) -> dict[str, Any]:  # noqa: ANN401 (any setting)
    return {**roles.SETTINGS[role].defaults, **others}


def checked(role: str, **others: Any) -> Any:  # noqa: ANN401 (as many types as roles)
    return settings.checked(roles.DECISIONS[role].Settings, roles.SETTINGS[role].options, values(role, **others))


@pytest.mark.parametrize("role", ROLES)
def test_what_a_command_line_makes_a_text_has_its_type_again(role: str) -> None:
    typed = {name: str(value) for name, value in values(role).items() if not isinstance(value, list)}
    assert checked(role, **typed) == checked(role)


def test_a_list_may_be_typed_with_commas_on_a_command_line() -> None:
    assert checked("base", base_extra_packages="cowsay,tmux").base_extra_packages == ["cowsay", "tmux"]


def test_a_word_that_is_none_of_those_to_choose_from_is_named() -> None:
    with pytest.raises(settings.SettingsError, match=r"Validation of arguments failed:\n.*governor_name.*got: fast"):
        checked("governor", governor_name="fast")


@pytest.mark.parametrize(
    ("role", "given", "said"),
    [
        ("agent", {"agent_led_pin": "x"}, "agent_led_pin is x, which is no whole number"),
        ("agent", {"agent_led_pin": 2.5}, "agent_led_pin is 2.5, which is no whole number"),
        ("agent", {"agent_camera_fps": "fast"}, "agent_camera_fps is fast, which is no number"),
        ("camera", {"camera_is_module_3": "maybe"}, "camera_is_module_3 is maybe, which is neither true nor false"),
        ("base", {"base_extra_packages": None}, "base_extra_packages is None, which is no list"),
        ("base", {"base_extra_files": ["motd"]}, "base_extra_files has an entry that is no list of settings"),
        ("base", {"base_extra_sources": [{"name": "s", "key": "k"}]}, "base_extra_sources lacks suite, uri"),
        (
            "base",
            {"base_extra_files": [{"path": "/etc/x", "src": "x"}]},
            "base_extra_files has src, which is none of content, mode, path, source",
        ),
    ],
)
def test_a_value_of_another_kind_is_told_without_pythons_names(role: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(settings.SettingsError) as raised:
        checked(role, **given)
    assert str(raised.value) == f"Validation of arguments failed:\n{said}"


@pytest.mark.parametrize("name", RANGES)
def test_the_ends_of_a_range_are_those_of_the_agent(name: str) -> None:
    low, high = RANGES[name]
    for edge in (low, high):
        check_config(tables(name, edge))
    for beyond in (low - 0.01 if isinstance(low, float) else low - 1, high + 1):
        with pytest.raises(ConfigError):
            check_config(tables(name, beyond))


def test_a_value_outside_its_range_is_named_with_the_range() -> None:
    with pytest.raises(settings.SettingsError) as raised:
        checked("agent", agent_led_pin="28", agent_led_hold_s=0.1)
    assert str(raised.value) == (
        "agent_led_pin is 28, which is not between 0 and 27: correct it in group_vars or host_vars."
    )


@pytest.mark.parametrize("value", ["soon", "", "-5", "0", "1.5", None, "10s"])
def test_a_limit_of_tasks_that_is_no_number_of_seconds_is_refused_with_its_name(value: str | None) -> None:
    with pytest.raises(settings.SettingsError, match=f"^task_limit_s is {value}, which is no number of seconds"):
        settings.check_limit(value)
    settings.check_limit(600)
    settings.check_limit("600")


LONG = {"apt", "reboot", "unarchive", "systemd_service"}  # what may honestly take longer than the limit of the play


@pytest.mark.parametrize("name", ["site.yml", "restore.yml"])
def test_every_task_has_a_limit_and_no_board_waits_for_another(name: str) -> None:
    play = loaded(ROOT / "ansible" / name)[-1]
    assert play["hosts"] == "all"
    assert play["timeout"] == "{{ task_limit_s | default(120) }}"
    assert play["strategy"] == "free"
    assert not {"any_errors_fatal", "max_fail_percentage", "serial"} & set(play)
    assert play["pre_tasks"][0]["timeout"] == "{{ [60, task_limit_s | default(0) | int] | max }}"


@pytest.mark.parametrize("path", sorted((ROOT / "ansible/roles").glob("*/tasks/*.yml")), ids=lambda path: path.stem)
def test_a_task_that_may_take_long_says_its_own_limit(path: Path) -> None:
    limits = role_file("base", "vars/main/limits.yml")
    for task in loaded(path):
        own = task.get("timeout")
        assert own is None or isinstance(own, int) or own.strip("{} ") in limits, task["name"]
        assert own or not any(key.rpartition(".")[2] in LONG for key in task), task["name"]
