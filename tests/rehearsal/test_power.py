"""Boards that lose their power while they are provisioned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rehearsal import faults
from tests.rehearsal.conftest import BOARDS, HOLD_THE_LOCK, PLAYBOOK_TIMEOUT_S, PURGE, Lab, begun, wait_until
from tests.rehearsal.playbooks import playbook, rows

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]

# A stand-in for the program that dpkg unpacks with: it never comes to an end.
HANGING = '[ "$1" != --fsys-tarfile ] || exec sleep infinity; exec /usr/bin/dpkg-deb "$@"'


@pytest.fixture
def running(provisioned: Lab) -> Iterator[subprocess.Popen[str]]:
    """A playbook that is installing on pi02 and pi03."""
    for name in ("pi02", "pi03"):
        provisioned.say(name, f"{PURGE} --autoremove gcc make byobu htop", timeout_s=120)
    with begun("ansible-playbook", "site.yml") as process:
        yield process


def test_a_board_that_dies_in_the_middle_has_its_sentence_and_the_others_finish(
    provisioned: Lab, running: subprocess.Popen[str]
) -> None:
    wait_until(lambda: provisioned.ssh("pi03", "pgrep -x dpkg").returncode == 0)
    faults.cut_power(provisioned.place, provisioned.guest("pi03"))
    output, _ = running.communicate(timeout=PLAYBOOK_TIMEOUT_S)
    assert running.returncode != 0
    assert rows(output)["pi01"] == "nothing to change"
    assert rows(output)["pi02"] == "changed in base"
    assert rows(output)["pi03"].startswith("unreachable: "), output
    switch_on(provisioned)
    assert_a_run_completes(provisioned)


def test_a_board_that_dies_while_a_package_is_unpacked_is_mended_by_the_next_run(provisioned: Lab) -> None:
    """byobu is unpacked; of what it needs gettext-base is half there and tmux not at all."""
    provisioned.say("pi03", f"{PURGE} --autoremove byobu gettext-base", timeout_s=120)
    provisioned.say("pi03", "cd /tmp && apt-get download byobu gettext-base && sudo dpkg --unpack byobu_*.deb")
    provisioned.put_script("pi03", "/usr/local/bin/dpkg-deb", HANGING)
    provisioned.say("pi03", "sudo systemd-run sh -c 'dpkg --unpack /tmp/gettext-base_*.deb'")
    wait_until(lambda: provisioned.ssh("pi03", "pgrep -x sleep").returncode == 0)
    faults.cut_power(provisioned.place, provisioned.guest("pi03"))
    switch_on(provisioned)
    assert "half-installed" in provisioned.say(
        "pi03", "dpkg-query --status gettext-base; sudo rm /usr/local/bin/dpkg-deb"
    )
    provisioned.say("pi03", f'sudo systemd-run timeout 12 python3 -c "{HOLD_THE_LOCK}"')
    assert_a_run_completes(provisioned)


def switch_on(lab: Lab) -> None:
    faults.switch_on(lab.place, lab.guest("pi03"))
    wait_until(lambda: lab.ssh("pi03", "true").returncode == 0)


def assert_a_run_completes(lab: Lab) -> None:
    status, output = playbook(timeout_s=PLAYBOOK_TIMEOUT_S)
    assert status == 0, output
    assert lab.say("pi03", "sudo dpkg --audit") == ""
    assert rows(playbook()[1]) == dict.fromkeys(BOARDS, "nothing to change")
