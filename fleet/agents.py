"""The service on the boards that looks for circles: whether it runs, what it says, counts and sees."""

from __future__ import annotations

import base64
import binascii
import json
from functools import partial
from typing import TYPE_CHECKING

from fleet import sentences
from fleet.crew import on_all
from fleet.errors import DiskError
from fleet.files import make_folder, whole
from fleet.outcome import Outcome, State
from fleet.remote import Link

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fleet.inventory import Board

SHOW = "systemctl show pilab-agent.service --property=LoadState,ActiveState,StatusText"
PILAB = "/opt/pilab/bin/pilab"
COUNTERS = f"{PILAB} status"
LIMIT_S = 30.0
CONNECTING_S = 15.0
SCHOOL_YEAR_S = 365 * 86400.0
# How the agent begins to say that it has no picture.
BLIND = "Sees nothing"
JPEG = b"\xff\xd8\xff"


def status(boards: Sequence[Board]) -> list[Outcome]:
    """Ask every board how its service is, and what it has counted."""
    return on_all(boards, _status, LIMIT_S)


def _status(board: Board) -> Outcome:
    with Link(board) as link:
        outcome = understand(board, link.run(SHOW).stdout)
        if not outcome.is_ok:
            return outcome
        counters = link.sudo(COUNTERS)
    # Counters are behind sudo; whether it runs is told to everybody.
    told = count(counters.stdout) if counters.status == 0 else ""
    return Outcome(board.name, State.OK, said="; ".join(words for words in (outcome.said, told) if words))


def understand(board: Board, shown: str) -> Outcome:
    """Read what systemd says about the service."""
    facts = dict(line.partition("=")[::2] for line in shown.splitlines())
    if facts.get("LoadState") != "loaded":
        return Outcome(board.name, State.FAILED, sentences.not_provisioned(board))
    if facts.get("ActiveState") != "active":
        state = facts.get("ActiveState")
        sentence = f"The service of {board.name} is {state}; see why: invoke agent.logs --hosts {board.name}"
        return Outcome(board.name, State.FAILED, sentence)
    if facts.get("StatusText", "").startswith(BLIND):
        return Outcome(board.name, State.FAILED, f"{board.name}: {facts['StatusText']}")
    return Outcome(board.name, State.OK, said=facts.get("StatusText", ""))


def count(said: str) -> str:
    """Write the agent's counters in a line; nothing if they are not understood."""
    try:
        facts = json.loads(said)
        age = facts["age_ms"]
        mean_ms = age["sum"] / age["count"] if age["count"] else 0.0
        words = [
            f"{facts['frames']} frames at {facts['fps']:.1f} fps",
            f"{facts['frames_skipped']} skipped",
            f"{facts['frames_with_circles']} with circles",
            f"age {mean_ms:.1f} ms (at most {age['greatest']:.0f})",
            f"LED changed {facts['led_changes']} times",
        ]
        if facts["temperature_c"] is not None:
            words.append(f"{facts['temperature_c']:.0f} degrees C")
        if facts["throttled"]:
            words.append(f"throttled {facts['throttled']:#x}")
    except (ValueError, KeyError, TypeError):
        return ""
    return ", ".join(words)


def control(boards: Sequence[Board], action: str, sudo_password: str = "") -> list[Outcome]:
    """Start or stop the service of every board."""
    return as_root(boards, f"systemctl {action} pilab-agent.service", sudo_password)


def blink(boards: Sequence[Board], seconds: int, sudo_password: str = "") -> list[Outcome]:
    """Flash the LEDs of the boards."""
    return as_root(boards, f"{PILAB} blink --seconds {seconds}", sudo_password, limit_s=LIMIT_S + seconds)


def as_root(boards: Sequence[Board], command: str, sudo_password: str = "", limit_s: float = LIMIT_S) -> list[Outcome]:
    """Have every board do something as root; what it prints comes with its outcome."""
    deed = partial(_as_root, command=command, sudo_password=sudo_password, limit_s=limit_s)
    return on_all(boards, deed, limit_s + CONNECTING_S)


def _as_root(board: Board, command: str, sudo_password: str, limit_s: float) -> Outcome:
    with Link(board, sudo_password) as link:
        answer = link.sudo(command, limit_s=limit_s)
    if answer.status:
        return Outcome(board.name, State.FAILED, refusal(board, answer.stderr, answer.status))
    return Outcome(board.name, State.OK, said=answer.stdout.strip())


def refusal(board: Board, stderr: str, status: int) -> str:
    """Say why a board did not do what it was asked for."""
    if "password is required" in stderr:
        return sentences.wants_password(board)
    if "not found" in stderr:
        return sentences.not_provisioned(board)
    return sentences.said(board, stderr, status)


def snapshot(boards: Sequence[Board], folder: Path, sudo_password: str = "") -> list[Outcome]:
    """Fetch what every board sees now, where its teacher allowed pictures; each goes to a file of the folder."""
    taken = as_root(boards, f"{PILAB} snapshot --base64", sudo_password)
    return [_kept(outcome, folder) if outcome.is_ok else outcome for outcome in taken]


def _kept(outcome: Outcome, folder: Path) -> Outcome:
    try:
        jpeg = base64.b64decode(outcome.said)
    except binascii.Error:
        jpeg = b""
    if not jpeg.startswith(JPEG):
        sentence = f"{outcome.board} gave no picture; allow pictures with agent_view=true, and see that the agent runs."
        return Outcome(outcome.board, State.FAILED, sentence)
    path = folder / f"{outcome.board}.jpg"
    try:
        make_folder(folder)
        with whole(path) as file:
            file.write(jpeg)
    except DiskError as error:
        return Outcome(outcome.board, State.FAILED, f"{outcome.board}: {error}")
    return Outcome(outcome.board, State.OK, said=str(path))


def logs(boards: Sequence[Board], say: Callable[[str, str], None], *, follow: bool, lines: int = 20) -> list[Outcome]:
    """Pass on what the services wrote, line by line with the board's name; with `follow` until Ctrl-C."""
    command = f"sudo -n journalctl --unit pilab-agent --output=cat --lines={lines}{' --follow' if follow else ''}"
    limit_s = SCHOOL_YEAR_S if follow else LIMIT_S

    def deed(board: Board) -> Outcome:
        with Link(board) as link:
            stream = link.stream(command)
            for line in stream:
                if line:
                    say(board.name, line.decode(errors="replace").rstrip("\n"))
        if stream.status:
            return Outcome(board.name, State.FAILED, refusal(board, stream.complaint, stream.status))
        return Outcome(board.name, State.OK)

    return on_all(boards, deed, limit_s)
