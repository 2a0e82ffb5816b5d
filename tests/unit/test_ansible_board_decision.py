from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.unit.ansible_parts import plugin
from tests.unit.test_ansible_board_gate import HONEST, WANTED

decision = plugin("action", "board_decision")
rows = plugin("callback", "board_rows")
NOTHING: dict[str, Any] = {"packages": {}, "units": [], "user": "", "described": {}, "now_s": None}


def ran(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/usr/bin/python3", "-I", "-"], input=program, capture_output=True, text=True, check=False, timeout=60
    )


def answer(stdout: str, rc: int = 0, stderr: str = "") -> dict[str, Any]:
    return {"rc": rc, "stdout": stdout, "stderr": stderr}


def test_the_look_is_one_program_that_needs_nothing_but_the_systems_python() -> None:
    wanted = {**NOTHING, "described": {"a": json.dumps({"folders": ["/nowhere's"], "files": [], "trees": []})}}
    done = ran(decision.program(wanted))
    found = decision.seen_in(answer(done.stdout, done.returncode, done.stderr), wanted)
    assert set(found) == {"seen"}
    assert found["seen"]["release"]
    assert found["seen"]["stale"] == {"a": ["/nowhere's"]}


def test_a_python_that_is_too_old_is_told_so_in_a_sentence() -> None:
    done = ran(decision.program(NOTHING).replace("(3, 8)", "(99, 0)"))
    found = decision.seen_in(answer(done.stdout, done.returncode, done.stderr))
    assert found["failed"]
    assert rows.explain(rows.reason_in(found), {}).startswith("its Python is too old for this Ansible")


def test_what_a_log_in_prints_before_the_answer_is_passed_over() -> None:
    assert decision.seen_in(answer(f"Welcome to {{pi07}}!\n{json.dumps(HONEST)}\n"), WANTED) == {"seen": HONEST}


@pytest.mark.parametrize("stdout", ["", "\n\n", "Welcome!\n", "[]", "{}", '{"add_host": {"host_name": "pi02"}}'])
def test_an_answer_that_is_none_is_one_sentence(stdout: str) -> None:
    found = decision.seen_in(answer(stdout), WANTED)
    assert set(found) == {"failed", "msg"}
    assert found["msg"].startswith("what it says of itself is not what was asked for: ")


def test_the_words_of_a_board_that_fails_are_cut() -> None:
    found = decision.seen_in(answer("x" * 100_000, 1, "y" * 100_000 + "the end"))
    assert len(found["msg"]) + len(found["module_stderr"]) < 10_000
    assert found["module_stderr"].endswith("the end")


def test_a_look_that_fails_says_so_in_the_boards_own_words() -> None:
    found = decision.seen_in(answer("", 1, "OSError: No space left on device"))
    assert found["failed"]
    assert rows.explain(rows.reason_in(found), {}).startswith("its disk is full")


def test_a_wrong_setting_is_refused_and_a_right_one_is_not() -> None:
    options = {"governor_name": {"type": "str", "choices": ["ondemand"]}, "agent_led_pin": {"type": "int"}}
    right = {"governor_name": "ondemand", "agent_led_pin": "27"}
    assert decision.wrong_settings(options, right.__getitem__) == ""
    for name, value in (("governor_name", "fast"), ("agent_led_pin", "many")):
        wrong = decision.wrong_settings(options, {**right, name: value}.__getitem__)
        assert name in wrong
        assert value in wrong


@pytest.mark.parametrize(
    ("reasons", "sentence"),
    [
        ({"__base": ["", ""], "__agent": []}, ""),
        ({"__base": ["", "second."], "__agent": ["third."]}, "second."),
        ({"__base": [""], "__agent": ["third."]}, "third."),
    ],
)
def test_the_first_reason_to_leave_a_board_alone_counts(reasons: dict[str, list[str]], sentence: str) -> None:
    assert decision.refusal(list(reasons), reasons.__getitem__) == sentence


@pytest.mark.parametrize(
    ("base", "agent", "is_new", "is_configured"),
    [
        (False, False, False, True),
        (True, False, False, False),
        (False, True, False, False),
        (False, False, True, False),
    ],
)
def test_only_a_board_of_which_nothing_differs_is_let_go_with_its_notes(
    base: bool,  # noqa: FBT001 (what the roles say)
    agent: bool,  # noqa: FBT001
    is_new: bool,  # noqa: FBT001
    is_configured: bool,  # noqa: FBT001
) -> None:
    said = {"__base": base, "__agent": agent, "__notes": ["left out: one"]}
    found = decision.decision(["__base", "__agent"], ["__notes"], said.__getitem__, is_new=is_new)
    assert found == {"is_configured": is_configured, "notes": ["left out: one"] if is_configured else []}
