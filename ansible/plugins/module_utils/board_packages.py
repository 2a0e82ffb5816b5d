"""Which packages a board has; shared by the modules that look at it and that remember how it was."""

from __future__ import annotations

QUERY = ("dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Package}\n")


def installed_in(text: str) -> list[str]:
    """Return the packages that an answer to QUERY calls installed, each once though it may have two architectures."""
    return sorted({line.split()[1] for line in text.splitlines() if line.startswith("installed ")})
