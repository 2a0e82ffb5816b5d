"""What is wrong with a board, in the words that every command has for it, by the codes of docs/doctor.md.

The teacher's side (fleet) says the same in other languages; this file needs nothing of Ansible.
"""

from __future__ import annotations

import shlex

# Where a board is away, or lets nobody in: whole sentences.
SENTENCES = {
    "name-unknown": "The address '{address}' of {board} cannot be found; correct ansible_host in inventory.ini.",
    "absent": "{board} is not in the network at {address}; {fix}",
    "silent": "{board} does not answer at {address} within {limit_s:g} s; {fix}",
    "no-ssh": "{board} at {address} refuses ssh on port {port}; switch it on there with: sudo raspi-config",
    "host-key-unknown": (
        "The host key of {board} is not known: compare it with the one on its own screen, and let the board in, "
        "with: {command}"
    ),
    "key-refused": "{board} does not take {key} for {account}; give it one with: {command}",
    "sudo-password": (
        "sudo on {board} wants a password: add -K, or allow it without on the board with: "
        "sudo raspi-config nonint do_sudo_pass 1"
    ),
    "sudo-refused": "sudo on {board} does not take this password for {user}, or lets {user} do nothing; check both.",
}
LOOK_FOR_IT = "is it switched on? If so, look for it with: {command}"
TYPED = "type: {command}"
FIXES = {
    "absent": LOOK_FOR_IT,
    "silent": LOOK_FOR_IT,
    "disk-full": "use a larger card, or make room; to drop what packages left, type: {command}",
    "read-only": "restart it, and if that does not help, write its card anew; type: {command}",
    "clock": TYPED,
    "packages-busy": "wait for it to end, then type: {command}",
    "python-missing": TYPED,
    "python-old": "write a newer Raspberry Pi OS on its card",
    "answer-misfit": "see who changed its programs, or write its card anew",
}
PYTHON = "apt-get update && apt-get install --yes --reinstall python3-minimal python3"
# What can be behind a failure whose sentence does not say why: of whatever was asked for, and of single commands.
BEHIND_ALL = frozenset({
    "absent", "silent", "no-ssh", "name-unknown", "unreachable", "host-key-other", "key-refused",
    "under-voltage-now", "under-voltage-since", "card-errors", "read-only", "disk-full", "disk-full-of-files",
    "memory-little", "python-missing", "python-old", "untold",
})  # fmt: skip
CAMERAS = frozenset({"camera-legacy", "camera-none", "camera-busy"})
SLOW = frozenset({"slowed-now", "slowed-since", "hot", "packages-busy"})
BEHIND = {
    "agent": CAMERAS | {"gpio-library", "pins-none", "pins-closed", "service-failed"},
    "bench": SLOW | {"clock"},
    "bundle": frozenset({"clock", "packages-busy", "packages-unfinished"}),
    "camera": CAMERAS,
    "playbook": frozenset({
        "clock", "packages-busy", "packages-unfinished", "overlay", "release-unknown", "model-unknown",
        "sudo-missing", "sudo-broken",
    }),
    "spread": SLOW,
}  # fmt: skip


def fix(code: str, board: str) -> tuple[str, str]:
    """Return how a finding is mended, as a template, and the command that it names."""
    commands = {
        "absent": "invoke discover",
        "silent": "invoke discover",
        "disk-full": on_board(board, "apt-get clean"),
        "read-only": on_board(board, "systemctl reboot"),
        "clock": configure(board, "base_set_clock=true"),
        "packages-busy": again(board),
        "python-missing": on_board(board, PYTHON),
    }
    return FIXES[code], commands.get(code, "")


def on_board(board: str, command: str) -> str:
    """Write what to type on the teacher's computer to have root do something on a board, with the keys of the list.

    `raw`, because a board whose disk is full or read-only takes no file of Ansible's.
    """
    return f"ansible {shlex.quote(board)} -b -m raw -a {_quoted(command)}"


def _quoted(command: str) -> str:
    """Quote a command for a shell, so that people can still read it where it has quotes itself."""
    return f'"{command}"' if "'" in command and not set('"$`\\!') & set(command) else shlex.quote(command)


def configure(board: str, *settings: str) -> str:
    """Write what to type to have a board configured."""
    more = "".join(f" -e {shlex.quote(setting)}" for setting in settings)
    return f"ansible-playbook site.yml --limit {shlex.quote(board)}{more}"


def again(board: str) -> str:
    """Write what to type to see whether it is gone."""
    return f"invoke doctor --hosts {shlex.quote(board)}"


def enrol(board: str, address: str) -> str:
    """Write what to type to compare the key of a board and to give it ours."""
    return f"invoke enrol {shlex.quote(board)} {shlex.quote(address)}"


def is_behind(code: str, command: str) -> bool:
    """Tell whether a finding can be why a command failed on a board."""
    return code in BEHIND_ALL or code in BEHIND.get(command, ())


def marked(code: str, sentence: str) -> str:
    """Write a sentence with its code, by which the guide and docs/doctor.md find it in any language."""
    return f"[{code}] {sentence}" if code else sentence
