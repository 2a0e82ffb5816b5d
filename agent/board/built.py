"""What `make -C native` builds: why a board cannot use it, and how it is built anew."""

from __future__ import annotations

import sys
from pathlib import Path

# The beginning of a program or a library: its class (32 or 64 bits), the order of its bytes and its processor (elf.h).
CLASS_AND_ORDER, PROCESSOR = slice(4, 6), slice(18, 20)
HEADER_BYTES = 20


def why_unusable(built: Path, otherwise: str) -> str:
    """Return a sentence on why this board cannot use what is in native/bin; `otherwise` is told where nothing shows."""
    make = f"make -C {built.parents[1]}"
    try:
        is_foreign = _made_for(built) != _made_for(Path(sys.executable))
    except FileNotFoundError:
        return f"{built} is missing; build it with: {make}"
    except OSError as error:
        return f"{built} cannot be read: {error.strerror}; build it with: {make} clean all"
    why = "was built for another kind of processor" if is_foreign else f"cannot be used: {otherwise}"
    return f"{built} {why}; build it anew with: {make} clean all"


def _made_for(program: Path) -> tuple[bytes, bytes]:
    with program.open("rb") as file:
        header = file.read(HEADER_BYTES)
    return header[CLASS_AND_ORDER], header[PROCESSOR]
