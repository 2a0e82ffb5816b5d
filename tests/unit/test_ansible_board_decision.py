from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.unit.ansible_parts import plugin
from tests.unit.test_ansible_board_gate import HONEST, WANTED

decision = plugin("action", "board_decision")
look = plugin("plugin_utils", "look")
failures = plugin("plugin_utils", "failures")
NOTHING: dict[str, Any] = {"packages": {}, "units": [], "user": "", "described": {}, "now_s": None}


def ran(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/usr/bin/python3", "-I", "-"], input=program, capture_output=True, text=True, check=False, timeout=60
    )


def answer(stdout: str, rc: int = 0, stderr: str = "") -> dict[str, Any]:
    return {"rc": rc, "stdout": stdout, "stderr": stderr}


def test_the_look_is_one_program_that_needs_nothing_but_the_systems_python() -> None:
    wanted = {**NOTHING, "described": {"a": json.dumps({"folders": ["/nowhere's"], "files": [], "trees": []})}}
    done = ran(look.program(wanted))
    found = look.seen_in(answer(done.stdout, done.returncode, done.stderr), wanted)
    assert found["release"]
    assert found["stale"] == {"a": ["/nowhere's"]}


def test_a_python_that_is_too_old_is_told_so_in_a_sentence() -> None:
    done = ran(look.program(NOTHING).replace("(3, 8)", "(99, 0)"))
    with pytest.raises(look.LookError) as raised:
        look.seen_in(answer(done.stdout, done.returncode, done.stderr), NOTHING)
    assert failures.explain(raised.value.stderr, {"board": "pi07"}).code == "python-old"


def test_what_a_log_in_prints_before_the_answer_is_passed_over() -> None:
    assert look.seen_in(answer(f"Welcome to {{pi07}}!\n{json.dumps(HONEST)}\n"), WANTED) == HONEST


@pytest.mark.parametrize("stdout", ["", "\n\n", "Welcome!\n", "[]", "{}", '{"add_host": {"host_name": "pi02"}}'])
def test_an_answer_that_is_none_is_one_sentence(stdout: str) -> None:
    with pytest.raises(look.LookError, match=r"^what it says of itself is not what was asked for: "):
        look.seen_in(answer(stdout), WANTED)


def test_the_words_of_a_board_that_fails_are_cut() -> None:
    with pytest.raises(look.LookError) as raised:
        look.seen_in(answer("x" * 100_000, 1, "y" * 100_000 + "the end"), NOTHING)
    assert len(str(raised.value)) + len(raised.value.stderr) < 10_000
    assert raised.value.stderr.endswith("the end")


def test_a_look_that_fails_says_so_in_the_boards_own_words() -> None:
    with pytest.raises(look.LookError) as raised:
        look.seen_in(answer("", 1, "OSError: No space left on device"), NOTHING)
    assert failures.explain(raised.value.stderr, {"board": "pi07"}).code == "disk-full"


def test_what_another_play_decided_counts_no_more() -> None:
    board = {"play": "one", "plans": {"governor": {}}}
    assert decision.decided_in("one", board) == board
    for other in ({"play": "two"}, {}, None, "pi01", [1]):
        assert decision.decided_in("one", other) == {}
