from __future__ import annotations

from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from tests.unit.ansible_parts import plugin
from tests.unit.decide_parts import CONFIGURED, decide, described, seen, wanted
from tests.unit.test_ansible_board_gate import UNIT

agent = plugin("plugin_utils", "decide_agent")
UNRUN = {**UNIT, "deployment": ""}
NOW = described.Description(deployment=UNIT["deployment"])


def test_an_agent_that_runs_what_is_installed_is_left_alone() -> None:
    decided = decide("agent", seen(), NOW)
    assert (decided.differs, decided.refusals) == (False, ())


@pytest.mark.parametrize(
    ("changes", "todo"),
    [
        ({"groups": ["video"]}, {"makes_account"}),
        ({"stale": {"agent": ["/opt/pilab/agent/led.py"]}}, {"writes", "starts", "stops"}),
        ({"units": {agent.UNIT: {**UNIT, "deployment": "other"}}}, {"starts", "stops"}),
        ({"units": {agent.UNIT: {**UNIT, "stale": True}}}, {"starts", "stops"}),
        ({"units": {agent.UNIT: {**UNRUN, "state": "deactivating"}}}, {"starts", "stops"}),
        ({"units": {agent.UNIT: {**UNRUN, "enabled": False, "state": "activating"}}}, {"starts", "stops"}),
        ({"units": {agent.UNIT: {**UNRUN, "enabled": False, "state": "inactive"}}}, {"starts"}),
        ({"units": {agent.UNIT: {**UNIT, "state": "inactive"}}}, {"resumes"}),
        ({"units": {agent.UNIT: {**UNIT, "state": "failed"}}}, {"resumes"}),
        ({"units": {agent.UNIT: {**UNIT, "state": "activating"}}}, {"awaits"}),
        ({"units": {agent.UNIT: {**UNIT, "state": "deactivating"}}}, {"awaits"}),
        ({"units": {agent.UNIT: {**UNIT, "enabled": False, "state": "activating"}}}, {"resumes", "awaits"}),
        ({"units": {agent.UNIT: {**UNIT, "enabled": False}}}, {"resumes"}),
        ({"units": {agent.RESTORE_UNIT: {**UNIT, "enabled": False}}}, {"enables_restore"}),
    ],
)
def test_only_what_is_not_as_it_should_be_is_done(changes: dict[str, Any], todo: set[str]) -> None:
    decided = decide("agent", seen(**changes), NOW)
    assert decided.differs
    assert {name for name, is_done in vars(decided.plan).items() if is_done} == todo


@pytest.mark.parametrize("path", ["", "/home/anna/coins.png"])
def test_a_picture_that_the_agent_cannot_see_is_refused(path: str) -> None:
    [sentence] = decide("agent", seen(), NOW, agent_camera_source="file", agent_camera_path=path).refusals
    assert sentence.startswith(f"agent_camera_path is '{path}': name a picture")
    assert decide("agent", seen(), NOW, agent_camera_source="file", agent_camera_path="/srv/coins.png").refusals == ()


def test_an_led_that_would_never_light_is_refused() -> None:
    [sentence] = decide("agent", seen(), NOW, agent_led_seen=3, agent_led_of=2).refusals
    assert sentence == "agent_led_seen is 3, but agent_led_of is only 2: the LED would never light."
    assert decide("agent", seen(), NOW, agent_led_seen=2, agent_led_of=2).refusals == ()


def description(**others: Any) -> Any:  # noqa: ANN401 (the plugin's type)
    settings = vars(wanted("agent", **others))
    return agent.describe(described.RoleFiles("agent", settings, Templar(DataLoader())))


def test_what_is_installed_is_named_by_a_deployment_that_the_unit_tells() -> None:
    found = description()
    [unit] = [file for file in found.files if file["path"].endswith(agent.UNIT)]
    assert f"PILAB_DEPLOYMENT={found.deployment}\n" in unit["content"]
    assert description() == found


@pytest.mark.parametrize("others", [{"agent_led_pin": 17}, {"agent_memory_max_mib": 301}, {"agent_led_pins": "mock"}])
def test_any_setting_makes_another_deployment(others: dict[str, Any]) -> None:
    assert description(**others).deployment != description().deployment


def test_the_account_and_groups_that_were_made_go_and_others_stay() -> None:
    found = agent.restore(seen(units={agent.RESTORE_UNIT: {**UNIT, "enabled": False, "state": "inactive"}})).plan
    assert (found.units, found.accounts, found.groups) == ([agent.UNIT], ["pilab"], ["gpio"])
    before = {**CONFIGURED["before"], "had_account": True, "made_groups": []}
    found = agent.restore(seen(before=before)).plan
    assert (found.accounts, found.groups) == ([], [])
