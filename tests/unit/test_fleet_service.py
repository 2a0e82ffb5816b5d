from __future__ import annotations

import base64
import json
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest

from fleet import service
from fleet.boards.inventory import Board
from fleet.boards.outcome import Outcome, State
from fleet.boards.pilab import refusal
from fleet.boards.stream import Limits
from fleet.errors import AnswerError
from fleet.service import blink, counters_line, logs, snapshot, status
from fleet.service.events import Events
from fleet.service.journal import told
from fleet.service.state import parse_status
from tests.unit import bombs, mutations
from tests.unit.hostile_sshd import Hostile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from paramiko import Channel

ROOT = Path(__file__).parents[2]
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
            "pi01 is not configured yet; type: ansible-playbook site.yml --limit pi01",
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


def shown(agent: dict[str, str], **others: dict[str, str]) -> str:
    """What systemctl prints of the three services, as it is on Debian 11 to 13."""
    usual = {
        "Id": "pilab-agent.service", "LoadState": "loaded", "ActiveState": "inactive", "SubState": "dead",
        "StatusText": "", "Result": "success", "ExecMainStatus": "0", "NRestarts": "0",
        "ActiveExitTimestamp": "Fri 2026-11-27 04:08:04 UTC", "InactiveEnterTimestamp": "Fri 2026-11-27 04:08:06 UTC",
        "InactiveExitTimestamp": "Fri 2026-11-27 04:00:00 UTC", "Description": "Finds circles",
    }  # fmt: skip
    rest = [{"Id": f"pilab-{name}.service", "LoadState": "loaded", **facts} for name, facts in others.items()]
    blocks = [{**usual, **agent}, *rest]
    return "\n\n".join("\n".join(f"{name}={value}" for name, value in block.items()) for block in blocks) + "\n"


FAILING = {"ActiveState": "activating", "SubState": "auto-restart", "Result": "exit-code", "ExecMainStatus": "1"}
STARTING = {"ActiveState": "activating", "SubState": "start"}
TIME = "2026-11-27 04:08:0"


@pytest.mark.parametrize(
    ("facts", "word", "sentence"),
    [
        (
            {},
            "stopped",
            f"somebody on the board, at {TIME}6 UTC; start it with: invoke agent.start --hosts pi01",
        ),
        ({"StatusText": "Ended: SIGTERM was received"}, "stopped", "pi01: stopped by you, or by somebody on the board"),
        (
            {"StatusText": "Ended: there are no more frames"},
            "ended",
            f"pi01: ended by itself at {TIME}6 UTC, because there are no more frames; start it with: invoke",
        ),
        ({"InactiveEnterTimestamp": ""}, "not started", "pi01: not started since the board was switched on; start it"),
        (
            {**FAILING, "StatusText": "Failed: The LED on GPIO 27 cannot be used: busy."},
            "failed",
            f"pi01: failed since {TIME}4 UTC, because the LED on GPIO 27 cannot be used: busy; invoke agent.logs",
        ),
        ({**FAILING, "StatusText": "Circles in sight, LED on"}, "failed", "because it ended with status 1; invoke"),
        ({**FAILING, "ActiveExitTimestamp": ""}, "failed", "pi01: failed since 2026-11-27 04:00:00 UTC, because"),
        ({"ActiveState": "failed", "Result": "signal"}, "failed", f"since {TIME}4 UTC, because it crashed; invoke"),
        ({"ActiveState": "failed", "Result": "watchdog"}, "failed", "because it hung and was ended; invoke"),
        ({"ActiveState": "failed", "Result": "oom-kill"}, "failed", "because the board had no memory left; make"),
        (STARTING, "starts", "pi01: the service starts now; ask again in a minute."),
        (
            {**STARTING, "NRestarts": "4"},
            "failed",
            f"since {TIME}4 UTC, and systemd tries it again, attempt 4",
        ),
        ({"ActiveState": "deactivating"}, "ends", "pi01: the service ends now; ask again in a minute."),
    ],
)
def test_a_service_that_does_not_run_says_whether_it_was_stopped_or_failed_since_when_and_why(
    facts: dict[str, str], word: str, sentence: str
) -> None:
    outcome = parse_status(PI01, shown(facts))
    assert (outcome.state, outcome.detail) == (State.FAILED, word)
    assert sentence in outcome.sentence


def test_a_service_that_makes_way_for_a_bench_or_a_check_of_the_camera_is_well() -> None:
    bench = {"ActiveState": "active", "Description": "Pilab bench of run 20261127T040919Z-19bc"}
    assert parse_status(PI01, shown({}, bench=bench)) == Outcome(
        "pi01", State.OK, detail="Benching: looks for circles again after the run 20261127T040919Z-19bc"
    )
    checking = parse_status(PI01, shown({}, bench={"ActiveState": "inactive"}, camera={"ActiveState": "deactivating"}))
    assert checking.is_ok
    assert checking.detail.startswith("Its camera is being checked")


def test_a_service_that_failed_has_not_made_way_for_the_bench_that_runs() -> None:
    outcome = parse_status(PI01, shown({"ActiveState": "failed", "Result": "signal"}, bench={"ActiveState": "active"}))
    assert outcome.detail == "failed"


def entry(message: object, time_us: object = "1764212064123456") -> bytes:
    return json.dumps({"__CURSOR": "s=1", "__REALTIME_TIMESTAMP": time_us, "MESSAGE": message}).encode() + b"\n"


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (
            {"event": "started", "source": "v4l2", "detector": "pilab", "why": "/dev/video0 is a camera (UVC)"},
            "Started: frames from v4l2 (/dev/video0 is a camera (UVC)), circles by pilab.",
        ),
        (
            {"event": "sighting", "circles": [{"x_px": 1.6, "y_px": 2, "r_px": 3}], "frame_age_ms": 4.4},
            "1 circle: x 2 y 2 r 3 px; 4 ms after the frame came.",
        ),
        (
            {"event": "sighting", "circles": [{"x_px": 1, "y_px": 1, "r_px": 1}] * 5, "frame_age_ms": 0},
            f"5 circles: {'x 1 y 1 r 1 px, ' * 3}2 more; 0 ms after the frame came.",
        ),
        ({"event": "camera-chosen", "source": "v4l2", "why": "it came"}, "Frames now from v4l2 (it came)."),
        ({"event": "led-on", "frame_age_ms": 12.3}, "LED on, 12 ms after the frame came."),
        ({"event": "led-off", "why": "camera lost"}, "LED off: camera lost."),
        ({"event": "camera-lost", "message": "It is unplugged."}, "Sees nothing: It is unplugged."),
        ({"event": "detection-lost", "message": "It failed."}, "Sees nothing: It failed."),
        ({"event": "camera-back"}, "Sees again."),
        ({"event": "detection-back"}, "Sees again."),
        ({"event": "blink", "lasting_s": 10}, "The LED flashes for 10 s."),
        ({"event": "picture-skipped", "message": "'b.png' is none."}, "Stepped over: 'b.png' is none."),
        ({"event": "nobody-can-look-in", "message": "No room."}, "No room."),
        (
            {
                "event": "stopped",
                "why": "SIGTERM",
                "frames": 9,
                "frames_with_circles": 4,
                "blind_times": 2,
            },
            "Stopped: SIGTERM; 9 frames, 4 with circles, 2 times blind.",
        ),
    ],
)
def test_a_line_of_the_log_is_a_time_and_a_sentence(
    event: dict[str, Any], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    try:
        assert told(entry(json.dumps({**event, "more": "of a newer version"}))) == f"2025-11-27 11:54:24  {sentence}"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_every_event_that_the_agent_writes_has_a_sentence() -> None:
    code = "".join(path.read_text() for path in (ROOT / "agent").rglob("*.py"))
    written = set(re.findall(r'log(?:_event)?\(\s*f?"([^"]+)"', code)) - {
        "{blind.part}-lost",
        "{self._blind.part}-back",
    }
    assert {"started", "led-on", "stopped", "picture-skipped"} <= written
    known = {kind.__struct_config__.tag for kind in get_args(Events)}
    assert written | {"camera-lost", "detection-lost", "camera-back", "detection-back"} <= known


@pytest.mark.parametrize(
    "message",
    [
        "Started Finds circles with the camera and lights the LED.",
        '{"event": "of a newer version"}',
        '{"event": "led-on", "frame_age_ms": 1e999}',
        '{"event": "sighting", "circles": [[[[]]]], "frame_age_ms": 1}',
        "[" * 60_000,
    ],
)
def test_a_line_that_is_no_event_is_told_as_it_was_written(message: str) -> None:
    assert told(entry(message)).endswith(f"  {message}")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"no JSON\xff\n", "no JSON\ufffd"),
        (entry("x", "9" * 17), entry("x", "9" * 17).decode().strip()),
        (entry("x", 5), entry("x", 5).decode().strip()),
        (entry([104, 105, 255]), "2025-11-27 02:54:24  hi\ufffd"),
        (entry([256]), entry([256]).decode().strip()),
        (entry(None), "2025-11-27 02:54:24  (a line too long for the journal)"),
    ],
)
def test_what_is_no_line_of_a_journal_is_told_as_it_came(line: bytes, said: str) -> None:
    assert told(line)[20:] == said[20:]


def test_fuzz_no_line_of_a_log_does_more_than_being_told_as_it_came() -> None:
    honest = entry(json.dumps({"event": "sighting", "circles": [{"x_px": 1, "y_px": 2, "r_px": 3}], "frame_age_ms": 4}))
    for said in mutations.mutated(honest, seed=21, count=2000):
        assert len(told(said)) <= len(said) + 60


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
        ("sudo: /opt/pilab/bin/pilab: command not found", "pi01 is not configured yet; type:"),
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


def test_logs_are_sentences_or_on_demand_the_lines_as_they_are(room: Callable[[dict[str, bytes]], Room]) -> None:
    one = room({"journalctl": entry('{"event": "camera-back"}')})
    said: list[str] = []
    logs(one.boards[:1], lambda _, line: said.append(line), follow=False)
    assert said[0].endswith("  Sees again.")
    assert "--output=json --output-fields=MESSAGE --lines=20" in one.bad.server.commands[-1]
    logs(one.boards[:1], lambda _, line: said.append(line), follow=False, raw=True)
    assert "--output=cat" in one.bad.server.commands[-1]


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
