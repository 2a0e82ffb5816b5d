"""What runs on a board as root: how little it may do, and that no other account of the board can lead or hold it."""

from __future__ import annotations

import re
import shlex
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.bench.unit import start_command
from agent.board.paths import Paths
from agent.commands.camera import command as check_command
from tests.rehearsal.checkout import CHECKOUT
from tests.rehearsal.conftest import BOARDS, GOVERNOR, PATIENCE_S, Lab, begun
from tests.unit.bench_board import plan_text
from virtual.containers import guest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]

PILAB = "/opt/pilab/bin/pilab"
RUN = "held-1"
FOLDER = f"/var/lib/pilab/runs/{RUN}"
PUPIL = "second"
STAYING = ("pilab-agent.service", "pilab-governor.service", "pilab-bench-restore.service")
# It waits, so that a board's look at it is not held up; in milliseconds.
LONG = plan_text(
    run=RUN, governors=["performance"], experiments=[{"name": "io-wait", "workers": [1], "sizes": [50_000]}]
)

# However busy this computer is, the check is not over before it has been looked at.
WHILE_IT_STANDS_STILL = (
    "until systemctl is-active pilab-camera; do sleep 0.05; done >/dev/null; "
    "sudo systemctl kill --signal=STOP pilab-camera && systemd-analyze security --no-pager pilab-camera.service; "
    "sudo systemctl kill --signal=CONT pilab-camera"
)


def documented() -> dict[tuple[str, str], float]:
    """The exposure of each unit on each board, as docs/sandbox.md has it: the one place of these figures."""
    rows = re.findall(
        r"^\| `(pilab-[a-z-]+\.service)` \| [\d.]+ \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$",
        (CHECKOUT / "docs/sandbox.md").read_text(),
        re.MULTILINE,
    )
    return {(unit, board): float(row[at]) for unit, *row in rows for at, board in enumerate(BOARDS)}


def exposure(lab: Lab, name: str, unit: str) -> float:
    return exposure_in(lab.say(name, f"systemd-analyze security --no-pager {unit}"))


def exposure_in(told: str) -> float:
    return float(told.splitlines()[-1].split(":")[1].split()[0])


@contextmanager
def benching(lab: Lab, name: str) -> Iterator[None]:
    """A run that lasts, whose experiment has begun."""
    lab.say(name, f"sudo rm -rf {FOLDER}; echo {shlex.quote(LONG)} | sudo {PILAB} bench start --run {RUN}")
    try:
        lab.wait(name, "pgrep -u pilab -x wait_threads")
        yield
    finally:
        lab.say(name, f"sudo {PILAB} bench stop --run {RUN}")


@pytest.mark.parametrize("name", BOARDS)
def test_no_unit_is_more_exposed_than_it_is_said_to_be(provisioned: Lab, name: str) -> None:
    said = documented()
    assert len(said) == len(BOARDS) * 5
    for unit in STAYING:
        assert exposure(provisioned, name, unit) <= said[unit, name], unit
    check = guest.ssh(provisioned.place, provisioned.guest(name), f"sudo {PILAB} camera check > /dev/null")
    with begun(*check) as checking:
        assert exposure_in(provisioned.say(name, WHILE_IT_STANDS_STILL)) <= said["pilab-camera.service", name]
        assert checking.wait(PATIENCE_S) == 0


def within(words: list[str], script: str) -> str:
    """The call that runs a script where a unit of ours would run, with its rights and its account."""
    kept = [word for word in words if word.startswith(("--unit=", "--property="))]
    kept = [word for word in kept if "=Exec" not in word and "=Type" not in word]
    return shlex.join(["sudo", "systemd-run", "--quiet", "--collect", "--wait", "--pipe", *kept, "sh", "-c", script])


def tried(*paths: str) -> str:
    return "; ".join(f"(: >> {path}) 2>/dev/null && echo {path}" for path in paths) + "; true"


OTHERS = (
    "/opt/pilab/x",
    "/etc/x",
    "/root/x",
    "/home/teacher/x",
    "/usr/x",
    "/var/x",
    "/run/x",
    "/proc/sys/kernel/hostname",
)
BENCH = start_command(RUN, Path("/plan"), Path("/records"), Paths(code=Path("/opt/pilab"), may_tune=True))


@pytest.mark.parametrize("name", BOARDS)
def test_a_bench_can_write_governors_and_its_own_state_and_nothing_else(provisioned: Lab, name: str) -> None:
    mine = ("/tmp/x", "/var/lib/pilab/x", GOVERNOR)  # noqa: S108 - it is private there
    assert provisioned.say(name, within(BENCH, tried(*OTHERS, *mine))).splitlines() == list(mine)
    assert provisioned.ssh(name, f"sudo rm /var/lib/pilab/x; ls {' '.join(OTHERS[:1])}").returncode != 0


@pytest.mark.parametrize("name", BOARDS)
def test_a_bench_sees_the_board_as_it_is(provisioned: Lab, name: str) -> None:
    looking = "cat /proc/cpuinfo; grep MemTotal /proc/meminfo; vcgencmd measure_temp; vcgencmd get_throttled"
    assert provisioned.say(name, within(BENCH, looking)) == provisioned.say(name, looking)


@pytest.mark.parametrize("name", BOARDS)
def test_a_camera_check_can_write_nothing_and_is_not_root(provisioned: Lab, name: str) -> None:
    words = check_command(loop_runs=True)
    said = provisioned.say(name, within(words, f"id -un; {tried(*OTHERS, '/var/lib/pilab/x', GOVERNOR)}"))
    assert said == "pilab"


@pytest.fixture
def pupil(provisioned: Lab, name: str) -> Iterator[str]:
    """A second ordinary account on the board of a test, with plants in its home."""
    planted = "open('/tmp/was-run', 'w')"
    provisioned.say(
        name,
        f"sudo useradd --create-home {PUPIL}; sudo chmod 755 /home/{PUPIL}; sudo rm -f /tmp/was-run; "
        f'for file in json argparse sitecustomize agent; do echo "{planted}" '
        f"| sudo -u {PUPIL} tee /home/{PUPIL}/$file.py > /dev/null; done",
    )
    yield PUPIL
    provisioned.say(name, f"sudo userdel --remove {PUPIL} 2>&1; sudo rm -f /tmp/was-run")


def as_pupil(command: str) -> str:
    return f"sudo -u {PUPIL} sh -c {shlex.quote(command)}"


@pytest.fixture
def held(provisioned: Lab, name: str, pupil: str) -> str:
    """The lock of the bench as an earlier Pilab left it, open to all, and the pupil has it."""
    lock = "/var/lib/pilab/bench.lock"
    provisioned.say(name, f"sudo touch {lock} && sudo chmod 644 {lock}")
    provisioned.say(name, as_pupil(f"setsid flock {lock} sleep 60 < /dev/null > /dev/null 2>&1 &"))
    provisioned.wait(name, f"! flock --nonblock {lock} true")
    assert pupil
    return lock


@pytest.mark.parametrize("name", BOARDS)
def test_another_account_keeps_no_bench_away_and_cannot_hold_or_read_what_root_relies_on(
    provisioned: Lab, name: str, held: str
) -> None:
    with benching(provisioned, name):
        assert provisioned.say(name, f"sudo stat --format=%a {held}") == "600"
        for file in (f"{FOLDER}/records.jsonl", f"{FOLDER}/plan.json", "/var/lib/pilab/restore.json"):
            provisioned.say(name, f"sudo test -s {file}")
            for account in (PUPIL, "pilab"):
                assert provisioned.ssh(name, f"sudo -u {account} cat {file}").stdout == "", (file, account)
        lock = provisioned.ssh(name, as_pupil(f"flock --nonblock {held} echo held"))
        assert (lock.returncode, lock.stdout) == (66, "")  # it cannot be opened, not only not be had
        refused = provisioned.ssh(name, as_pupil(f"{PILAB} bench follow --run {RUN}"))
        assert "needs root; put sudo before it" in refused.stderr
        assert exposure(provisioned, name, "pilab-bench.service") <= documented()["pilab-bench.service", name]
    assert provisioned.ssh(name, as_pupil(f"{PILAB} status")).returncode == 1
    assert "ask as root" in provisioned.ssh(name, as_pupil(f"{PILAB} snapshot")).stderr
    provisioned.ssh(name, f"sudo pkill -u {PUPIL}")


@pytest.mark.usefixtures("pupil")
@pytest.mark.parametrize("name", BOARDS)
def test_nothing_that_another_account_planted_is_run_as_root(provisioned: Lab, name: str) -> None:
    lures = f"PYTHONPATH=/home/{PUPIL} PYTHONSTARTUP=/home/{PUPIL}/json.py HOME=/home/{PUPIL}"
    provisioned.say(name, f"cd /home/{PUPIL} && {lures} sudo --preserve-env {PILAB} status")
    provisioned.say(name, f"cd /home/{PUPIL} && sudo {lures} {PILAB} bench restore")
    assert provisioned.ssh(name, "ls /tmp/was-run").returncode != 0
    provisioned.ssh(name, f"cd /home/{PUPIL} && sudo {lures} python3 -c 'import json'")
    assert provisioned.ssh(name, "ls /tmp/was-run").returncode == 0, "the plants do not grow where they could"


@pytest.mark.parametrize("name", BOARDS)
def test_nobody_but_root_can_change_what_root_runs(provisioned: Lab, name: str) -> None:
    where = "/opt/pilab /etc/pilab /var/lib/pilab /etc/systemd/system/pilab-*"
    others = provisioned.say(name, f"sudo find {where} ! -type l '(' ! -user root -o ! -group root -o -perm /022 ')'")
    assert others == ""
