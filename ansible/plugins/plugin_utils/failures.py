"""What a failure of a board means, in one sentence with its fix, from the words of the program that failed."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.pilab.classroom.plugins.plugin_utils.results import rounds_of

MOST_WORDS = 4000  # characters of what a program said, of which beginning and end say most
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
    (r"((?:the card of|its address) .*`invoke discover[^.\n]*)", "{0}"),  # of known_keys.refusal
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED",
        "its host key changed: if its card was written anew, forget the old key with `ssh-keygen -R {address}`",
    ),
    (
        r"Host key verification failed",
        "its host key is not known yet: compare it, and let the board in, with `invoke enrol {board} {address}`",
    ),
    (
        r"Permission denied \([^()\n]*\)",
        "it refused the ssh key: put yours on it with `invoke enrol {board} {address}`",
    ),
    (
        r"Could not resolve hostname ([^\s:]+)",
        "the name {0} is not known on this network: `invoke discover --write` writes its address into the list",
    ),
    (r"Connection refused", "nothing answers ssh at {address}: switch ssh on with raspi-config"),
    (
        r"Failed to activate service '|Message recipient disconnected from message bus",
        "its system bus did not answer in time: it is very busy; run again",
    ),
    (
        r"Connection timed out|No route to host|Network is unreachable|timed out",
        "no answer from {address}: is it switched on? If so, `invoke discover` looks for it",
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


def explain(text: str, where: dict[str, str]) -> str:
    """Turn what a program said into one sentence with a fix, or leave it on one line; a long text loses its middle."""
    if len(text) > MOST_WORDS:
        text = f"{text[: MOST_WORDS // 2]} ... {text[-(MOST_WORDS // 2) :]}"
    for pattern, sentence in KNOWN:
        found = re.search(pattern, text)
        if found:
            return sentence.format(*(" ".join(each.split()) for each in found.groups()), **where)
    return " ".join(text.split())


def reason_in(result: dict[str, Any]) -> str:
    """Find the words in a result that say most about a failure."""
    failed = next((each for each in rounds_of(result) if each.get("failed")), result)
    stderr = str(failed.get("stderr") or failed.get("module_stderr") or "").strip()
    return f"{failed.get('msg', '')} {stderr}".strip()


def said_by(task: Any) -> str:
    """Name the task that failed, unless it is a check, whose message is a sentence of ours."""
    return (
        ""
        if task.action.endswith(("assert", "fail", "board_decision"))
        else f"{task.get_name(include_role_fqcn=False)}: "
    )


def where_of(result: Any) -> dict[str, str]:
    """Return the name, the address and the account that a sentence may need."""
    given = result.host.get_vars()
    return {
        "board": result.host.name,
        "address": str(given.get("ansible_host", result.host.name)),
        "user": str(given.get("ansible_user", "YOU")),
    }
