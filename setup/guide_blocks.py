"""The parts of the guide that follow from the code; `python -m setup.guide_blocks FOLDER` writes them in Korean.

In English they stand in the pages themselves (`make generate`); docs/conf.py puts those of another language there.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fleet.i18n import Language
from fleet.report.glossary import GLOSSARY
from setup import command_table, doctor_page

OTHER = "ko"
PUPILS = "docs/guide/pupils.md"


def glossary(code: str = "en") -> str:
    """Write the words of the report with their meanings in a language."""
    say = Language(code)
    return "\n" + "".join(f"{say(word)}\n: {say(meaning)}\n\n" for word, meaning in GLOSSARY)


BLOCKS = {PUPILS: glossary, **command_table.BLOCKS, **doctor_page.BLOCKS}


def main(folder: Path) -> None:
    """Write each part in the other language, under the name of its page."""
    for name, block in BLOCKS.items():
        path = folder / Path(name).relative_to("docs")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block(OTHER), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
