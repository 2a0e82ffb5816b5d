"""What shows only when boards are seen together: two that are one, and two that are copies of one card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.doctor.finding import fault, on_board
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fleet.doctor.facts import Facts
    from fleet.doctor.finding import Finding, Seen

# What machine-id(5) says before the first start has ended.
NO_ID = ("", "uninitialized")
NEW_ID = "rm -f /etc/machine-id /var/lib/dbus/machine-id && systemd-machine-id-setup && systemctl reboot"


def diagnose_room(seen: Sequence[Seen]) -> Iterator[tuple[list[str], Finding]]:
    """Yield what is wrong with several boards together, with their names."""
    same_board = list(_alike(seen, lambda facts: facts.serial))
    for boards in same_board:
        names = [each.board.name for each in boards]
        sentence = lazy("these names lead to one board (one serial number)")
        yield names, fault("serial-twice", sentence, lazy("correct ansible_host of all but one in the inventory"))
    for boards in _alike(seen, lambda facts: facts.machine_id):
        if boards in same_board:
            continue
        sentence = lazy("their cards are copies of one (one machine-id), which confuses networks")
        command = on_board(boards[-1].board, NEW_ID)
        names = [each.board.name for each in boards]
        yield (
            names,
            fault("machine-id-twice", sentence, lazy("on all but one, as here, type: {command}", command=command)),
        )


def _alike(seen: Sequence[Seen], key: Callable[[Facts], str]) -> Iterator[list[Seen]]:
    """Yield the boards that have the same of something, in the order of the inventory."""
    groups: dict[str, list[Seen]] = {}
    for each in seen:
        groups.setdefault(key(each.facts), []).append(each)
    yield from (group for value, group in groups.items() if len(group) > 1 and value.strip("0") not in NO_ID)
