from __future__ import annotations

from typing import Any

import pytest

from tests.unit.ansible_parts import plugin
from tests.unit.decide_parts import decide, seen

camera = plugin("plugin_utils", "decide_camera")
BULLSEYE: dict[str, Any] = {
    "release": "bullseye",
    "userland": "armhf",
    "config_txt": {"path": "/boot/config.txt", "text": "camera_auto_detect=1\n", "newer_than_boot": False},
}


def config(text: str, **others: Any) -> dict[str, Any]:  # noqa: ANN401 (any value)
    return {**BULLSEYE, "config_txt": {**BULLSEYE["config_txt"], "text": text, **others}}


def test_where_it_can_be_the_legacy_camera_comes_and_waits_for_a_restart() -> None:
    decided = decide("camera", seen(**BULLSEYE))
    assert (decided.differs, decided.plan.stack, decided.plan.writes) == (True, "legacy", True)
    assert "start_x=1" in decided.plan.text
    assert "the legacy camera works after a restart" in decided.notes[0]


def test_what_was_written_is_not_written_again_and_the_restart_is_told_until_it_was() -> None:
    text = decide("camera", seen(**BULLSEYE)).plan.text
    again = decide("camera", seen(**config(text, newer_than_boot=True)))
    assert (again.differs, again.plan.text) == (False, "")
    assert "works after a restart" in again.notes[0]
    assert decide("camera", seen(**config(text, newer_than_boot=True)), camera_may_reboot=True).differs
    assert decide("camera", seen(**config(text))).notes == ()


@pytest.mark.parametrize(
    ("changes", "others", "reason"),
    [
        ({}, {}, "Raspberry Pi OS 13 removed it"),
        ({**BULLSEYE, "userland": "arm64"}, {}, "the 64-bit system never had it"),
        (BULLSEYE, {"camera_is_module_3": True}, "a Camera Module 3 does not work with it"),
        ({**BULLSEYE, "config_txt": {"path": "", "text": ""}}, {}, "the board has no config.txt"),
        (config("x\ufffd=1\n"), {}, "its config.txt has letters that are not UTF-8"),
        (
            config("", path="/boot/firmware/config.txt"),
            {},
            "it has /boot/firmware/config.txt, but the system reads /boot/config.txt: is that mounted?",
        ),
    ],
)
def test_a_board_that_cannot_have_it_keeps_what_it_has_and_says_why(
    changes: dict[str, Any], others: dict[str, Any], reason: str
) -> None:
    decided = decide("camera", seen(**changes), **others)
    assert (decided.differs, decided.refusals) == (False, ())
    assert decided.notes == (f"legacy camera refused, libcamera left as it is: {reason}",)


def test_whoever_asks_for_libcamera_is_told_nothing() -> None:
    assert decide("camera", seen(), camera_stack="libcamera").notes == ()


def test_config_txt_is_given_back_without_lines_of_ours() -> None:
    text = decide("camera", seen(**BULLSEYE)).plan.text
    assert camera.restore(seen(**config(text))).plan.text == "camera_auto_detect=1\n"
    assert not camera.restore(seen(**BULLSEYE)).plan.writes
