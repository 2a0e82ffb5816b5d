from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.board import cpufreq
from agent.errors import BenchError
from tests.unit.bench_board import Board

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


def test_a_policy_tells_whom_it_governs_and_how(board: Board) -> None:
    (policy,) = cpufreq.policies(board.paths.cpufreq)
    assert (policy.name, policy.cpus, policy.governor) == ("policy0", (0, 1, 2, 3), "ondemand")
    assert (policy.available, policy.min_khz, policy.max_khz) == (("performance", "schedutil"), 600000, 1800000)


def test_policies_come_in_the_order_of_their_numbers(board: Board) -> None:
    board.add_policy("policy10", "10")
    board.add_policy("policy4", "4 5")
    assert [policy.name for policy in cpufreq.policies(board.paths.cpufreq)] == ["policy0", "policy4", "policy10"]


def test_a_board_without_cpufreq_has_no_policies(tmp_path: Path) -> None:
    assert cpufreq.policies(tmp_path) == []
    assert cpufreq.current(tmp_path) == {}


def test_a_governor_is_set_for_all_policies(board: Board) -> None:
    board.add_policy("policy4", "4")
    cpufreq.set_everywhere(board.paths.cpufreq, "performance")
    assert cpufreq.current(board.paths.cpufreq) == {"policy0": "performance", "policy4": "performance"}


def test_a_governor_that_the_list_leaves_out_is_set_all_the_same(board: Board) -> None:
    cpufreq.set_everywhere(board.paths.cpufreq, "powersave")
    assert board.governor == "powersave"


def test_policies_can_be_given_different_governors(board: Board) -> None:
    board.add_policy("policy4", "4")
    cpufreq.set_governors(board.paths.cpufreq, {"policy4": "powersave"})
    assert cpufreq.current(board.paths.cpufreq) == {"policy0": "ondemand", "policy4": "powersave"}


def test_a_governor_that_does_not_take_is_noticed(board: Board) -> None:
    file = board.paths.cpufreq / "policy0" / "scaling_governor"
    file.unlink()
    file.symlink_to("/dev/null")
    with pytest.raises(BenchError, match=r"policy0 .* does not take the governor 'powersave' and stays at ''"):
        cpufreq.set_everywhere(board.paths.cpufreq, "powersave")


def test_a_governor_that_the_kernel_refuses_is_named_with_what_it_offers(board: Board) -> None:
    file = board.paths.cpufreq / "policy0" / "scaling_governor"
    file.unlink()
    file.symlink_to("/dev/full")
    with pytest.raises(BenchError, match="'powersave': No space left on device; it offers performance, schedutil"):
        cpufreq.set_governors(board.paths.cpufreq, {"policy0": "powersave"})
