"""Ansible's reader of INI, whose errors name the line, the word in it and what would be right."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory.ini import InventoryModule as IniReader
from ansible_collections.pilab.classroom.plugins.plugin_utils.origins import NOT_UTF_8, message_of

BOM = "\ufeff"  # Notepad writes it before everything
ASSIGNMENT = "Expected key=value host variable assignment, got: "
VARIABLE = "Expected key=value, got: "


class Ini(IniReader):
    """Is what Ansible's own reader is, for people."""

    _origin: Any  # only Ansible names its type

    def _parse(self, lines: list[str]) -> None:
        lines = [lines[0].removeprefix(BOM), *lines[1:]] if lines else []
        try:
            for number, line in enumerate(lines, start=1):
                self._origin = self._origin.replace(line_num=number)
                check_letters(line)
            self._origin = self._origin.replace(line_num=0)
            super()._parse(lines)
        except AnsibleError as error:
            raise AnsibleParserError(reworded(message_of(error)), obj=self._origin) from None
        except ValueError as error:
            raise AnsibleParserError(
                misread(str(error), lines[self._origin.line_num - 1].strip()), obj=self._origin
            ) from None

    def _expand_hostpattern(self, hostpattern: str) -> tuple[list[str], Any]:
        """Return the boards that a word stands for; AnsibleError if it is none."""
        names, port = super()._expand_hostpattern(hostpattern)
        if not names:
            raise AnsibleError(f"'{hostpattern}' is no board: a range begins with its lower end, as in pi[01:30]")
        return names, port


def check_letters(line: str) -> None:
    """Refuse bytes that are no UTF-8: AnsibleError. In a comment they may be of any kind."""
    if line[:1] not in ("#", ";") and not line.isascii() and any("\udc80" <= letter <= "\udcff" for letter in line):
        raise AnsibleError(NOT_UTF_8)


def reworded(message: str) -> str:
    """Say what Ansible says of a line in the words of those who write it."""
    if message.startswith(ASSIGNMENT):
        return (
            f"'{message.removeprefix(ASSIGNMENT)}' is no setting: one board stands on a line, and behind it settings "
            "like ansible_host=10.0.0.1, without spaces around ="
        )
    if message.startswith(VARIABLE):
        return f"'{message.removeprefix(VARIABLE)}' is no setting: here stand settings like ansible_user=anna"
    return message


def misread(message: str, line: str) -> str:
    """Say what is wrong with a line that Ansible's reader could not use, of which it says only sometimes what."""
    if message.startswith("Section "):
        return f"{message.rstrip('.')}: write the group with [ ] before it is named, or correct the name"
    return f"'{line}' is neither a board nor a whole [section]"
