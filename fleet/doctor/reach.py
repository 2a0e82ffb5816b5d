"""Why a board could not be looked at: the sentence that every command gives for it, with a code of its own."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from fleet.doctor.finding import fault
from fleet.errors import AnswerError, FloodError, LimitError, RefusedError, UnreachableError

if TYPE_CHECKING:
    from fleet.doctor.finding import Finding
    from fleet.errors import RemoteError

CODES: dict[type[RemoteError], str] = {
    UnreachableError: "unreachable",
    RefusedError: "refused",
    LimitError: "too-slow",
    FloodError: "too-much",
    AnswerError: "no-answer",
}
# By what ssh and the network said, which an error of ours came from; their classes are not known here.
CAUSES: dict[tuple[type[RemoteError], str], str] = {
    (UnreachableError, "gaierror"): "name-unknown",
    (UnreachableError, "TimeoutError"): "silent",
    (UnreachableError, "NoValidConnectionsError"): "absent",
    (RefusedError, "NoneType"): "host-key-unknown",
    (RefusedError, "BadHostKeyException"): "host-key-other",
    (RefusedError, "AuthenticationException"): "key-refused",
    (RefusedError, "PasswordRequiredException"): "key-locked",
}
NO_SSH = "no-ssh"


def finding(error: RemoteError) -> Finding:
    """Turn an error into what is wrong with its board."""
    return fault(_code(error), error.args[0] if error.args else str(error))


def _code(error: RemoteError) -> str:
    cause = error.__cause__
    numbers = {each.errno for each in getattr(cause, "errors", {}).values() if isinstance(each, OSError)}
    if errno.ECONNREFUSED in numbers:
        return NO_SSH
    return CAUSES.get((type(error), type(cause).__name__), CODES.get(type(error), "failed"))
