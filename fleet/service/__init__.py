"""The service on the boards that looks for circles: whether it runs, what it says, counts and sees.

`state` reads what systemd says of it, `journal` what it wrote.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fleet.boards import answers, messages
from fleet.boards.answers import AgentCounters
from fleet.boards.outcome import Outcome, State
from fleet.boards.pilab import ANSWER_BYTES, LIMIT_S, PILAB, as_root, refusal
from fleet.boards.pool import on_all
from fleet.boards.ssh import OPEN_LIMIT_S, Link
from fleet.boards.stream import Limits
from fleet.boards.sudo import is_wrong_password
from fleet.camera.pictures import picture_fault
from fleet.errors import DiskError
from fleet.files import make_folder, whole
from fleet.i18n import lazy
from fleet.service import journal
from fleet.service.state import SHOW, parse_status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fleet.boards.inventory import Board

COUNTERS = f"{PILAB} status"
SHOW_LIMIT_S = 10.0
# A picture of the agent has some 100 kB.
SNAPSHOT_BYTES = 8 * 2**20
# journald itself cuts lines after 48 KiB (LineMax= in journald.conf(5)); a service that says a line now and then has
# a few MiB in a school year.
LOGS = Limits(16 * 2**20, 64 * 2**10, LIMIT_S)
LOGS_FOLLOWED = Limits(64 * 2**20, 64 * 2**10)
SCHOOL_YEAR_S = 365 * 86400.0
JPEG = b"\xff\xd8\xff"


def status(boards: Sequence[Board], sudo_password: str = "") -> list[Outcome]:
    """Ask every board how its service is, and what it has counted."""
    return on_all(boards, partial(_status, sudo_password=sudo_password), LIMIT_S + OPEN_LIMIT_S)


def _status(board: Board, sudo_password: str) -> Outcome:
    with Link(board, sudo_password) as link:
        shown = link.run(SHOW, limit_s=SHOW_LIMIT_S, most_bytes=ANSWER_BYTES)
        if shown.status:
            return Outcome(board.name, State.FAILED, refusal(board, shown.stderr, shown.status))
        outcome = parse_status(board, shown.stdout)
        if not outcome.is_ok:
            return outcome
        counters = link.sudo(COUNTERS, limit_s=LIMIT_S - SHOW_LIMIT_S, most_bytes=ANSWER_BYTES)
    if is_wrong_password(counters.stderr):
        return Outcome(board.name, State.FAILED, messages.wrong_password(board))
    if counters.status:
        return outcome  # counters are behind sudo; whether it runs is told to everybody
    told = counters_line(counters.stdout)
    if not told:
        return Outcome(board.name, State.FAILED, messages.not_understood(board, lazy("its counters")))
    return Outcome(board.name, State.OK, detail=_also(outcome.detail, told))


def _also(words: str, told: str) -> str:
    return lazy("{words}; {told}", words=words, told=told) if words else told


def counters_line(answer: str) -> str:
    """Write the agent's counters in a line; nothing if they are not understood."""
    try:
        seen = answers.read(AgentCounters, answer)
    except ValueError:
        return ""
    mean_ms = seen.age_ms.sum / seen.age_ms.count if seen.age_ms.count else 0.0
    words = lazy(
        "{frames} frames at {fps:.1f} fps, {skipped} skipped, {with_circles} with circles, "
        "age {mean_ms:.1f} ms (at most {most_ms:.0f}), LED changed {changes} times",
        frames=seen.frames,
        fps=seen.fps,
        skipped=seen.frames_skipped,
        with_circles=seen.frames_with_circles,
        mean_ms=mean_ms,
        most_ms=seen.age_ms.greatest,
        changes=seen.led_changes,
    )
    if seen.temperature_c is not None:
        words = lazy("{words}, {degrees:.0f} degrees C", words=words, degrees=seen.temperature_c)
    if seen.throttled:
        words = lazy("{words}, throttled {bits:#x}", words=words, bits=seen.throttled)
    return words


def control(boards: Sequence[Board], action: str, sudo_password: str = "") -> list[Outcome]:
    """Start or stop the service of every board."""
    return as_root(boards, f"systemctl {action} pilab-agent.service", sudo_password)


def blink(boards: Sequence[Board], seconds: int, sudo_password: str = "") -> list[Outcome]:
    """Flash the LEDs of the boards."""
    return as_root(boards, f"{PILAB} blink --seconds {seconds}", sudo_password, limit_s=LIMIT_S + seconds)


def snapshot(boards: Sequence[Board], folder: Path, sudo_password: str = "") -> list[Outcome]:
    """Fetch what every board sees now, where its teacher allowed pictures; each goes to a file of the folder."""
    taken = as_root(boards, f"{PILAB} snapshot --base64", sudo_password, most_bytes=SNAPSHOT_BYTES)
    return [_kept(outcome, folder) if outcome.is_ok else outcome for outcome in taken]


def _kept(outcome: Outcome, folder: Path) -> Outcome:
    try:
        jpeg = answers.file(outcome.detail)
    except ValueError:
        jpeg = b""
    if not jpeg.startswith(JPEG):
        sentence = lazy(
            "{board} gave no picture; allow pictures with agent_view=true, and see that the agent runs.",
            board=outcome.board,
        )
        return Outcome(outcome.board, State.FAILED, sentence)
    if fault := picture_fault(jpeg):
        sentence = lazy("{board}: its snapshot was not kept: {fault}.", board=outcome.board, fault=fault)
        return Outcome(outcome.board, State.FAILED, sentence)
    path = folder / f"{outcome.board}.jpg"
    try:
        make_folder(folder)
        with whole(path) as file:
            file.write(jpeg)
    except DiskError as error:
        sentence = lazy("{board}: {sentence}", board=outcome.board, sentence=str(error))
        return Outcome(outcome.board, State.FAILED, sentence)
    return Outcome(outcome.board, State.OK, detail=str(path))


def logs(
    boards: Sequence[Board],
    say: Callable[[str, str], None],
    *,
    follow: bool,
    lines: int = 20,
    raw: bool = False,
    sudo_password: str = "",
) -> list[Outcome]:
    """Pass on what the services wrote, line by line with the board's name; with `follow` until Ctrl-C.

    Each line has its time and a sentence, unless the lines of JSON are wanted as they are.
    """
    output = "cat" if raw else journal.OUTPUT
    command = f"journalctl --unit pilab-agent --output={output} --lines={lines}{' --follow' if follow else ''}"
    limits = LOGS_FOLLOWED if follow else LOGS
    told: Callable[[bytes], str] = journal.as_written if raw else journal.told

    def task(board: Board) -> Outcome:
        with Link(board, sudo_password) as link:
            stream = link.sudo_stream(command, limits)
            for line in stream:
                if line:
                    say(board.name, told(line))
        if stream.status:
            return Outcome(board.name, State.FAILED, refusal(board, stream.stderr, stream.status))
        return Outcome(board.name, State.OK)

    return on_all(boards, task, SCHOOL_YEAR_S if follow else LIMIT_S + OPEN_LIMIT_S)
