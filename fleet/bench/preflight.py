"""Whether a board can be benched at all: provisioned, and root without a question."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from fleet.boards import answers, messages
from fleet.errors import RefusedError, RemoteError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from fleet.boards.ssh import Link

# A few words.
ANSWER_BYTES = 64 * 2**10
BOOT_ID = "cat /proc/sys/kernel/random/boot_id"


def check(link: Link, pilab: str) -> str:
    """Return the identity of the board's present boot; RemoteError if it is not ready for a run."""
    asked = f"{BOOT_ID}; test -x {shlex.quote(pilab)} && echo provisioned; sudo -k -n true && echo root"
    boot, *can = link.run(asked, most_bytes=ANSWER_BYTES).stdout.split() or [""]
    known = answers.word(link.board, boot, lazy("its boot"))
    if "provisioned" not in can:
        raise RemoteError(messages.not_provisioned(link.board))
    if "root" not in can:
        _check_password(link)
    return known


def _check_password(link: Link) -> None:
    if not link.has_sudo_password:
        raise RefusedError(messages.wants_password(link.board))
    if link.sudo("true").status != 0:
        raise RefusedError(messages.wrong_password(link.board))


def boot_id(link: Link) -> str:
    """Ask which boot of the board this is, which differs after every restart; AnswerError if it does not say."""
    return answers.word(link.board, link.run(BOOT_ID, most_bytes=ANSWER_BYTES).stdout.strip(), lazy("its boot"))
