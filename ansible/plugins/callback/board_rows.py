"""Prints what changes while a playbook runs, and at the end one row per board in sentences."""

from __future__ import annotations

import re
import sys
from typing import Any, NamedTuple

from ansible_collections.pilab.classroom.plugins.module_utils import board_text

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: board_rows
type: stdout
short_description: One line per change, one row per board at the end
description:
  - Messages of ansible.builtin.debug, and the notes of board_decision, become notes in the row of their board.
extends_documentation_fragment: [default_callback]
"""

# In characters.
MOST_WORDS = 4000  # of what a program said, of which beginning and end say most
MOST_LINE = 2000
MOST_SHOWN = 20_000  # of a result, with -v
MOST_DIFF_LINES = 400  # of a file: difflib takes the square of it, or worse
# What goes wrong in classrooms, as ssh, sudo and apt word it, and what to do about it. {0} is what the pattern caught.
# A pattern takes time in proportion to the text, which is a board's: nothing repeated begins where another one ends.
KNOWN = (
    (
        r"file:/var/cache/pilab|Failed to find handler for",
        "the bundle is damaged, or not what was published: gather it again with `invoke bundle`",
    ),
    (
        r"Failed to fetch|Temporary failure resolving|Unable to fetch|update apt cache after \d+ retries:\s*$",
        "it cannot reach its package sources: see that there is internet, or use `invoke bundle`; then run again",
    ),
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED",
        "its host key changed: if its card was written anew, forget the old key with `ssh-keygen -R {address}`",
    ),
    (
        r"Host key verification failed",
        "its host key is not known yet: log in once with `ssh {user}@{address}` and compare the key",
    ),
    (r"Permission denied \([^()\n]*\)", "it refused the ssh key: put yours on it with `ssh-copy-id {user}@{address}`"),
    (
        r"Could not resolve hostname ([^\s:]+)",
        "the name {0} is not known on this network: give its address as ansible_host in inventory.ini",
    ),
    (r"Connection refused", "nothing answers ssh at {address}: switch ssh on with raspi-config"),
    (
        r"Connection timed out|No route to host|Network is unreachable|timed out",
        "no answer from {address}: is it switched on and on this network?",
    ),
    (r"[Mm]issing sudo password|password is required", "sudo wants a password: run again with -K"),
    (r"[Ii]ncorrect sudo password", "sudo refused the password: run again with -K"),
    (r"No space left on device", "its disk is full: make room with `sudo apt-get clean`, or use a larger card"),
    (
        r"is not valid yet",
        "its clock is slow, so it distrusts its package sources: set the clock, then run again",
    ),
    (
        r"Could not get lock|Failed to lock apt|Unable to acquire the dpkg frontend lock",
        "another program is installing packages: wait for it to end, then run again",
    ),
    (r"(?s)Validation of arguments failed:(.+)", "{0}; correct it in group_vars or host_vars"),
    (
        r"(?<!\S)(?=\S*python)(\S+): not found",
        "it has no {0}: install python3 on it, or correct ansible_python_interpreter",
    ),
    (
        r"Timed out after (\d+)",
        "it did not end this within {0} seconds and was given up: restart the board, then run again",
    ),
    (
        r"it sent more than (\d+ MiB)",
        "it sent more than {0} in answer to one command: see who changed its programs, or write its card anew",
    ),
    (
        r"its answer has (?:lists in lists|more than)",
        "its answer holds more than an honest one can: see who changed its programs, or write its card anew",
    ),
    (r"minimum of Python version", "its Python is too old for this Ansible: write a newer Raspberry Pi OS on its card"),
)


DECISION = "pilab.classroom.board_decision"  # our own task, whose notes and refusals are sentences
HERE = "localhost"  # stands for the classroom as a whole, not for a board


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
        self._dry = False

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Remember whether this run only looks."""
        self._dry = play.check_mode

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:  # noqa: ARG002, FBT001 (Ansible's signature)
        """Show on a terminal what is being done, on a line that the next one replaces."""
        if sys.stdout.isatty():
            name = board_text.visible(task.get_name(include_role_fqcn=False), MOST_LINE)
            sys.stdout.write(f"\r\033[K{name} ...\r")
            sys.stdout.flush()

    def v2_runner_on_start(self, host: Any, task: Any) -> None:  # noqa: ARG002 (Ansible's signature)
        """Open a row, in the order of the inventory."""
        self._row(host.name)

    def v2_runner_on_ok(self, result: Any) -> None:
        """Print a change, keep a note."""
        row, area = self._row(result.host.name), area_of(result.task)
        if result.task.action.endswith("debug"):
            row.notes.extend(notes_in(result.result))
        if result.task.action == DECISION:
            row.notes.extend(result.result["notes"])
        if result.result.get("changed"):
            self._say(f"{result.host.name}  {result.task.get_name(include_role_fqcn=False)}", "changed")
            row.areas.extend({area} - set(row.areas))
        self._dump(result)

    def v2_on_file_diff(self, result: Any) -> None:
        """Print what a change does to files, if asked with --diff."""
        for each in [result.result, *rounds_of(result.result)]:
            if each.get("changed") and each.get("diff"):
                self._display.display(self._get_diff(harmless(each["diff"])))

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:  # noqa: FBT001, FBT002 (Ansible's signature)
        """Keep what went wrong, as a sentence."""
        if not ignore_errors:
            self._trouble(result, said_by(result.task) + reason_in(result.result))
        self._dump(result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Keep why a board cannot be reached, as a sentence."""
        self._trouble(result, reason_in(result.result))

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Print one row per board."""
        here = self._rows.pop(HERE, None)
        width = max(map(len, self._rows), default=0)
        self._say("" if self._rows else " ".join(here.trouble if here else []))
        for name, row in self._rows.items():
            first, *details = sentences(row, dry=self._dry)
            self._say(f"{name:<{width}}  {'unreachable: ' * (name in stats.dark)}{first}", kind_of(row))
            for detail in details:
                self._say(f"{'':<{width}}  {detail}")

    def _row(self, name: str) -> BoardRow:
        return self._rows.setdefault(name, BoardRow([], [], []))

    def _trouble(self, result: Any, text: str) -> None:
        sentence = explain(text, where_of(result))
        self._row(result.host.name).trouble.append(sentence)
        if result.host.name != HERE:
            self._say(f"{result.host.name}  {sentence}", "error")

    def _dump(self, result: Any) -> None:
        """Print all of a result, if asked with -v."""
        if self._display.verbosity:
            dumped = self._dump_results(result.result)[:MOST_SHOWN]
            self._display.display(board_text.visible_lines(dumped, MOST_SHOWN))

    def _say(self, text: str, kind: str = "") -> None:
        if sys.stdout.isatty():
            sys.stdout.write("\r\033[K")
        self._display.display(
            board_text.visible(text, MOST_LINE), color={"changed": "yellow", "ok": "green", "": None}.get(kind, "red")
        )


def rounds_of(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of the rounds of a loop; what a board calls so need not be any."""
    rounds = result.get("results")
    return [each for each in rounds if isinstance(each, dict)] if isinstance(rounds, list) else []


def harmless(diffs: Any) -> list[dict[str, str]]:
    """Return what a module says of the differences of files, with text of a board made visible and cut."""
    known = ("before_header", "after_header", "before", "after", "prepared")
    each = diffs if isinstance(diffs, list) else [diffs]
    return [{key: few_lines(str(diff[key])) for key in known if key in diff} for diff in each if isinstance(diff, dict)]


def few_lines(text: str) -> str:
    """Return the first lines of a text, made visible, and tell of those that are left out."""
    lines = text[: MOST_DIFF_LINES * MOST_LINE].split("\n")
    left_out = f"\n... ({len(lines) - MOST_DIFF_LINES} more lines)" if len(lines) > MOST_DIFF_LINES else ""
    return str(board_text.visible_lines("\n".join(lines[:MOST_DIFF_LINES]), MOST_LINE)) + left_out


def area_of(task: Any) -> str:
    """Name the role that a task belongs to, for the row of the board."""
    return str(task._role.get_name(include_role_fqcn=False)) if task._role else "the play"  # noqa: SLF001 (Ansible has no public way)


def notes_in(result: dict[str, Any]) -> list[str]:
    """Return the messages of a debug task, of all rounds of its loop."""
    rounds = rounds_of(result) if "results" in result else [result]
    messages = [each.get("msg", []) for each in rounds if not each.get("skipped")]
    return [note for message in messages for note in (message if isinstance(message, list) else [message])]


def reason_in(result: dict[str, Any]) -> str:
    """Find the words in a result that say most about a failure."""
    failed = next((each for each in rounds_of(result) if each.get("failed")), result)
    stderr = str(failed.get("stderr") or failed.get("module_stderr") or "").strip()
    return f"{failed.get('msg', '')} {stderr}".strip()


def said_by(task: Any) -> str:
    """Name the task that failed, unless it is a check, whose message is a sentence of ours."""
    return "" if task.action.endswith(("assert", "fail", DECISION)) else f"{task.get_name(include_role_fqcn=False)}: "


def where_of(result: Any) -> dict[str, str]:
    """Return the address and the account that a sentence may need."""
    given = result.host.get_vars()
    return {"address": str(given.get("ansible_host", result.host.name)), "user": str(given.get("ansible_user", "YOU"))}


def explain(text: str, where: dict[str, str]) -> str:
    """Turn what a program said into one sentence with a fix, or leave it on one line; a long text loses its middle."""
    if len(text) > MOST_WORDS:
        text = f"{text[: MOST_WORDS // 2]} ... {text[-(MOST_WORDS // 2) :]}"
    for pattern, sentence in KNOWN:
        found = re.search(pattern, text)
        if found:
            return sentence.format(*(" ".join(each.split()) for each in found.groups()), **where)
    return " ".join(text.split())


def kind_of(row: BoardRow) -> str:
    """Tell how a board fared, for the color of its row."""
    return "error" if row.trouble else "changed" if row.areas else "ok"


def sentences(row: BoardRow, *, dry: bool) -> list[str]:
    """Return the row's first words, then one line for each thing to know."""
    verb = "would be changed in" if dry else "changed in"
    done = f"{verb} {', '.join(row.areas)}" if row.areas else "nothing to change"
    return [*row.trouble, *([done] if row.areas or not row.trouble else []), *row.notes]
