"""Prints what changes while a playbook runs, and at the end one row per board and what there is to know."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.pilab.classroom.plugins.module_utils.board_text import visible, visible_lines
from ansible_collections.pilab.classroom.plugins.plugin_utils import examined, failures, file_diffs
from ansible_collections.pilab.classroom.plugins.plugin_utils.results import name_of, rounds_of
from ansible_collections.pilab.classroom.plugins.plugin_utils.spoken import say

from ansible import constants, context  # type: ignore[attr-defined]
from ansible.plugins.callback import CallbackBase  # type: ignore[attr-defined]

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENTATION = """
name: board_rows
type: stdout
short_description: One line per change, at the end one row per board and each note once
description:
  - Messages of ansible.builtin.debug, and the notes of board_decision, become notes.
  - Rows and notes are Korean where the terminal is, by LC_ALL, LC_MESSAGES or LANG.
extends_documentation_fragment: [default_callback]
options:
  notes:
    description:
      - C(short) tells each note once, cut short, with the boards that it is of; C(whole) tells all below the row of
        their board, as C(-v) does.
    type: str
    choices: [short, whole]
    default: short
    env: [{name: PILAB_NOTES}]
    ini: [{section: callback_board_rows, key: notes}]
  doctor:
    description:
      - Whether boards that failed for a reason that no program said are looked at, as C(invoke doctor) does, once the
        playbook has ended; that takes some seconds.
    type: bool
    default: true
    env: [{name: PILAB_DOCTOR}]
    ini: [{section: callback_board_rows, key: doctor}]
author: Pilab
"""

# In characters.
MOST_LINE = 2000
MOST_SHOWN = 20_000  # of a result, with -v
MOST_NOTE = 180  # of a note, unless all of them are wished for
MOST_NOTES = 12
MOST_NAMES = 4  # of boards, before they are counted

OURS = "pilab.classroom."
MORE = " ..."
CLEAR_LINE = "\r\033[K"
DECISION = "board_decision"  # our own task, whose notes and refusals are sentences that say why


class BoardRow(NamedTuple):
    """What is known of one board so far."""

    areas: list[str]
    notes: list[str]
    trouble: list[str]


class CallbackModule(CallbackBase):
    """Collects a row per board; everything but changes and trouble is silent."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "board_rows"

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, BoardRow] = {}
        self._here = BoardRow([], [], [])
        # What no program said the reason of.
        self._unexplained: set[str] = set()
        self._dry = False
        self._extra: dict[str, Any] = {}
        self._is_whole = False
        self._asks_doctor = False

    def set_options(self, *options: Any, **named: Any) -> None:
        """Remember how much is wished for."""
        super().set_options(*options, **named)
        self._is_whole = self.get_option("notes") == "whole"
        self._asks_doctor = self.get_option("doctor")

    def v2_playbook_on_start(self, playbook: Any) -> None:  # noqa: ARG002 (Ansible's signature)
        """Have Ctrl-C take the progress line away, before Ansible says on it that it was interrupted."""
        handler = signal.getsignal(signal.SIGINT)
        if sys.stdout.isatty() and callable(handler):
            signal.signal(signal.SIGINT, cleared_before(handler))

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Remember whether this run only looks, and what was typed for it with -e."""
        self._dry = play.check_mode
        self._extra = play.get_variable_manager().extra_vars

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:  # noqa: ARG002, FBT001 (Ansible's signature)
        """Show what is being done."""
        self._progress(visible(say(name_of(task)), MOST_LINE))

    def v2_runner_on_start(self, host: Any, task: Any) -> None:  # noqa: ARG002 (Ansible's signature)
        """Open a row, in the order of the inventory."""
        self._row(host)

    def v2_runner_on_ok(self, result: Any) -> None:
        """Print a change, keep a note."""
        row = self._row(result.host)
        row.notes.extend(note for note in notes_of(result.task, result.result) if note not in row.notes)
        if result.result.get("changed"):
            self._say(f"{result.host.name}  {say(name_of(result.task))}", "changed")
            row.areas.extend({area_of(result.task)} - set(row.areas))
        self._dump(result)

    def v2_on_file_diff(self, result: Any) -> None:
        """Print what a change does to files, if asked with --diff."""
        for each in [result.result, *rounds_of(result.result)]:
            if each.get("changed") and each.get("diff"):
                self._display.display(self._get_diff(file_diffs.harmless(each["diff"])))

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:  # noqa: FBT001, FBT002 (Ansible's signature)
        """Keep what went wrong, as a sentence; whether a rescue makes up for it is known at the end."""
        if not ignore_errors:
            text = failures.said_by(result.task) + failures.reason_in(result.result)
            self._trouble(result, text, says_why=result.task.action.endswith(DECISION))
        self._dump(result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Keep why a board cannot be reached, as a sentence."""
        self._trouble(result, failures.reason_in(result.result))

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Print what went wrong here, one row per board, and what there is to know."""
        for sentence in self._here.trouble:
            self._say(say(sentence), "error")
        rows = {name: fared(row, name, stats) for name, row in self._rows.items()}
        self._ask_doctor(rows)
        is_whole = self._is_whole or self._display.verbosity > 0
        width = max(map(len, rows), default=0)
        self._say("")
        for name, row in rows.items():
            self._say(f"{name:<{width}}  {summary(row, dry=self._dry)}", kind_of(row))
            for note in row.notes if is_whole else ():
                self._say(f"{'':<{width}}  {say(note)}")
        for line in () if is_whole else grouped({name: row.notes for name, row in rows.items()}):
            self._say(line)

    def _ask_doctor(self, rows: dict[str, BoardRow]) -> None:
        """Add to the rows of boards what their failures did not say: what the doctor finds behind them."""
        names = [name for name, row in rows.items() if self._unexplained.intersection(row.trouble)]
        if not (self._asks_doctor and names and constants.CONFIG_FILE):
            return
        self._progress(say(f"looking at {named(names, len(rows))}"))
        # Where the settings are that brought this file here: whoever can write there has been trusted already.
        room = Path(constants.CONFIG_FILE).parent
        found = examined.look(names, context.CLIARGS["inventory"] or (), room)
        for name in names:
            rows[name].trouble.extend(found.get(name, []))

    def _progress(self, words: str) -> None:
        """Show on a terminal what is being done, on a line that the next one replaces; of two, one would stay."""
        if sys.stdout.isatty():
            fitting = words[: shutil.get_terminal_size().columns - len(MORE) - 1]
            sys.stdout.write(f"{CLEAR_LINE}{fitting}{MORE}\r")
            sys.stdout.flush()

    def _row(self, host: Any) -> BoardRow:
        """Return the row of a board; this computer is one only if a list of boards says so."""
        return self._here if host.implicit else self._rows.setdefault(host.name, BoardRow([], [], []))

    def _given(self, host: Any) -> dict[str, Any]:
        """Return how a board is reached, as Ansible weighs it: options, then the list of boards, then -e."""
        options = {"ansible_user": "remote_user", "ansible_ssh_private_key_file": "private_key_file"}
        typed = {name: context.CLIARGS.get(option) for name, option in options.items()}
        return {**{name: value for name, value in typed.items() if value}, **host.get_vars(), **self._extra}

    def _trouble(self, result: Any, text: str, *, says_why: bool = False) -> None:
        """Keep a sentence, and whether it leaves open what is behind it."""
        reason = failures.explain(
            text, failures.where_of(result.host.name, self._given(result.host), constants.DEFAULT_TIMEOUT)
        )
        sentence = failures.told(reason, result.host.name)
        if not (says_why or reason.is_known):
            self._unexplained.add(sentence)
        self._row(result.host).trouble.append(sentence)
        if not (result.host.implicit or has_rescue(result.task)):
            self._say(f"{result.host.name}  {say(sentence)}", "error")

    def _dump(self, result: Any) -> None:
        """Print all of a result, if asked with -v."""
        if self._display.verbosity:
            dumped = self._dump_results(result.result)[:MOST_SHOWN]
            self._display.display(visible_lines(dumped, MOST_SHOWN))

    def _say(self, text: str, kind: str = "") -> None:
        if sys.stdout.isatty():
            sys.stdout.write(CLEAR_LINE)
        self._display.display(
            visible(text, MOST_LINE), color={"changed": "yellow", "ok": "green", "": None}.get(kind, "red")
        )


def cleared_before(handler: Callable[[int, Any], Any]) -> Callable[[int, Any], Any]:
    """Return a handler of a signal that empties the line of the terminal and then does what the other one does."""

    def clear_and_handle(signum: int, frame: Any) -> Any:
        os.write(sys.stdout.fileno(), CLEAR_LINE.encode())  # the buffer may be in use just then
        return handler(signum, frame)

    return clear_and_handle


def fared(row: BoardRow, name: str, stats: Any) -> BoardRow:
    """Return the row of a board without the failures that were rescued or may be: Ansible counts the others."""
    counted = stats.failures.get(name, 0) + (name in stats.dark)
    trouble = list(dict.fromkeys(row.trouble[-counted:] if counted else []))
    if name in stats.dark and trouble:
        trouble[-1] = f"unreachable: {trouble[-1]}"
    return row._replace(trouble=trouble)


def has_rescue(task: Any) -> bool:
    """Tell whether somebody wrote down what to do when a task fails."""
    block = getattr(task, "_parent", None)
    while block is not None:
        if getattr(block, "rescue", None):
            return True
        block = getattr(block, "_parent", None)
    return False


def grouped(notes: dict[str, list[str]]) -> list[str]:
    """Return each note of all boards once, cut short, with the boards that it is of; last, how to see all of them."""
    owners: dict[str, list[str]] = {}
    for board, each in notes.items():
        for note in each:
            owners.setdefault(note, []).append(board)
    # What is of many boards comes first.
    told = sorted(owners.items(), key=lambda item: -len(item[1]))
    lines = [f"{named(boards, len(notes))}: {shortened(say(note))}" for note, boards in told]
    is_cut = len(lines) > MOST_NOTES or any(len(note) > MOST_NOTE for note in owners)
    left_out = f"{len(lines) - MOST_NOTES} more notes; " if len(lines) > MOST_NOTES else ""
    return [*lines[:MOST_NOTES], say(f"({left_out}-v shows all of every note)")] if is_cut else lines


def named(boards: list[str], among: int) -> str:
    """Name boards, or count them if they are many."""
    if len(boards) <= MOST_NAMES:
        return ", ".join(boards)
    return say(f"all {among} boards" if len(boards) == among else f"{len(boards)} boards")


def shortened(note: str) -> str:
    """Return the beginning of a note, in whole words."""
    return note if len(note) <= MOST_NOTE else f"{note[:MOST_NOTE].rpartition(' ')[0] or note[:MOST_NOTE]} ..."


def area_of(task: Any) -> str:
    """Name the role that a task belongs to, or the task itself, for the row of the board."""
    role = task._role  # noqa: SLF001 (Ansible has no public way)
    return str(role.get_name()).removeprefix(OURS) if role else name_of(task)


def notes_of(task: Any, result: dict[str, Any]) -> list[str]:
    """Return what a task has to say for the row of its board."""
    if task.action.endswith(DECISION):
        return [str(note) for note in result.get("notes", [])]
    return notes_in(result) if task.action.endswith("debug") else []


def notes_in(result: dict[str, Any]) -> list[str]:
    """Return the messages of a debug task, of all rounds of its loop."""
    rounds = rounds_of(result) if "results" in result else [result]
    messages = [each.get("msg", []) for each in rounds if not each.get("skipped")]
    return [str(note) for message in messages for note in (message if isinstance(message, list) else [message])]


def kind_of(row: BoardRow) -> str:
    """Tell how a board fared, for the color of its row."""
    return "error" if row.trouble else "changed" if row.areas else "ok"


def summary(row: BoardRow, *, dry: bool) -> str:
    """Return the row's words: what went wrong, then what was done."""
    verb = "would be changed in" if dry else "changed in"
    done = f"{verb} {', '.join(row.areas)}" if row.areas else "nothing to change"
    return "; ".join(map(say, [*row.trouble, *([done] if row.areas or not row.trouble else [])]))
