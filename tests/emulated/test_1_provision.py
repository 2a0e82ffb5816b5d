"""The unchanged playbook on a board with a kernel of its own, with the power cut while it works."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.detect import scenes
from tests.emulated.conftest import PATIENCE_S, PLAYBOOK_TIMEOUT_S
from tests.rehearsal.conftest import GOVERNOR, typed, wait_until
from virtual.place import PROJECT

if TYPE_CHECKING:
    from tests.emulated.conftest import Emulated

pytestmark = [pytest.mark.emulated, pytest.mark.timeout(14400)]

NATIVE = PROJECT / "native"
POLICY = str(Path(GOVERNOR).parent)
GOVERNORS = ("performance", "powersave", "ondemand", "conservative", "userspace", "schedutil")


@pytest.mark.every_machine
def test_the_board_is_in_the_lab_under_its_name(emulated: Emulated) -> None:
    done = typed("ansible-inventory", "--graph", "lab")
    assert f"|--{emulated.board.name}" in done.stdout, done.stdout + done.stderr


@pytest.mark.every_machine
def test_the_kernel_of_the_board_is_its_own_and_knows_that_it_is_emulated(emulated: Emulated) -> None:
    assert emulated.say("uname -m") == "aarch64"
    assert emulated.say("cat /sys/devices/system/cpu/cpufreq/policy0/scaling_driver") == "cpufreq-dt"
    assert emulated.ssh("systemd-detect-virt").stdout.strip() == "qemu"


def test_the_playbook_completes_after_power_cuts(provisioned: Emulated) -> None:
    assert provisioned.cuts > 0
    assert provisioned.say("dpkg --audit") == ""
    assert provisioned.say("hostname") == provisioned.board.name
    assert provisioned.say("systemctl is-active pilab-agent") == "active"


def test_a_second_run_changes_nothing(provisioned: Emulated) -> None:
    done = typed("ansible-playbook", "site.yml", timeout_s=PLAYBOOK_TIMEOUT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = (line for line in done.stdout.splitlines() if line.startswith(provisioned.board.name))
    assert "nothing to change" in row, done.stdout


@pytest.mark.every_machine
def test_every_governor_of_the_course_is_taken_by_the_kernel_and_a_bogus_one_is_not(provisioned: Emulated) -> None:
    for governor in GOVERNORS:
        provisioned.say(f"sudo /opt/pilab/bin/set-governor {governor}")
        assert provisioned.say(f"cat {GOVERNOR}") == governor
    refused = provisioned.ssh("sudo /opt/pilab/bin/set-governor fastest")
    assert refused.returncode == 1
    assert "fastest" in refused.stderr
    assert provisioned.ssh(f"echo fastest | sudo tee {GOVERNOR}").returncode == 1
    provisioned.say("sudo /opt/pilab/bin/set-governor ondemand")


def test_the_clock_follows_the_governor(provisioned: Emulated) -> None:
    for governor, edge in (("powersave", "min"), ("performance", "max")):
        provisioned.say(f"sudo /opt/pilab/bin/set-governor {governor}")
        assert provisioned.say(f"cat {POLICY}/scaling_cur_freq") == provisioned.say(f"cat {POLICY}/cpuinfo_{edge}_freq")
    provisioned.say("sudo /opt/pilab/bin/set-governor ondemand")


def test_after_a_reboot_the_kernel_knows_two_governors_and_the_board_has_the_one_asked_for(
    provisioned: Emulated,
) -> None:
    """Debian's kernel loads a governor only when it is asked for: the list grows."""
    provisioned.reboot()
    # The driver of the clock may still be loading: then there is no such file yet.
    wait_until(lambda: provisioned.ssh(f"cat {GOVERNOR}").stdout.strip() == "ondemand", timeout_s=PATIENCE_S)
    provisioned.say("until systemctl is-active pilab-agent; do sleep 1; done", timeout_s=PATIENCE_S)
    offered = provisioned.say(f"cat {POLICY}/scaling_available_governors").split()
    assert "powersave" not in offered
    provisioned.say("sudo /opt/pilab/bin/set-governor powersave")
    assert "powersave" in provisioned.say(f"cat {POLICY}/scaling_available_governors").split()
    provisioned.say("sudo /opt/pilab/bin/set-governor ondemand")


def test_the_library_is_compiled_for_the_board_and_finds_the_same_circles_bit_for_bit(
    provisioned: Emulated, tmp_path: Path
) -> None:
    here = compiled_here(tmp_path)
    build = "cd /tmp && gcc -O2 -o bits bits.c -I/opt/pilab/native/circles /opt/pilab/native/bin/libcircles.so"
    provisioned.say("cat > /tmp/bits.c", stdin=(NATIVE / "check/circles_bits.c").read_bytes())
    provisioned.say(build)
    found = 0
    for picture in pictures(tmp_path):
        provisioned.say("cat > /tmp/picture.pgm", stdin=picture.read_bytes())
        there = provisioned.say("cd /tmp && ./bits picture.pgm")
        assert there == subprocess.run([here, picture], capture_output=True, text=True, check=True).stdout.strip()
        found += there.count("\n")
    assert found


def pictures(folder: Path) -> list[Path]:
    """Scenes with and without circles, of odd sizes too."""
    rng = np.random.default_rng(11)
    paths = [folder / f"{number}.pgm" for number in range(6)]
    for number, path in enumerate(paths):
        grey = (scenes.with_circle if number % 2 else scenes.without_circle)(rng)[0][: 480 - number, : 640 - 3 * number]
        path.write_bytes(b"P5 %d %d 255\n" % grey.shape[::-1] + np.ascontiguousarray(grey).tobytes())
    return paths


def compiled_here(folder: Path) -> Path:
    """The same check with the library as `make setup` built it for this computer."""
    library = NATIVE / "bin/libcircles.so"
    command = ["gcc", "-O2", "-o", "bits", str(NATIVE / "check/circles_bits.c"), f"-I{NATIVE}/circles", str(library)]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "bits"


def test_what_runs_is_what_the_playbook_compiled(provisioned: Emulated) -> None:
    digest = provisioned.say("sha256sum /opt/pilab/native/bin/libcircles.so").split()[0]
    assert digest != hashlib.sha256((NATIVE / "bin/libcircles.so").read_bytes()).hexdigest()
    assert "aarch64" in provisioned.say("gcc -dumpmachine")
