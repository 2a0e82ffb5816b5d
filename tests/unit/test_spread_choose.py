from __future__ import annotations

from typing import Any

import pytest

from fleet.boards.inventory import Board
from fleet.errors import PlanError
from fleet.spread import choose
from fleet.spread.answer import Look

FIT: dict[str, Any] = {
    "dask": "2022.12.1",
    "additions_per_s": 10**9,
    "bench_runs": False,
    "available_bytes": 400 * choose.MEBI,
    "cores": 4,
    "simulated": False,
    "agent_runs": True,
}


def facts(**changes: Any) -> Look:  # noqa: ANN401 (whatever a board says)
    return Look(**(FIT | changes))


def test_a_board_with_everything_computes_along() -> None:
    assert choose.unfit("pi01", facts()) == ""


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        ({"dask": ""}, "base_spread=true --limit pi01"),
        ({"additions_per_s": 0}, "lacks the program"),
        ({"bench_runs": True}, "being benched"),
        ({"available_bytes": 100 * choose.MEBI}, "has 100 MB of memory free"),
    ],
)
def test_a_board_that_cannot_is_told_why_by_its_name(lacking: dict[str, Any], words: str) -> None:
    sentence = choose.unfit("pi01", facts(**lacking))
    assert sentence.startswith("pi01 ")
    assert words in sentence


def test_the_version_that_most_boards_have_is_chosen_and_of_several_the_newest() -> None:
    old, new = facts(dask="2022.9.1"), facts(dask="2022.12.1")
    assert choose.version({"a": old, "b": old, "c": new}) == "2022.9.1"
    assert choose.version({"a": old, "c": new}) == "2022.12.1"


def test_one_board_is_no_room() -> None:
    one = choose.member(Board("pi01", "192.0.2.1"), facts())
    with pytest.raises(PlanError, match="Only pi01"):
        choose.enough([one])
    choose.enough([one, one])


def test_no_board_at_all_is_said_so() -> None:
    with pytest.raises(PlanError, match="No board can compute along"):
        choose.enough([])


def test_a_board_is_simulated_if_the_inventory_or_the_board_says_so() -> None:
    assert choose.member(Board("pi01", "192.0.2.1"), facts(simulated=True)).is_simulated
    assert choose.member(Board("pi01", "192.0.2.1", variables={"board_simulated": True}), facts()).is_simulated
    assert not choose.member(Board("pi01", "192.0.2.1"), facts()).is_simulated
