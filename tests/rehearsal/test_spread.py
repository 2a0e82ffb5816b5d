"""One sum over the processors of virtual Pis, three of one release."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal import spreading
from tests.rehearsal.conftest import Lab, typed, wait_until
from tests.rehearsal.favour import favoured
from tests.rehearsal.spreading import LONG, UNITS, Going, code_for_all, equip, in_place_of, parts, room_to_add
from virtual.containers import faults

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(400)]

ABLE = ("pi02", "pi05", "pi08")
LEAD, OTHER = ABLE[0], ABLE[1]
# As long at a fraction of the speed.
SLOWED = ("--additions", "3000000007")
POLICY = "/sys/devices/system/cpu/cpufreq/policy0"
going = partial(spreading.going, hosts=ABLE)


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return code_for_all(tmp_path_factory.mktemp("code"))


@pytest.fixture(scope="module")
def able(may_boot: None, code: bytes) -> Iterator[Lab]:  # noqa: ARG001 - it comes first
    """Eight boards, of which those of one release can add together."""
    with room_to_add(8, ABLE, code) as lab:
        yield lab


def middle_of_a_sum_of(run: Going, boards: int) -> bool:
    """Whether chunks of a sum over so many boards come in; the first line about it is the order's."""
    ended = run.records("sum")
    chunks = [each for each in run.records("chunk") if each["sum_number"] == len(ended) + 1]
    return len(chunks) > 2 and len({each["board"] for each in chunks}) >= boards


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


def test_more_boards_end_sooner_where_each_has_processors_of_its_own(able: Lab) -> None:
    with favoured(able.place.label), slowed(able), going(*SLOWED) as run:
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
