"""What is told of failures of other commands: in the doctor's words, for some seconds, of boards that may tell it."""

from __future__ import annotations

import json
import os
import socket
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from invoke.exceptions import Exit

from commands import options, output
from fleet.boards import inventory, messages
from fleet.boards.outcome import Outcome, State
from fleet.doctor import why
from fleet.doctor.examine import Examined
from fleet.doctor.finding import fault, note
from fleet.doctor.rules import camera
from fleet.doctor.why import Asked
from tests.unit.doctor_parts import PI07, Process, healthy, seen
from tests.unit.unhindered import Unhindered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fleet.boards.inventory import Board
    from fleet.doctor.finding import Finding
    from tests.unit.fleet_sshd import Sshd

ROOM = [replace(PI07, name=f"pi{number:02}") for number in range(1, 31)]
FAILED = Outcome("pi07", State.FAILED, "pi07: still: no picture came.")
LOST = Outcome("pi07", State.UNREACHABLE, messages.lost(PI07))


def busy(board: Board, pid: int = 812) -> Finding:
    found = camera.busy(seen(healthy(camera_users=[Process(pid, "motion")]), board))
    assert found
    return found


@pytest.fixture(autouse=True)
def _results(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(options, "RESULTS", tmp_path / "results")


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of boards that were looked at, each of which has its camera used by the same program."""
    names: list[str] = []

    def examine(boards: Sequence[Board], _password: str, *, limit_s: float) -> list[Examined]:
        assert limit_s == why.LIMIT_S
        names.extend(board.name for board in boards)
        besides = (fault("governor", "its governor is another one"), note("pages-large", "it has large pages"))
        return [Examined(board, healthy(), (busy(board), *besides)) for board in boards]

    monkeypatch.setattr(why, "examine", examine)
    return names


def test_a_board_that_failed_without_saying_why_is_looked_at_and_told_what_can_be_behind_it(
    looked_at: list[str],
) -> None:
    found = why.behind([FAILED, Outcome("pi08", State.OK)], Asked("camera", ROOM))
    assert looked_at == ["pi07"]
    assert {name: [each.code for each in findings] for name, findings in found.items()} == {"pi07": ["camera-busy"]}


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome("pi07", State.OK),
        Outcome("pi07", State.STOPPED, "pi07 was stopped."),
        Outcome("pi07", State.UNREACHABLE, messages.silent(PI07, 8)),
        Outcome("pi07", State.FAILED, messages.not_provisioned(PI07)),
        Outcome("pi07", State.REFUSED, messages.wants_password(PI07)),
        Outcome("pi07", State.FAILED, messages.too_much(PI07, 2**20)),
        Outcome("pi07", State.FAILED, messages.not_understood(PI07, "its boot")),
        replace(FAILED, board="this-computer"),
    ],
)
def test_a_board_that_said_why_or_is_not_to_be_trusted_is_not_asked_again(
    looked_at: list[str], outcome: Outcome
) -> None:
    assert why.behind([outcome], Asked("camera", ROOM)) == {}
    assert looked_at == []


@pytest.mark.parametrize("kind", ["bench", "bundle", "spread"])
def test_what_cannot_be_behind_a_failure_is_not_named(looked_at: list[str], kind: str) -> None:
    assert why.behind([FAILED], Asked(kind, ROOM)) == {"pi07": []}
    assert looked_at == ["pi07"]


def test_a_board_that_was_lost_and_is_off_by_now_is_said_to_be(sshd: Sshd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    found = why.behind([LOST], Asked("bench", [replace(sshd.board("pi07"), port=port)]))
    assert [each.code for each in found["pi07"]] == ["no-ssh"]


def test_a_wifi_that_sleeps_loses_connections_and_does_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    asleep = (fault("wifi-asleep", "its Wi-Fi sleeps"),)
    monkeypatch.setattr(why, "examine", lambda boards, *_, **__: [Examined(boards[0], healthy(), asleep)])
    assert [each.code for each in why.behind([LOST], Asked("camera", [PI07]))["pi07"]] == ["wifi-asleep"]
    assert why.behind([FAILED], Asked("camera", [PI07])) == {"pi07": []}


def test_a_board_that_does_not_answer_any_more_holds_nobody_up(monkeypatch: pytest.MonkeyPatch, sshd: Sshd) -> None:
    monkeypatch.setattr(why, "LIMIT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        board = replace(sshd.board("pi07"), port=mute.getsockname()[1])
        lasted = Unhindered(os.getpid())
        assert why.behind([FAILED], Asked("camera", [board])) == {"pi07": []}
        assert lasted.taken_s < 6


def said(capsys: pytest.CaptureFixture[str], outcomes: Sequence[Outcome]) -> list[str]:
    """What stands on stderr at the end of a command."""
    with pytest.raises(Exit):
        output.tell(outcomes, Asked("camera", ROOM))
    return capsys.readouterr().err.splitlines()


@pytest.mark.usefixtures("looked_at")
def test_rows_that_failed_name_finding_code_and_fix_in_the_words_of_the_doctor(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert said(capsys, [FAILED, Outcome("pi08", State.UNREACHABLE, messages.absent(ROOM[7]))]) == [
        FAILED.sentence,
        f"[absent] {messages.absent(ROOM[7])}",
        "What invoke doctor finds there:",
        "pi07  [camera-busy] its camera is used by motion (process 812)",
        "        type: ansible pi07 -b -m raw -a 'kill 812'",
    ]


@pytest.mark.usefixtures("looked_at")
def test_they_are_korean_where_the_terminal_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    _, head, row, fix = said(capsys, [FAILED])
    assert head == "invoke doctor가 찾은 원인:"
    assert row.startswith("pi07  [camera-busy] ")
    assert "카메라" in row
    assert fix.endswith("ansible pi07 -b -m raw -a 'kill 812'")


@pytest.mark.usefixtures("looked_at")
def test_what_thirty_boards_have_in_common_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, [replace(FAILED, board=board.name, sentence=f"{board.name} failed.") for board in ROOM])
    assert len(lines) == 6
    assert lines[3].startswith("pi01  [camera-busy]")
    assert lines[5].startswith("  The same of 29 more boards: pi02, pi03")


@pytest.mark.usefixtures("looked_at")
def test_programs_get_the_findings_of_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = [Outcome("pi06", State.OK), FAILED, Outcome("pi08", State.UNREACHABLE, messages.absent(ROOM[7]))]
    with pytest.raises(Exit):
        output.tell_json(outcomes, Asked("camera", ROOM))
    told = json.loads(capsys.readouterr().out)
    assert [[each["code"] for each in row["findings"]] for row in told] == [[], ["camera-busy"], ["absent"]]
    assert told[1]["findings"][0]["fix"].startswith("type: ansible pi07 ")
    assert told[2]["findings"][0]["sentence"] == told[2]["sentence"]


@pytest.mark.usefixtures("looked_at")
def test_where_nothing_is_found_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exit):
        output.tell([FAILED], Asked("bundle", ROOM))
    assert capsys.readouterr().err.splitlines() == [FAILED.sentence]


TYPED = {
    "camera": ("camera",),
    "blink": ("blink", "--hosts", "pi01"),
    "bundle": ("bundle",),
    "bench": ("bench", "--suite", "short", "--runs", "3"),
    "spread": ("spread",),
    "status": ("agent.status",),
    "start": ("agent.start",),
    "stop": ("agent.stop",),
    "logs": ("agent.logs",),
    "snapshot": ("agent.snapshot",),
}


@pytest.mark.parametrize("words", TYPED.values(), ids=TYPED)
def test_every_command_names_the_finding_of_a_board_that_lets_nobody_in(
    typed: Callable[..., tuple[int, str, str]], sshd: Sshd, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    board = sshd.board()
    with socket.create_server(("127.0.0.1", 0)) as gone:
        board = replace(board, port=gone.getsockname()[1])
    monkeypatch.setattr(inventory, "boards", lambda _: [board])
    status, out, err = typed(*words)
    assert status == 1
    assert f"[no-ssh] pi01 at 127.0.0.1 refuses ssh on port {board.port}; switch it on there with" in out + err


@pytest.mark.parametrize("words", [TYPED[name] for name in ("camera", "status", "start", "bench")])
def test_every_command_looks_at_a_board_that_fails_without_saying_why(
    typed: Callable[..., tuple[int, str, str]], sshd: Sshd, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """A board that lets us in and has nothing of what is asked for, and a card that fails."""
    board = replace(sshd.board(), variables={"ansible_python_interpreter": sys.executable})
    monkeypatch.setattr(inventory, "boards", lambda _: [board])
    monkeypatch.setattr("fleet.doctor.examine.diagnose", lambda _: [fault("card-errors", "its card failed 3 times")])
    monkeypatch.setattr(why, "VAGUE", why.VAGUE | {"not-configured", "answer-misfit"})
    status, _, err = typed(*words)
    assert status == 1
    assert err.splitlines()[-2:] == ["What invoke doctor finds there:", "pi01  [card-errors] its card failed 3 times"]
