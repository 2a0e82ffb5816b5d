"""What systemd says of the service on a board: at work, making way, stopped, or failed since when and why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fleet.boards import answers, messages
from fleet.boards.agent_words import known
from fleet.boards.cause import cause
from fleet.boards.outcome import Outcome, State
from fleet.i18n import lazy

if TYPE_CHECKING:
    from fleet.boards.inventory import Board

AGENT, BENCH, CHECK = "pilab-agent.service", "pilab-bench.service", "pilab-camera.service"
PROPERTIES = (
    *("Id", "LoadState", "ActiveState", "SubState", "StatusText", "Result", "ExecMainStatus", "NRestarts"),
    *("Description", "ActiveExitTimestamp", "InactiveEnterTimestamp", "InactiveExitTimestamp"),
)
SHOW = f"systemctl show {AGENT} {BENCH} {CHECK} --property={','.join(PROPERTIES)}"
LONGEST_STATUS = 500
LONGEST_RUN = 64
# How the agent begins to say that it has no picture, that it ended, that it failed.
BLIND, ENDED, FAILED = "Sees nothing", "Ended: ", "Failed: "
STOPPED_FROM_OUTSIDE = f"{ENDED}SIGTERM was received"
TURNING = {"activating": lazy("starts"), "deactivating": lazy("ends"), "reloading": lazy("starts")}
# The code of a service that does not do what it is for.
FAULTY = "service-failed"
ALIVE = ("active", "activating", "deactivating", "reloading")
RUN = "Pilab bench of run "
# As systemd writes a moment: "Fri 2026-11-27 03:14:15 UTC", with the board's own time zone.
MOMENT = re.compile(r"\w{1,20} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [\w+:-]{1,10})", re.ASCII)
# systemd.exec(5), $SERVICE_RESULT.
RESULTS = {
    "signal": lazy("it crashed"),
    "core-dump": lazy("it crashed"),
    "watchdog": lazy("it hung and was ended"),
    "oom-kill": lazy("the board had no memory left; make agent_memory_max_mib or its frames fit"),
    "timeout": lazy("it took too long to start or to end"),
    "protocol": lazy("it ended before it had begun"),
    "resources": lazy("the board could not start it"),
}
Facts = dict[str, str]


def parse_status(board: Board, shown: str) -> Outcome:
    """Read what systemd says about the services; AnswerError if systemd does not speak so."""
    units = _units(shown)
    facts = units.get(AGENT, {})
    loaded, active = (
        answers.word(board, facts.get(name, ""), lazy("its service")) for name in ("LoadState", "ActiveState")
    )
    words = facts.get("StatusText", "")[:LONGEST_STATUS]
    if loaded != "loaded":
        return Outcome(board.name, State.FAILED, messages.not_provisioned(board))
    if active != "active":
        return _absent(board, active, facts, units)
    if words.startswith(BLIND):
        return Outcome(board.name, State.FAILED, cause(FAULTY, "{board}: {words}", board=board.name, words=words))
    return Outcome(board.name, State.OK, detail=known(words))


def _units(shown: str) -> dict[str, Facts]:
    """Tell the units apart, which systemctl writes one below the other, an empty line between them."""
    blocks = [dict(line.partition("=")[::2] for line in block.splitlines()) for block in shown.split("\n\n")]
    return {block.get("Id", AGENT): block for block in blocks if block}


def _absent(board: Board, active: str, facts: Facts, units: dict[str, Facts]) -> Outcome:
    """Say why a service does not look for circles; to make way for something else is no fault."""
    if active != "failed" and (way := _makes_way(units)):
        return Outcome(board.name, State.OK, detail=way)
    word, sentence = _fault(board.name, active, facts)
    return Outcome(board.name, State.FAILED, sentence, detail=word)


def _makes_way(units: dict[str, Facts]) -> str:
    bench, check = (units.get(name, {}) for name in (BENCH, CHECK))
    if bench.get("ActiveState") in ALIVE:
        run = bench.get("Description", "").removeprefix(RUN)[:LONGEST_RUN]
        return lazy("Benching: looks for circles again after the run {run}", run=run)
    if check.get("ActiveState") in ALIVE:
        return lazy("Its camera is being checked: looks for circles again after that")
    return ""


def _fault(board: str, active: str, facts: Facts) -> tuple[str, str]:
    """Give a word for the row of the board, where there is one, and a sentence."""
    see = f"invoke agent.logs --hosts {board}"
    if not _result(facts):
        words = cause(
            FAULTY, "The service of {board} is {state}; see why: {command}", board=board, state=active, command=see
        )
        return "", words
    if _has_failed(active, facts):
        why = _cause(facts)
        return lazy("failed"), cause(
            FAULTY, "{failed}, because {why}; {command}", failed=_failed(board, facts), why=why, command=see
        )
    if active == "activating" and (tries := facts.get("NRestarts", "0")[:9]) != "0":
        again = cause(
            FAULTY,
            "{failed}, and systemd tries it again, attempt {tries}; see why: {command}",
            failed=_failed(board, facts),
            tries=tries,
            command=see,
        )
        return lazy("failed"), again
    if active in TURNING:
        turns = TURNING[active]
        words = cause(
            f"service-{turns}", "{board}: the service {turns} now; ask again in a minute.", board=board, turns=turns
        )
        return turns, words
    return _stopped(board, facts)


def _stopped(board: str, facts: Facts) -> tuple[str, str]:
    words = facts.get("StatusText", "")[:LONGEST_STATUS]
    since = _moment(facts, "InactiveEnterTimestamp")
    again = lazy("start it with: {command}", command=f"invoke agent.start --hosts {board}")
    if not since:
        told = cause(
            "service-not-started",
            "{board}: not started since the board was switched on; {again}",
            board=board,
            again=again,
        )
        return lazy("not started"), told
    if words.startswith(ENDED) and words != STOPPED_FROM_OUTSIDE:
        why = _inside(words.removeprefix(ENDED))
        told = cause(
            "service-ended",
            "{board}: ended by itself at {time}, because {why}; {again}",
            board=board,
            time=since,
            why=why,
            again=again,
        )
        return lazy("ended"), told
    told = cause(
        "service-stopped",
        "{board}: stopped by you, or by somebody on the board, at {time}; {again}",
        board=board,
        time=since,
        again=again,
    )
    return lazy("stopped"), told


def _failed(board: str, facts: Facts) -> str:
    """Say since when it has failed; one that never worked has a last try."""
    since = _moment(facts, "ActiveExitTimestamp") or _moment(facts, "InactiveExitTimestamp")
    if not since:
        return lazy("{board}: failed", board=board)
    return lazy("{board}: failed since {time}", board=board, time=since)


def _has_failed(active: str, facts: Facts) -> bool:
    """Tell a service that failed, or that systemd tries again, from one that was stopped."""
    has_said_so = facts.get("StatusText", "").startswith(FAILED)  # it pauses before it ends
    return active == "failed" or facts.get("SubState") == "auto-restart" or _result(facts) != "success" or has_said_so


def _moment(facts: Facts, name: str) -> str:
    found = MOMENT.fullmatch(facts.get(name, ""))
    return found[1] if found else ""


def _cause(facts: Facts) -> str:
    """Give the sentence that it ended with, or else what systemd saw."""
    words = facts.get("StatusText", "")[:LONGEST_STATUS]
    if words.startswith(FAILED):
        return _inside(words.removeprefix(FAILED))
    status = facts.get("ExecMainStatus", "")
    by_status = lazy("it ended with status {status}", status=status[:3]) if status.isdecimal() else lazy("it ended")
    return RESULTS.get(_result(facts), by_status)


def _inside(sentence: str) -> str:
    """Let a sentence of ours stand behind "because"."""
    article = re.match("(The|This|An|A) ", sentence)
    return (sentence[:1].lower() + sentence[1:] if article else sentence).rstrip(".")


def _result(facts: Facts) -> str:
    return facts.get("Result", "")
