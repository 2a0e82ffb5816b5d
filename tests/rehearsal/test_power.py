"""Boards that lose their power while they are provisioned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rehearsal import power
from tests.rehearsal.conftest import BOARDS, HOLD_THE_LOCK, PLAYBOOK_TIMEOUT_S, PURGE, Lab, begun
from tests.rehearsal.playbooks import playbook, rows
from virtual.containers import faults

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]


# What the board that dies is installing lasts; the other one has something to install, too.
LACKED = {"pi02": "byobu htop", "pi03": "gcc make byobu htop"}


@pytest.fixture
def running(provisioned: Lab) -> Iterator[subprocess.Popen[str]]:
    """A playbook that is installing on pi02 and pi03."""
    for name, packages in LACKED.items():
        provisioned.say(name, f"{PURGE} --autoremove {packages}")
    with begun("ansible-playbook", "site.yml") as process:
        yield process


def test_a_board_that_dies_in_the_middle_has_its_sentence_and_the_others_finish(
    provisioned: Lab, running: subprocess.Popen[str]
) -> None:
    provisioned.wait("pi03", "pgrep -x dpkg")
    faults.cut_power(provisioned.place, provisioned.guest("pi03"))
    output, _ = running.communicate(timeout=PLAYBOOK_TIMEOUT_S)
    assert running.returncode != 0
    assert rows(output)["pi01"] == "nothing to change"
    assert rows(output)["pi02"] == "changed in base"
    assert rows(output)["pi03"].startswith("unreachable: "), output
    power.switch_on(provisioned, "pi03")
    assert_a_run_completes(provisioned, "--limit", "pi03")


def test_a_board_that_dies_while_a_package_is_unpacked_is_mended_by_the_next_run(provisioned: Lab) -> None:
    power.cut_short_an_unpacking(provisioned, "pi03")
    provisioned.say("pi03", f'sudo systemd-run timeout 12 python3 -c "{HOLD_THE_LOCK}"')
    assert_a_run_completes(provisioned)
    assert rows(playbook()[1]) == dict.fromkeys(BOARDS, "nothing to change")


def assert_a_run_completes(lab: Lab, *words: str) -> None:
    status, output = playbook(*words, timeout_s=PLAYBOOK_TIMEOUT_S)
    assert status == 0, output + lab.ssh("pi03", "sudo tail -n 60 /var/log/apt/term.log").stdout
    assert lab.say("pi03", "sudo dpkg --audit") == ""
