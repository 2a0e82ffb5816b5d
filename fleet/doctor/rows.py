"""The rows of the doctor: for people, a word or a line for each finding; for programs, an object for each board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleet.boards import alike
from fleet.doctor.finding import WORDS, Level
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fleet.doctor.examine import Examined
    from fleet.doctor.finding import Finding
    from fleet.i18n import Language

SCHEMA = 1
MOST_NAMES = 4


def is_fine(findings: Sequence[Finding]) -> bool:
    """Tell whether nothing is wrong; what is only to be known does not count."""
    return not any(each.level is Level.FAULT for each in findings)


def lines(examined: Sequence[Examined], together: Sequence[tuple[list[str], Finding]], language: Language) -> list[str]:
    """Write a row for each board, what concerns several, what is to be known, and at last how many are fine.

    What mends something stands on a line of its own, so that a command is copied whole.
    """
    width = max((len(each.board.name) for each in examined), default=0)
    fine = sum(each.is_fine for each in examined)
    return [
        *(line for each in examined for line in _row(each.board.name, each.findings, language, width)),
        *(f"{', '.join(names)}  {_said(finding, language)}" for names, finding in together),
        *_notes(examined, language),
        language(lazy("{fine} of {count} boards are fine.", fine=fine, count=len(examined))),
    ]


def lines_of(name: str, findings: Sequence[Finding], language: Language) -> list[str]:
    """Write the rows of one thing, notes included."""
    told = list(_row(name, findings, language, len(name)))
    notes = [each for each in findings if each.level is Level.NOTE]
    return [*told, *(language(lazy("Note: {what}", what=_said(each, language))) for each in notes)]


def _row(name: str, findings: Sequence[Finding], language: Language, width: int) -> Iterator[str]:
    faults = [each for each in findings if each.level is Level.FAULT]
    fine = language(lazy("fine"))
    if not faults:
        yield f"{name:{width}}  {fine}"
    for number, each in enumerate(faults):
        sentence = _without_name(language(each.sentence), name)
        yield f"{'' if number else name:{width}}  {WORDS.marked(each.code, sentence)}"
        if each.fix:
            yield f"{'':{width}}    {language(each.fix)}"


def reasons(found: Mapping[str, Sequence[Finding]], language: Language) -> list[str]:
    """Write a row for each board that something was found of; what many have in common is told of the first one."""
    told = [(name, finding) for name, findings in found.items() for finding in findings]
    by_words = {(name, f"{each.sentence}\n{each.fix}"): each for name, each in told}
    lines: list[str] = []
    for its in alike.groups(by_words):
        name = its[0][0]
        lines += [*_row(name, [by_words[its[0]]], language, len(name)), *map(language, alike.told(its)[1:])]
    return lines


def _without_name(sentence: str, name: str) -> str:
    """Leave the name out with which a sentence of another command begins: it stands before the row."""
    return sentence.removeprefix(f"{name}: ").removeprefix(f"{name} ")


def _said(finding: Finding, language: Language) -> str:
    """Say on one line what was found and what mends it."""
    fix = f"; {language(finding.fix)}" if finding.fix else ""
    return f"{WORDS.marked(finding.code, language(finding.sentence))}{fix}"


def _notes(examined: Sequence[Examined], language: Language) -> Iterator[str]:
    """Write each thing that is only to be known once, with the boards that it is true of."""
    groups: dict[str, list[str]] = {}
    for each in examined:
        for finding in each.findings:
            if finding.level is Level.NOTE:
                groups.setdefault(_said(finding, language), []).append(each.board.name)
    for what, names in groups.items():
        yield language(lazy("Note on {boards}: {what}", boards=_listed(names, language), what=what))


def _listed(names: Sequence[str], language: Language) -> str:
    if len(names) <= MOST_NAMES:
        return ", ".join(names)
    shown = ", ".join(names[: MOST_NAMES - 1])
    return language(lazy("{names} and {count} more", names=shown, count=len(names) - MOST_NAMES + 1))


def objects(
    examined: Sequence[Examined], together: Sequence[tuple[list[str], Finding]], language: Language
) -> list[dict[str, Any]]:
    """Return an object for each board, one for what concerns several, and a summary."""
    fine = sum(each.is_fine for each in examined)
    return [
        *(object_of(each.board.name, each.findings, language) for each in examined),
        *(
            {"schema": SCHEMA, "kind": "together", "boards": names, **as_object(found, language)}
            for names, found in together
        ),
        {"schema": SCHEMA, "kind": "summary", "fine": fine, "boards": len(examined)},
    ]


def object_of(name: str, findings: Sequence[Finding], language: Language) -> dict[str, Any]:
    """Return the object of a board, or of what else was looked at."""
    told = [as_object(each, language) for each in findings]
    return {"schema": SCHEMA, "kind": "board", "board": name, "is_fine": is_fine(findings), "findings": told}


def as_object(finding: Finding, language: Language) -> dict[str, str]:
    """Return a finding as programs get it."""
    sentence, fix = language(finding.sentence), language(finding.fix)
    return {"level": finding.level, "code": finding.code, "sentence": sentence, "fix": fix}
