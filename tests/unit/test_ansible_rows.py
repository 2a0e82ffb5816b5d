from __future__ import annotations

import re
import signal
import sys
import time
from contextlib import redirect_stdout
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.ansible_parts import plugin

if TYPE_CHECKING:
    from pathlib import Path

rows = plugin("callback", "board_rows")
failures = plugin("plugin_utils", "failures")
file_diffs = plugin("plugin_utils", "file_diffs")
WHERE = {"board": "pi07", "address": "10.0.0.7", "user": "anna"}

# As ssh, sudo and apt of bookworm word it.
SAID = {
    "Command failed rc=1, out=, err=Could not get property: Message recipient disconnected from message bus": (
        "its system bus did not answer in time: it is very busy; run again"
    ),
    "Failed to activate service 'org.freedesktop.hostname1': timed out (service_start_timeout=25000ms)": (
        "its system bus did not answer in time: it is very busy; run again"
    ),
    "via ssh: @@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@@ Host key verification failed.": (
        "its host key changed: if its card was written anew, forget the old key with `ssh-keygen -R 10.0.0.7`"
    ),
    "Failed to connect to the host via ssh: No ED25519 host key is known for 10.0.0.7. Host key verification failed.": (
        "its host key is not known yet: compare it, and let the board in, with `invoke enrol pi07 10.0.0.7`"
    ),
    "Failed to connect to the host via ssh: anna@10.0.0.7: Permission denied (publickey).": (
        "it refused the ssh key: put yours on it with `invoke enrol pi07 10.0.0.7`"
    ),
    "Failed to connect to the host via ssh: ssh: connect to host 10.0.0.7 port 22: No route to host": (
        "no answer from 10.0.0.7: is it switched on? If so, `invoke discover` looks for it"
    ),
    "Failed to connect to the host via ssh: ssh: connect to host 10.0.0.7 port 22: Connection refused": (
        "nothing answers ssh at 10.0.0.7: switch ssh on with raspi-config"
    ),
    "Failed to connect to the host via ssh: ssh: Could not resolve hostname pi99: Name or service not known": (
        "the name pi99 is not known on this network: `invoke discover --write` writes its address into the list"
    ),
    "Task failed: Missing sudo password": "sudo wants a password: run again with -K",
    "Task failed: Incorrect sudo password": "sudo refused the password: run again with -K",
    "agent : Install the code: /opt/pilab/agent/led.py cannot be written: No space left on device.": (
        "its disk is full: make room with `sudo apt-get clean`, or use a larger card"
    ),
    "'apt-get install htop' failed: E: Failed to fetch http://x/htop.deb  Connection refused": (
        "it cannot reach its package sources: see that there is internet, or use `invoke bundle`; then run again"
    ),
    "Failed to update apt cache: E:Release file for http://deb.debian.org/InRelease is not valid yet": (
        "its clock is slow, so it distrusts its package sources: set the clock, then run again"
    ),
    "Validation of arguments failed:\nvalue of governor_name must be one of: performance, got: fast": (
        "value of governor_name must be one of: performance, got: fast; correct it in group_vars or host_vars"
    ),
    "Task failed: Timed out after 60 second(s).": (
        "it did not end this within 60 seconds and was given up: restart the board, then run again"
    ),
    "Task failed: it sent more than 2 MiB in answer to one command.": (
        "it sent more than 2 MiB in answer to one command: see who changed its programs, or write its card anew"
    ),
    "Task failed: its answer has more than 50000 values, or is nested more than 30 deep.": (
        "its answer holds more than an honest one can: see who changed its programs, or write its card anew"
    ),
    "/bin/sh: 1: /opt/python: not found": (
        "it has no /opt/python: install python3 on it, or correct ansible_python_interpreter"
    ),
}


@pytest.mark.parametrize("said", SAID)
def test_what_a_program_says_becomes_a_sentence_with_a_fix(said: str) -> None:
    assert failures.explain(said, WHERE) == SAID[said]


def test_unknown_words_stay_as_they_are_on_one_line() -> None:
    assert failures.explain("something\n  new", WHERE) == "something new"


def test_a_row_says_in_one_line_first_what_went_wrong_then_what_was_done() -> None:
    row = rows.BoardRow(areas=["base"], notes=["left out x: gone"], trouble=["its disk is full"])
    assert rows.summary(row, dry=False) == "its disk is full; changed in base"


def test_a_run_that_only_looks_says_would() -> None:
    assert rows.summary(rows.BoardRow(["agent"], [], []), dry=True) == "would be changed in agent"
    assert rows.summary(rows.BoardRow([], [], []), dry=True) == "nothing to change"


def test_the_same_note_of_many_boards_is_told_once_and_cut_short() -> None:
    room = {f"pi{n:02}": ["left out x: gone", *(["rare"] if n == 7 else [])] for n in range(1, 31)}
    assert rows.grouped(room) == ["all 30 boards: left out x: gone", "pi07: rare"]
    room["pi01"] = []
    assert rows.grouped(room)[0] == "29 boards: left out x: gone"
    assert rows.grouped({"pi01": ["word " * 100], "pi02": []}) == [
        f"pi01: {'word ' * 35}word ...",
        "(-v shows all of every note)",
    ]
    many = rows.grouped({"pi01": [f"note {n}" for n in range(20)]})
    assert (len(many), many[-1]) == (rows.MOST_NOTES + 1, "(8 more notes; -v shows all of every note)")
    assert rows.grouped({"pi01": [], "pi02": []}) == []
    assert len(rows.grouped({"pi01": ["x" * 100_000]})[0]) < 200


def test_the_reason_is_found_in_the_round_of_a_loop_that_failed() -> None:
    result = {
        "msg": "One or more items failed",
        "results": [{"failed": False}, {"failed": True, "msg": "no", "stderr": "disk"}],
    }
    assert failures.reason_in(result) == "no disk"


def test_notes_are_the_messages_of_debug_tasks_in_every_round() -> None:
    assert rows.notes_in({"msg": "one"}) == ["one"]
    assert rows.notes_in({"results": [{"msg": ["one", "two"]}, {"skipped": True, "msg": "not this"}]}) == ["one", "two"]


def test_text_of_a_board_in_place_of_notes_is_a_note() -> None:
    task = SimpleNamespace(action="pilab.classroom.board_decision")
    assert rows.notes_of(task, {"notes": [5, None]}) == ["5", "None"]
    assert rows.notes_of(task, {}) == []
    assert rows.notes_of(SimpleNamespace(action="ansible.builtin.copy"), {"msg": "x", "notes": ["x"]}) == []


def test_what_opens_a_door_is_in_no_difference() -> None:
    given = (
        "user: anna\npassword: hunter2\nPasswd = 'hunter2'\npsk=hunter2\napi_key: \"hunter2\"\n"
        "anna:$6$hunter2$hunter2/x.:1:\nanna:$y$j9T$hunter2$hunter2:1\nhttp://me:hunter2@deb.example.org/\n"
        "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n-----END OPENSSH PRIVATE KEY-----\nlast: 1\n"
    )
    said = file_diffs.without_secrets(given)
    assert "hunter2" not in said
    assert said.splitlines()[0] == "user: anna"
    assert said.splitlines()[-1] == "last: 1"
    plain = "gpu_mem=128\ndeb http://deb.debian.org/debian bookworm main\n10.0.0.1 pi01\n"
    assert file_diffs.without_secrets(plain) == plain


ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202e\r{0}{address}"


class Screen:
    """What a person sees."""

    def __init__(self, verbosity: int = 0) -> None:
        self.verbosity = verbosity
        self.lines: list[str] = []

    def display(self, text: str, color: str | None = None) -> None:
        assert color in (None, "yellow", "green", "red")
        self.lines.append(text)


def callback(verbosity: int = 0) -> tuple[Any, Screen]:
    found, screen = rows.CallbackModule(), Screen(verbosity)
    found._display = screen
    return found, screen


def result(answer: dict[str, Any], name: str = "Install", action: str = "board_files") -> SimpleNamespace:
    """What Ansible hands over when a board has answered."""
    task = SimpleNamespace(action=action, get_name=lambda **_: name, _role=None, _parent=None)
    host = SimpleNamespace(name="pi01", get_vars=dict, implicit=False)
    return SimpleNamespace(host=host, task=task, result=answer)


def stats(**counted: dict[str, int]) -> SimpleNamespace:
    """What Ansible counts of a run."""
    return SimpleNamespace(**{"dark": {}, "failures": {}, **counted})


def shown(screen: Screen) -> str:
    """Everything on the screen; what would act on a terminal is nowhere in it."""
    assert all(letter.isprintable() for line in screen.lines for letter in line.replace("\n", ""))
    return "\n".join(screen.lines)


def test_whatever_fails_is_shown_with_its_control_characters_made_visible_on_one_line() -> None:
    found, screen = callback()
    found.v2_runner_on_failed(result({"msg": f"no{ESCAPES}\npi02  forged row", "stderr": ESCAPES}))
    found.v2_playbook_on_stats(stats(failures={"pi01": 1}))
    assert r"\x1b[2J" in shown(screen)
    assert "{0}{address}" in shown(screen)
    assert not [line for line in shown(screen).splitlines() if line.startswith("pi02")]


def test_a_failure_that_was_rescued_or_ignored_is_none() -> None:
    found, screen = callback()
    rescued = result({"msg": "once"}, name="Try")
    rescued.task._parent = SimpleNamespace(_parent=SimpleNamespace(rescue=["something"], _parent=None), rescue=[])
    found.v2_runner_on_failed(rescued)
    found.v2_runner_on_failed(result({"msg": "never mind"}), ignore_errors=True)
    found.v2_runner_on_ok(result({"changed": True}, name="Go on"))
    found.v2_playbook_on_stats(stats())
    assert screen.lines == ["pi01  Go on", "", "pi01  changed in Go on"]


def test_a_failure_after_a_rescued_one_is_the_one_that_is_told() -> None:
    found, screen = callback()
    for words in ("once", "in the end"):
        found.v2_runner_on_failed(result({"msg": words}, name="Try"))
    found.v2_playbook_on_stats(stats(failures={"pi01": 1}))
    assert screen.lines[-1] == "pi01  Try: in the end"


def test_a_board_that_cannot_be_reached_says_so_in_its_row_in_one_line() -> None:
    found, screen = callback()
    found.v2_runner_on_ok(result({"changed": True}, name="Go on"))
    found.v2_runner_on_unreachable(result({"msg": "No route to host"}))
    found.v2_playbook_on_stats(stats(dark={"pi01": 1}))
    assert screen.lines[-1] == (
        "pi01  unreachable: no answer from pi01: is it switched on? If so, `invoke discover` looks for it; "
        "changed in Go on"
    )


def test_this_computer_has_a_row_only_if_a_list_of_boards_names_it() -> None:
    for is_implicit, last in ((False, "localhost  There: no board"), (True, "")):
        found, screen = callback()
        here = result({"msg": "no board"}, name="There")
        here.host.name, here.host.implicit = "localhost", is_implicit
        found.v2_runner_on_failed(here)
        found.v2_playbook_on_stats(stats(failures={"localhost": 1}))
        assert screen.lines[-1] == last
        assert any("no board" in line for line in screen.lines)


def test_notes_are_told_after_the_rows_and_below_them_if_all_are_wished_for() -> None:
    for verbosity, order in (
        (0, ["pi01  nothing to change", "pi01: a note"]),
        (1, ["pi01  nothing to change", "      a note"]),
    ):
        found, screen = callback(verbosity)
        found._dump = lambda _: None
        for _ in range(2):
            found.v2_runner_on_ok(result({"notes": ["a note"]}, action="pilab.classroom.board_decision"))
        found.v2_playbook_on_stats(stats())
        assert screen.lines[-2:] == order


def test_an_interrupt_empties_the_line_of_what_was_being_done_and_then_interrupts(tmp_path: Path) -> None:
    shown = tmp_path / "terminal"

    def interrupt(*_: object) -> None:
        assert shown.read_bytes() == b"Install ...\r\r\x1b[K"  # by now, whatever follows begins on a clean line
        raise KeyboardInterrupt

    with shown.open("w") as terminal, redirect_stdout(terminal):
        terminal.write("Install ...\r")
        terminal.flush()
        with pytest.raises(KeyboardInterrupt):
            rows.cleared_before(interrupt)(signal.SIGINT, None)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_only_on_a_terminal_is_there_a_line_to_empty(monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool) -> None:
    found, _ = callback()
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    # Not ignored, as it is where tests run in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        found.v2_playbook_on_start(None)
        assert (signal.getsignal(signal.SIGINT) is signal.default_int_handler) != is_terminal
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_area_of_a_task_is_its_role_or_its_own_name() -> None:
    role = SimpleNamespace(get_name=lambda: "pilab.classroom.base")
    assert rows.area_of(SimpleNamespace(_role=role)) == "base"
    role.get_name = lambda: "other.collection.base"
    assert rows.area_of(SimpleNamespace(_role=role)) == "other.collection.base"
    assert rows.area_of(SimpleNamespace(_role=None, get_name=lambda **_: "Put my file there")) == "Put my file there"


def test_notes_and_names_of_tasks_are_made_visible_and_cannot_forge_a_row() -> None:
    found, screen = callback()
    found.v2_runner_on_ok(result({"msg": [f"a{ESCAPES}\npi02  forged row"]}, action="ansible.builtin.debug"))
    found.v2_runner_on_ok(result({"changed": True}, name=ESCAPES))
    found.v2_runner_on_unreachable(result({"msg": ESCAPES}))
    found.v2_playbook_on_stats(stats(dark={"pi01": 1}))
    assert r"\u202e" in shown(screen)
    assert not [line for line in shown(screen).splitlines() if line.startswith("pi02")]


def test_all_of_a_result_is_shown_visible_and_cut() -> None:
    found, screen = callback(verbosity=1)
    found.v2_runner_on_ok(result({"stdout": ESCAPES * 10_000, "lists": [[]] * 10_000}))
    assert len(shown(screen)) < 10 * rows.MOST_SHOWN


@pytest.mark.parametrize(
    "diff",
    [
        {"before": ESCAPES, "after": "x\n", "before_header": ESCAPES, "after_header": "/etc/hosts"},
        [{"before": f"{ESCAPES}\n" * 100_000, "after": "".join(f"{n}\n" for n in range(100_000))}],
        {"prepared": ESCAPES},
        {"before": None, "after": 5},
        5,
        [5, None],
        {"dst_larger": "x"},
    ],
)
def test_differences_are_shown_visible_and_cut_whatever_they_are(diff: Any) -> None:  # noqa: ANN401 - any JSON
    found, screen = callback()
    found.v2_on_file_diff(result({"changed": True, "diff": diff, "results": 5}))
    colorless = shown(screen)
    assert len(colorless) < 10 * file_diffs.MOST_LINES * rows.MOST_LINE


def test_the_lines_of_a_difference_that_are_left_out_are_counted() -> None:
    assert file_diffs.few_lines("x\n" * 1000).endswith("\n... (601 more lines)")


@pytest.mark.parametrize(
    "answer", [{"results": 5}, {"results": [5]}, {"results": "x", "msg": 5}, {"results": {"a": 1}}]
)
def test_what_a_board_calls_the_rounds_of_a_loop_need_not_be_any(answer: dict[str, Any]) -> None:
    found, screen = callback()
    found.v2_runner_on_failed(result(answer))
    assert shown(screen)


# For each repetition of a pattern, text that makes it begin again and again, and never end.
@pytest.mark.parametrize(
    "part",
    [
        "python", "Permission denied (", "Release file ", "Validation of arguments failed:\n", "x: not foun", " ", "\n",
        "Could not resolve hostname ", "update apt cache after 1 retries: ", "update apt cache after 1", "(", ":",
        "Timed out after 1", "it sent more than ", "its answer has ", "python: not found" * 3,
        "password", "password: ", "password:\t", "$6$", "$6$x", "://", "://x:", "://x", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----",  # noqa: E501 (a table)
    ],
)  # fmt: skip
def test_no_pattern_takes_longer_than_the_text_is_long(part: str) -> None:
    """Without the cut at 4000 characters; what grows with the square of this takes a minute, with the cube years."""
    text = part * (200_000 // len(part))
    began = time.process_time()
    for pattern, _ in (*failures.KNOWN, *file_diffs.SECRETS):
        re.search(pattern, text)
    assert time.process_time() - began < 10


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    assert failures.explain("x" * 5000 + "No space left on device", WHERE).startswith("its disk is full")
    assert failures.explain("Connection refused" + "x" * 5000, WHERE).startswith("nothing answers ssh")
    assert len(failures.explain("python" * 100_000, WHERE)) < 5000


def test_braces_of_a_board_are_no_places_to_fill_in() -> None:
    said = "Validation of arguments failed: {0.__class__} {user}"
    assert failures.explain(said, WHERE) == "{0.__class__} {user}; correct it in group_vars or host_vars"
