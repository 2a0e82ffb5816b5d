"""What a board said instead of an answer: root is closed, there is no Python, it is too old, or something else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fleet.boards import messages
from fleet.boards.sudo import is_wrong_password, wants_password
from fleet.doctor.finding import fault, mends, of_sentence
from fleet.doctor.program import TOO_OLD
from fleet.i18n import lazy

if TYPE_CHECKING:
    from fleet.boards.inventory import Board
    from fleet.boards.stream import CommandResult
    from fleet.doctor.finding import Finding
    from fleet.gate import MisfitError

NO_SUDO = re.compile(r"sudo: (command )?not found")
# sudo.c of sudo, where its file has been copied without owner or mode, or its disk is mounted nosuid.
BROKEN_SUDO = re.compile(r"sudo: (.* must be owned by uid 0 and have the setuid bit set|effective uid is not 0)")
NO_PYTHON = re.compile(r"python3: (command )?(not found|No such file or directory)")


def root_is_closed(board: Board, said: CommandResult) -> Finding | None:
    """Say why nobody becomes root on a board; None if that is not what went wrong."""
    if is_wrong_password(said.stderr):
        return of_sentence(messages.wrong_password(board))
    if wants_password(said.stderr):
        return of_sentence(messages.wants_password(board))
    if NO_SUDO.search(said.stderr):
        fix = lazy("log in there as root and type: {command}", command="apt-get install --yes sudo")
        return fault("sudo-missing", lazy("it has no sudo, which everything needs that is done as root"), fix)
    if BROKEN_SUDO.search(said.stderr):
        command = "chown root: /usr/bin/sudo && chmod 4755 /usr/bin/sudo"
        fix = lazy("log in there as root and type: {command}", command=command)
        return fault("sudo-broken", lazy("its sudo cannot become root: its file lost its owner or its setuid bit"), fix)
    return None


def no_answer(board: Board, said: CommandResult) -> Finding:
    """Say why a program did not answer."""
    if NO_PYTHON.search(said.stderr):
        return fault("python-missing", lazy("it has no /usr/bin/python3"), mends("python-missing", board))
    if TOO_OLD in said.stderr:
        return fault("python-old", lazy("its Python is too old for Ansible"), mends("python-old", board))
    return fault("no-answer", messages.board_failure(board, said.stderr, said.status))


def misfit(board: Board, error: MisfitError) -> Finding:
    """Say that an answer is not let in."""
    sentence = lazy("what it says of itself is not what was asked for ({why})", why=str(error))
    return fault("answer-misfit", sentence, mends("answer-misfit", board))
