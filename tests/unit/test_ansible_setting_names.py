from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.ansible_parts import plugin, role_file

if TYPE_CHECKING:
    from pathlib import Path

names = plugin("plugin_utils", "setting_names")
given_settings = plugin("plugin_utils", "given_settings")
ROLES = ("base", "camera", "governor", "native", "agent")
SETTINGS = {
    role: frozenset(name for spec in specs.values() for name in spec.get("options") or {})
    for role in ROLES
    for specs in [role_file(role, "meta/argument_specs.yml")["argument_specs"]]
}


def told(name: str, *, where: str = "", other_roles: tuple[str, ...] = ()) -> str:
    return "\n".join(names.unknown({name: where}, SETTINGS, other_roles))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("governer_name", "governor_name"),
        ("goverment_name", "governor_name"),
        ("Governor_name", "governor_name"),
        ("governor-name", "governor_name"),
        ("agent_led_pim", "agent_led_pin"),
        ("cam_stack", "camera_stack"),
        ("camera_stak", "camera_stack"),
        ("basepackages", "base_packages"),
        ("restore_package", "restore_packages"),
        ("task_limit", "task_limit_s"),
        ("board_modell", "board_model"),
        ("agent_camera_width", "agent_camera_width_px"),
    ],
)
def test_a_slip_of_the_pen_is_refused_with_the_setting_that_was_meant(name: str, meant: str) -> None:
    assert told(name) == f"there is no setting {name}; did you mean {meant}?"


@pytest.mark.parametrize("name", ["native_flags", "base_q"])
def test_a_name_that_begins_like_ours_and_is_near_nothing_is_refused_too(name: str) -> None:
    assert f"there is no setting {name}; what is not ours cannot begin with" in told(name)


@pytest.mark.parametrize(
    "name",
    [
        "my_camera", "school_name", "room_name", "led_colour", "my_base_packages", "ntp_server", "hostname", "cores",
        "ansible_user", "_governer_name", "__base_x", "board_name", "governors", "x" * 5000,
    ],
)  # fmt: skip
def test_what_other_people_call_theirs_is_left_alone(name: str) -> None:
    assert told(name) == ""


def test_every_setting_that_exists_may_be_set() -> None:
    there = {name: "-e" for options in SETTINGS.values() for name in options}
    assert len(there) > 30
    assert names.unknown(there | dict.fromkeys(names.BESIDE, "-e"), SETTINGS) == []


def test_the_place_comes_first() -> None:
    assert told("governer_name", where="group_vars/all.yml:3").startswith("group_vars/all.yml:3: there is no setting")


def test_a_role_of_somebody_else_may_begin_like_ours() -> None:
    assert told("camera_light_level", other_roles=("camera_light",)) == ""
    assert told("camera_light_level", other_roles=("camera",)) != ""
    assert told("camera_stak", other_roles=("camera_light",)) != ""


def test_the_roles_of_a_playbook_are_those_of_its_plays_and_those_beside_it(tmp_path: Path) -> None:
    (tmp_path / "roles/camera_light").mkdir(parents=True)
    play = {"playbook_dir": str(tmp_path), "ansible_play_role_names": ["school.lab.base_tools"]}
    assert {"camera_light", "base_tools"} <= given_settings.other_roles(play)
    for place in ({"inventory_dir": str(tmp_path)}, {"ansible_config_file": str(tmp_path / "ansible.cfg")}):
        assert "camera_light" in given_settings.other_roles({"playbook_dir": "/nowhere", **place})
    assert given_settings.other_roles({"playbook_dir": str(tmp_path / "nowhere")}) >= set()
