"""Commands for root on a board, and what sudo says where it wants a password."""

from __future__ import annotations

# sudo speaks the language of the board otherwise, and what it wants would not be understood.
SUDO = "LC_ALL=C.UTF-8 sudo"
PASSWORD_WANTED = "password is required"  # noqa: S105 (what sudo says)
# After a password that is not the right one; and of an account that may do nothing here, whatever its password.
PASSWORD_WRONG = (
    "incorrect password attempt",
    "no password was provided",
    "is not in the sudoers file",
    "is not allowed to execute",
)


def for_root(command: str, *, with_password: bool = False) -> str:
    """Write a command for root: one that begins with reading a password, or one that fails where it is wanted.

    -k: it asks in any case, so that the password never ends up in the command's own input.
    """
    return f"{SUDO} -k -S -p '' {command}" if with_password else f"{SUDO} -n {command}"


def wants_password(stderr: str) -> bool:
    """Tell whether sudo refused a command because it wants a password."""
    return PASSWORD_WANTED in stderr


def is_wrong_password(stderr: str) -> bool:
    """Tell whether sudo refused the password that it was given, or the account whose password it is."""
    return any(words in stderr for words in PASSWORD_WRONG)
