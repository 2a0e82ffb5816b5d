"""The program that sets the governor at every start of a board, on folders that stand for the kernel's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "ansible/roles/governor/files/opt/pilab/bin/set-governor"
KERNELS = "/sys/devices/system/cpu/cpufreq"


@pytest.fixture
def cpufreq(tmp_path: Path) -> Path:
    (tmp_path / "set-governor").write_text(PROGRAM.read_text().replace(KERNELS, str(tmp_path / "cpufreq")))
    (tmp_path / "bin").mkdir()
    return tmp_path / "cpufreq"


def instead_of_sleeping(cpufreq: Path, script: str) -> None:
    """Time is moved by hand: what happens when the program would sleep."""
    program = cpufreq.parent / "bin/sleep"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def make_policy(cpufreq: Path, number: int, cores: str) -> Path:
    policy = cpufreq / f"policy{number}"
    policy.mkdir(parents=True)
    (policy / "related_cpus").write_text(cores)
    (policy / "scaling_available_governors").write_text("performance powersave")
    (policy / "scaling_governor").write_text("performance\n")
    return policy


def run(cpufreq: Path, *words: str) -> subprocess.CompletedProcess[str]:
    path = f"{cpufreq.parent / 'bin'}:{os.environ['PATH']}"
    command = ["sh", str(cpufreq.parent / "set-governor"), *words]
    return subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, timeout=30, check=False)


def test_a_clock_whose_driver_is_late_gets_its_governor_all_the_same(cpufreq: Path) -> None:
    policy = make_policy(cpufreq.with_name("later"), 0, "0 1 2 3")
    instead_of_sleeping(cpufreq, f'[ ! -e "{policy}" ] || mv "{policy.parent}" "{cpufreq}"')
    assert run(cpufreq, "powersave").returncode == 0
    assert (cpufreq / "policy0/scaling_governor").read_text() == "powersave\n"


def test_a_board_whose_clock_never_comes_is_no_success(cpufreq: Path) -> None:
    instead_of_sleeping(cpufreq, "exit 0")
    done = run(cpufreq, "powersave")
    assert done.returncode == 1
    assert done.stderr == "The kernel of this board has no clock that can be governed.\n"


def test_only_the_policies_of_the_cores_are_set(cpufreq: Path) -> None:
    make_policy(cpufreq, 0, "0 1")
    make_policy(cpufreq, 2, "2 3")
    assert run(cpufreq, "powersave", "3").returncode == 0
    assert (cpufreq / "policy0/scaling_governor").read_text() == "performance\n"
    assert (cpufreq / "policy2/scaling_governor").read_text() == "powersave\n"


def test_a_governor_that_is_not_offered_is_named_with_those_that_are(cpufreq: Path) -> None:
    governor = make_policy(cpufreq, 0, "0") / "scaling_governor"
    governor.unlink()
    governor.symlink_to("/dev/full")  # takes nothing, as the kernel what it does not know
    done = run(cpufreq, "fastest")
    assert done.returncode == 1
    assert "The governor fastest is not offered by policy0; choose one of: performance powersave" in done.stderr


def test_a_kernel_that_keeps_another_governor_is_no_success(cpufreq: Path) -> None:
    governor = make_policy(cpufreq, 0, "0") / "scaling_governor"
    governor.unlink()
    governor.symlink_to("/dev/null")
    done = run(cpufreq, "powersave")
    assert done.returncode == 1
    assert done.stderr == "policy0 kept the governor  instead of powersave.\n"


def test_a_governor_whose_module_is_not_loaded_yet_is_written_all_the_same(cpufreq: Path) -> None:
    policy = make_policy(cpufreq, 0, "0")
    assert run(cpufreq, "conservative").returncode == 0
    assert (policy / "scaling_governor").read_text() == "conservative\n"


def test_after_the_first_minute_the_clock_is_read_so_that_the_kernel_asks_anew(cpufreq: Path) -> None:
    """The stand-in for the kernel's file can be read once and then says another clock, as the kernel's does."""
    policy = make_policy(cpufreq, 0, "0")
    clock = policy / "cpuinfo_cur_freq"
    clock.write_text("600000\n")
    told = cpufreq.parent / "slept"
    instead_of_sleeping(cpufreq, f'echo "$1" >>"{told}"; [ "$1" = 61 ] || echo 1500000 >"{clock}"')
    done = run(cpufreq, "--settle")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "policy0 has the governor performance, and its clock is 1500 MHz.\n"
    assert told.read_text() == "61\n1\n"
    assert (policy / "scaling_governor").read_text() == "performance\n"


def test_a_clock_that_the_kernel_does_not_show_is_told_and_not_hidden(cpufreq: Path) -> None:
    make_policy(cpufreq, 0, "0")
    instead_of_sleeping(cpufreq, "exit 0")
    done = run(cpufreq, "--settle")
    assert done.returncode == 0
    words = "whether its clock follows cannot be seen: this kernel does not show it."
    assert done.stdout == f"policy0 has the governor performance; {words}\n"


def test_a_board_without_a_clock_to_govern_has_nothing_to_settle(cpufreq: Path) -> None:
    instead_of_sleeping(cpufreq, "exit 0")
    assert (run(cpufreq, "--settle").returncode, run(cpufreq, "--settle").stdout) == (0, "")
