"""`make generate`: writes the parts of files that follow from the code, between two lines that say so."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from setup import agent_settings, guide_blocks, metadata

ROOT = Path(__file__).parents[1]
PART = re.compile(r"(?P<above>.*generated: begin\b[^\n]*\n).*?(?P<below>[^\n]*generated: end\b.*)", re.DOTALL)
BLOCKS = {**agent_settings.BLOCKS, **guide_blocks.BLOCKS, **metadata.BLOCKS}


def current(name: str) -> str:
    """Return a file as it should be; ValueError if the lines that a part is to stand between are not there."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = PART.fullmatch(text)
    if not found:
        raise ValueError(f"{name} has no lines 'generated: begin' and 'generated: end'")
    return found["above"] + BLOCKS[name]() + found["below"]


def main() -> int:
    """Write what is not as it should be, and name it."""
    for name in BLOCKS:
        if (ROOT / name).read_text(encoding="utf-8") != (wanted := current(name)):
            (ROOT / name).write_text(wanted, encoding="utf-8")
            sys.stdout.write(f"{name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
