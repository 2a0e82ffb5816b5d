"""The errors of virtual and emulated Pis: each is a sentence for a person, with the thing, the value and the fix."""


class RehearsalError(Exception):
    """Virtual Pis cannot be made or taken down; the message is fit to be shown as it is."""


class EmulationError(RehearsalError):
    """An emulated Pi cannot be made, reached or taken down."""


class NeedsError(RehearsalError, OSError):
    """Root, or a program that virtual or emulated Pis need, is missing."""
