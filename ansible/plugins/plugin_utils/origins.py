"""Where a value that Ansible has read stands, and what it could not read, each in the words of a person."""

from __future__ import annotations

import re
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Any

from ansible._internal._datatag._tags import Origin  # Ansible has no public way to it yet
from ansible.errors import AnsibleError

NOT_UTF_8 = "it has letters that are not in UTF-8; save the file as UTF-8"
# Ansible names Python's own classes to people.
CLASS = re.compile(r"\"?<class '[\w.]*?(?:_AnsibleTagged)?(\w+)'>\"?")


def origin_of(*values: Any) -> Origin | None:
    """Return where the first of some values stands that has such a mark."""
    return next((found for value in values if (found := Origin.get_tag(value))), None)


def place_of(*values: Any) -> str:
    """Say where the first of some values stands that has such a mark, in file and line; nothing if it is no file."""
    origin = origin_of(*values)
    return shown(origin.path, origin.line_num) if origin and origin.path else ""


def shown(path: str, line: int | None = None) -> str:
    """Return a file, from the folder that the command was typed in if it is below, and a line of it."""
    here = Path(path)
    near = here.relative_to(Path.cwd()) if here.is_relative_to(Path.cwd()) else here
    return f"{near}:{line}" if line else str(near)


def sentence(error: BaseException, path: str) -> str:
    """Say in one line what could not be read in a file, with the line if that is known."""
    told = [one for one in causes(error) if isinstance(one, AnsibleError)] or [error]
    is_text = not any(isinstance(one, UnicodeError) for one in causes(error))
    words = CLASS.sub(r"\1", " ".join(message_of(told[-1]).split())) if is_text else NOT_UTF_8
    places = [where for one in reversed(causes(error)) if (where := _line(one, path))]
    return f"{places[0] if places else shown(path)}: {words.rstrip('.')}; correct it there."


def message_of(error: BaseException) -> str:
    """Return the words of an error alone; Ansible adds what it came from."""
    return str(getattr(error, "_original_message", error))


def causes(error: BaseException) -> list[BaseException]:
    """Return an error and what it came from, the first cause last."""
    chain = [error]
    while (cause := _cause(chain[-1])) and cause not in chain:
        chain.append(cause)
    return chain


def _cause(error: BaseException) -> BaseException | None:
    """Return what an error came from, unless it was raised `from None`."""
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _line(error: BaseException, path: str) -> str:
    """Return the line of a file that an error names, or nothing."""
    if isinstance(error, TOMLDecodeError) and (at := re.search(r"at line (\d+)", str(error))):
        return shown(path, int(at[1]))
    thing = getattr(error, "obj", None)
    origin = thing if isinstance(thing, Origin) else origin_of(thing)
    return shown(path, origin.line_num) if origin and origin.path == path and origin.line_num else ""
