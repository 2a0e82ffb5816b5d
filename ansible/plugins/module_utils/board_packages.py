"""Which packages a board has; shared by the modules that look at it and that remember how it was."""

from __future__ import annotations

# Per package three letters, as dpkg-query(1) explains them: what is wanted, how it is, whether it must be reinstalled.
QUERY = ("dpkg-query", "--show", "--showformat", "${db:Status-Abbrev} ${Package}\n")


def installed_in(text: str) -> list[str]:
    """Return the packages that an answer to QUERY calls installed, each once though it may have two architectures."""
    return sorted({line.split()[-1] for line in text.splitlines() if line[1:2] == "i"})


def cut_short_in(text: str) -> list[str]:
    """Return the packages that dpkg was unpacking when it was killed: to go on, it wants them anew."""
    return sorted({line.split()[-1] for line in text.splitlines() if line[:2] in ("iH", "hH")})
