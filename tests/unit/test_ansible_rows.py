from __future__ import annotations

import json
import re
import signal
import sys
import time
from contextlib import redirect_stdout
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from ansible.playbook.role_include import IncludeRole

from tests.unit.ansible_parts import ROOT, plugin

if TYPE_CHECKING:
    from pathlib import Path

rows = plugin("callback", "board_rows")
failures = plugin("plugin_utils", "failures")
file_diffs = plugin("plugin_utils", "file_diffs")
findings = plugin("plugin_utils", "findings")
examined = plugin("plugin_utils", "examined")
WHERE = {
    "board": "pi07", "address": "10.0.0.7", "user": "anna", "account": "the account anna", "port": 22,
    "key": "the key ~/.ssh/id_ed25519", "command": "invoke enrol pi07 10.0.0.7", "limit_s": 15,
}  # fmt: skip

# As ssh, sudo and apt of bookworm word it.
SAID = {
    "Command failed rc=1, out=, err=Could not get property: Message recipient disconnected from message bus": (
        "its system bus did not answer in time: it is very busy; run again"
    ),
    "Failed to activate service 'org.freedesktop.hostname1': timed out (service_start_timeout=25000ms)": (
        "its system bus did not answer in time: it is very busy; run again"
    ),
    "via ssh: @@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@@ Host key verification failed.": (
        "[host-key-other] its host key changed: if its card was written anew, forget the old key with "
        "`ssh-keygen -R 10.0.0.7`"
    ),
    "Failed to connect to the host via ssh: No ED25519 host key is known for 10.0.0.7. Host key verification failed.": (
        "[host-key-unknown] The host key of pi07 is not known: compare it with the one on its own screen, and let the "
        "board in, with: invoke enrol pi07 10.0.0.7"
    ),
    "Failed to connect to the host via ssh: anna@10.0.0.7: Permission denied (publickey).": (
        "[key-refused] does not take the key ~/.ssh/id_ed25519 for the account anna; give it one with: "
        "invoke enrol pi07 10.0.0.7"
    ),
    "Failed to connect to the host via ssh: ssh: connect to host 10.0.0.7 port 22: No route to host": (
        "[absent] is not in the network at 10.0.0.7; is it switched on? If so, look for it with: invoke discover"
    ),
    "Failed to connect to the host via ssh: ssh: connect to host 10.0.0.7 port 22: Connection timed out": (
        "[silent] does not answer at 10.0.0.7 within 15 s; is it switched on? If so, look for it with: invoke discover"
    ),
    "Failed to connect to the host via ssh: ssh: connect to host 10.0.0.7 port 22: Connection refused": (
        "[no-ssh] at 10.0.0.7 refuses ssh on port 22; switch it on there with: sudo raspi-config"
    ),
    "Failed to connect to the host via ssh: ssh: Could not resolve hostname pi99: Name or service not known": (
        "[name-unknown] The address '10.0.0.7' of pi07 cannot be found; correct ansible_host in inventory.ini."
    ),
    "Task failed: Missing sudo password": (
        "[sudo-password] sudo on pi07 wants a password: add -K, or allow it without on the board with: "
        "sudo raspi-config nonint do_sudo_pass 1"
    ),
    "Task failed: Incorrect sudo password": (
        "[sudo-refused] sudo on pi07 does not take this password for anna, or lets anna do nothing; check both."
    ),
    "agent : Install the code: /opt/pilab/agent/led.py cannot be written: No space left on device.": (
        "[disk-full] its disk is full; use a larger card, or make room; to drop what packages left, type: "
        "ansible pi07 -b -m raw -a 'apt-get clean'"
    ),
    "OSError: [Errno 30] Read-only file system: '/opt/pilab'": (
        "[read-only] its disk is read-only; restart it, and if that does not help, write its card anew; type: "
        "ansible pi07 -b -m raw -a 'systemctl reboot'"
    ),
    "its clock is 3 days slow; `ansible-playbook site.yml -e base_set_clock=true` sets it": (
        "[clock] its clock is 3 days slow; `ansible-playbook site.yml -e base_set_clock=true` sets it"
    ),
    "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (unattended-upgr)": (
        "[packages-busy] another program is installing packages; wait for it to end, then type: "
        "invoke doctor --hosts pi07"
    ),
    "'apt-get install htop' failed: E: Failed to fetch http://x/htop.deb  Connection refused": (
        "it cannot reach its package sources: see that there is internet, or use `invoke bundle`; then run again"
    ),
    "Failed to update apt cache: E:Release file for http://deb.debian.org/InRelease is not valid yet": (
        "[clock] its clock is slow, so it distrusts its package sources; type: "
        "ansible-playbook site.yml --limit pi07 -e base_set_clock=true"
    ),
    "Could not find or access '/room/mine.yml' on the Ansible Controller: Unable to retrieve file contents.": (
        "there is no /room/mine.yml on the teacher's computer: correct its path"
    ),
    "Validation of arguments failed:\nvalue of governor_name must be one of: performance, got: fast": (
        "value of governor_name must be one of: performance, got: fast; correct it in group_vars or host_vars"
    ),
    "Task failed: Timed out after 60 second(s).": (
        "[too-slow] it did not end this within 60 seconds and was given up: restart the board, then run again"
    ),
    "Task failed: it sent more than 2 MiB in answer to one command.": (
        "[too-much] it sent more than 2 MiB in answer to one command: see who changed its programs, or write its card "
        "anew"
    ),
    "Task failed: its answer has more than 50000 values, or is nested more than 30 deep.": (
        "[answer-misfit] its answer holds more than an honest one can; see who changed its programs, or write its card "
        "anew"
    ),
    "/bin/sh: 1: /opt/python: not found": (
        "[python-missing] it has no /opt/python; correct ansible_python_interpreter, or type: ansible pi07 -b -m raw "
        "-a 'apt-get update && apt-get install --yes --reinstall python3-minimal python3'"
    ),
}


def told(said: str) -> str:
    return str(failures.told(failures.explain(said, WHERE), WHERE["board"]))


@pytest.mark.parametrize("said", SAID)
def test_what_a_program_says_becomes_a_sentence_with_a_fix(said: str) -> None:
    assert told(said) == SAID[said]


def test_unknown_words_stay_as_they_are_on_one_line() -> None:
    assert failures.explain("something\n  new", WHERE) == ("", "something new", False)


def test_every_code_of_a_playbook_is_one_of_the_doctors() -> None:
    page = (ROOT / "docs/doctor.md").read_text()
    codes = {code for _, code, _ in failures.KNOWN if code}
    codes |= findings.BEHIND_ALL.union(*findings.BEHIND.values())
    assert {code for code in codes if f"`{code}`" not in page} == set()


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
        "pi01  unreachable: [absent] is not in the network at pi01; is it switched on? If so, look for it with: "
        "invoke discover; changed in Go on"
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


def test_what_is_being_done_takes_one_line_of_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    found, _ = callback()
    found.v2_playbook_on_task_start(result({}, name="Put back what a bench left, should the power fail").task, False)  # noqa: FBT003 (Ansible's signature)
    shown = capsys.readouterr().out.strip("\r").removeprefix("\x1b[K")
    assert shown == "Put back what a bench left, should  ..."


def test_a_task_that_includes_a_role_has_a_name_like_any_other() -> None:
    task = IncludeRole()
    task.name, task.action = "Look at the board", "include_role"
    assert failures.said_by(task) == "Look at the board: "
    assert rows.area_of(task) == "Look at the board"


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
    for pattern in (*(each[0] for each in failures.KNOWN), *(each[0] for each in file_diffs.SECRETS)):
        re.search(pattern, text)
    assert time.process_time() - began < 10


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    assert failures.explain("x" * 5000 + "No space left on device", WHERE).code == "disk-full"
    assert failures.explain("Connection refused" + "x" * 5000, WHERE).code == "no-ssh"
    assert len(failures.explain("python" * 100_000, WHERE).sentence) < 5000


def test_braces_of_a_board_are_no_places_to_fill_in() -> None:
    for said in (
        "Validation of arguments failed: {0.__class__} {user}",
        "{user} is none of {0}, so nothing was changed",
    ):
        assert "{user}" in told(said)


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A folder in which `invoke doctor` says what a file of it has, and keeps how it was typed."""
    (tmp_path / "tasks.py").write_text(
        "import os, pathlib, sys, time\n"
        "from invoke.tasks import task\n"
        "@task\n"
        "def doctor(_, hosts='', json=False, lang=''):\n"
        "    pathlib.Path('asked').write_text(f'{hosts} {json} {lang} {os.environ[\"ANSIBLE_INVENTORY\"]}')\n"
        "    print(pathlib.Path('answer').read_text())\n"
        "    time.sleep(float(os.environ.get('SLOW_S', '0')))\n"
        "    sys.exit(1)\n"
    )
    row = {
        "schema": 1, "kind": "board", "board": "pi01", "is_fine": False,
        "findings": [
            {"level": "fault", "code": "card-errors", "sentence": "its card failed 3 times", "fix": "type: x"},
            {"level": "fault", "code": "sudo-password", "sentence": "sudo wants a password", "fix": ""},
            {"level": "note", "code": "disk-full", "sentence": "no fault", "fix": ""},
        ],
    }  # fmt: skip
    (tmp_path / "answer").write_text(f"no JSON\n{json.dumps(row)}\n5\n")
    return tmp_path


def test_a_failure_that_no_program_explains_is_explained_by_the_doctor(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows.constants, "CONFIG_FILE", str(room / "ansible.cfg"))
    monkeypatch.setattr(rows.context, "CLIARGS", {"inventory": ("/a", "/b.ini")})
    found, screen = callback()
    found._asks_doctor = True
    found.v2_runner_on_failed(result({"msg": "Segmentation fault"}))
    found.v2_playbook_on_stats(stats(failures={"pi01": 1}))
    assert screen.lines[-1] == "pi01  Install: Segmentation fault; [card-errors] its card failed 3 times; type: x"
    assert (room / "asked").read_text() == "pi01 True en /a,/b.ini"
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert examined.look(["pi01"], (), room)
    assert (room / "asked").read_text() == "pi01 True ko "


@pytest.mark.parametrize("words", ["No space left on device", "its reason, as we say it"])
def test_what_says_why_it_failed_needs_no_doctor(room: Path, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    monkeypatch.setattr(rows.constants, "CONFIG_FILE", str(room / "ansible.cfg"))
    found, _ = callback()
    found._asks_doctor = True
    action = "board_files" if words.startswith("No") else "pilab.classroom.board_decision"
    found.v2_runner_on_failed(result({"msg": words}, action=action))
    found.v2_playbook_on_stats(stats(failures={"pi01": 1}))
    assert not (room / "asked").exists()


def test_a_doctor_that_is_not_there_or_does_not_end_costs_its_reasons_only(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert examined.look([], (), room) == {}
    assert examined.look(["pi01"], (), room / "elsewhere") == {}
    monkeypatch.setattr(examined, "LIMIT_S", 0.5)
    monkeypatch.setenv("SLOW_S", "60")
    assert examined.look(["pi01"], (), room) == {}
