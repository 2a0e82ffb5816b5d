"""What the doctor says and what mends it, made from its rules: each of them is shown something that is broken.

The examples are those of the doctor's own tests, which type what is said here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from fleet.boards import messages
from fleet.boards.inventory import Board
from fleet.boards.stream import CommandResult
from fleet.doctor import answer
from fleet.doctor import card as cards
from fleet.doctor.finding import fault, of_sentence
from fleet.doctor.program import TOO_OLD
from fleet.doctor.rules import RULES
from fleet.doctor.rules.here import RULES as HERE_RULES
from fleet.doctor.rules.room import diagnose_room
from fleet.gate import MisfitError
from fleet.i18n import Language, LazyText
from tests.unit import doctor_cases
from tests.unit.doctor_parts import healthy, seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fleet.doctor.finding import Finding

PAGE = "docs/guide/trouble.md"
PI07 = Board(
    "pi07", "192.168.1.107", user="anna", key_file="~/.ssh/id_ed25519", key_alias="pi07", known_keys="known_hosts"
)
# Where a card is mounted, and what stands for that while it is looked at.
MOUNTED = "/media/anna/bootfs"
HEADS = {
    "answers": ("The board does not answer, or lets nobody in", "보드가 응답하지 않거나 들여보내지 않을 때"),
    "power": ("Power and heat", "전원과 열"),
    "storage": ("The card", "카드"),
    "machine": ("The board itself", "보드 자체"),
    "system": ("System, packages and service", "시스템, 패키지, 서비스"),
    "network": ("Wi-Fi", "와이파이"),
    "camera": ("The camera", "카메라"),
    "room": ("Several boards", "여러 보드"),
    "card": (
        "A card in this computer's reader (`invoke doctor --card`)",
        "이 컴퓨터에 꽂은 카드 (`invoke doctor --card`)",
    ),
    "here": ("This computer (`invoke doctor --here`)", "이 컴퓨터 (`invoke doctor --here`)"),
}
COMMAND = re.compile(r"\b(?:type|입력): (?P<command>.*)\Z", re.DOTALL)


def page(code: str = "en") -> str:
    """Write all that the doctor can say in a language, one example for each code, by what it is about."""
    say = Language(code)
    return "\n" + "\n".join(_chapter(topic, found, say) for topic, found in examples().items()) + "\n"


def examples() -> dict[str, dict[str, Finding]]:
    """Return, for each topic, a finding for each code that it has."""
    found: dict[str, dict[str, Finding]] = {topic: {} for topic in HEADS}
    for topic, each in (*_of_boards(), *_of_others()):
        found[topic].setdefault(each.code, each)
    return found


def _of_boards() -> Iterator[tuple[str, Finding]]:
    """Show each rule every board that is broken in one way."""
    changes = [*(changes for _, changes, _ in doctor_cases.FAULTS), *(changes for _, changes in doctor_cases.NOTES)]
    for rule in RULES:
        topic = rule.__module__.rpartition(".")[2]
        found = (rule(seen(healthy(**each))) for each in changes)
        yield from ((topic, each) for each in found if each)


def _of_others() -> Iterator[tuple[str, Finding]]:
    yield from (("answers", each) for each in _answers())
    yield from (("room", each) for each in _together())
    yield from (("card", each) for each in _of_cards())
    for _, changes in doctor_cases.COMPUTERS:
        computer = doctor_cases.computer(Path("/home/anna/pilab"), **changes)
        yield from (("here", each) for rule in HERE_RULES for each in rule(computer))


def _answers() -> Iterator[Finding]:
    """Say why a board could not be looked at, in the words of every command."""
    told = (
        messages.unknown_name(replace(PI07, address="pi07.local")),
        messages.absent(PI07),
        messages.silent(PI07, 8),
        messages.no_ssh(PI07),
        messages.broken(PI07, OSError("Network is unreachable")),
        messages.lost(PI07),
        messages.unknown_host_key(PI07),
        messages.changed_host_key(PI07, "ssh-ed25519 AAAA"),
        messages.refused_key(PI07),
        messages.locked_key(PI07),
        messages.unreadable_key(PI07, OSError("it is no key")),
        messages.refused_password(PI07),
        messages.too_long(PI07, 60),
        messages.too_much(PI07, 2**20),
    )
    yield from map(of_sentence, told)
    unset = "sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set"
    for stderr in ("sudo: a password is required", "1 incorrect password attempt", "sudo: command not found", unset):
        if closed := answer.root_is_closed(PI07, CommandResult(1, "", stderr)):
            yield closed
    for stderr in ("python3: not found", TOO_OLD, "Killed"):
        yield answer.no_answer(PI07, CommandResult(1, "", stderr))
    yield answer.misfit(PI07, MisfitError("clock_ahead_s is 'soon', not a whole number"))
    yield fault("not-told", messages.too_long(PI07, 105))


def _together() -> Iterator[Finding]:
    """Show the rules of a room one board under two names, and two copies of one card."""
    first, second = (Board(name, "192.168.1.1") for name in ("pi03", "pi04"))
    copied = healthy(serial="10000000ffffffff")
    for other in (healthy(), copied):
        yield from (found for _, found in diagnose_room([seen(healthy(), first), seen(other, second)]))


def _of_cards() -> Iterator[Finding]:
    """Lay each card that is broken, and one that is not, into a folder, and look at it."""
    for files in (doctor_cases.STARTED, *(files for _, files in doctor_cases.BROKEN.values())):
        with TemporaryDirectory() as folder:
            yield from (_mounted(each, folder) for each in cards.diagnose(doctor_cases.card(Path(folder), files)))


def _mounted(found: Finding, folder: str) -> Finding:
    """Say of a card where one is usually mounted."""
    return type(found)(found.level, found.code, found.sentence, _replaced(found.fix, folder))


def _replaced(text: str, folder: str) -> str:
    if not isinstance(text, LazyText):
        return text.replace(folder, MOUNTED)
    values = {name: _replaced(each, folder) if isinstance(each, str) else each for name, each in text.values.items()}
    made = LazyText(text.replace(folder, MOUNTED))
    made.template, made.values = text.template, values
    return made


def _chapter(topic: str, found: dict[str, Finding], say: Language) -> str:
    head = HEADS[topic][say.code == "ko"]
    return f"## {head}\n\n" + "".join(_entry(each, say) for each in found.values())


def _entry(found: Finding, say: Language) -> str:
    """Write what is said, and what to do; a command stands alone, so that it is copied whole."""
    fix = say(found.fix)
    typed = COMMAND.search(fix)
    words = _plain(fix[: typed.start("command")] if typed else fix)
    block = f"\n  ```sh\n  {typed['command']}\n  ```\n" if typed else ""
    first = f"- **{_plain(say(found.sentence))}** `{found.code}`\n"
    return first + (f"\n  {words.strip()}\n" if words else "") + block + "\n"


def _plain(text: str) -> str:
    """Write words so that Markdown shows them as they are; a command in backticks is one there, too."""
    return re.sub(r"(`[^`]*`)|([\\`*_\[\]<>#|$])", lambda found: found[1] or f"\\{found[2]}", text)


def codes(found: Iterable[dict[str, Finding]]) -> set[str]:
    """Name the codes that have an example."""
    return {code for topic in found for code in topic}


BLOCKS = {PAGE: page}
