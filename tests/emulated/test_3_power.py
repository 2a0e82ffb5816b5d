"""The plug is pulled at random moments while the agent runs and while a bench measures; the board comes back."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.emulated.conftest import PATIENCE_S
from tests.rehearsal.conftest import GOVERNOR, begun, wait_until

if TYPE_CHECKING:
    import random

    from tests.emulated.conftest import Emulated

pytestmark = [pytest.mark.emulated, pytest.mark.timeout(7200)]

CUTS_WHILE_THE_AGENT_RUNS = {"virt": 2, "raspi3b": 1}
CUTS_WHILE_A_BENCH_RUNS = 2
RUNS = "/var/lib/pilab/runs"


def back_as_provisioned(emulated: Emulated) -> None:
    """Wait until the board has its governor and its agent, and owes nothing to a bench."""
    wait_until(lambda: emulated.ssh(f"cat {GOVERNOR}").stdout.strip() == "ondemand", timeout_s=PATIENCE_S)
    wait_until(lambda: emulated.ssh("systemctl is-active pilab-agent").returncode == 0, timeout_s=PATIENCE_S)
    # What a bench left is put back once the agent has had its turn.
    wait_until(lambda: emulated.ssh("test -e /var/lib/pilab/restore.json").returncode == 1, timeout_s=PATIENCE_S)


def records_on_the_board(emulated: Emulated) -> list[list[dict[str, object]]]:
    """Every line of every run; a line that is no whole record is an error."""
    files = emulated.say(f"sudo find {RUNS} -name '*.jsonl'").split()
    texts = (emulated.say(f"sudo cat {file}") for file in files)
    return [[json.loads(line) for line in text.splitlines()] for text in texts]


@pytest.mark.every_machine
def test_power_cuts_while_the_agent_runs(provisioned: Emulated, chance: random.Random) -> None:
    for _ in range(CUTS_WHILE_THE_AGENT_RUNS[provisioned.board.machine]):
        time.sleep(chance.uniform(0, 10))
        provisioned.cut_power()
        provisioned.switch_on()
        back_as_provisioned(provisioned)


def test_power_cuts_while_a_bench_runs_leave_the_board_as_it_was_and_its_records_whole(
    provisioned: Emulated, chance: random.Random
) -> None:
    for _ in range(CUTS_WHILE_A_BENCH_RUNS):
        # So many runs that it never ends before its power does.
        command = ("invoke", "bench", "--hosts", provisioned.board.name, "--runs", "50", "--governors", "powersave")
        with begun(*command) as bench:
            wait_until(lambda: provisioned.ssh(f"cat {GOVERNOR}").stdout.strip() == "powersave", timeout_s=PATIENCE_S)
            time.sleep(chance.uniform(0, 40))
            assert bench.poll() is None, "the bench had ended before its power was cut"
            provisioned.cut_power()
            provisioned.switch_on()
        back_as_provisioned(provisioned)
        found = records_on_the_board(provisioned)
        assert all(run[0]["kind"] == "board" for run in found if run)
