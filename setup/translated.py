"""Whether the guide is whole in Korean: `python -m setup.translated TEMPLATES`, once Sphinx has gathered its words.

With --write, sentences that are new or changed are written into the catalogues, for somebody to translate.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Message

ROOT = Path(__file__).parents[1]
CATALOGUES = ROOT / "docs/locale/ko/LC_MESSAGES"
DOMAINS = ("index", "guide")
LANGUAGE = "ko"
HEADER = """# The guide in Korean; its English is docs/index.md and docs/guide/*.md (make docs WRITE=1).
msgid ""
msgstr ""
"Language: ko\\n"
"Content-Type: text/plain; charset=UTF-8\\n"

"""
# What is typed, and where links lead, is the same in every language.
KEPT = re.compile(r"`[^`]+`|(?<=\]\()[^)]+(?=\))")


def read(path: Path) -> Catalog:
    """Read a catalogue, or a template of one."""
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def faults(template: Catalog, catalogue: Catalog) -> Iterator[str]:
    """Say what a catalogue lacks of its template, or has beside it."""
    wanted = [message.id for message in template if message.id]
    for text in wanted:
        yield from _faults_of(text, catalogue.get(text))
    yield from (f"is not in the guide any more: {each.id}" for each in catalogue if each.id and each.id not in wanted)


def _faults_of(text: Any, message: Message | None) -> Iterator[str]:  # noqa: ANN401 (Babel's own: a sentence, or several for a number)
    if message is None or not message.string:
        yield f"is not translated: {text}"
    elif message.fuzzy:
        yield f"is marked as fuzzy: {text}"
    elif Counter(KEPT.findall(text)) != Counter(KEPT.findall(str(message.string))):
        yield f"has other commands or links: {text}"


def write(template: Catalog, path: Path) -> None:
    """Write what is new into a catalogue; what the guide has no more goes."""
    before = read(path) if path.exists() else Catalog()
    catalogue = Catalog(LANGUAGE)
    for message in filter(lambda each: each.id, template):
        known = before.get(message.id)
        catalogue.add(message.id, known.string if known else "", flags=known.flags if known else ())
    save(catalogue, path)


def save(catalogue: Catalog, path: Path) -> None:
    """Write a catalogue."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(HEADER.encode())
        write_po(file, catalogue, width=120, omit_header=True)


def main(words: list[str]) -> int:
    """Say of each sentence that is wrong why; return 1 if there is one."""
    templates = Path(words[0])
    found: list[str] = []
    for domain in DOMAINS:
        template, path = read(templates / f"{domain}.pot"), CATALOGUES / f"{domain}.po"
        if "--write" in words:
            write(template, path)
        found += [f"{path.relative_to(ROOT)}: {each}" for each in faults(template, read(path))]
    sys.stderr.writelines(f"{each}\n" for each in found)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
