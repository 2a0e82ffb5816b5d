from __future__ import annotations

from typing import Any

import pytest

from tests.unit.ansible_parts import plugin
from tests.unit.decide_parts import decide, seen
from tests.unit.test_ansible_board_gate import UNIT

governor = plugin("plugin_utils", "decide_governor")
LACKS = "governor_name is schedutil, which the kernel does not offer for policy0: choose one of ondemand, performance."
OFFERED = ["ondemand", "performance"]


def policies(*cores: list[int], now: str = "ondemand") -> dict[str, Any]:
    return {f"policy{each[0]}": {"governor": now, "cores": each, "available": OFFERED} for each in cores}


PI = policies([0, 1, 2, 3])
TWO = policies([0, 1], [2, 3])


def test_a_board_that_has_what_is_asked_for_is_left_alone() -> None:
    decided = decide("governor", seen())
    assert (decided.differs, decided.notes, decided.refusals) == (False, (), ())


def test_another_governor_is_set_now_and_told_to_the_script_of_the_system() -> None:
    decided = decide("governor", seen(governors=PI, stale={"governor": ["/etc/x"]}), governor_name="performance")
    assert decided.differs
    assert (decided.plan.sets, decided.plan.changes_boot, decided.plan.changes_default) == (True, True, True)


@pytest.mark.parametrize("default", ["", "ondemand"])
def test_the_script_of_the_system_is_left_alone_where_it_says_so_or_nothing(default: str) -> None:
    assert not decide("governor", seen(default_governor=default)).plan.changes_default


def test_the_script_of_the_system_is_not_told_of_some_cores_only() -> None:
    assert not decide("governor", seen(governors=TWO, default_governor="powersave"), governor_cores="0").differs


def test_a_unit_that_is_not_enabled_is_enabled_and_nothing_is_set_that_is_set() -> None:
    decided = decide("governor", seen(units={governor.UNIT: {**UNIT, "enabled": False}}))
    assert (decided.plan.changes_boot, decided.plan.enables, decided.plan.sets) == (True, True, False)


def test_a_kernel_without_cpufreq_has_a_note_and_nothing_to_do() -> None:
    decided = decide("governor", seen(governors={}, stale={"governor": ["/opt/pilab/bin/set-governor"]}))
    assert (decided.differs, decided.refusals) == (False, ())
    assert decided.notes == ("governor left alone: the kernel of this board has no cpufreq",)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"governor_cores": "0;1"}, "governor_cores is 0;1: write all, a range as 1-3, or a list as 0,2."),
        ({"governor_cores": "all\n"}, "governor_cores is all\n: write all, a range as 1-3, or a list as 0,2."),
        ({"governor_cores": "3-1"}, "governor_cores is 3-1: write all, a range as 1-3, or a list as 0,2."),
        ({"governor_cores": "0,3-2"}, "governor_cores is 0,3-2: write all, a range as 1-3, or a list as 0,2."),
        ({"governor_cores": ""}, "governor_cores is : write all, a range as 1-3, or a list as 0,2."),
        ({"governor_cores": "2-5"}, "governor_cores is 2-5, but the board has the cores 0, 1, 2, 3 only."),
        (
            {"governor_name": "schedutil"},
            LACKS,
        ),
    ],
)
def test_what_the_board_cannot_have_is_refused(asked: dict[str, str], sentence: str) -> None:
    assert decide("governor", seen(governors=PI), **asked).refusals == (sentence,)


@pytest.mark.parametrize(("text", "cores"), [("1-3", [1, 2, 3]), ("0,2", [0, 2]), ("3", [3]), ("0-1,3", [0, 1, 3])])
def test_cores_are_written_as_ranges_and_lists(text: str, cores: list[int]) -> None:
    assert governor.as_cores(text) == cores


def test_only_policies_with_the_cores_are_set() -> None:
    found = seen(governors=TWO).governors
    assert set(governor.policies_with(found, "3")) == {"policy2"}
    assert set(governor.policies_with(found, "1-2")) == {"policy0", "policy2"}
    assert set(governor.policies_with(found, "all")) == {"policy0", "policy2"}


def test_cores_that_change_unasked_are_named() -> None:
    decided = decide("governor", seen(governors=PI), governor_cores="1-3")
    assert decided.notes == ("governor ondemand for cores 1-3 sets cores 0 too: they share one clock",)
    assert decide("governor", seen(governors=TWO), governor_cores="2-3").notes == ()


def test_each_policy_gets_back_the_governor_that_it_was_found_with() -> None:
    before = {**PI_BEFORE, "governors": {"policy0": "powersave", "policy9": "ondemand"}, "default_governor": "unset"}
    decided = governor.restore(seen(governors=TWO, before=before))
    assert decided.plan.governors == {"0,1": "powersave"}
    assert (decided.plan.disables, decided.plan.default_governor, decided.plan.has_default) == (True, "unset", False)


PI_BEFORE: dict[str, Any] = {
    "schema": 1, "at": "", "hostname": "raspberrypi", "hosts": "", "user_data": "", "had_account": False,
    "made_groups": [],
}  # fmt: skip
