from __future__ import annotations

import pytest

from fleet.agents import understand
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
            "The service of pi01 is failed; see why: journalctl --unit pilab-agent, on pi01.",
        ),
        (
            "LoadState=loaded\nActiveState=active\nStatusText=Sees nothing: the camera is unplugged.\n",
            "pi01: Sees nothing: the camera is unplugged.",
        ),
    ],
)
def test_a_service_that_does_not_see_circles_fails_with_a_sentence(shown: str, sentence: str) -> None:
    assert understand(PI01, shown) == Outcome("pi01", State.FAILED, sentence)
