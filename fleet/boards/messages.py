"""What went wrong between us and a board, in a sentence with the fix."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleet import i18n
from fleet.boards.agent_words import known
from fleet.boards.cause import cause
from fleet.boards.inventory import SSH_PORT
from fleet.boards.known_keys import FORMAT, KnownKeys, fingerprint
from fleet.plugins import plugin

if TYPE_CHECKING:
    from fleet.boards.inventory import Board

KIB, MIB = 2**10, 2**20
# Of what a board says itself, so many characters go into a sentence.
LONGEST_WORDS = 500
# The playbooks say the same.
WORDS: Any = plugin("plugin_utils", "findings")
LOOK_FOR_IT = i18n.lazy(WORDS.LOOK_FOR_IT, command="invoke discover")


def _shared(code: str, **values: Any) -> str:  # noqa: ANN401 (whatever can be formatted)
    """Say what the playbooks say, too."""
    return cause(code, WORDS.SENTENCES[code], **values)


def _login(board: Board) -> str:
    """Write what a person types after `ssh` to get to a board."""
    options = FORMAT.ssh_options(board.key_alias, board.known_hosts)[:4] if board.key_alias else []
    port = [] if board.port == SSH_PORT else ["-p", str(board.port)]
    return shlex.join([*options, *port, f"{board.user}@{board.address}" if board.user else board.address])


def changed_host_key(board: Board, shown: str) -> str:
    """Say which board has the key that was shown, or that it is another computer or a card that was set up anew."""
    if not board.known_keys:
        return _changed_in_own_file(board)
    owners = KnownKeys(Path(board.known_keys)).names_of(shown)
    template, values = FORMAT.who_is_there(board.name, board.address, fingerprint(shown), owners)
    sentence = i18n.lazy(template, **values)
    return cause("host-key-other", "{board}: {sentence}.", board=board.name, sentence=sentence)


def _changed_in_own_file(board: Board) -> str:
    known_as = board.address if board.port == SSH_PORT else f"[{board.address}]:{board.port}"
    forget = f"ssh-keygen -f {board.known_hosts} -R {shlex.quote(board.key_alias or known_as)}"
    return cause(
        "host-key-other",
        "{board} shows another host key than the one in {known_hosts}: if its card was written anew, "
        "forget the old key with '{forget}', else another computer has its address {address}.",
        board=board.name,
        known_hosts=board.known_hosts,
        forget=forget,
        address=board.address,
    )


def unknown_host_key(board: Board) -> str:
    """Say that nobody has looked at the host key of a board."""
    if not board.known_keys:
        return cause(
            "host-key-unknown",
            "{known_hosts} has no host key of {board}: log in once with 'ssh {login}' and compare the "
            "fingerprint with the one on its own screen.",
            known_hosts=board.known_hosts,
            board=board.name,
            login=_login(board),
        )
    return _shared("host-key-unknown", board=board.name, command=WORDS.enrol(board.name, board.address))


def refused_key(board: Board) -> str:
    """Say that a board does not let us in."""
    key = i18n.lazy("the key {path}", path=board.key_file) if board.key_file else i18n.lazy("any of your keys")
    option = f"-i {board.key_file} " if board.key_file else ""
    account = i18n.lazy("the account {user}", user=board.user) if board.user else i18n.lazy("your account")
    fix = WORDS.enrol(board.name, board.address) if board.known_keys else f"ssh-copy-id {option}{_login(board)}"
    return _shared("key-refused", board=board.name, key=key, account=account, command=fix, address=board.address)


def refused_password(board: Board) -> str:
    """Say that a board does not let us in with a password."""
    account = i18n.lazy("of the account {user}", user=board.user) if board.user else i18n.lazy("of your account")
    return cause(
        "refused",
        "{board} does not take this password {account}: check both, then type the command again.",
        board=board.name,
        account=account,
    )


def no_passwords(board: Board) -> str:
    """Say that nobody gets in with a password."""
    return cause(
        "refused",
        "{board} takes no passwords: write your key on its card with 'invoke cards', or, with a screen on"
        " it, write PasswordAuthentication yes into /etc/ssh/sshd_config there and type: sudo systemctl "
        "restart ssh",
        board=board.name,
    )


def locked_key(board: Board) -> str:
    """Say that a key has a passphrase, which nobody is asked for while thirty boards wait."""
    return cause(
        "key-locked",
        "The key {key_file} of {board} has a passphrase: unlock it with 'ssh-add {key_file}' and take "
        "ansible_ssh_private_key_file out of the inventory.",
        key_file=board.key_file,
        board=board.name,
    )


def unreadable_key(board: Board, error: Exception) -> str:
    """Say that a key file is missing or not a key."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return cause(
        "key-unreadable",
        "The key {key_file} of {board} cannot be used ({reason}); correct ansible_ssh_private_key_file.",
        key_file=board.key_file,
        board=board.name,
        reason=reason,
    )


def unknown_name(board: Board) -> str:
    """Say that no address belongs to a name."""
    return _shared("name-unknown", address=board.address, board=board.name)


def silent(board: Board, limit_s: float) -> str:
    """Say that nothing came back."""
    return _shared("silent", board=board.name, address=board.address, limit_s=limit_s, fix=LOOK_FOR_IT)


def slow_log_in(board: Board, limit_s: float) -> str:
    """Say that a board is there and too busy to let anybody in."""
    return cause(
        "too-slow",
        "{board} answers, but let nobody in within {limit_s:g} s: it is very busy; wait, or restart it.",
        board=board.name,
        limit_s=limit_s,
    )


def absent(board: Board) -> str:
    """Say that the network has no such computer."""
    return _shared("absent", board=board.name, address=board.address, fix=LOOK_FOR_IT)


def no_ssh(board: Board) -> str:
    """Say that a computer is there, without ssh."""
    return _shared("no-ssh", board=board.name, address=board.address, port=board.port)


def broken(board: Board, error: Exception) -> str:
    """Say that ssh failed in some rarer way."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    reason = reason[:LONGEST_WORDS]
    return cause(
        "unreachable",
        "ssh to {board} at {address} failed: {reason}; try it by hand with: ssh {login}",
        board=board.name,
        address=board.address,
        reason=reason,
        login=_login(board),
    )


def lost(board: Board) -> str:
    """Say that the connection broke in the middle."""
    return cause(
        "lost", "The connection to {board} broke; is it still switched on and in the network?", board=board.name
    )


def too_long(board: Board, limit_s: float) -> str:
    """Say that a board was not done in time."""
    return cause(
        "too-slow",
        "{board} took longer than {limit_s:g} s, which is its limit; look at it, or switch it off and on.",
        board=board.name,
        limit_s=limit_s,
    )


def too_much(board: Board, most_bytes: int, where: str = "") -> str:
    """Say that a board did not stop talking."""
    most = f"{most_bytes / MIB:.3g} MiB" if most_bytes >= MIB else f"{most_bytes / KIB:.3g} KiB"
    return cause(
        "too-much",
        "{board} sent more than {most}{where}, which is its limit; see what runs there, or write its card anew.",
        board=board.name,
        most=most,
        where=where,
    )


def not_understood(board: Board, what: str) -> str:
    """Say that an answer is none."""
    return cause(
        "answer-misfit",
        "What {board} answered about {what} cannot be understood; provision it again, or see what runs there.",
        board=board.name,
        what=what,
    )


def half_line(board: Board, limit_s: float) -> str:
    """Say that a line was begun and not ended."""
    return cause(
        "too-slow",
        "{board} began a line and did not end it within {limit_s:g} s; see what runs there, and try again.",
        board=board.name,
        limit_s=limit_s,
    )


def wants_password(board: Board) -> str:
    """Say that root is behind a password."""
    return _shared("sudo-password", board=board.name)


def wrong_password(board: Board) -> str:
    """Say that root stays closed although a password was given."""
    user = board.user or i18n.lazy("your account")
    return _shared("sudo-refused", board=board.name, user=user)


def not_provisioned(board: Board) -> str:
    """Say that a board is in its original state."""
    return cause(
        "not-configured",
        "{board} is not configured yet; type: {command}",
        board=board.name,
        command=WORDS.configure(board.name),
    )


def board_failure(board: Board, words: str, status: int) -> str:
    """Pass on what a board said about its failure."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    if lines:
        return i18n.lazy("{board}: {words}", board=board.name, words=known(lines[-1][:LONGEST_WORDS]))
    return i18n.lazy("{board} failed with status {status} and did not say why.", board=board.name, status=status)
