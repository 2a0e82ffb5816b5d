"""The errors of emulated Pis: each message is one sentence for a person, naming the thing, the value and the fix."""

from __future__ import annotations

from virtual.errors import RehearsalError


class EmulationError(RehearsalError):
    """An emulated Pi cannot be made, reached or taken down; the message is fit to be shown as it is."""
