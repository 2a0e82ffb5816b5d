"""Tests that measure a time, beside others that take the processors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from virtual.containers import cgroups

if TYPE_CHECKING:
    from collections.abc import Iterator

# The most that the kernel takes (Documentation/admin-guide/cgroup-v2.rst, and sched.h for the first control groups).
MOST_WEIGHT, MOST_SHARES = 10_000, 262_144


@contextmanager
def favoured(label: str) -> Iterator[None]:
    """Serve the boards of a room before everything else on this computer; what limits one of them still does."""
    group = cgroups.folders(label, "any")[0].parent
    second = group / "cpu.weight"
    file, most = (second, MOST_WEIGHT) if second.exists() else (group / "cpu.shares", MOST_SHARES)
    before = file.read_text()
    file.write_text(str(most))
    try:
        yield
    finally:
        file.write_text(before)
