"""Boards whose clock is wrong. A virtual Pi has that of the whole computer, so it is made up for single programs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.conftest import PURGE
from tests.rehearsal.playbooks import playbook, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rehearsal.conftest import Lab

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]

SLOW = ("--limit", "pi02", "-e", "ansible_python_interpreter=/usr/local/bin/slow")
SET = ("-e", "base_set_clock=true")


@pytest.fixture(scope="module")
def slow(provisioned: Lab) -> Iterator[Lab]:
    """A Python that sees a clock 400 days slow, as does what it starts."""
    provisioned.say("pi02", "sudo apt-get install --yes --quiet faketime")
    provisioned.put_script("pi02", "/usr/local/bin/slow", 'exec /usr/bin/faketime -f -400d /usr/bin/python3 "$@"')
    yield provisioned
    provisioned.say("pi02", f"sudo rm /usr/local/bin/slow; {PURGE} faketime libfaketime")
    assert playbook("--limit", "pi02")[0] == 0


@pytest.fixture
def without_htop(slow: Lab) -> Iterator[Lab]:
    """A board that has something to install, and no list of packages any more."""
    slow.say("pi02", f"{PURGE} htop && sudo find /var/lib/apt/lists -type f -delete")
    yield slow
    slow.say("pi02", "sudo sh -c 'apt-get update -qq && apt-get install --yes -qq htop'")


@pytest.mark.usefixtures("without_htop")
def test_a_slow_clock_is_measured_and_named_where_apt_distrusts_its_sources() -> None:
    status, output = playbook(*SLOW)
    assert status != 0
    assert "its clock is 400 days slow" in rows(output)["pi02"], output
    assert "base_set_clock=true" in rows(output)["pi02"]


@pytest.fixture
def set_by(slow: Lab) -> Iterator[Lab]:
    """A `date` that writes down what it shall set: to set the clock of a virtual Pi would set everybody's."""
    slow.put_script("pi02", "/usr/local/bin/date", 'echo "$@" > /run/set')
    yield slow
    slow.say("pi02", "sudo rm /usr/local/bin/date")


def test_a_wrong_clock_is_set_to_that_of_the_teachers_computer_if_asked_for(set_by: Lab) -> None:
    began_s = time.time()
    status, output = playbook(*SLOW, *SET)
    assert status == 0, output
    word, moment = set_by.say("pi02", "cat /run/set").split()
    assert word == "--set"
    assert began_s < float(moment.removeprefix("@")) < time.time()
    assert rows(output)["pi02"] == "changed in base"


@pytest.mark.usefixtures("slow")
def test_a_clock_that_cannot_be_set_is_said_so() -> None:
    """The computer does not let a virtual Pi set its clock."""
    status, output = playbook(*SLOW, *SET)
    assert status != 0
    assert "Set the clock" in rows(output)["pi02"], output
    assert "Operation not permitted" in rows(output)["pi02"]
