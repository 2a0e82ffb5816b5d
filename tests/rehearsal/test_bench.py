"""The literal `invoke bench --hosts lab` and what goes wrong with it in classrooms."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.rehearsal.checkout import CHECKOUT
from tests.rehearsal.conftest import BOARDS, GOVERNOR, PATIENCE_S, Lab, begun, typed, wait_until
from virtual import reach
from virtual.containers import faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]

RESULTS = CHECKOUT / "results"
BENCH = ("invoke", "bench", "--hosts")
QUICK = ("--runs", "1", "--governors", "performance")
BENCH_TIMEOUT_S = 1500
RUNS = 5  # of each program in a suite, as few as tell something
SUITES = CHECKOUT / "fleet/suites"
# The course's programs, each so short that the boards of a room on two processors need not take turns for long.
BRIEF = """
title = "The course's programs, as briefly as can be"
minutes = 1
runs = 5
governors = ["performance", "powersave"]
target_s = 0.05
timeout_s = 120
patience_s = 0
experiments = [
  { name = "detect", workers = [1] },
  { name = "busy", workers = [1] },
  { name = "c-threads", workers = [1, 2] },
  { name = "page-touch", workers = [1], sizes = [67_108_864], step_bytes = 16_777_216 },
  { name = "python-threads", workers = [1, 4] },
  { name = "python-processes", workers = [1, 4] },
  { name = "python-io-threads", workers = [1, 4] },
]
"""
# A program that waits 1.5 s takes as long on a busy computer, and leaves the processors to others.
WAITING = """
title = "Something that lasts, to be interrupted"
minutes = 1
runs = 1
governors = ["performance", "powersave"]
target_s = 1
timeout_s = 120
patience_s = 0
experiments = [{ name = "io-wait", workers = [1], sizes = [1500, 1501, 1502] }]
"""


@pytest.fixture(scope="module", autouse=True)
def _no_results_left() -> Iterator[None]:
    """Runs of the teacher stay, those of these tests go."""
    before = set(RESULTS.glob("*"))
    yield
    for run in set(RESULTS.glob("*")) - before:
        shutil.rmtree(run)


@pytest.fixture(scope="module")
def brief() -> Iterator[str]:
    """A suite that asks for everything and for little of it."""
    with own_suite("tests-brief", BRIEF) as name:
        yield name


@pytest.fixture
def waiting() -> Iterator[str]:
    """A suite that takes a while and no processor."""
    with own_suite("tests-waiting", WAITING) as name:
        yield name


@contextmanager
def own_suite(name: str, text: str) -> Iterator[str]:
    path = SUITES / f"{name}.toml"
    path.write_text(text)
    try:
        yield name
    finally:
        path.unlink()


def newest() -> Path:
    runs = (path for path in RESULTS.glob("[0-9]*") if path.is_dir())  # sums have results too
    return max(runs, default=RESULTS)


def records(run: Path, board: str, kind: str) -> list[dict[str, Any]]:
    lines = (run / f"{board}.jsonl").read_text().splitlines()
    return [record for record in map(json.loads, lines) if record["kind"] == kind]


def states(run: Path) -> dict[str, str]:
    hosts = json.loads((run / "run.json").read_text())["hosts"]
    return {board: outcome["state"] for board, outcome in hosts.items()}


def about(board: str, complaints: str) -> str:
    """The one sentence that names a board."""
    (sentence,) = (line for line in complaints.splitlines() if board in line)
    return sentence


def assert_as_before(lab: Lab, *boards: str) -> None:
    for board in boards:
        assert lab.say(board, f"cat {GOVERNOR}") == "ondemand", board
        assert lab.say(board, "systemctl is-active pilab-agent") == "active", board
        assert lab.ssh(board, "systemctl is-active pilab-bench").stdout.strip() == "inactive", board


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(True, id="a brief suite"),
        pytest.param(False, id="the literal command", marks=pytest.mark.long),
    ],
)
def measured(provisioned: Lab, brief: str, request: pytest.FixtureRequest) -> tuple[Path, str]:
    """What the command wrote down and printed."""
    assert provisioned.room.guests
    words = ("--suite", brief) if request.param else ()
    done = typed(*BENCH, "lab", *words, timeout_s=BENCH_TIMEOUT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return newest(), done.stdout


def test_every_board_brings_home_every_experiment_under_both_governors(measured: tuple[Path, str]) -> None:
    run, _ = measured
    for board in BOARDS:
        samples = records(run, board, "sample")
        seen = {(one["experiment"], one["workers"], one["governor"]) for one in samples}
        assert {experiment for experiment, _, _ in seen} >= {
            "detect", "busy", "c-threads", "page-touch", "python-threads", "python-processes", "python-io-threads",
        }  # fmt: skip
        assert {governor for _, _, governor in seen} == {"performance", "powersave"}
        assert len(samples) == RUNS * len(seen)
        assert all(one["exit_status"] == 0 and one["wall_ns"] > 0 and one["minor_faults"] > 0 for one in samples)
        assert records(run, board, "end")[0]["status"] == "done"


def test_virtual_boards_are_marked_as_simulated_wherever_they_show(measured: tuple[Path, str]) -> None:
    run, printed = measured
    assert all(records(run, board, "board")[0]["simulated"] for board in BOARDS)
    assert printed.count("simulated") >= len(BOARDS)
    assert "simulated" in (run / "report.html").read_text()


def test_the_table_judges_the_claims_of_the_course(measured: tuple[Path, str]) -> None:
    _, printed = measured
    told = f"Every page costs one minor fault. All {len(BOARDS)} boards confirm it."
    assert told in " ".join(printed.split())
    assert "Report: " in printed


def test_afterwards_every_board_is_as_it_was(provisioned: Lab, measured: tuple[Path, str]) -> None:
    assert measured
    assert_as_before(provisioned, *BOARDS)


def test_ctrl_c_stops_the_boards_keeps_what_came_and_puts_everything_back(provisioned: Lab) -> None:
    with begun(*BENCH, "lab") as process:
        # Which of the two governors comes first is a board's own dice.
        for name in BOARDS:
            provisioned.wait(name, "systemctl is-active pilab-bench")
        provisioned.wait("pi02", f"! grep ondemand {GOVERNOR}")
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        printed, complaints = process.communicate(timeout=PATIENCE_S)
    assert process.returncode not in (0, -signal.SIGINT)
    assert "Traceback" not in printed + complaints
    assert set(states(newest()).values()) == {"stopped"}
    assert_as_before(provisioned, *BOARDS)


def test_a_killed_command_leaves_boards_that_come_back_by_themselves(provisioned: Lab, waiting: str) -> None:
    with begun(*BENCH, "pi03", "--suite", waiting, "--governors", "powersave"):
        provisioned.wait("pi03", f"grep powersave {GOVERNOR}")
    provisioned.wait("pi03", f"grep ondemand {GOVERNOR} && systemctl is-active pilab-agent")


def test_a_board_that_reboots_in_the_middle_has_its_sentence_and_the_others_their_results(
    provisioned: Lab, waiting: str
) -> None:
    last = newest()
    with begun(*BENCH, "pi02:pi03", "--suite", waiting, "--runs", "6", "--governors", "powersave") as process:
        wait_until(lambda: newest() != last and len(keys(newest(), "pi02")) >= 1)
        provisioned.ssh("pi02", "sudo reboot")
        _, complaints = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert states(newest())["pi03"] == "ok"
    assert states(newest())["pi02"] != "ok"
    assert "pi02" in complaints
    assert "Traceback" not in complaints
    wait_until(lambda: provisioned.ssh("pi02", "true").returncode == 0, pause_s=0.5)
    provisioned.wait("pi02", "systemctl is-active pilab-agent")
    assert_as_before(provisioned, "pi02", "pi03")


def keys(run: Path, board: str) -> list[tuple[Any, ...]]:
    """What tells the samples of a board apart, from all attempts of a run."""
    lines = [line for file in run.glob(f"{board}[.+]*jsonl") for line in file.read_text().splitlines()]
    samples = [record for record in map(json.loads, lines) if record["kind"] == "sample"]
    return [tuple(one[key] for key in ("experiment", "size", "workers", "governor", "repetition")) for one in samples]


def test_a_power_cut_costs_no_sample_and_again_runs_just_what_is_missing(provisioned: Lab, waiting: str) -> None:
    last = newest()
    with begun(*BENCH, "pi02:pi03", "--suite", waiting, "--runs", "3") as process:
        wait_until(lambda: newest() != last and len(keys(newest(), "pi02")) >= 2)
        faults.cut_power(provisioned.place, provisioned.guest("pi02"))
        faults.switch_on(provisioned.place, provisioned.guest("pi02"))
        process.communicate(timeout=PATIENCE_S)
    assert states(newest()) == {"pi02": "failed", "pi03": "ok"}
    run, before = newest(), keys(newest(), "pi02")
    wait_until(lambda: provisioned.ssh("pi02", "true").returncode == 0, pause_s=0.5)
    provisioned.wait("pi02", "systemctl is-active multi-user.target && systemctl is-active pilab-agent")
    assert_as_before(provisioned, "pi02")
    done = typed("invoke", "bench", "--again", "failed")
    assert done.returncode == 0, done.stdout + done.stderr
    assert newest() == run
    assert states(run) == {"pi02": "ok", "pi03": "ok"}
    after = keys(run, "pi02")
    assert len(after) == len(set(after)) == len(keys(run, "pi03"))
    assert set(before) < set(after)
    named = typed("invoke", "bench", "--again", "failed", "--run", run.name)
    assert named.stdout.startswith("Nothing is missing in run")


def test_a_cable_that_is_pulled_and_put_back_costs_nothing(provisioned: Lab, waiting: str) -> None:
    last = newest()
    with begun(*BENCH, "pi03", "--suite", waiting, "--runs", "3") as process:
        wait_until(lambda: newest() != last and len(keys(newest(), "pi03")) >= 1)
        with faults.unplugged(provisioned.place, provisioned.guest("pi03")):
            time.sleep(20)
        _, complaints = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, complaints
    assert len(records(newest(), "pi03", "sample")) == records(newest(), "pi03", "end")[0]["samples"]


@pytest.fixture
def full_disk(provisioned: Lab) -> Iterator[str]:
    """A board on whose disk records find no room."""
    fill = "sudo mount -t tmpfs -o size=64k tmpfs /var/lib/pilab && sudo dd if=/dev/zero of=/var/lib/pilab/full"
    provisioned.ssh("pi01", fill)
    yield "pi01"
    provisioned.say("pi01", "sudo umount /var/lib/pilab")


@pytest.fixture
def wants_password(provisioned: Lab) -> Iterator[str]:
    """A board as Raspberry Pi OS makes it since April 2026."""
    rules = f"{reach.USER} ALL=(ALL) ALL\\n{reach.USER} ALL=(ALL) NOPASSWD: /bin/rm /etc/sudoers.d/zz\\n"
    provisioned.say("pi02", f"printf '{rules}' | sudo tee /etc/sudoers.d/zz")
    yield "pi02"
    provisioned.say("pi02", "sudo /bin/rm /etc/sudoers.d/zz")


def test_a_full_disk_and_a_sudo_that_asks_are_told_while_the_others_are_measured(
    provisioned: Lab, waiting: str, full_disk: str, wants_password: str
) -> None:
    done = typed(*BENCH, "lab", "--suite", waiting, *QUICK)
    assert done.returncode == 1
    assert states(newest())["pi03"] == "ok"
    assert "disk" in about(full_disk, done.stderr)
    assert "add -K" in about(wants_password, done.stderr)
    assert "Traceback" not in done.stderr
    assert_as_before(provisioned, "pi03")


def test_a_wrong_key_and_a_changed_host_key_are_told_with_the_fix(
    provisioned: Lab, waiting: str, tmp_path: Path
) -> None:
    variables = CHECKOUT / "host_vars"
    assert not (variables / "pi01.yml").exists()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    known = tmp_path / "known_hosts"
    other = reach.known_hosts(provisioned.place).read_text().splitlines()[2].split()[2]
    known.write_text(f"{provisioned.address_of('pi02')} ssh-ed25519 {other}\n")
    options = f"-o UserKnownHostsFile={known} -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes"
    variables.mkdir(exist_ok=True)
    try:
        (variables / "pi01.yml").write_text(f"---\nansible_ssh_private_key_file: {tmp_path / 'key'}\n")
        (variables / "pi02.yml").write_text(f"---\nansible_ssh_common_args: {options}\n")
        done = typed(*BENCH, "lab", "--suite", waiting, *QUICK)
    finally:
        (variables / "pi01.yml").unlink(missing_ok=True)
        (variables / "pi02.yml").unlink(missing_ok=True)
    assert done.returncode == 1
    assert states(newest())["pi03"] == "ok"
    assert "ssh-copy-id" in about("pi01", done.stderr)
    assert f"'ssh-keygen -f {known} -R {provisioned.address_of('pi02')}'" in about("pi02", done.stderr)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("nosuch",), "'nosuch'"),
        (("lab", "--runs", "0"), "--runs is '0'"),
        (("lab", "--suite", "nosuch"), "'nosuch'; choose from: course, full, short"),
        (("lab", "--governors", "turbo"), "'turbo'; choose from: performance"),
    ],
)
@pytest.mark.usefixtures("provisioned")
def test_a_word_that_cannot_be_used_is_told_in_one_sentence(words: tuple[str, ...], named: str) -> None:
    done = typed(*BENCH, *words)
    assert done.returncode == 1
    assert named in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
