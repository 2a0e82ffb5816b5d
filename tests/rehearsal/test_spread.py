"""One sum over the processors of virtual Pis: three of one release that have Dask, and others that have not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rehearsal import faults, room
from tests.rehearsal.checkout import CHECKOUT
from tests.rehearsal.conftest import Lab, begun, room_apart, typed, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(400)]

ABLE = ("pi02", "pi05", "pi08")
LEAD, OTHER = ABLE[0], ABLE[1]
INSTALL = "apt-get update -qq && apt-get install -qq --no-install-recommends python3-distributed"
PARTS = "pgrep -f 'agent spread (lead|work)'"
ROUND = ("invoke", "spread", "--rounds", "1", "--hosts", ",".join(ABLE))
# A board alone takes some seconds for it, so that there is a middle to be pulled in.
LONG = ("--additions", "6000000007")
# As long at a fraction of the speed.
SLOWED = ("--additions", "3000000007")
POLICY = "/sys/devices/system/cpu/cpufreq/policy0"


@pytest.fixture(scope="module")
def able(may_boot: None) -> Iterator[Lab]:  # noqa: ARG001 - it comes first
    """Eight boards of which the three with bookworm can add together; only what that takes is on them."""
    with room_apart("s") as here:
        lab = Lab(here, room.up(8, print))
        with ThreadPoolExecutor() as at_once:
            list(at_once.map(lambda name: equip(lab, name), ABLE))
        yield lab


def equip(lab: Lab, name: str) -> None:
    """Give a board Dask and our code; the playbook would bring OpenCV, too, which takes minutes."""
    bin_folder = "ansible/roles/agent/templates/opt/pilab/bin"
    words = ["tar", "--create", "--exclude=__pycache__", "agent", "native/bin/sum_threads", f"-C{bin_folder}", "pilab"]
    code = subprocess.run(words, cwd=CHECKOUT, capture_output=True, check=True).stdout
    unpack = "sudo mkdir -p /opt/pilab/bin && sudo tar -x -C /opt/pilab && sudo mv /opt/pilab/pilab /opt/pilab/bin/"
    subprocess.run(room_ssh(lab, name, unpack), input=code, check=True, timeout=60)
    lab.say(name, f"sudo sh -c '{INSTALL}'", timeout_s=300)


def room_ssh(lab: Lab, name: str, command: str) -> list[str]:
    from rehearsal import guest  # noqa: PLC0415 - beside `place`, only here

    return guest.ssh(lab.place, lab.guest(name), command)


class Going:
    """A run that goes on: what it said, and what it has written down so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[str] = []
        self.complaints: list[str] = []
        for stream, lines in ((process.stdout, self.said), (process.stderr, self.complaints)):
            assert stream
            threading.Thread(target=lines.extend, args=(stream,), daemon=True).start()

    @property
    def path(self) -> Path:
        wait_until(lambda: any("records: " in line for line in self.said))
        return Path(next(line for line in self.said if "records: " in line).split("records: ")[1].strip())

    def records(self, kind: str) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.path.read_text().splitlines()]
        return [each for each in found if each["kind"] == kind]


@contextmanager
def going(*words: str) -> Iterator[Going]:
    with begun(*ROUND, *words) as process:
        yield Going(process)


def middle_of_a_sum_of(run: Going, boards: int) -> bool:
    """Whether chunks of a sum over so many boards come in; the first line about it is the order's."""
    ended = run.records("sum")
    chunks = [each for each in run.records("chunk") if each["sum_number"] == len(ended) + 1]
    return len(chunks) > 2 and len({each["board"] for each in chunks}) >= boards


def parts(lab: Lab, name: str) -> str:
    return lab.ssh(name, PARTS).stdout


def test_a_sum_is_right_over_every_number_of_boards_and_nothing_stays_on_them(able: Lab) -> None:
    with going(*LONG) as run:
        wait_until(lambda: len(run.records("chunk")) > 0)
        listening = able.say(LEAD, "ss --listening --tcp --numeric --no-header")
        assert run.process.wait(120) == 0, run.complaints
    sums = run.records("sum")
    assert sorted(len(each["boards"]) for each in sums) == [1, 2, 3]
    assert all(each["total"] == 6_000_000_007 and each["is_right"] for each in sums)
    assert "simulated" in "".join(run.said)
    # Nobody in the network reaches Dask: what listens for others is sshd.
    ports = [line.split()[3] for line in listening.splitlines()]
    assert {port for port in ports if not port.startswith(("127.", "[::1]"))} <= {"0.0.0.0:22", "[::]:22", "*:22"}
    assert len(ports) > 4
    wait_until(lambda: not any(parts(able, name) for name in ABLE))
    assert not able.say(LEAD, "ls -d /tmp/pilab-spread-* || true")


@contextmanager
def slowed(lab: Lab) -> Iterator[None]:
    """Simulate a slower clock: each board has a share of this computer's processors that the others cannot take."""

    def govern(name: str, governor: str) -> None:
        asked = f"echo 1700000 > {POLICY}/scaling_setspeed; echo {governor} > {POLICY}/scaling_governor"
        lab.say(name, f"sudo sh -c '{asked}'")

    for name in ABLE:
        govern(name, "userspace")
    try:
        yield
    finally:
        for name in ABLE:
            govern(name, "ondemand")


@pytest.mark.alone
def test_more_boards_end_sooner_where_each_has_processors_of_its_own(able: Lab) -> None:
    with slowed(able), going(*SLOWED) as run:
        assert run.process.wait(300) == 0, run.complaints
    walls_ns = {len(each["boards"]): each["wall_ns"] for each in run.records("sum")}
    assert walls_ns[1] > walls_ns[2] > walls_ns[3]


def test_a_board_whose_cable_is_pulled_costs_time_and_not_the_result(able: Lab) -> None:
    with going(*LONG) as run:
        wait_until(lambda: middle_of_a_sum_of(run, 2))
        with faults.unplugged(able.place, able.guest(OTHER)):
            assert run.process.wait(150) == 1
    sums = run.records("sum")
    assert all(each["is_right"] for each in sums)
    assert any(each["is_interrupted"] and OTHER in each["boards"] for each in sums)
    assert f"{OTHER} was lost in the middle" in "".join(run.complaints)
    assert [row["state"] for row in run.records("end")] == ["ok", "unreachable", "ok"]
    wait_until(lambda: not parts(able, OTHER))


def test_the_board_that_leads_may_be_pulled_too_and_only_what_is_missing_is_done_again(able: Lab) -> None:
    with going(*LONG) as run:
        wait_until(lambda: middle_of_a_sum_of(run, 1))
        faults.cut_power(able.place, able.guest(LEAD))
        assert run.process.wait(150) == 1
    faults.switch_on(able.place, able.guest(LEAD))
    sums = run.records("sum")
    assert all(each["is_right"] for each in sums)
    assert [each["board"] for each in run.records("lost")] == [LEAD]
    interrupted = [number for number, each in enumerate(sums, 1) if each["is_interrupted"]]
    kept = [each for each in run.records("chunk") if each["sum_number"] in interrupted]
    assert len({each["order"] for each in kept}) > 1
    assert len({each["chunk"] for each in kept}) == len(kept)
    wait_until(lambda: able.ssh(LEAD, "true").returncode == 0)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nothing_stays_on_the_boards_when_the_command_is_ended(able: Lab, how: signal.Signals) -> None:
    with going(*LONG) as run:
        wait_until(lambda: len(run.records("chunk")) > 0)
        os.kill(run.process.pid, how)
        assert run.process.wait(30) != 0
    wait_until(lambda: not any(parts(able, name) for name in ABLE), timeout_s=30)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--rounds", "0"), "--rounds is '0'"),
        (("--hosts", "pi02"), "Only pi02 can compute along"),
        (("--hosts", "pi99"), "'pi99' is neither a board nor a group"),
        (("--hosts", "pi01,pi03"), "No board can compute along"),
        (("--additions", "many"), "--additions is 'many'"),
    ],
)
@pytest.mark.usefixtures("able")
def test_what_cannot_be_done_is_one_sentence(words: tuple[str, ...], sentence: str) -> None:
    done = typed("invoke", "spread", *words)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
