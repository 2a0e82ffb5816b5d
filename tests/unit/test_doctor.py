"""`invoke doctor` as it is typed: boards of all kinds at once, what it says to people, to programs, and in a report."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fleet import harmless
from fleet.boards import inventory
from fleet.boards.stream import CommandResult
from fleet.doctor import answer, report, rows
from fleet.doctor.examine import Examined, examine, together
from fleet.doctor.finding import fault, note
from fleet.doctor.rules import diagnose
from fleet.errors import DiskError
from fleet.gate import MisfitError
from fleet.i18n import Language, lazy
from tests.unit.doctor_parts import PI07, ConfigTxt, Process, healthy, seen
from tests.unit.hostile_sshd import Hostile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from paramiko import Channel

    from fleet.boards.inventory import Board
    from tests.unit.fleet_sshd import Sshd

ENGLISH, KOREAN = Language(), Language("ko")
FINE = Examined(PI07, healthy(), ())


def examined(name: str, **changes: object) -> Examined:
    facts = healthy(**changes)
    board = replace(PI07, name=name)
    return Examined(board, facts, tuple(diagnose(seen(facts, board))))


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Callable[[bytes], Board]]:
    """Makes boards that answer every command with the same."""
    made: list[Hostile] = []

    def make(words: bytes) -> Board:
        def deed(channel: Channel, _command: str) -> None:
            channel.sendall(words)
            channel.send_exit_status(0)
            channel.close()

        made.append(Hostile(tmp_path / f"hostile{len(made)}", deed))
        return made[-1].board(f"evil{len(made)}")

    yield make
    for each in made:
        each.close()


def of_this_python(board: Board) -> Board:
    return replace(board, variables={"ansible_python_interpreter": sys.executable})


def codes(examined: Examined) -> set[str]:
    return {each.code for each in examined.findings}


def test_a_board_is_looked_at_as_root(sshd: Sshd) -> None:
    (found,) = examine([of_this_python(sshd.board())])
    assert found.facts
    assert found.facts.untold == []
    assert not codes(found) & {"sudo-password", "no-answer", "answer-misfit"}


def test_a_board_whose_sudo_wants_a_password_is_looked_at_all_the_same_and_says_so(sshd: Sshd) -> None:
    sshd.lay("password", "geheim")
    (closed,) = examine([of_this_python(sshd.board())])
    assert closed.facts
    assert "sudo-password" in codes(closed)
    assert "add -K" in closed.findings[0].sentence
    (opened,) = examine([of_this_python(sshd.board())], "geheim")
    assert opened.facts
    assert "sudo-password" not in codes(opened)


def test_a_board_without_python_says_how_to_get_one(sshd: Sshd) -> None:
    board = replace(sshd.board(), variables={"ansible_python_interpreter": "/nowhere/python3"})
    (found,) = examine([board])
    assert codes(found) == {"python-missing"}
    assert "apt-get install" in found.findings[0].fix


@pytest.mark.parametrize("words", [b"", b"\xff\xfe", b"{}\n", b'{"is_root": true}', b"[" * 100_000, b"hello\n"])
def test_a_board_that_answers_something_else_loses_its_own_row_only(
    hostile: Callable[[bytes], Board], sshd: Sshd, words: bytes
) -> None:
    bad, good = examine([hostile(words), of_this_python(sshd.board())])
    assert codes(bad) == {"answer-misfit"}
    assert good.facts


def test_a_board_that_floods_is_given_up(hostile: Callable[[bytes], Board]) -> None:
    (found,) = examine([hostile(b"x" * 3 * 2**20)])
    assert codes(found) == {"too-much"}


def test_boards_that_cannot_be_reached_have_each_a_sentence_and_the_others_their_rows(
    sshd: Sshd, tmp_path: Path
) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other"], check=True)
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    good = of_this_python(sshd.board())
    boards = [
        good,
        replace(good, name="pi02", key_file=str(tmp_path / "other")),
        replace(good, name="pi03", port=port),
        replace(good, name="pi04", address="no-such-board.invalid"),
        replace(good, name="pi05", known_hosts=str(tmp_path / "nothing")),
    ]
    found = examine(boards)
    assert [each.is_fine for each in found[1:]] == [False] * 4
    assert found[0].facts
    assert "거부합니다" in rows.lines(found, [], KOREAN)[-4]
    words = ("does not take the key", "refuses ssh", "cannot be found", "host key")
    for each, told in zip(found[1:], words, strict=True):
        assert told in each.findings[0].sentence
    assert [each.findings[0].code for each in found[1:]] == [
        "key-refused",
        "no-ssh",
        "name-unknown",
        "host-key-unknown",
    ]
    assert all(len(each.findings) == 1 for each in found[1:])


@pytest.mark.parametrize(
    ("stderr", "code"),
    [
        ("sudo: a password is required", "sudo-password"),
        ("sudo: 3 incorrect password attempts", "sudo-refused"),
        ("anna is not in the sudoers file.", "sudo-refused"),
        ("bash: line 1: sudo: command not found", "sudo-missing"),
        ("sh: 1: sudo: not found", "sudo-missing"),
        ("sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set", "sudo-broken"),
        ("sudo: effective uid is not 0, is /usr/bin/sudo on a file system with 'nosuid'?", "sudo-broken"),
    ],
)
def test_why_nobody_becomes_root_is_told_in_the_words_of_other_commands(stderr: str, code: str) -> None:
    found = answer.root_is_closed(PI07, CommandResult(1, "", stderr))
    assert found
    assert found.code == code


@pytest.mark.parametrize(
    ("stderr", "code"),
    [
        ("sudo: /usr/bin/python3: command not found", "python-missing"),
        ("bash: line 1: /usr/bin/python3: No such file or directory", "python-missing"),
        ("minimum of Python version 3.8", "python-old"),
        ("Traceback\nMemoryError", "no-answer"),
    ],
)
def test_why_a_board_gave_no_answer_is_told(stderr: str, code: str) -> None:
    assert answer.root_is_closed(PI07, CommandResult(1, "", stderr)) is None
    assert answer.no_answer(PI07, CommandResult(1, "", stderr)).code == code


def test_a_board_that_is_fine_is_one_word_and_the_last_line_counts() -> None:
    told = rows.lines([examined("pi01"), examined("pi002", throttled=0x1)], [], ENGLISH)
    assert told[0] == "pi01   fine"
    assert told[1] == "pi002  [under-voltage-now] its power supply is too weak: under-voltage at this moment"
    assert told[2].startswith("         give it 5 V and 3 A by a short cable, then type: ansible pi002 -b ")
    assert told[-1] == "1 of 2 boards are fine."


def test_the_second_finding_of_a_board_stands_below_the_first() -> None:
    told = rows.lines([examined("pi01", throttled=0x1, cameras=[])], [], ENGLISH)
    assert told[2].startswith("      [camera-none] no camera is found")


def test_a_sentence_of_another_command_does_not_name_the_board_twice() -> None:
    row = Examined(PI07, None, (fault("silent", "pi07 does not answer at 192.168.1.107."),))
    assert rows.lines([row], [], ENGLISH)[0] == "pi07  [silent] does not answer at 192.168.1.107."


def test_what_is_to_be_known_is_told_once_for_all_boards_and_leaves_them_fine() -> None:
    pages = note("pages-large", lazy("its pages of memory have {kib} KiB, so it counts fewer page faults", kib=16))
    told = rows.lines([replace(FINE, findings=(pages,))] * 6, [], ENGLISH)
    assert told[:6] == ["pi07  fine"] * 6
    assert told[6:] == [
        f"Note on pi07, pi07, pi07 and 3 more: [pages-large] {pages.sentence}",
        "6 of 6 boards are fine.",
    ]


def test_rows_are_korean_where_that_is_wished_and_commands_stay_as_they_are() -> None:
    told = rows.lines([examined("pi01"), examined("pi02", throttled=0x1)], [], KOREAN)
    assert told[0] == "pi01  정상"
    assert "저전압" in told[1]
    assert told[2].endswith("ansible pi02 -b -m raw -a 'systemctl reboot'")
    assert told[-1] == "보드 2대 중 1대가 정상입니다."


def test_programs_get_an_object_for_each_board_with_a_schema_and_a_summary() -> None:
    boards = [examined("pi01"), examined("pi02", cameras=[])]
    told = rows.objects(boards, together(boards), ENGLISH)
    assert all(each["schema"] == 1 for each in told)
    assert [each["kind"] for each in told] == ["board", "board", "together", "summary"]
    assert (told[0]["is_fine"], told[1]["findings"][0]["code"]) == (True, "camera-none")
    assert (told[2]["boards"], told[2]["code"]) == (["pi01", "pi02"], "serial-twice")
    assert told[3] == {"schema": 1, "kind": "summary", "fine": 1, "boards": 2}
    (finding,) = rows.objects(boards, [], KOREAN)[1]["findings"]
    assert (finding["code"], finding["sentence"]) == ("camera-none", KOREAN(boards[1].findings[0].sentence))
    json.dumps(told)


PRIVATE = ("annas-board", "pi07", "192.168.1.107", "10000000a1b2c3d4", "0123456789abcdef", "secret-", "anna")


def test_a_report_tells_no_name_and_the_same_word_for_the_same_name(tmp_path: Path) -> None:
    facts = healthy(
        hostname="annas-board", kernel="6.12.47-secret-kernel", model="Raspberry Pi of anna", release="secret-release",
        userland="secret-arch", virtualization="secret-virt", system="secret-os", python="3.11.secret-py",
        cameras=["secret-cam"], header_chip=(0, "pinctrl-secret-chip"), overlay_by="overlayroot=secret-disk",
        untold=["card: secret-error"], gpio_packages=["secret-package"], apt_holder=Process(3, "secret-program"),
        config_txt=ConfigTxt("/boot/config.txt", "# secret-line", newer_than_boot=False), unfinished=["secret-package"],
        camera_users=[Process(7, "secret-user")],
    )  # fmt: skip
    findings = (fault("no-answer", "pi07: secret-sentence", "secret-fix"), *diagnose(seen(facts)))
    path = tmp_path / "report.json"
    report.write(path, [Examined(PI07, facts, findings), replace(FINE, board=PI07)], [(["pi07"], findings[0])])
    text = path.read_text()
    assert [each for each in PRIVATE if each in text] == []
    told = json.loads(text)
    first, second = told["boards"]
    assert first["board"] == second["board"] == told["together"][0]["boards"][0]
    assert first["facts"]["serial"] == second["facts"]["serial"]
    assert first["findings"][0] == {"level": "fault", "code": "no-answer"}


def test_a_report_tells_what_helps_and_names_nobody_as_it_is(tmp_path: Path) -> None:
    report.write(tmp_path / "report.json", [FINE], [])
    facts = json.loads((tmp_path / "report.json").read_text())["boards"][0]["facts"]
    assert facts["model"] == "Raspberry Pi 4 Model B Rev 1.4"
    assert (facts["kernel"], facts["release"], facts["userland"]) == ("6.12.47+rpt-rpi-v8", "bookworm", "arm64")
    assert (facts["temperature_mc"], facts["governors"], facts["header_chip"]) == (
        48_300,
        ["ondemand"],
        [0, "pinctrl-bcm2711"],
    )


@pytest.mark.parametrize(
    "model",
    ["Raspberry Pi Zero 2 W Rev 1.0", "Raspberry Pi 3 Model B Plus Rev 1.3", "Raspberry Pi Compute Module 4S Rev 1.0",
     "Raspberry Pi 400 Rev 1.0", "Raspberry Pi Model B Plus Rev 1.2", "Raspberry Pi 5 Model B Rev 1.1"],
)  # fmt: skip
def test_models_are_told_as_the_makers_write_them(model: str) -> None:
    assert harmless.MODEL.fullmatch(model)


def test_an_address_is_no_version() -> None:
    assert harmless.VERSION.fullmatch("3.11.2")
    assert harmless.VERSION.fullmatch("3.13.0rc1")
    assert not harmless.VERSION.fullmatch("192.168.1.107")
    assert not harmless.VERSION.fullmatch("10.0.0.7")


def test_words_of_two_reports_cannot_be_compared(tmp_path: Path) -> None:
    for name in ("one", "two"):
        report.write(tmp_path / name, [FINE], [])
    one, two = (json.loads((tmp_path / name).read_text())["boards"][0]["board"] for name in ("one", "two"))
    assert re.fullmatch(r"board-[0-9a-f]{10}", one)
    assert one != two


def test_a_report_that_cannot_be_written_is_refused_before_anybody_waits(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "report.json"):
        with pytest.raises(DiskError, match="cannot be used"):
            report.check(path)
    report.check(tmp_path / "new" / "report.json")


def test_an_answer_that_does_not_fit_is_told_with_what_to_do() -> None:
    assert "write its card anew" in answer.misfit(PI07, MisfitError("'disk' is 7")).fix


@pytest.mark.parametrize(
    "words",
    [
        ("--card", "/x", "--here"),
        ("--here", "--hosts", "lab"),
        ("--card", "/x", "--report", "f"),
        ("--here", "--report", "f"),
    ],
)
def test_what_cannot_be_typed_together_is_refused(
    typed: Callable[..., tuple[int, str, str]], words: tuple[str, ...]
) -> None:
    status, out, err = typed("doctor", *words)
    assert (status, out) == (1, "")
    assert err.startswith("--card and --here look at something else than boards")


def test_a_command_that_found_something_ends_with_1_and_else_with_0(
    typed: Callable[..., tuple[int, str, str]], sshd: Sshd, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    board = of_this_python(sshd.board())
    monkeypatch.setattr(inventory, "boards", lambda _: [board])
    monkeypatch.setattr("fleet.doctor.examine.diagnose", lambda _: [])
    file = tmp_path / "r.json"
    assert typed("doctor", "--report", str(file)) == (0, "pi01  fine\n1 of 1 boards are fine.\n", "")
    assert json.loads(file.read_text())["kind"] == "doctor-report"
    monkeypatch.setattr("fleet.doctor.examine.diagnose", lambda _: [fault("hot", "it is \x1b[31mhot")])
    status, out, err = typed("doctor", "--json")
    assert (status, err) == (1, "")
    assert [json.loads(line)["kind"] for line in out.splitlines()] == ["board", "summary"]
    status, out, _ = typed("doctor")
    assert (status, out.splitlines()[0]) == (1, r"pi01  [hot] it is \x1b[31mhot")
