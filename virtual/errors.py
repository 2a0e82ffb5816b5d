"""The errors of virtual and emulated Pis: each is a sentence for a person, with the thing, the value and the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.errors import FleetError

if TYPE_CHECKING:
    from pathlib import Path


class RehearsalError(FleetError):
    """Virtual Pis cannot be made or taken down; the message is fit to be shown as it is."""


class EmulationError(RehearsalError):
    """An emulated Pi cannot be made, reached or taken down."""


class SilentError(EmulationError):
    """A board that started from somebody's card did not answer; `bootfs` is a copy of its FAT partition."""

    def __init__(self, sentence: str, bootfs: Path) -> None:
        super().__init__(sentence)
        self.bootfs = bootfs


class NeedsError(RehearsalError, OSError):
    """Root, or a program that virtual or emulated Pis need, is missing."""
