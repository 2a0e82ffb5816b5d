from __future__ import annotations

from typing import Any

import pytest

from tests.unit.decide_parts import CONFIGURED, board, deciding, described, wanted

ROLES = ("camera", "governor", "native")


def asked(**others: Any) -> dict[str, Any]:  # noqa: ANN401 (any setting)
    native = described.Description(trees=[described.RoleFiles("native", {}, None).tree("/opt/pilab/native")])
    given = {"camera": described.Description(), "governor": described.Description(), "native": native}
    return {
        name: deciding.Wanted(
            wanted(name, **{key: value for key, value in others.items() if key.startswith(name)}), each
        )
        for name, each in given.items()
    }


def told(found: Any, earlier: dict[str, Any] | None = None, **others: Any) -> dict[str, Any]:  # noqa: ANN401
    given = asked(**others)
    answer: dict[str, Any] = deciding.told(deciding.decide(found, given), given, earlier or {})
    return answer


def test_roles_that_have_something_to_do_are_named_with_their_plan() -> None:
    found = told(board())
    assert (found["differs"], found["is_configured"]) == (["native"], False)
    assert set(found["plans"]) == set(ROLES)
    assert found["plans"]["native"]["compiles"] is True


def built_on(**changes: Any) -> Any:  # noqa: ANN401
    """Look at a board after the programs were compiled on one that differs in this."""
    built_from = told(board())["plans"]["native"]["built_from"]
    return told(board(native_sources=built_from, **changes))


@pytest.mark.parametrize(
    ("changes", "is_built_anew"),
    [({}, False), ({"model": "Raspberry Pi 5 Model B Rev 1.0"}, False), ({"userland": "armhf"}, True)],
)
def test_programs_are_built_anew_for_another_architecture_and_serve_every_model_of_one(
    changes: dict[str, Any],
    is_built_anew: bool,  # noqa: FBT001
) -> None:
    assert built_on(**changes)["plans"]["native"]["compiles"] is is_built_anew


def test_files_are_told_only_of_a_role_that_may_write_them() -> None:
    found = told(board())["plans"]
    assert "trees" in found["native"]
    assert "trees" not in found["governor"]


def test_notes_of_a_role_that_changes_something_come_from_the_role_itself() -> None:
    two = {"policy0": {"governor": "ondemand", "cores": [0, 1], "available": ["ondemand", "powersave"]}}
    note = "governor {} for cores 0 sets cores 1 too: they share one clock"
    still = told(board(governors=two), governor_cores="0")
    assert note.format("ondemand") in still["notes"]
    changed = told(board(governors=two), governor_cores="0", governor_name="powersave")
    assert not any("share one clock" in each for each in changed["notes"])
    assert changed["plans"]["governor"]["notes"] == [note.format("powersave")]


def test_what_was_decided_earlier_in_the_play_stays_beside() -> None:
    earlier = {"plans": {"agent": {"differs": True}, "native": {"differs": False}}}
    found = told(board(), earlier)
    assert set(found["plans"]) == {*ROLES, "agent"}
    assert found["differs"] == ["agent", "native"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"release": "wheezy", "system": "Raspbian 7"}, "Raspbian 7 is none of buster"),
        ({"model": "Orange Pi"}, "it calls itself 'Orange Pi', which nobody has tried"),
        ({"overlay_by": "boot=overlay"}, "its overlay file system forgets every change"),
        ({"bench_runs": True}, "a bench is running on it"),
    ],
)
def test_a_board_that_nothing_can_be_done_to_is_refused_whatever_the_role(
    changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(deciding.RefusedError, match=sentence):
        deciding.decide(board(**changes), {})


def test_the_first_refusal_of_a_role_counts() -> None:
    with pytest.raises(deciding.RefusedError, match=r"governor_cores is 0-9, but"):
        deciding.decide(board(), asked(governor_cores="0-9"))


def test_the_inventory_may_say_which_model_and_userland_count() -> None:
    found = deciding.Board.of({**CONFIGURED, "model": "Orange Pi"}, "Raspberry Pi 4 Model B", "")
    assert found.refusals() == ()
    assert found.userland == "arm64"


def test_a_board_that_was_never_changed_has_nothing_to_get_back() -> None:
    assert deciding.restore(board(before={}), list(ROLES)) == {}
    assert set(deciding.restore(board(), list(ROLES))) == set(ROLES)


def test_nothing_is_given_back_while_a_bench_runs() -> None:
    with pytest.raises(deciding.RefusedError, match="a bench is running"):
        deciding.restore(board(bench_runs=True), list(ROLES))
