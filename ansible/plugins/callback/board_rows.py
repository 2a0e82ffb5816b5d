"""Prints what changes while a playbook runs, and at the end one row per board and what there is to know."""

from __future__ import annotations

import re
import sys
from typing import Any, NamedTuple

from ansible_collections.pilab.classroom.plugins.module_utils.board_text import visible, visible_lines

from ansible.plugins.callback import CallbackBase  # type: ignore[attr-defined]

DOCUMENTATION = """
name: board_rows
type: stdout
short_description: One line per change, at the end one row per board and each note once
description:
  - Messages of ansible.builtin.debug, and the notes of board_decision, become notes.
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
author: Pilab
"""

# In characters.
MOST_WORDS = 4000  # of what a program said, of which beginning and end say most
MOST_LINE = 2000
MOST_SHOWN = 20_000  # of a result, with -v
MOST_NOTE = 180  # of a note, unless all of them are wished for
MOST_NOTES = 12
MOST_NAMES = 4  # of boards, before they are counted
MOST_DIFF_LINES = 400  # of a file: difflib takes the square of it, or worse
NAMED = (
    r"""(?i)((?:passw(?:or)?d|passphrase|psk|secret|token|api_?key)["']?"""
    r"""[ \t]{0,9}[:=][ \t]{0,9})[^\n]+"""
)
# What nobody needs to see of a file: what follows the name of a secret, hashes of crypt(5), keys, log-ins in addresses.
SECRETS = (
    (
        re.compile(NAMED),
        r"\1***",
    ),
    (re.compile(r"\$(?:\d\w?|y|gy|sha1|argon2\w{1,2})\$[^\s:\"']+"), "***"),
    (re.compile(r"(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)[^-]*"), r"\1 ***\n"),
    (re.compile(r"(://[^\s/:@]{1,200}:)[^\s/@]{1,200}@"), r"\1***@"),
)
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
        r"(?<!\S)(?=\S*python)(\S+): (?:not found|No such file or directory)",
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


OURS = "pilab.classroom."
DECISION = "board_decision"  # our own task, whose notes and refusals are sentences


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
        self._dry = False
        self._is_whole = False

    def set_options(self, *options: Any, **named: Any) -> None:
        """Remember how much of the notes is wished for."""
        super().set_options(*options, **named)
        self._is_whole = self.get_option("notes") == "whole"

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Remember whether this run only looks."""
        self._dry = play.check_mode

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:  # noqa: ARG002, FBT001 (Ansible's signature)
        """Show on a terminal what is being done, on a line that the next one replaces."""
        if sys.stdout.isatty():
            name = visible(task.get_name(include_role_fqcn=False), MOST_LINE)
            sys.stdout.write(f"\r\033[K{name} ...\r")
            sys.stdout.flush()

    def v2_runner_on_start(self, host: Any, task: Any) -> None:  # noqa: ARG002 (Ansible's signature)
        """Open a row, in the order of the inventory."""
        self._row(host)

    def v2_runner_on_ok(self, result: Any) -> None:
        """Print a change, keep a note."""
        row = self._row(result.host)
        row.notes.extend(note for note in notes_of(result.task, result.result) if note not in row.notes)
        if result.result.get("changed"):
            self._say(f"{result.host.name}  {result.task.get_name(include_role_fqcn=False)}", "changed")
            row.areas.extend({area_of(result.task)} - set(row.areas))
        self._dump(result)

    def v2_on_file_diff(self, result: Any) -> None:
        """Print what a change does to files, if asked with --diff."""
        for each in [result.result, *rounds_of(result.result)]:
            if each.get("changed") and each.get("diff"):
                self._display.display(self._get_diff(harmless(each["diff"])))

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:  # noqa: FBT001, FBT002 (Ansible's signature)
        """Keep what went wrong, as a sentence; whether a rescue makes up for it is known at the end."""
        if not ignore_errors:
            self._trouble(result, said_by(result.task) + reason_in(result.result))
        self._dump(result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Keep why a board cannot be reached, as a sentence."""
        self._trouble(result, reason_in(result.result))

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Print what went wrong here, one row per board, and what there is to know."""
        for sentence in self._here.trouble:
            self._say(sentence, "error")
        rows = {name: fared(row, name, stats) for name, row in self._rows.items()}
        is_whole = self._is_whole or self._display.verbosity > 0
        width = max(map(len, rows), default=0)
        self._say("")
        for name, row in rows.items():
            self._say(f"{name:<{width}}  {summary(row, dry=self._dry)}", kind_of(row))
            for note in row.notes if is_whole else ():
                self._say(f"{'':<{width}}  {note}")
        for line in () if is_whole else grouped({name: row.notes for name, row in rows.items()}):
            self._say(line)

    def _row(self, host: Any) -> BoardRow:
        """Return the row of a board; this computer is one only if a list of boards says so."""
        return self._here if host.implicit else self._rows.setdefault(host.name, BoardRow([], [], []))

    def _trouble(self, result: Any, text: str) -> None:
        sentence = explain(text, where_of(result))
        self._row(result.host).trouble.append(sentence)
        if not (result.host.implicit or has_rescue(result.task)):
            self._say(f"{result.host.name}  {sentence}", "error")

    def _dump(self, result: Any) -> None:
        """Print all of a result, if asked with -v."""
        if self._display.verbosity:
            dumped = self._dump_results(result.result)[:MOST_SHOWN]
            self._display.display(visible_lines(dumped, MOST_SHOWN))

    def _say(self, text: str, kind: str = "") -> None:
        if sys.stdout.isatty():
            sys.stdout.write("\r\033[K")
        self._display.display(
            visible(text, MOST_LINE), color={"changed": "yellow", "ok": "green", "": None}.get(kind, "red")
        )


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
    lines = [f"{named(boards, len(notes))}: {shortened(note)}" for note, boards in told]
    is_cut = len(lines) > MOST_NOTES or any(len(note) > MOST_NOTE for note in owners)
    left_out = f"{len(lines) - MOST_NOTES} more notes; " if len(lines) > MOST_NOTES else ""
    return [*lines[:MOST_NOTES], f"({left_out}-v shows all of every note)"] if is_cut else lines


def named(boards: list[str], among: int) -> str:
    """Name boards, or count them if they are many."""
    if len(boards) <= MOST_NAMES:
        return ", ".join(boards)
    return f"all {among} boards" if len(boards) == among else f"{len(boards)} boards"


def shortened(note: str) -> str:
    """Return the beginning of a note, in whole words."""
    return note if len(note) <= MOST_NOTE else f"{note[:MOST_NOTE].rpartition(' ')[0] or note[:MOST_NOTE]} ..."


def rounds_of(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of the rounds of a loop; what a board calls so need not be any."""
    rounds = result.get("results")
    return [each for each in rounds if isinstance(each, dict)] if isinstance(rounds, list) else []


def harmless(diffs: Any) -> list[dict[str, str]]:
    """Return what a module says of the differences of files, with text of a board made visible and cut."""
    known = ("before_header", "after_header", "before", "after", "prepared")
    each = diffs if isinstance(diffs, list) else [diffs]
    return [
        {key: few_lines(without_secrets(str(diff[key]))) for key in known if key in diff}
        for diff in each
        if isinstance(diff, dict)
    ]


def without_secrets(text: str) -> str:
    """Return a text with nothing in it that opens a door."""
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return text


def few_lines(text: str) -> str:
    """Return the first lines of a text, made visible, and tell of those that are left out."""
    lines = text[: MOST_DIFF_LINES * MOST_LINE].split("\n")
    left_out = f"\n... ({len(lines) - MOST_DIFF_LINES} more lines)" if len(lines) > MOST_DIFF_LINES else ""
    return visible_lines("\n".join(lines[:MOST_DIFF_LINES]), MOST_LINE) + left_out


def area_of(task: Any) -> str:
    """Name the role that a task belongs to, or the task itself, for the row of the board."""
    role = task._role  # noqa: SLF001 (Ansible has no public way)
    return str(role.get_name()).removeprefix(OURS) if role else str(task.get_name(include_role_fqcn=False))


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


def summary(row: BoardRow, *, dry: bool) -> str:
    """Return the row's words: what went wrong, then what was done."""
    verb = "would be changed in" if dry else "changed in"
    done = f"{verb} {', '.join(row.areas)}" if row.areas else "nothing to change"
    return "; ".join([*row.trouble, *([done] if row.areas or not row.trouble else [])])
