"""What a failure of a board means, in one sentence with its fix, from the words of the program that failed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.pilab.classroom.plugins.plugin_utils.findings import FIXES, SENTENCES, enrol, fix, marked
from ansible_collections.pilab.classroom.plugins.plugin_utils.results import name_of, rounds_of

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_WORDS = 4000  # characters of what a program said, of which beginning and end say most
# What goes wrong in classrooms, as ssh, sudo and apt word it, with the code of `invoke doctor` where it has one, and
# what to do about it. {0} is what the pattern caught.
# A pattern takes time in proportion to the text, which is a board's: nothing repeated begins where another one ends.
KNOWN = (
    (
        r"file:/var/cache/pilab|Failed to find handler for",
        "",
        "the bundle is damaged, or not what was published: gather it again with `invoke bundle`",
    ),
    (
        r"Failed to fetch|Temporary failure resolving|Unable to fetch|update apt cache after \d+ retries:\s*$",
        "",
        "it cannot reach its package sources: see that there is internet, or use `invoke bundle`; then run again",
    ),
    (r"((?:the card of|its address) .*`invoke discover[^.\n]*)", "host-key-other", "{0}"),  # of known_keys.refusal
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED",
        "host-key-other",
        "its host key changed: if its card was written anew, forget the old key with `ssh-keygen -R {address}`",
    ),
    (r"Host key verification failed", "host-key-unknown", SENTENCES["host-key-unknown"]),
    (r"Permission denied \([^()\n]*\)", "key-refused", SENTENCES["key-refused"]),
    (r"Could not resolve hostname ([^\s:]+)", "name-unknown", SENTENCES["name-unknown"]),
    (r"Connection refused", "no-ssh", SENTENCES["no-ssh"]),
    (
        r"Failed to activate service '|Message recipient disconnected from message bus",
        "",
        "its system bus did not answer in time: it is very busy; run again",
    ),
    (r"No route to host|Network is unreachable", "absent", SENTENCES["absent"]),
    (r"Connection timed out|timed out", "silent", SENTENCES["silent"]),
    (r"[Mm]issing sudo password|password is required", "sudo-password", SENTENCES["sudo-password"]),
    (r"[Ii]ncorrect sudo password", "sudo-refused", SENTENCES["sudo-refused"]),
    (r"No space left on device", "disk-full", "its disk is full; {fix}"),
    (r"Read-only file system", "read-only", "its disk is read-only; {fix}"),
    (r"is not valid yet", "clock", "its clock is slow, so it distrusts its package sources; {fix}"),
    (
        r"Could not get lock|Failed to lock apt|Unable to acquire the dpkg frontend lock",
        "packages-busy",
        "another program is installing packages; {fix}",
    ),
    (r"(?s)Validation of arguments failed:(.+)", "", "{0}; correct it in group_vars or host_vars"),
    (
        r"(?<!\S)(?=\S*python)(\S+): (?:not found|No such file or directory)",
        "python-missing",
        "it has no {0}; correct ansible_python_interpreter, or {fix}",
    ),
    (
        r"Timed out after (\d+)",
        "too-slow",
        "it did not end this within {0} seconds and was given up: restart the board, then run again",
    ),
    (
        r"it sent more than (\d+ MiB)",
        "too-much",
        "it sent more than {0} in answer to one command: see who changed its programs, or write its card anew",
    ),
    (
        r"its answer has (?:lists in lists|more than)",
        "answer-misfit",
        "its answer holds more than an honest one can; {fix}",
    ),
    (
        r"Could not find or access '([^']+)' on the Ansible Controller",
        "",
        "there is no {0} on the teacher's computer: correct its path",
    ),
    (r"minimum of Python version", "python-old", "its Python is too old for this Ansible; {fix}"),
    # Sentences of ours, which say all that there is to say.
    (r"what it says of itself is not what was asked for", "answer-misfit", "{text}"),
    (r"so nothing was changed: write one of these on its card", "release-unknown", "{text}"),
    (r"which nobody has tried, so nothing was changed", "model-unknown", "{text}"),
    (r"forgets every change at the next start, so nothing was changed", "overlay", "{text}"),
    (r"base_set_clock=true` sets it", "clock", "{text}"),
)


class Reason(NamedTuple):
    """What a failure means: the code that `invoke doctor` has for it, if any, and a sentence with its fix."""

    code: str
    sentence: str
    is_known: bool = True


def explain(text: str, where: dict[str, Any]) -> Reason:
    """Turn what a program said into one sentence with a fix, or leave it on one line; a long text loses its middle."""
    if len(text) > MOST_WORDS:
        text = f"{text[: MOST_WORDS // 2]} ... {text[-(MOST_WORDS // 2) :]}"
    for pattern, code, sentence in KNOWN:
        found = re.search(pattern, text)
        if found:
            words = [on_one_line(each) for each in found.groups()]
            values = {**where, "text": on_one_line(text), "fix": mended(code, where["board"])}
            return Reason(code, sentence.format(*words, **values))
    return Reason("", on_one_line(text), is_known=False)


def on_one_line(text: str) -> str:
    """Write a text on one line."""
    return " ".join(text.split())


def mended(code: str, board: str) -> str:
    """Write how a finding is mended, or nothing of one that says it itself."""
    template, command = fix(code, board) if code in FIXES else ("", "")
    return template.format(command=command)


def told(reason: Reason, board: str) -> str:
    """Write a reason for the row of a board, whose name stands before it."""
    return marked(reason.code, reason.sentence.removeprefix(f"{board} "))


def reason_in(result: dict[str, Any]) -> str:
    """Find the words in a result that say most about a failure."""
    failed = next((each for each in rounds_of(result) if each.get("failed")), result)
    stderr = str(failed.get("stderr") or failed.get("module_stderr") or "").strip()
    said = failed.get("msg") or failed.get("reason", "")  # the second of a file that cannot be included
    return f"{said} {stderr}".strip()


def said_by(task: Any) -> str:
    """Name the task that failed, unless it is a check, whose message is a sentence of ours."""
    return "" if task.action.endswith(("assert", "fail", "board_decision")) else f"{name_of(task)}: "


def where_of(board: str, given: Mapping[str, Any], limit_s: float) -> dict[str, Any]:
    """Return what a sentence may need to know of a board, as it was given for this run.

    `limit_s` is how long a board may take to answer.
    """
    address = str(given.get("ansible_host", board))
    user, key = given.get("ansible_user"), given.get("ansible_ssh_private_key_file")
    return {
        "board": board,
        "address": address,
        "port": given.get("ansible_port", 22),
        "account": f"the account {user}" if user else "your account",
        "user": user or "your account",
        "key": f"the key {key}" if key else "any of your keys",
        "command": enrol(board, address),
        "limit_s": limit_s,
    }
