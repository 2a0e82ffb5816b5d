"""What can be said of boards in plain text: names, cores, spans of time."""

from __future__ import annotations

import re
from typing import Any


def is_hostname(name: str) -> bool:
    """Tell whether a board can be called so (RFC 1123, without dots; only digits would read as an address)."""
    return bool(re.fullmatch(r"(?!\d+$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", name))


def hosts_naming(hosts: str, name: str) -> str:
    """Return an /etc/hosts in which the board finds its own name, at 127.0.1.1 as Debian has it."""
    line = f"127.0.1.1\t{name}"
    if re.search(rf"^127\.0\.1\.1[ \t]+{re.escape(name)}([ \t]|$)", hosts, re.MULTILINE):
        return hosts
    changed, count = re.subn(r"^127\.0\.1\.1[ \t].*$", line, hosts, count=1, flags=re.MULTILINE)
    return changed if count else f"{hosts.rstrip()}\n{line}\n".lstrip()


def as_cores(text: str) -> list[int]:
    """Return the cores of a list as `1-3` or `0,2`; ValueError if it is none."""
    ranges = [part.partition("-") for part in str(text).split(",")]
    return sorted({core for low, _, high in ranges for core in range(int(low), int(high or low) + 1)})


def policies_with(governors: dict[str, Any], cores: str) -> dict[str, Any]:
    """Return the cpufreq policies that have one of the cores, or all for `all`."""
    if cores == "all":
        return governors
    wanted = set(as_cores(cores))
    return {name: policy for name, policy in governors.items() if wanted & set(policy["cores"])}


def shared_with(governors: dict[str, Any], cores: str) -> list[int]:
    """Return the cores that nobody asked for and that change with those asked for, because they share a policy."""
    chosen = policies_with(governors, cores).values()
    together = {core for policy in chosen for core in policy["cores"]}
    return [] if cores == "all" else sorted(together - set(as_cores(cores)))


def duration(seconds: float) -> str:
    """Return a span of time as people say it, in its largest unit."""
    amount = abs(seconds)
    units = [(size, unit) for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")) if amount >= 2 * size]
    size, unit = units[0] if units else (1, "seconds")
    return f"{round(amount / size)} {unit}"
