"""Asking QEMU about a guest from outside, in its own protocol (docs/interop/qmp-spec of QEMU)."""

from __future__ import annotations

import json
import re
import socket
from typing import TYPE_CHECKING, Any

from fleet.i18n import lazy
from virtual.errors import EmulationError

if TYPE_CHECKING:
    from pathlib import Path

UP = "invoke emulate.up"
TIMEOUT_S = 30.0
BITS_OF_REGISTER = 32


def ask(path: Path, command: str) -> str:
    """What QEMU's monitor answers to a command as a person would type it; EmulationError if nobody answers."""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(TIMEOUT_S)
            line.connect(str(path))
            with line.makefile("rw", encoding="utf-8") as talk:
                return _typed(talk, command)
    except OSError as error:
        raise EmulationError(
            lazy(
                "QEMU does not answer at {path}: {error}; boot the board with: {command}",
                path=path,
                error=error,
                command=UP,
            )
        ) from error


def _typed(talk: Any, command: str) -> str:  # noqa: ANN401 (a text file that is read and written)
    _say(talk, {"execute": "qmp_capabilities"})
    answer = _say(talk, {"execute": "human-monitor-command", "arguments": {"command-line": command}})
    return str(answer)


def _say(talk: Any, words: dict[str, Any]) -> Any:  # noqa: ANN401 (as above, and what comes back is any JSON)
    talk.write(json.dumps(words) + "\n")
    talk.flush()
    for line in talk:
        answer = json.loads(line)
        if "error" in answer:
            raise EmulationError(
                lazy("QEMU refuses {command}: {error}.", command=words["execute"], error=answer["error"]["desc"])
            )
        if "return" in answer:
            return answer["return"]
    raise EmulationError(lazy("QEMU ended while it was asked."))


def level(path: Path, register: int, pin: int) -> bool:
    """Whether a pin is high, read from the register of levels that begins at `register` (32 pins each)."""
    address = register + 4 * (pin // BITS_OF_REGISTER)
    return bool(word(ask(path, f"xp /1wx {address:#x}")) >> pin % BITS_OF_REGISTER & 1)


def word(answer: str) -> int:
    """Read the word of memory that the monitor shows as `000000003f200034: 0x08000000`; EmulationError if none."""
    found = re.search(r":\s*0x([0-9a-fA-F]{8})\s*$", answer.strip())
    if not found:
        raise EmulationError(
            lazy("QEMU shows no word of memory but: {answer}.", answer=answer.strip() or lazy("nothing"))
        )
    return int(found[1], 16)
