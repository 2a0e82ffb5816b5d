from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from fleet.boards.known_keys import KnownKeys
from tests.rehearsal import lists
from tests.rehearsal.conftest import PID, ordered, typed
from tests.rehearsal.playbooks import playbook, rows
from tests.unit.ansible_parts import role_file
from virtual import reach

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.rehearsal.conftest import Lab

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]

RELEASES = role_file("base", "vars/main/table.yml")["__base_table"]["releases"]
STATE = "systemctl show --property=ActiveState --value pilab-agent"
POLICY = "/sys/devices/system/cpu/cpufreq/policy0"


@pytest.fixture
def other_key(tmp_path: Path) -> Path:
    """A key that no board knows."""
    path = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path


@contextmanager
def changed(lab: Lab, name: str, file: str, edit: str) -> Iterator[None]:
    """Edit a file of a board for one test."""
    lab.say(name, f"sudo cp {file} /root/kept && sudo sh -c 'sed \"{edit}\" /root/kept > {file}'")
    yield
    lab.say(name, f"sudo sh -c 'cat /root/kept > {file}'")


def ssh_apart(folder: Path, known_hosts: Path) -> str:
    """Options of ssh that share no connection with other runs."""
    options = f"-o UserKnownHostsFile={known_hosts} -o GlobalKnownHostsFile=/dev/null -o IdentitiesOnly=yes"
    return f"ansible_ssh_common_args='{options} -o StrictHostKeyChecking=yes -o ControlPath={folder}/mux'"


@pytest.mark.usefixtures("provisioned")
def test_a_board_with_the_name_of_a_running_virtual_pi_is_refused(tmp_path: Path) -> None:
    mine = tmp_path / "inventory.ini"
    mine.write_text("[lab]\npi01 ansible_host=192.168.1.101\n")
    done = typed("ansible-inventory", "-i", "virtual/inventory.py", "-i", str(mine), "--list")
    assert done.returncode == 1
    assert done.stderr.startswith(f"the name pi01 in {mine}:2 is also that of a virtual Pi which is running: ")


def test_a_key_that_the_board_does_not_know_is_one_sentence(provisioned: Lab, other_key: Path) -> None:
    options = ssh_apart(other_key.parent, reach.known_hosts(provisioned.place))
    status, output = playbook("--limit", "pi02", "-e", options, "-e", f"ansible_ssh_private_key_file={other_key}")
    assert status != 0
    said = f"unreachable: [key-refused] does not take the key {other_key} for the account "
    assert rows(output)["pi02"].startswith(said)
    assert "; give it one with: invoke enrol pi02 " in rows(output)["pi02"]


def test_a_host_key_that_changed_is_one_sentence(provisioned: Lab, other_key: Path) -> None:
    kind, text = other_key.with_suffix(".pub").read_text().split()[:2]
    known_hosts = other_key.with_name("known_hosts")
    known_hosts.write_text(f"{provisioned.address_of('pi02')} {kind} {text}\n")
    status, output = playbook("--limit", "pi02", "-e", ssh_apart(other_key.parent, known_hosts))
    assert status != 0
    assert "its host key changed: if its card was written anew, forget the old key" in rows(output)["pi02"]


def test_a_board_is_its_key_for_every_command(
    provisioned: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list in which one board is where nobody is: it is found, the list follows, and all commands reach it."""
    address = provisioned.address_of("pi01")
    nobody = f"{address.rpartition('.')[0]}.201"
    mine = lists.written(provisioned, tmp_path, pi01=nobody)
    monkeypatch.setenv("ANSIBLE_INVENTORY", str(mine))
    found = typed("invoke", "discover", "--write", "--sweep", f"{nobody}/24")
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.splitlines()[0].split(maxsplit=2) == ["pi01", address, f"moved from {nobody}"]
    assert "3 of 3 boards are where the inventory says." in found.stdout
    assert mine.read_text() == mine.with_name("inventory.ini.bak").read_text().replace(nobody, address)
    assert "# the seat of pi01" in mine.read_text()
    assert typed("ansible", "lab", "-m", "ansible.builtin.ping").returncode == 0
    assert typed("invoke", "agent.status", "--hosts", "lab").returncode == 0


def test_a_swapped_card_is_refused_by_every_command_with_whose_it_is(
    provisioned: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = lists.written(provisioned, tmp_path)
    known = KnownKeys(tmp_path / "known_hosts")
    for one, other in (("pi02", "pi03"), ("pi03", "pi02")):
        known.put(one, lists.host_key(provisioned, other))
    monkeypatch.setenv("ANSIBLE_INVENTORY", str(mine))
    status, output = playbook("--limit", "lab", "-i", str(mine))
    assert status != 0
    for one, other in (("pi02", "pi03"), ("pi03", "pi02")):
        said = f"the card of {other} is at its address {provisioned.address_of(one)}: put the cards back"
        assert rows(output)[one].startswith(f"unreachable: [host-key-other] {said}")
    asked = typed("invoke", "agent.status", "--hosts", "pi02")
    assert asked.returncode == 1
    assert f"pi02: the card of pi03 is at its address {provisioned.address_of('pi02')}" in asked.stderr


@pytest.fixture
def asking(provisioned: Lab) -> Iterator[str]:
    """A board whose sudo wants a password for everything but taking that back."""
    provisioned.say("pi03", "printf 'teacher ALL=(ALL) ALL\\nteacher ALL=(ALL) NOPASSWD: /bin/rm /etc/sudoers.d/zz\\n'"
                    " | sudo tee /etc/sudoers.d/zz")  # fmt: skip
    yield "pi03"
    provisioned.say("pi03", "sudo /bin/rm /etc/sudoers.d/zz")


def test_sudo_that_wants_a_password_is_one_sentence(asking: str) -> None:
    status, output = playbook("--limit", asking)
    assert status != 0
    assert rows(output)[asking].startswith("[sudo-password] sudo on pi03 wants a password: add -K, or allow it")


@pytest.fixture
def poor_in_governors(provisioned: Lab) -> Iterator[str]:
    """A board whose kernel offers two governors only."""
    with changed(provisioned, "pi02", f"{POLICY}/scaling_available_governors", "s/.*/performance ondemand/"):
        yield "pi02"


def test_a_governor_that_the_kernel_lacks_is_refused_with_those_it_has(poor_in_governors: str) -> None:
    status, output = playbook("--limit", poor_in_governors, "-e", "governor_name=powersave")
    assert status != 0
    assert rows(output)[poor_in_governors] == (
        "governor_name is powersave, which the kernel does not offer for policy0: choose one of ondemand, performance."
    )
    assert "changed in" not in output


@pytest.fixture
def unknown_release(provisioned: Lab) -> Iterator[str]:
    """A board with a release of the future."""
    with changed(provisioned, "pi03", "/usr/lib/os-release", "s/trixie/unheard/"):
        yield "pi03"


def test_an_unknown_release_is_refused_before_anything_changes(unknown_release: str) -> None:
    status, output = playbook("--limit", unknown_release)
    assert status != 0
    assert f"is none of {', '.join(RELEASES)}, so nothing was changed" in rows(output)[unknown_release]
    assert "changed in" not in output


def test_an_agent_that_does_not_start_says_why_itself(provisioned: Lab) -> None:
    status, output = playbook("--limit", "pi03", "-e", "agent_led_pins=auto")
    assert status != 0
    assert "the agent does not start: The LED on GPIO 27 cannot be used" in rows(output)["pi03"]
    provisioned.wait("pi03", f"test $({STATE}) = activating && test $({PID}) != 0")
    status, output = playbook("--limit", "pi03", "-e", "agent_led_pins=auto")
    assert status != 0
    assert "the agent does not start: The LED on GPIO 27 cannot be used" in rows(output)["pi03"]
    with ordered(provisioned, "pi03", "ExecStopPost=/bin/sleep 20"):
        provisioned.wait("pi03", f"test $({STATE}) = deactivating")
        status, output = playbook("--limit", "pi03")
    assert status == 0, output
    assert provisioned.say("pi03", "systemctl is-active pilab-agent") == "active"


def test_an_agent_that_dies_without_a_word_is_not_said_to_die_of_what_it_died_of_before(provisioned: Lab) -> None:
    status, output = playbook("--limit", "pi01", "-e", "agent_led_pins=auto")
    assert status != 0
    assert "The LED on GPIO 27 cannot be used" in rows(output)["pi01"]
    with ordered(provisioned, "pi01", "ExecStartPre=/bin/false"):
        status, output = playbook("--limit", "pi01")
    assert status != 0
    assert "LED" not in rows(output)["pi01"]
    assert "the agent does not start: Unable to start service pilab-agent.service: " in rows(output)["pi01"]
    status, output = playbook("--limit", "pi01")
    assert status == 0, output


@pytest.fixture
def old_python(provisioned: Lab) -> Iterator[str]:
    """A board whose Python says that it is that of Raspberry Pi OS 10: simulated, no virtual Pi is so old."""
    tell = "import sys; sys.version_info = (3, 7, 3); exec(sys.stdin.read())"
    provisioned.put_script("pi01", "/usr/local/bin/old", f'exec /usr/bin/python3 -I -c "{tell}"')
    yield "ansible_python_interpreter=/usr/local/bin/old"
    provisioned.say("pi01", "sudo rm /usr/local/bin/old")


def test_a_python_that_is_too_old_is_one_sentence_before_anything_changes(old_python: str) -> None:
    status, output = playbook("--limit", "pi01", "-e", old_python)
    assert status != 0
    assert rows(output)["pi01"] == (
        "[python-old] its Python is too old for this Ansible; write a newer Raspberry Pi OS on its card"
    )
    assert "changed in" not in output
