from __future__ import annotations

import json

import pytest

from fleet.agents import count, refusal, understand
from fleet.inventory import Board
from fleet.outcome import Outcome, State

PI01 = Board("pi01", "192.168.1.101")
# As systemd 247 prints it, whatever the order that was asked for.
ACTIVE = "StatusText=Circles in sight, LED on\nLoadState=loaded\nActiveState=active\n"


def test_a_service_that_runs_says_what_it_sees() -> None:
    assert understand(PI01, ACTIVE) == Outcome("pi01", State.OK, said="Circles in sight, LED on")


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        (
            "LoadState=not-found\nActiveState=inactive\n",
            "pi01 is not provisioned; run: ansible-playbook site.yml --limit pi01",
        ),
        (
            "LoadState=loaded\nActiveState=failed\n",
            "The service of pi01 is failed; see why: invoke agent.logs --hosts pi01",
        ),
        (
            "LoadState=loaded\nActiveState=active\nStatusText=Sees nothing: the camera is unplugged.\n",
            "pi01: Sees nothing: the camera is unplugged.",
        ),
    ],
)
def test_a_service_that_does_not_see_circles_fails_with_a_sentence(shown: str, sentence: str) -> None:
    assert understand(PI01, shown) == Outcome("pi01", State.FAILED, sentence)


COUNTED = {
    "frames": 1000,
    "fps": 29.97,
    "frames_skipped": 3,
    "frames_with_circles": 40,
    "age_ms": {"count": 1000, "sum": 2500.0, "greatest": 17.0},
    "led_changes": 6,
    "temperature_c": 48.3,
    "throttled": 0x50000,
}


def test_the_counters_are_one_line() -> None:
    assert count(json.dumps(COUNTED)) == (
        "1000 frames at 30.0 fps, 3 skipped, 40 with circles, age 2.5 ms (at most 17), LED changed 6 times, "
        "48 degrees C, throttled 0x50000"
    )


@pytest.mark.parametrize("said", ["", "{}", "[]", "no agent", json.dumps({**COUNTED, "fps": "fast"})])
def test_counters_that_are_not_understood_are_left_out(said: str) -> None:
    assert count(said) == ""


@pytest.mark.parametrize(
    ("stderr", "sentence"),
    [
        ("sudo: a password is required", "sudo on pi01 wants a password: add --ask-sudo-password"),
        ("sudo: /opt/pilab/bin/pilab: command not found", "pi01 is not provisioned; run:"),
        ("No agent answers at '/run/x'.", "pi01: No agent answers at '/run/x'."),
        ("", "pi01 failed with status 1 and did not say why."),
    ],
)
def test_a_board_that_refuses_says_why_with_the_fix(stderr: str, sentence: str) -> None:
    assert refusal(PI01, stderr, 1).startswith(sentence)
