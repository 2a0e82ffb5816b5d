from __future__ import annotations

import getpass
import io
import json
import os
import shutil
import subprocess
import sys
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from invoke.exceptions import Exit

import tasks
from commands import options, output
from fleet import results
from fleet.boards.outcome import Outcome, State
from fleet.errors import FleetError, PlanError
from fleet.places import CODE
from tasks import namespace
from tests.unit.fleet_parts import RECORDED
from tests.unit.fleet_run import PLAN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def _own_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "RESULTS", tmp_path)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["bench", "--runs", "0"], "--runs is '0'; give a whole number from 1 to 100."),
        (["bench", "--suite", "long"], "There is no suite 'long'; choose from: course, full, short."),
        (["bench", "--at-once", "none"], "--at-once is 'none'; give a whole number from 1."),
        (["bench", "--hosts", ""], "--hosts is empty; name a board, a group or a pattern, for example: --hosts lab"),
        (["bench", "--again", "all"], "--again is 'all'; the only thing that can be run again is: failed."),
        (
            ["bench", "--again", "failed", "--runs", "3"],
            "--again takes suite, governors and runs from the run; leave --suite, --governors, --runs out.",
        ),
        (["rehearse.up", "--pis", "0"], "--pis is '0'; give a whole number from 1."),
    ],
)
def test_what_makes_no_sense_is_refused_with_one_sentence(
    typed: Callable[..., tuple[int, str, str]], words: list[str], sentence: str
) -> None:
    status, out, err = typed(*words)
    assert (status, out, err) == (1, "", f"{sentence}\n")
    assert not list(options.RESULTS.iterdir())


def stored(outcome: Outcome) -> results.Run:
    run = results.create(options.RESULTS, PLAN, "invoke bench", [outcome.board])
    shutil.copy(RECORDED, run.path / f"{outcome.board}.jsonl")
    run.finish([outcome])
    return run


@pytest.mark.usefixtures("without_pictures")
def test_a_report_can_be_had_again_from_the_records(typed: Callable[..., tuple[int, str, str]]) -> None:
    run = stored(Outcome("pi02", State.OK))
    status, out, err = typed("report")
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == f"Report: {run.page}"
    assert run.page.exists()
    assert typed("report", "--run", run.path.name)[0] == 0


@pytest.mark.usefixtures("without_pictures")
@pytest.mark.parametrize(
    "words", [["{run}"], ["{run}", "--lang", "ko"], ["--lang", "ko", "{run}"], ["-l", "ko", "{run}"]]
)
def test_a_run_may_be_named_by_a_bare_word(typed: Callable[..., tuple[int, str, str]], words: list[str]) -> None:
    run = stored(Outcome("pi02", State.OK))
    newer = results.create(options.RESULTS, replace(PLAN, run="20990101T000000Z-aaaa"), "invoke bench", ["pi02"])
    shutil.copy(RECORDED, newer.path / "pi02.jsonl")
    status, out, _ = typed("report", *(word.format(run=run.path.name) for word in words))
    assert status == 0
    assert run.path.name in out.splitlines()[-1]
    assert newer.path.name in typed("report")[1].splitlines()[-1]
    assert typed("export", run.path.name)[1].startswith(str(run.path))


def test_a_bare_word_that_names_no_run_is_told_with_the_newest(typed: Callable[..., tuple[int, str, str]]) -> None:
    run = stored(Outcome("pi02", State.OK))
    status, _, err = typed("report", "nope")
    assert status == 1
    assert err == f"There is no run 'nope' in {options.RESULTS}; the newest is {run.path.name}.\n"


@pytest.mark.parametrize(("runs", "is_told"), [("4", True), ("5", False)])
def test_a_bench_says_at_once_what_it_will_not_decide(
    typed: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, runs: str, *, is_told: bool
) -> None:
    seen: list[str] = []
    stderr = io.StringIO()
    monkeypatch.setattr("commands.bench.carry_out", lambda *_, **__: seen.append(stderr.getvalue()))
    monkeypatch.setattr("sys.stderr", stderr)
    typed("bench", "--here", "--runs", runs)
    said = f"With --runs {runs} no statement of the course will be decided: that takes 5 runs or more.\n"
    assert seen == [said if is_told else ""]


def test_a_korean_terminal_is_spoken_to_in_korean() -> None:
    environment = {**os.environ, "LC_ALL": "ko_KR.UTF-8"}
    for words, said in {
        ("--list",): "수업의 프로그램을 모든 보드에서 한꺼번에 측정하고 기록을 가져옵니다.",
        ("report", "-h"): "실행의 이름. 쓰지 않으면 가장 최근 실행",
        ("bench", "--runs", "0"): "--runs의 값이 '0'입니다. 1부터 100까지의 정수를 쓰십시오.",
    }.items():
        done = subprocess.run(
            [sys.executable, "-m", "invoke", *words],
            cwd=CODE, env=environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert said in done.stdout + done.stderr


@pytest.mark.usefixtures("without_pictures")
def test_a_run_that_lacks_nothing_is_not_run_again(typed: Callable[..., tuple[int, str, str]]) -> None:
    run = stored(Outcome("pi02", State.OK))
    before = (run.path / "run.json").read_bytes()
    status, out, _ = typed("bench", "--again", "failed")
    assert (status, out.splitlines()[0]) == (0, f"Nothing is missing in run {run.path.name}.")
    assert (run.path / "run.json").read_bytes() == before


@pytest.mark.usefixtures("without_pictures")
def test_a_bench_whose_records_were_not_all_let_in_ends_as_its_report_does(
    typed: Callable[..., tuple[int, str, str]],
) -> None:
    run = stored(Outcome("pi02", State.OK))
    (run.path / "pi02+2.jsonl").write_text("null\n")
    for words in (["bench", "--again", "failed"], ["report"]):
        status, out, err = typed(*words)
        assert (status, out.splitlines()[-1]) == (1, f"Report: {run.page}")
        assert err.startswith("Line 1 of pi02+2.jsonl is None, not an object")


def test_again_without_any_run_says_how_to_get_one(typed: Callable[..., tuple[int, str, str]]) -> None:
    status, _, err = typed("bench", "--again", "failed")
    assert status == 1
    assert "make some with: invoke bench --hosts lab" in err


def test_a_report_of_nothing_says_how_to_get_something(typed: Callable[..., tuple[int, str, str]]) -> None:
    status, _, err = typed("report")
    assert status == 1
    assert "make some with: invoke bench --hosts lab" in err


def test_a_command_whose_boards_did_not_all_do_well_does_not_end_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exit) as raised:
        output.end([Outcome("pi01", State.OK), Outcome("pi02", State.FAILED, "pi02 is ill.")])
    assert raised.value.code == 1
    assert capsys.readouterr().err == "pi02 is ill.\n"


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [(FleetError("It is broken."), 1, "It is broken."), (KeyboardInterrupt(), 130, "Interrupted.")],
)
def test_no_error_is_shown_as_a_traceback(error: BaseException, status: int, message: str) -> None:
    @output.told
    def deed() -> None:
        raise error

    with pytest.raises(Exit) as raised:
        deed()
    assert (raised.value.code, raised.value.message) == (status, message)


@pytest.mark.usefixtures("without_pictures")
def test_a_report_tells_of_each_file_that_was_not_let_in_or_is_damaged_and_shows_the_others(
    typed: Callable[..., tuple[int, str, str]],
) -> None:
    run = stored(Outcome("pi02", State.OK))
    lines = RECORDED.read_text().splitlines(keepends=True)
    (run.path / "pi01.jsonl").write_text('{"schema":1,"kind":"event","what":"\\u001b[2J","message":""}\n')
    (run.path / "pi03.jsonl").write_text("".join(lines[:-1]))
    run.finish([Outcome("pi01", State.OK), Outcome("pi03", State.OK)])
    status, out, err = typed("report")
    assert status == 1
    assert run.page.exists()
    assert err.splitlines() == [
        (
            "'what' in line 1 of pi01.jsonl is '\\x1b[2J', not a name of small letters, digits and dashes; the file is "
            "damaged: take it out of its folder."
        ),
        "pi03.jsonl has no end mark: the run was cut short; what came before it is kept.",
    ]
    rows = [line.strip() for line in out.splitlines() if line.startswith((" pi", "pi"))]
    assert rows[:3] == ["pi02 (simulated)", "pi01 (failed)", "pi03 (failed, simulated)"]
    assert [row.partition(":")[0] for row in rows[3:]][:2] == ["pi01", "pi03"]
    for words in (["sql", "select count(distinct board) from samples", "--csv"], ["export"]):
        status, out, err = typed(*words)
        assert status == 0
        assert err.startswith("'what' in line 1 of pi01.jsonl is")


def test_an_answer_as_csv_has_no_formula(typed: Callable[..., tuple[int, str, str]]) -> None:
    stored(Outcome("pi02", State.OK))
    status, out, _ = typed("sql", "select '=1+1' as a, -1 as b, chr(27) || '[2J' as \"[/x]\"", "--csv")
    assert (status, out.splitlines()) == (0, ["a,b,[/x]", "'=1+1,-1,\\x1b[2J"])
    status, out, _ = typed("sql", "select '[red]x' as \"[/x]\", chr(27) || '[2J' as b")
    assert status == 0
    assert out.split() == ["[/x]", "b", "\N{BOX DRAWINGS LIGHT HORIZONTAL}" * 16, "[red]x", "\\x1b[2J"]


def test_two_runs_that_share_nothing_are_told_with_what_was_not_let_in(
    typed: Callable[..., tuple[int, str, str]],
) -> None:
    run = stored(Outcome("pi02", State.OK))
    (run.path / "pi02.jsonl").write_text("null\n")
    status, _, err = typed("compare", "newest", "newest")
    assert status == 1
    assert err.startswith("Line 1 of pi02.jsonl is None, not an object with keys and values;")


def test_what_a_board_said_leaves_for_a_person_with_nothing_that_acts_on_a_terminal(
    typed: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = "\x1b[2J\x1b]0;title\x07[red]x[/x]\nforged  ok \u202e\ud800"
    rows = [Outcome("pi01", State.OK, detail=forged), Outcome("pi02", State.FAILED, f"pi02: {forged}{'x' * 90_000}")]
    monkeypatch.setattr("fleet.boards.inventory.boards", lambda _: [])
    monkeypatch.setattr("fleet.service.status", lambda *_: rows)
    status, out, err = typed("agent.status")
    shown = r"\x1b[2J\x1b]0;title\x07[red]x[/x]\nforged  ok \u202e\ud800"
    assert (status, out) == (1, f"pi01  {shown}\npi02  failed\n")
    assert err.startswith(f"pi02: {shown}")
    assert err.count("\n") == 1
    assert len(err) < 2200


def test_a_line_of_a_log_is_one_line_with_nothing_that_acts_on_a_terminal(
    typed: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def logs(_boards: object, say: Callable[[str, str], None], **_how: object) -> list[Outcome]:
        say("pi01", "\x1b[2J\rpi02  all is well")
        say("pi01", "x" * 90_000)
        return []

    monkeypatch.setattr("fleet.boards.inventory.boards", lambda _: [])
    monkeypatch.setattr("fleet.service.logs", logs)
    first, second = typed("agent.logs")[1].splitlines()
    assert first == r"pi01  \x1b[2J\rpi02  all is well"
    assert len(second) < 2200


def test_help_says_who_learns_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    shown = subprocess.run(["invoke", "--help", "blink"], capture_output=True, text=True, check=True, cwd=CODE).stdout
    assert "asks for it learns it" in " ".join(shown.split())


ROOT_COMMANDS = (
    "bench", "camera", "blink", "doctor", "spread", "agent.status", "agent.start", "agent.stop", "agent.logs",
    "agent.snapshot",
)  # fmt: skip


@pytest.mark.parametrize("command", ROOT_COMMANDS)
def test_every_command_that_is_root_takes_the_letter_that_ansible_takes(command: str) -> None:
    flags = {name for argument in namespace[command].get_arguments() for name in argument.names}
    assert {"ask-sudo-password", "K"} <= flags


def test_without_a_terminal_nobody_is_asked_for_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    def warned(_prompt: str) -> str:
        warnings.warn("seen", getpass.GetPassWarning, stacklevel=1)
        return "correct-horse"

    monkeypatch.setattr(getpass, "getpass", warned)
    with pytest.raises(PlanError, match="there is no terminal to ask on"):
        options.password(asked=True)
    assert options.password(asked=False) == ""


def test_the_invoke_of_another_python_says_where_the_right_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "commands.none", None)
    with pytest.raises(SystemExit, match=r"has no commands\.none: type `\. \.venv/bin/activate` first"):
        tasks._loaded("commands.none")


def test_an_error_that_quotes_a_board_does_nothing_to_a_terminal() -> None:
    @output.told
    def deed() -> None:
        raise FleetError("pi01 said \x1b[2J\nand more")

    with pytest.raises(Exit) as raised:
        deed()
    assert raised.value.message == "pi01 said \\x1b[2J\nand more"


def test_columns_are_listed_without_a_question_and_a_question_is_asked_for_otherwise(
    typed: Callable[..., tuple[int, str, str]],
) -> None:
    status, out, _ = typed("sql", "--columns")
    assert status == 0
    assert "real_ns" in out
    assert "program" in out
    status, _, err = typed("sql")
    assert status == 1
    assert "question" in err


def test_h_is_help_also_for_commands_that_take_hosts(typed: Callable[..., tuple[int, str, str]]) -> None:
    for command in ("bench", "agent.status", "camera", "spread", "bundle"):
        status, out, _ = typed(command, "-h")
        assert status == 0, command
        assert "Usage" in out, command


@pytest.mark.usefixtures("without_pictures")
def test_a_terminal_that_is_korean_is_answered_in_korean(
    typed: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = stored(Outcome("pi02", State.OK))
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    _, out, _ = typed("report")
    assert "보고서: " in out
    assert (run.path / "report.ko.html").exists()
    _, out, _ = typed("report", "--lang", "en")
    assert "Report: " in out


@pytest.mark.usefixtures("without_pictures")
def test_a_run_is_told_to_other_programs_as_json(typed: Callable[..., tuple[int, str, str]]) -> None:
    stored(Outcome("pi02", State.OK))
    _, out, _ = typed("report", "--json")
    assert [board["board"] for board in json.loads(out)["boards"]] == ["pi02"]
    _, out, _ = typed("compare", "newest", "newest", "--json")
    assert {each["change"] for each in json.loads(out)["differences"]} <= {"no change seen", "too few runs"}
