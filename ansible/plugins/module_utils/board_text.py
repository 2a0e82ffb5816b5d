"""Text that came from a board, as a person may safely be shown it; the callback and the teacher's commands share it."""

from __future__ import annotations

SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str, most: int | None = None) -> str:
    r"""Return text in which nothing acts on a terminal: what cannot be printed is written as Python would escape it.

    That is every control, format (direction marks too), surrogate, private and unassigned character of Unicode, and
    every space but the usual one; a new line too, so the result is one line. "\x1b[2J" becomes r"\x1b[2J".

    A text of more than `most` characters is cut there, and the cut is told.
    """
    cut = "" if most is None or len(text) <= most else f" ... ({len(text) - most} more characters)"
    kept = text[:most]
    if kept.isprintable():  # as nearly all texts are, and a page shows thousands
        return kept + cut
    return "".join(each if each.isprintable() else _escaped(each) for each in kept) + cut


def visible_lines(text: str, most: int | None = None) -> str:
    """Return the same for a text of several lines, which stay lines."""
    return "\n".join(visible(line, most) for line in text.split("\n"))


def _escaped(character: str) -> str:
    if character in SHORT:
        return SHORT[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004 (Python's own escapes)
