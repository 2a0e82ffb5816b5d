"""What goes wrong in classrooms while boards are provisioned, brought about for real."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.conftest import GOVERNOR, HOLD_THE_LOCK, HOLDING, PURGE
from tests.rehearsal.playbooks import notes, playbook, rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.rehearsal.conftest import Lab

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]

ANOTHER = "another-installs"


def only(name: str, *words: str) -> tuple[int, str]:
    return playbook("--limit", name, *words)


def test_a_board_that_is_called_otherwise_gets_the_name_of_the_inventory(provisioned: Lab) -> None:
    """With cloud-init's files as Raspberry Pi OS 13 has them; it would give the old name back at the next start.

    systemd-hostnamed does not start, as on a board that is busy.
    """
    provisioned.say("pi03", "sudo systemctl mask --runtime --now systemd-hostnamed")
    provisioned.say("pi03", "sudo hostname raspberrypi && echo raspberrypi | sudo tee /etc/hostname")
    provisioned.say("pi03", "sudo sed -i 's/pi03/raspberrypi/' /etc/hosts && sudo mkdir -p /etc/cloud/cloud.cfg.d")
    provisioned.say("pi03", "printf 'hostname: raspberrypi\\npassword: x\\n' | sudo tee /boot/firmware/user-data")
    status, output = only("pi03", "--diff")
    assert status == 0, output
    assert "password" not in output
    assert provisioned.say("pi03", "hostname; cat /etc/hostname; getent hosts pi03").split() == [
        "pi03", "pi03", "127.0.1.1", "pi03",
    ]  # fmt: skip
    assert provisioned.say("pi03", "cat /boot/firmware/user-data") == "hostname: pi03\npassword: x"
    assert provisioned.say("pi03", "cat /etc/cloud/cloud.cfg.d/99-pilab.cfg") == (
        "preserve_hostname: true\nhostname: pi03"
    )
    assert rows(only("pi03")[1])["pi03"] == "nothing to change"
    provisioned.say("pi03", "! ls /etc/machine-info")
    provisioned.say("pi03", "sudo rm -r /etc/cloud /boot/firmware/user-data")
    provisioned.say("pi03", "sudo systemctl unmask --runtime systemd-hostnamed")


@pytest.mark.usefixtures("provisioned")
def test_a_name_that_no_board_can_have_is_left_out_with_a_sentence() -> None:
    status, output = only("pi03", "-e", "base_hostname=pi_03")
    assert status == 0
    assert "its name stays pi03: pi_03 is not made of letters, digits and hyphens" in notes(output, "pi03")


@pytest.fixture
def with_wifi(provisioned: Lab) -> Iterator[Lab]:
    provisioned.say("pi01", "sudo ip link add wlan0 type bridge")
    yield provisioned
    provisioned.say("pi01", "sudo ip link del wlan0")


def test_wifi_is_kept_awake_and_cores_that_share_a_clock_change_together_and_both_may_go_back(with_wifi: Lab) -> None:
    slow = ("-e", "governor_name=powersave", "-e", "governor_cores=1-3")
    status, output = only("pi01", *slow)
    assert (status, rows(output)["pi01"]) == (0, "changed in base, governor"), output
    assert "governor powersave for cores 1-3 sets cores 0 too: they share one clock" in notes(output, "pi01")
    assert with_wifi.say("pi01", f"cat {GOVERNOR}") == "powersave"
    assert "power_save off" in with_wifi.say("pi01", "cat /etc/udev/rules.d/70-pilab-wifi.rules")
    assert rows(only("pi01", *slow)[1])["pi01"] == "nothing to change"
    assert rows(only("pi01", "-e", "base_wifi_stays_awake=false")[1])["pi01"] == "changed in base, governor"
    with_wifi.say("pi01", "! ls /etc/udev/rules.d/70-pilab-wifi.rules")


@pytest.mark.usefixtures("provisioned")
@pytest.mark.parametrize(
    ("cores", "words"),
    [("1-9", "but the board has the cores 0, 1, 2, 3 only."), ("some", "write all, a range as 1-3, or a list as 0,2.")],
)
def test_cores_that_are_not_there_are_refused(cores: str, words: str) -> None:
    status, output = only("pi01", "-e", f"governor_cores={cores}")
    assert status != 0
    assert (
        rows(output)["pi01"] == f"governor_cores is {cores}{',' * ('but' in words)}{':' * ('write' in words)} {words}"
    )


@pytest.fixture
def full(provisioned: Lab) -> Iterator[str]:
    """A board without room for the agent's code."""
    provisioned.say("pi03", "sudo mount -t tmpfs -o size=16k none /opt/pilab/agent")
    yield "pi03"
    provisioned.say("pi03", "sudo umount /opt/pilab/agent")
    assert only("pi03")[0] == 0


def test_a_full_disk_is_one_sentence_and_the_others_go_on(full: str) -> None:
    status, output = playbook()
    assert status != 0
    assert rows(output)[full] == (
        "[disk-full] its disk is full; use a larger card, or make room; to drop what packages left, type: "
        f"ansible {full} -b -m raw -a 'apt-get clean'"
    )
    assert rows(output)["pi01"] == "nothing to change"


@pytest.fixture(scope="module")
def mended(provisioned: Lab) -> Iterator[Lab]:
    """Boards of which one may lack packages after a test; after the last it has all again."""
    yield provisioned
    assert only("pi02")[0] == 0


@pytest.fixture
def without_htop(mended: Lab) -> Lab:
    """A board that lacks a package, so that a run has something to install."""
    mended.say("pi02", f"{PURGE} htop && sudo rm -f /var/cache/apt/archives/htop*")
    return mended


@contextmanager
def installing(lab: Lab, name: str) -> Iterator[None]:
    """Another program has the lock for installing, for as long as it is wanted."""
    lab.say(name, f'sudo rm -f {HOLDING}; sudo systemd-run --unit={ANOTHER} python3 -c "{HOLD_THE_LOCK}"')
    try:
        lab.wait(name, f"test -e {HOLDING}")
        yield
    finally:
        lab.ssh(name, f"sudo systemctl stop {ANOTHER}")


def test_another_program_that_installs_is_waited_for_and_then_named(without_htop: Lab) -> None:
    with installing(without_htop, "pi02"):
        status, output = only("pi02", "-e", "base_lock_timeout_s=1")
        assert status != 0
        assert rows(output)["pi02"] == (
            "[packages-busy] another program is installing packages; wait for it to end, then type: "
            "invoke doctor --hosts pi02"
        )
        without_htop.say("pi02", f"sudo systemd-run --on-active=8 systemctl stop {ANOTHER}")
        status, output = only("pi02")
    assert status == 0, output
    assert rows(output)["pi02"] == "changed in base"


def test_without_a_network_the_sentence_says_so(without_htop: Lab) -> None:
    without_htop.say("pi02", "echo 'Acquire::http::Proxy \"http://127.0.0.1:9\";' | sudo tee /etc/apt/apt.conf.d/99cut")
    status, output = only("pi02")
    without_htop.say("pi02", "sudo rm /etc/apt/apt.conf.d/99cut")
    assert status != 0
    assert rows(output)["pi02"].startswith("it cannot reach its package sources")


def test_a_board_with_little_memory_installs_a_few_packages_at_a_time(without_htop: Lab) -> None:
    """Its memory is simulated: /proc/meminfo says 430 MiB."""
    without_htop.say("pi02", f"{PURGE} byobu make python3-gpiozero python3-toml gcc")
    little = "sed 's/^MemTotal:.*/MemTotal: 442840 kB/' /proc/meminfo > /run/meminfo"
    without_htop.say("pi02", f'sudo sh -c "{little} && mount --bind /run/meminfo /proc/meminfo"')
    began = without_htop.say("pi02", "grep -c ^Install: /var/log/apt/history.log")
    status, output = only("pi02")
    without_htop.say("pi02", "sudo umount /proc/meminfo")
    assert status == 0, output
    ended = without_htop.say("pi02", "grep -c ^Install: /var/log/apt/history.log")
    assert int(ended) - int(began) > 1


@pytest.fixture
def with_password(provisioned: Lab, tmp_path: Path) -> Iterator[Path]:
    """A board whose sudo always wants the password, as Raspberry Pi OS does since April 2026."""
    provisioned.say("pi03", "echo teacher:correct-horse | sudo chpasswd")
    rules = "teacher ALL=(ALL) PASSWD: ALL\\nteacher ALL=(ALL) NOPASSWD: /bin/rm /etc/sudoers.d/zz\\n"
    provisioned.say("pi03", f"printf '{rules}' | sudo tee /etc/sudoers.d/zz")
    secret = tmp_path / "password"
    secret.write_text("correct-horse\n")
    yield secret
    provisioned.say("pi03", "sudo /bin/rm /etc/sudoers.d/zz")


def test_a_sudo_password_is_asked_for_once_and_never_shown(with_password: Path) -> None:
    status, output = only("pi03", "--become-password-file", str(with_password), "-v")
    assert status == 0, output
    assert rows(output)["pi03"] == "nothing to change"
    assert "correct-horse" not in output
