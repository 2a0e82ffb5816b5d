"""One sum over the processors of virtual Pis of one release."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal import spreading
from tests.rehearsal.conftest import Lab, typed, wait_until
from tests.rehearsal.favour import favoured
from tests.rehearsal.spreading import (
    GONE,
    UNITS,
    Going,
    code_for_all,
    equip,
    held,
    in_place_of,
    parts,
    pause,
    room_to_add,
)
from virtual.containers import faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]

ABLE = ("pi02", "pi05", "pi08")
LEAD, OTHER = ABLE[0], ABLE[1]
# Those that lie or flood do so several at a time, beside the lead and one that is honest.
MANY = (*ABLE, "pi11", "pi14")
HONEST = MANY[-1]
# As long at a fraction of the speed.
SLOWED = ("--additions", "3000000007")
POLICY = "/sys/devices/system/cpu/cpufreq/policy0"
going = partial(spreading.going, hosts=ABLE)


# Three boards have 48 chunks a sum, of which each does four at a time: with such a pause a sum lasts for 4 to 12 s.
PAUSE_S, LONG = 1.0, ("--additions", "600000007")
# Half as long again as a board may be silent.
STALL_S = 15


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return code_for_all(tmp_path_factory.mktemp("code"))


@pytest.fixture(scope="module")
def able(with_dask: Path, code: bytes) -> Iterator[Lab]:
    """Boards of one release that can add together, and one of another without our code."""
    with room_to_add(MANY, with_dask, code, others=[1]) as lab:
        yield lab


@pytest.fixture
def lasting(able: Lab) -> Iterator[Lab]:
    """The boards, which take their time for a sum."""

    pause(able, ABLE, PAUSE_S)
    yield able
    pause(able, ABLE, 0)


def middle_of_a_sum_of(run: Going, boards: int) -> bool:
    """Whether chunks of a sum over so many boards come in; the first line about it is the order's."""
    ended = run.records("sum")
    chunks = [each for each in run.records("chunk") if each["sum_number"] == len(ended) + 1]
    return len(chunks) > 2 and len({each["board"] for each in chunks}) >= boards


def test_a_sum_is_right_over_every_number_of_boards_and_nothing_stays_on_them(lasting: Lab) -> None:
    """Also where the teacher's computer stands still in the middle of it."""
    with going(*LONG) as run:
        wait_until(lambda: len(run.records("chunk")) > 0)
        os.kill(run.process.pid, signal.SIGSTOP)
        time.sleep(STALL_S)
        os.kill(run.process.pid, signal.SIGCONT)
        assert parts(lasting, OTHER)
        listening = lasting.say(LEAD, "ss --listening --tcp --numeric --no-header")
        assert run.status() == 0, run.complaints
    sums = run.records("sum")
    assert sorted(len(each["boards"]) for each in sums) == [1, 2, 3]
    assert all(each["total"] == 600_000_007 and each["is_right"] for each in sums)
    assert sums[0]["is_interrupted"]
    assert "simulated" in "".join(run.said)
    # Nobody reaches Dask, on the board neither: all that listens outside of its sandbox is sshd.
    assert {line.split()[3] for line in listening.splitlines()} <= {"0.0.0.0:22", "[::]:22", "*:22"}
    for name in ABLE:
        lasting.wait(name, f'{GONE} && test -z "$({UNITS})"')


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


def test_more_boards_end_sooner_where_each_has_processors_of_its_own(able: Lab) -> None:
    with favoured(able.place.label), slowed(able), going(*SLOWED) as run:
        assert run.status() == 0, run.complaints
    walls_ns = {len(each["boards"]): each["wall_ns"] for each in run.records("sum")}
    assert walls_ns[1] > walls_ns[2] > walls_ns[3]


def test_a_board_whose_cable_is_pulled_costs_time_and_not_the_result(lasting: Lab) -> None:
    with going(*LONG) as run:
        wait_until(lambda: middle_of_a_sum_of(run, 2))
        with ExitStack() as unplugged:
            with held(lasting, ABLE):
                unplugged.enter_context(faults.unplugged(lasting.place, lasting.guest(OTHER)))
            assert run.status() == 1
    sums = run.records("sum")
    assert all(each["is_right"] for each in sums)
    assert any(each["is_interrupted"] and OTHER in each["boards"] for each in sums)
    assert f"{OTHER} was lost in the middle" in "".join(run.complaints)
    assert [row["state"] for row in run.records("end")] == ["ok", "unreachable", "ok"]
    lasting.wait(OTHER, GONE)


def test_the_board_that_leads_may_be_pulled_too_and_only_what_is_missing_is_done_again(lasting: Lab) -> None:
    with going(*LONG) as run:
        wait_until(lambda: middle_of_a_sum_of(run, 1))
        with held(lasting, ABLE):
            faults.cut_power(lasting.place, lasting.guest(LEAD))
        assert run.status() == 1
    faults.switch_on(lasting.place, lasting.guest(LEAD))
    sums = run.records("sum")
    assert all(each["is_right"] for each in sums)
    assert [each["board"] for each in run.records("lost")] == [LEAD], run.complaints
    chunks = run.records("chunk")
    orders = {number: {each["order"] for each in chunks if each["sum_number"] == number} for number in (1, 2, 3)}
    (interrupted,) = (number for number, each in orders.items() if len(each) > 1)
    assert sums[interrupted - 1]["is_interrupted"]
    assert len({(each["sum_number"], each["chunk"]) for each in chunks}) == len(chunks)
    wait_until(lambda: lasting.ssh(LEAD, "true").returncode == 0, pause_s=0.5)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nothing_stays_on_the_boards_when_the_command_is_ended(lasting: Lab, how: signal.Signals) -> None:
    with going(*LONG) as run:
        wait_until(lambda: len(run.records("chunk")) > 0)
        os.kill(run.process.pid, how)
        assert run.status() != 0
    for name in ABLE:
        lasting.wait(name, GONE)


# What a board answers in the place of a chunk, and what is said of it.
LIES = (
    (
        ("[7, 7]", "is 7 and must be"),
        ("[additions, 10**400]", "instead of chunk"),
    ),
    (
        ("[additions, 0]", "took 0 ns, which cannot be"),
        ("'no space'", "came: 'no space'"),
        ("[additions, 10**5000]", "came: list"),
    ),
    (
        ("[additions, 10**15]", "which cannot be"),
        ("__import__('os').system", "came: "),
        ("[][0]", "came: 'an error'"),
    ),
    # Alone: where another one is found out meanwhile, the others may do what this one was asked for.
    (("__import__('time').sleep(600)", "did not do its chunks within"),),
)


@contextmanager
def lying(lab: Lab, code: bytes, answers: dict[str, str]) -> Iterator[None]:
    edit = "s/return list(add(additions))/return {}/"
    for name, answer in answers.items():
        lab.say(name, f'sudo sed -i "{edit.format(answer)}" /opt/pilab/agent/spread/adding.py')
    try:
        yield
    finally:
        for name in answers:
            equip(lab, name, code)


@pytest.mark.parametrize("lies", LIES, ids=lambda lies: ", ".join(answer for answer, _ in lies))
def test_boards_that_lie_about_their_chunks_or_do_none_are_named_and_the_others_go_on(
    able: Lab, code: bytes, lies: tuple[tuple[str, str], ...]
) -> None:
    """In whatever order the sums come, each liar has a part in one before too few boards are left for the next."""
    liars = dict(zip(MANY[1:], lies, strict=False))
    answers = {name: answer for name, (answer, _) in liars.items()}
    hosts = (LEAD, *liars, HONEST)
    with lying(able, code, answers), spreading.going("--additions", "100000007", hosts=hosts) as run:
        assert run.status() == 1
    told = {each["board"]: each["why"] for each in run.records("doubt")}
    assert set(told) == set(liars), run.said + run.complaints
    assert not [(name, told[name]) for name, (_, words) in liars.items() if words not in told[name]]
    assert all(words in "".join(run.complaints) for _, words in lies)
    sums = run.records("sum")
    assert sums[-1]["total"] == 100_000_007
    assert all(each["is_right"] or each["doubts"] for each in sums)
    assert {row["board"]: row["state"] == "ok" for row in run.records("end")}[HONEST]


# What it says first, before it is mute: one that says nothing at all is waited for as long as for Dask to load, which
# tests/unit/test_spread_cluster.py does.
MUTE = """echo '{"kind": "beat"}'; sleep 600"""


@pytest.mark.parametrize("kinds", [("yes", MUTE), ("cat /dev/zero", "exec sh -c 'yes >&2'")], ids=" and ".join)
def test_boards_that_flood_or_are_mute_cost_their_own_rows_and_soon(
    able: Lab, code: bytes, kinds: tuple[str, ...]
) -> None:
    hosts = (LEAD, HONEST, *MANY[1:3])
    with ExitStack() as bad:
        for name, kind in zip(hosts[2:], kinds, strict=True):
            bad.enter_context(in_place_of(able, name, code, "work", kind))
        run = bad.enter_context(spreading.going("--additions", "100000", hosts=hosts))
        assert run.status() == 1
    ended = {row["board"]: row["state"] for row in run.records("end")}
    assert [name for name in hosts if ended[name] == "ok"] == [LEAD, HONEST]
    assert {each["board"] for each in run.records("lost")} == set(hosts[2:])
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
        (("--hosts", "pi01"), "No board can compute along"),
        (("--additions", "many"), "--additions is 'many'"),
    ],
)
@pytest.mark.usefixtures("able")
def test_what_cannot_be_done_is_one_sentence(words: tuple[str, ...], sentence: str) -> None:
    done = typed("invoke", "spread", *words)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
