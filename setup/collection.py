"""`make collection`: the files that the collection pilab.classroom is made of, in a folder of their own.

Links are replaced by what they lead to: from the checkout the roles take agent/ and native/, which elsewhere are not
beside them. Only what is committed, or would be, comes along.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "ansible"


def listed() -> list[Path]:
    """Return the files of the checkout that git knows or does not ignore."""
    words = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    names = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [ROOT / name for name in filter(None, names)]


def files_of(source: Path, files: list[Path]) -> dict[Path, Path]:
    """Return where each file of a folder comes from, by its place in it; links are followed."""
    found: dict[Path, Path] = {}
    for path in files:
        if not path.is_relative_to(source):
            continue
        place, target = path.relative_to(source), path.resolve()
        if target.is_dir():
            found |= {place / inner: file for inner, file in files_of(target, files).items()}
        elif target.is_file():
            found[place] = target
    return found


def main(target: Path) -> int:
    """Copy the collection into a folder."""
    for place, file in files_of(SOURCE, listed()).items():
        (target / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target / place)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
