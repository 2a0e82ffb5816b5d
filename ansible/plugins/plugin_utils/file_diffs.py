"""What changes in files, as --diff shows it: a board's text made visible, cut, and without secrets."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.pilab.classroom.plugins.module_utils.board_text import visible_lines

MOST_LINES = 400  # of a file: difflib takes the square of it, or worse
MOST_LINE = 2000  # characters
NAMED = (
    r"""(?i)((?:passw(?:or)?d|passphrase|psk|secret|token|api_?key)["']?"""
    r"""[ \t]{0,9}[:=][ \t]{0,9})[^\n]+"""
)
# What nobody needs to see of a file: what follows the name of a secret, hashes of crypt(5), keys, log-ins in addresses.
SECRETS = (
    (re.compile(NAMED), r"\1***"),
    (re.compile(r"\$(?:\d\w?|y|gy|sha1|argon2\w{1,2})\$[^\s:\"']+"), "***"),
    (re.compile(r"(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)[^-]*"), r"\1 ***\n"),
    (re.compile(r"(://[^\s/:@]{1,200}:)[^\s/@]{1,200}@"), r"\1***@"),
)


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
    lines = text[: MOST_LINES * MOST_LINE].split("\n")
    left_out = f"\n... ({len(lines) - MOST_LINES} more lines)" if len(lines) > MOST_LINES else ""
    return visible_lines("\n".join(lines[:MOST_LINES]), MOST_LINE) + left_out
