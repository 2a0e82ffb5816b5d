from __future__ import annotations

import base64
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from fleet import service
from fleet.boards.inventory import Board
from fleet.boards.outcome import Outcome, State
from fleet.boards.pilab import refusal
from fleet.boards.stream import Limits
from fleet.errors import AnswerError
from fleet.service import blink, counters_line, logs, parse_status, snapshot, status
from tests.unit import bombs, mutations
from tests.unit.hostile_sshd import Hostile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from paramiko import Channel

SECRET = "teachers-secret"  # noqa: S105 (nobody's)
PI01 = Board("pi01", "192.168.1.101")
# As systemd 247 prints it, whatever the order that was asked for.
ACTIVE = "StatusText=Circles in sight, LED on\nLoadState=loaded\nActiveState=active\n"


def test_a_service_that_runs_says_what_it_sees() -> None:
    assert parse_status(PI01, ACTIVE) == Outcome("pi01", State.OK, detail="Circles in sight, LED on")


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        (
            "LoadState=not-found\nActiveState=inactive\n",
            "pi01 is not provisioned; run: ansible-playbook site.yml --limit pi01",
        ),
        (
            "LoadState=loaded\nActiveState=failed\n",
            "The service of pi01 is failed; see why: invoke agent.logs --hosts pi01",
        ),
        (
            "LoadState=loaded\nActiveState=active\nStatusText=Sees nothing: the camera is unplugged.\n",
            "pi01: Sees nothing: the camera is unplugged.",
        ),
    ],
)
def test_a_service_that_does_not_see_circles_fails_with_a_sentence(shown: str, sentence: str) -> None:
    assert parse_status(PI01, shown) == Outcome("pi01", State.FAILED, sentence)


COUNTED = {
    "frames": 1000,
    "fps": 29.97,
    "frames_skipped": 3,
    "frames_with_circles": 40,
    "age_ms": {"count": 1000, "sum": 2500.0, "greatest": 17.0},
    "led_changes": 6,
    "temperature_c": 48.3,
    "throttled": 0x50000,
}


def test_the_counters_are_one_line() -> None:
    assert counters_line(json.dumps(COUNTED)) == (
        "1000 frames at 30.0 fps, 3 skipped, 40 with circles, age 2.5 ms (at most 17), LED changed 6 times, "
        "48 degrees C, throttled 0x50000"
    )


@pytest.mark.parametrize("said", ["", "{}", "[]", "no agent", json.dumps({**COUNTED, "fps": "fast"})])
def test_counters_that_are_not_understood_are_left_out(said: str) -> None:
    assert counters_line(said) == ""


@pytest.mark.parametrize(
    ("stderr", "sentence"),
    [
        ("sudo: a password is required", "sudo on pi01 wants a password: add -K, or"),
        (
            "Sorry, try again.\nsudo: no password was provided\nsudo: 1 incorrect password attempt",
            "sudo on pi01 does not take",
        ),
        ("sudo: no password was provided\nsudo: a password is required", "sudo on pi01 does not take"),
        ("anna is not in the sudoers file.", "sudo on pi01 does not take this password for"),
        ("sudo: /opt/pilab/bin/pilab: command not found", "pi01 is not provisioned; run:"),
        ("No agent answers at '/run/x'.", "pi01: No agent answers at '/run/x'."),
        ("", "pi01 failed with status 1 and did not say why."),
    ],
)
def test_a_board_that_refuses_says_why_with_the_fix(stderr: str, sentence: str) -> None:
    assert refusal(PI01, stderr, 1).startswith(sentence)


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "LoadState=loaded\n",
        "LoadState=\x1b[2J\nActiveState=active\n",
        f"LoadState={'l' * 65}\nActiveState=active\n",
    ],
)
def test_words_that_systemd_does_not_say_are_an_answer_of_nobody(shown: str) -> None:
    with pytest.raises(AnswerError, match="What pi01 answered about its service cannot be understood"):
        parse_status(PI01, shown)


@pytest.mark.parametrize(
    "changes",
    [
        {"frames": -1},
        {"frames": 10**400},
        {"frames": True},
        {"fps": float("inf")},
        {"fps": -1},
        {"throttled": "x"},
        {"throttled": 2**32},
        {"temperature_c": 1e9},
        {"age_ms": {"count": 10**400, "sum": 1, "greatest": 10**400}},
        {"age_ms": {"count": 1, "sum": 1}},
        {"age_ms": [1, 2, 3]},
    ],
)
def test_counters_out_of_range_are_not_understood(changes: dict[str, Any]) -> None:
    assert counters_line(json.dumps({**COUNTED, **changes})) == ""


def test_fuzz_no_counters_of_a_hostile_board_do_more_than_not_being_understood() -> None:
    honest = json.dumps(COUNTED).encode() + b"\n"
    for said in mutations.mutated(honest, seed=19, count=2000):
        told = counters_line(said.decode(errors="replace"))
        assert len(told) < 300


def test_fuzz_no_word_about_the_service_does_more_than_not_being_understood() -> None:
    for said in mutations.mutated(ACTIVE.encode(), seed=20, count=2000):
        with suppress(AnswerError):
            outcome = parse_status(PI01, said.decode(errors="replace"))
            assert len(outcome.detail + outcome.sentence) < 700


@dataclass
class Room:
    """Boards of which one means harm."""

    bad: Hostile
    good: Hostile

    @property
    def boards(self) -> list[Board]:
        return [self.bad.board("pi01"), self.good.board("pi02")]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Callable[[dict[str, bytes]], Room]]:
    rooms: list[Room] = []

    def make(lies: dict[str, bytes]) -> Room:
        bad, good = Hostile(tmp_path / "bad", answering(lies)), Hostile(tmp_path / "good", answering({}))
        rooms.append(Room(bad, good))
        return rooms[-1]

    yield make
    for one in rooms:
        one.bad.close()
        one.good.close()


PICTURE = bombs.jpeg(16, 16, noise=True)
HONEST = {
    "systemctl show": ACTIVE.encode(),
    "pilab status": json.dumps(COUNTED).encode(),
    "snapshot": base64.encodebytes(PICTURE),
    "journalctl": b"Sees 3 circles\n",
}


def answering(lies: dict[str, bytes]) -> Callable[[Channel, str], None]:
    """Answer as a board would, but for some lies."""

    def deed(channel: Channel, command: str) -> None:
        for words, answer in {**HONEST, **lies}.items():
            if words in command:
                channel.sendall(answer)
        channel.send_exit_status(0)
        channel.close()

    return deed


@pytest.mark.parametrize(
    "lie",
    [b"", b"\xff\xfe", b"[" * 60_000, b'{"frames": 1e999}', json.dumps({**COUNTED, "age_ms": None}).encode(), b"null"],
)
def test_a_board_whose_counters_are_none_has_a_row_that_says_so(
    room: Callable[[dict[str, bytes]], Room], lie: bytes
) -> None:
    bad, good = status(room({"pilab status": lie}).boards)
    assert bad.sentence.startswith("What pi01 answered about its counters cannot be understood")
    assert good.is_ok
    assert good.detail.startswith("Circles in sight, LED on; 1000 frames")


@pytest.mark.parametrize("lie", ["é".encode(), b"\x1b[2J", base64.encodebytes(b"GIF89a"), b"\0", b"/9j/x=", b""])
def test_a_snapshot_that_is_none_costs_its_board_only(
    room: Callable[[dict[str, bytes]], Room], tmp_path: Path, lie: bytes
) -> None:
    bad, good = snapshot(room({"snapshot": lie}).boards, tmp_path / "pictures")
    assert bad.sentence.startswith("pi01 gave no picture")
    assert good.is_ok
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == ["pi02.jpg"]
    assert (tmp_path / "pictures/pi02.jpg").read_bytes() == PICTURE


def test_a_snapshot_that_the_disk_does_not_take_costs_its_board_only(
    room: Callable[[dict[str, bytes]], Room], tmp_path: Path
) -> None:
    (tmp_path / "pi01.jpg").mkdir()
    bad, good = snapshot(room({}).boards, tmp_path)
    assert bad.sentence == f"pi01: {tmp_path}/pi01.jpg cannot be used: is a directory; move away what has its name."
    assert good.is_ok


def test_a_snapshot_that_only_begins_like_a_picture_is_not_kept(
    room: Callable[[dict[str, bytes]], Room], tmp_path: Path
) -> None:
    bad, good = snapshot(room({"snapshot": base64.encodebytes(PICTURE[:100])}).boards, tmp_path / "pictures")
    assert bad.sentence.startswith("pi01: its snapshot was not kept: ")
    assert good.is_ok
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == ["pi02.jpg"]


def test_a_snapshot_without_end_costs_its_board_only(
    room: Callable[[dict[str, bytes]], Room], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SNAPSHOT_BYTES", 10_000)
    bad, good = snapshot(room({"snapshot": b"/9j/" * 2501}).boards, tmp_path)
    assert bad.sentence.startswith("pi01 sent more than 9.77 KiB")
    assert good.is_ok


def test_logs_of_one_board_without_end_do_not_hide_those_of_the_others(
    room: Callable[[dict[str, bytes]], Room], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LOGS", Limits(50_000, 1000, 10.0))
    said: list[tuple[str, str]] = []
    bad, good = logs(room({"journalctl": b"x\n" * 30_000}).boards, lambda *words: said.append(words), follow=False)
    assert bad.sentence.startswith("pi01 sent more than 48.8 KiB")
    assert good.is_ok
    assert ("pi02", "Sees 3 circles") in said


def test_the_password_goes_only_to_a_board_that_asked_after_it_was_refused(
    room: Callable[[dict[str, bytes]], Room],
) -> None:
    one = room({})
    heard = {"bad": b"", "good": b""}

    def asks(channel: Channel, command: str) -> None:
        if "sudo -n" in command:
            channel.sendall_stderr(b"sudo: a password is required\n")
            channel.send_exit_status(1)
        else:
            heard["bad"] += channel.makefile("rb").read()
            channel.send_exit_status(0)
        channel.close()

    def asks_not(channel: Channel, _command: str) -> None:
        heard["good"] += channel.makefile("rb").read()
        channel.send_exit_status(0)
        channel.close()

    one.bad.server.deed, one.good.server.deed = asks, asks_not
    assert all(outcome.is_ok for outcome in blink(one.boards, 1, SECRET))
    assert heard == {"bad": f"{SECRET}\n".encode(), "good": b""}
    assert not any(SECRET in command for command in one.bad.server.commands + one.good.server.commands)
