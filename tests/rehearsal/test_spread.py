"""One sum over the processors of virtual Pis, three of one release; and what a hostile board gets of the others."""

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

from tests.rehearsal.checkout import CHECKOUT
from tests.rehearsal.conftest import Lab, begun, room_apart, typed, wait_until
from virtual.containers import faults, room

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(400)]

ABLE = ("pi02", "pi05", "pi08")
LEAD, OTHER = ABLE[0], ABLE[1]
# One board of each release, and the one that is hostile to it.
PAIRS = {"bullseye": ("pi01", "pi04"), "bookworm": ("pi02", "pi05"), "trixie": ("pi03", "pi06")}
# The package of bullseye forgets that it needs tornado.
INSTALL = "apt-get update -qq && apt-get install -qq --no-install-recommends python3-distributed python3-tornado"
PARTS = "pgrep -f '__main__.py spread (held )?(lead|work)'"
UNITS = "systemctl list-units --no-legend --all 'pilab-spread-*'"
DATA = Path(__file__).parents[1] / "data" / "spread"
# What tests/data/spread/hostile.py leaves behind wherever it can.
LEFT_BEHIND = "pgrep -f 'sleep 8639[7]'"
# A board alone takes some seconds for it, so that there is a middle to be pulled in.
LONG = ("--additions", "6000000007")
# Rounds that leave time enough for every way to be tried.
LONGER = 6
# As long at a fraction of the speed.
SLOWED = ("--additions", "3000000007")
POLICY = "/sys/devices/system/cpu/cpufreq/policy0"


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What is on a board under /opt/pilab, with one C program that runs on all releases."""
    folder = tmp_path_factory.mktemp("code") / "native" / "bin"
    folder.mkdir(parents=True)
    sources = ["-D_DEFAULT_SOURCE", "-O2", "-pthread", "-static", "sum_threads.c", "common.c", "threads.c"]
    words = ["gcc", *sources, "-o", str(folder / "sum_threads")]
    subprocess.run(words, cwd=CHECKOUT / "native", check=True)
    bin_folder = CHECKOUT / "ansible/roles/agent/templates/opt/pilab/bin"
    words = ["tar", "--create", "--owner=root", "--group=root", "--mode=go-w", "--exclude=__pycache__", "agent"]
    words += [f"-C{folder.parents[1]}", "native", f"-C{bin_folder}", "pilab"]
    return subprocess.run(words, cwd=CHECKOUT, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def able(may_boot: None, code: bytes) -> Iterator[Lab]:  # noqa: ARG001 - it comes first
    """Eight boards, of which those of one release can add together; only what that takes is on them."""
    with room_apart("s") as here:
        lab = Lab(here, room.up(8, print))
        names = {*ABLE, *(name for pair in PAIRS.values() for name in pair)}
        with ThreadPoolExecutor() as at_once:
            list(at_once.map(lambda name: lab.say(name, f"sudo sh -c '{INSTALL}'", timeout_s=300), names))
        for name in names:
            equip(lab, name, code)
        yield lab


def equip(lab: Lab, name: str, code: bytes) -> None:
    """Give a board our code; the playbook would bring OpenCV, too, which takes minutes."""
    unpack = "sudo rm -rf /opt/pilab && sudo mkdir -p /opt/pilab/bin && sudo tar -x -C /opt/pilab"
    put = room_ssh(lab, name, f"{unpack} && sudo mv /opt/pilab/pilab /opt/pilab/bin/")
    subprocess.run(put, input=code, check=True, timeout=60)


def room_ssh(lab: Lab, name: str, command: str) -> list[str]:
    from virtual.containers import guest  # noqa: PLC0415 - beside `place`, only here

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
def going(*words: str, hosts: tuple[str, ...] = ABLE, rounds: int = 1) -> Iterator[Going]:
    with begun("invoke", "spread", "--rounds", str(rounds), "--hosts", ",".join(hosts), *words) as process:
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
        assert parts(able, OTHER)
        listening = able.say(LEAD, "ss --listening --tcp --numeric --no-header")
        assert run.process.wait(120) == 0, run.complaints
    sums = run.records("sum")
    assert sorted(len(each["boards"]) for each in sums) == [1, 2, 3]
    assert all(each["total"] == 6_000_000_007 and each["is_right"] for each in sums)
    assert "simulated" in "".join(run.said)
    # Nobody reaches Dask, on the board neither: all that listens outside of its sandbox is sshd.
    assert {line.split()[3] for line in listening.splitlines()} <= {"0.0.0.0:22", "[::]:22", "*:22"}
    wait_until(lambda: not any(parts(able, name) + able.say(name, UNITS) for name in ABLE))


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


@contextmanager
def in_place_of(lab: Lab, name: str, code: bytes, part: str, command: str) -> Iterator[None]:
    """Have a board do something else where it is asked for a part of a run."""
    script = f'#!/bin/sh\ncase "$2" in {part}) {command};; esac\ncd /opt/pilab && exec python3 -m agent "$@"\n'
    put = room_ssh(lab, name, "sudo tee /opt/pilab/bin/pilab")
    subprocess.run(put, input=script, text=True, capture_output=True, check=True, timeout=60)
    try:
        yield
    finally:
        equip(lab, name, code)


@contextmanager
def hostile(lab: Lab, name: str, code: bytes, part: str) -> Iterator[None]:
    put = room_ssh(lab, name, "sudo tee /root/hostile.py; sudo rm -f /root/got.json")
    subprocess.run(put, input=(DATA / "hostile.py").read_bytes(), capture_output=True, check=True, timeout=60)
    with in_place_of(lab, name, code, part, 'exec python3 /root/hostile.py "$@" 2>/root/hostile.log'):
        yield


def got(lab: Lab, name: str) -> dict[str, Any]:
    """What each way of asking another board for something gave."""
    found: dict[str, Any] = json.loads(lab.say(name, "sudo cat /root/got.json"))
    return found


def tries(answers: object) -> list[dict[str, str]]:
    """What the program did that a hostile board brought to another one, if it ever ran."""
    if not isinstance(answers, dict):
        return []
    if "tries" in answers:
        return [answers["tries"] | {"uid": answers["uid"]}]
    return [each for answer in answers.values() for each in tries(answer)]


def leave_something_to_find(lab: Lab, name: str) -> None:
    folders = ("/root", "/var/lib/pilab", "/etc/pilab", "/opt/other", "/run")
    words = " && ".join(f"mkdir -p {folder} && echo x > {folder}/secret" for folder in folders)
    lab.say(name, f"sudo sh -c '{words}'")


@pytest.mark.parametrize("release", PAIRS)
def test_a_hostile_worker_runs_nothing_on_another_board(able: Lab, code: bytes, release: str) -> None:
    honest, bad = PAIRS[release]
    with hostile(able, bad, code, "work"), going(*LONG, hosts=(honest, bad), rounds=LONGER) as run:
        wait_until(lambda: able.ssh(bad, "sudo test -s /root/got.json").returncode == 0, timeout_s=120)
        assert not able.ssh(honest, LEFT_BEHIND).stdout
        assert run.process.wait(150) == 0, run.complaints
        found = got(able, bad)
    assert len(found) > 8
    assert not tries(found), found
    assert all(each["is_right"] for each in run.records("sum"))


@pytest.mark.parametrize("release", PAIRS)
def test_what_gets_through_dask_all_the_same_gets_nowhere_beyond_its_sandbox(
    able: Lab, code: bytes, release: str
) -> None:
    honest, bad = PAIRS[release]
    leave_something_to_find(able, honest)
    # As if Dask had a hole: what keeps code of others out of it is taken away on the honest board.
    doors = r"s/^    \(serialization.install\|settings.narrow\).*/    pass/; s/^ *del scheduler.handlers.*//"
    able.say(honest, f"cd /opt/pilab/agent/spread && sudo sed -i '{doors}' lead.py worker.py")
    try:
        with hostile(able, bad, code, "work"), going(*LONG, hosts=(honest, bad), rounds=LONGER) as run:
            wait_until(lambda: able.ssh(bad, "sudo test -s /root/got.json").returncode == 0, timeout_s=120)
            assert able.ssh(honest, LEFT_BEHIND).stdout
            run.process.wait(150)
            found = tries(got(able, bad))
    finally:
        equip(able, honest, code)
    assert found
    for each in found:
        assert int(each.pop("uid")) >= 61184  # where systemd takes its dynamic users from, see systemd.exec(5)
        assert not [f"{what}: {how}" for what, how in each.items() if not how.startswith("denied")]
    wait_until(lambda: not able.ssh(honest, LEFT_BEHIND).stdout, timeout_s=20)
    assert not able.say(honest, UNITS)


@pytest.mark.parametrize("release", PAIRS)
def test_a_hostile_lead_runs_nothing_on_another_board_and_what_it_makes_up_is_not_called_right(
    able: Lab, code: bytes, release: str
) -> None:
    # The first one of the inventory leads.
    bad, honest = PAIRS[release]
    with hostile(able, bad, code, "lead"), going(*LONG, hosts=(bad, honest), rounds=LONGER) as run:
        assert run.process.wait(200) == 1
        found = got(able, bad)
    on_others = {way: answer for way, answer in found.items() if not way.startswith(("run_on_", "scheduler run_"))}
    assert len(on_others) > 10
    # Its own worker is as honest as the other board, and both keep it out.
    assert not tries(on_others), on_others
    complaints = "".join(run.complaints)
    assert f"Do not trust sum 1: {bad} is left out from here on" in complaints
    assert "no board has that" in complaints
    assert [row["state"] for row in run.records("end") if row["board"] == honest] == ["ok"]
    assert run.records("sum")[-1]["is_right"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("[7, 7]", "is 7 and must be"),
        ("[additions, 0]", "took 0 ns, which cannot be"),
        ("[additions, 10**15]", "which cannot be"),
        ("[additions, 10**400]", "instead of chunk"),
        ("[additions, 10**5000]", "came: list"),
        ("'no space'", "came: 'no space'"),
        ("__import__('os').system", "came: "),
        ("[][0]", "came: 'an error'"),
        ("__import__('time').sleep(600)", "did not do its chunks within"),
    ],
)
def test_a_board_that_lies_about_its_chunks_or_does_none_is_named_and_the_others_go_on(
    able: Lab, code: bytes, answer: str, words: str
) -> None:
    liar = ABLE[1]
    able.say(liar, f'sudo sed -i "s/return list(add(additions))/return {answer}/" /opt/pilab/agent/spread/adding.py')
    try:
        with going("--additions", "100000007") as run:
            assert run.process.wait(150) == 1
    finally:
        equip(able, liar, code)
    assert words in "".join(run.complaints)
    sums = run.records("sum")
    assert sums[-1]["total"] == 100_000_007
    assert all(each["is_right"] or each["doubts"] for each in sums)
    assert {row["board"]: row["state"] == "ok" for row in run.records("end")}[ABLE[2]]


@pytest.mark.parametrize("kind", ["yes", "cat /dev/zero", "sleep 600", "exec sh -c 'yes >&2'"])
def test_a_board_that_floods_or_is_mute_costs_its_own_row_and_soon(able: Lab, code: bytes, kind: str) -> None:
    with in_place_of(able, ABLE[2], code, "work", kind), going("--additions", "100000") as run:
        assert run.process.wait(60) == 1
    assert [row["state"] for row in run.records("end")][:2] == ["ok", "ok"]
    assert run.records("lost")[0]["board"] == ABLE[2]
    assert all(each["is_right"] for each in run.records("sum"))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--rounds", "101"), "--rounds is '101'; give at most 100."),
        (("--additions", "1" + 5000 * "0"), "give at most 1000000000000000."),
        (("--additions", "900000000000000"), "these boards have a minute per chunk"),
        (("--rounds", "0"), "--rounds is '0'"),
        (("--hosts", "pi02"), "Only pi02 can compute along"),
        (("--hosts", "pi99"), "'pi99' is neither a board nor a group"),
        (("--hosts", "pi07"), "No board can compute along"),
        (("--additions", "many"), "--additions is 'many'"),
    ],
)
@pytest.mark.usefixtures("able")
def test_what_cannot_be_done_is_one_sentence(words: tuple[str, ...], sentence: str) -> None:
    done = typed("invoke", "spread", *words)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
