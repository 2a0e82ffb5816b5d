"""What a hostile board gets of the others while they add together; one board of each release, and one hostile to it."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.rehearsal.spreading import (
    UNITS,
    code_for_all,
    equip,
    going,
    in_place_of,
    pause,
    room_ssh,
    room_to_add,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rehearsal.conftest import Lab

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]

PAIRS = {"bullseye": ("pi01", "pi04"), "bookworm": ("pi02", "pi05"), "trixie": ("pi03", "pi06")}
DATA = Path(__file__).parents[1] / "data" / "spread"
# What tests/data/spread/hostile.py leaves behind wherever it can.
LEFT_BEHIND = "pgrep -f 'sleep 8639[7]'"
# Every way to get at another board has 8 s in hostile.py. Two sums by two boards of four processors are 64 chunks, of
# which the honest board does four at a time: with the pause they last for more than a minute, unless it is ended.
PAUSE_S, LONG = 5.0, ("--additions", "600000007")
GOT = "test -s /root/got.json"


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return code_for_all(tmp_path_factory.mktemp("code"))


@pytest.fixture(scope="module")
def able(with_dask: Path, code: bytes) -> Iterator[Lab]:
    """Six boards that can add together."""
    with room_to_add([name for pair in PAIRS.values() for name in pair], with_dask, code) as lab:
        yield lab


@contextmanager
def lasting(lab: Lab, name: str) -> Iterator[None]:
    """Have a board take its time for its parts of a sum."""
    pause(lab, [name], PAUSE_S)
    try:
        yield
    finally:
        pause(lab, [name], 0)


@contextmanager
def hostile(lab: Lab, name: str, code: bytes, part: str, patience_s: float = 0) -> Iterator[None]:
    put = room_ssh(lab, name, "sudo tee /root/hostile.py; sudo rm -f /root/got.json")
    subprocess.run(put, input=(DATA / "hostile.py").read_bytes(), capture_output=True, check=True, timeout=60)
    does = f'HOSTILE_PATIENCE_S={patience_s} exec python3 /root/hostile.py "$@" 2>/root/hostile.log'
    with in_place_of(lab, name, code, part, does):
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
    with hostile(able, bad, code, "work"), going(*LONG, hosts=(honest, bad)) as run:
        with lasting(able, honest):
            able.wait(bad, GOT)
            assert not able.ssh(honest, LEFT_BEHIND).stdout
        assert run.status() == 0, run.complaints
        found = got(able, bad)
    assert len(found) > 8
    assert not tries(found), found
    assert all(each["is_right"] for each in run.records("sum"))


# What holds here is no Dask but systemd: the oldest stands for all; test_sandbox.py looks at the units of each release.
@pytest.mark.parametrize(
    "release", [pytest.param(name, marks=[] if name == "bullseye" else [pytest.mark.long]) for name in PAIRS]
)
def test_what_gets_through_dask_all_the_same_gets_nowhere_beyond_its_sandbox(
    able: Lab, code: bytes, release: str
) -> None:
    honest, bad = PAIRS[release]
    leave_something_to_find(able, honest)
    # As if Dask had a hole: what keeps code of others out of it is taken away on the honest board.
    doors = r"s/^    \(serialization.install\|settings.narrow\).*/    pass/; s/^ *del scheduler.handlers.*//"
    able.say(honest, f"cd /opt/pilab/agent/spread && sudo sed -i '{doors}' lead.py worker.py")
    try:
        with hostile(able, bad, code, "work", patience_s=40), going(*LONG, hosts=(honest, bad)) as run:
            # It is there from the first way that succeeds until the sums end.
            with lasting(able, honest):
                able.wait(honest, LEFT_BEHIND)
                able.wait(bad, GOT)
            run.status()
            found = tries(got(able, bad))
    finally:
        equip(able, honest, code)
    assert found
    for each in found:
        assert int(each.pop("uid")) >= 61184  # where systemd takes its dynamic users from, see systemd.exec(5)
        assert not [f"{what}: {how}" for what, how in each.items() if not how.startswith("denied")]
    able.wait(honest, f'! {LEFT_BEHIND} && test -z "$({UNITS})"')


@pytest.mark.parametrize("release", PAIRS)
def test_a_hostile_lead_runs_nothing_on_another_board_and_what_it_makes_up_is_not_called_right(
    able: Lab, code: bytes, release: str
) -> None:
    # The first one of the inventory leads.
    bad, honest = PAIRS[release]
    with hostile(able, bad, code, "lead"), going(*LONG, hosts=(bad, honest), rounds=2) as run:
        assert run.status() == 1
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
