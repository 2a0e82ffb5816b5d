"""What can be said of boards in plain text: names and spans of time."""

from __future__ import annotations

import re

# Every computer's names for itself and its network (hosts(5), Debian's netbase); no board is told apart by one.
EVERYBODYS = frozenset({
    "broadcasthost", "ip6-allhosts", "ip6-allnodes", "ip6-allrouters", "ip6-localhost", "ip6-localnet", "ip6-loopback",
    "ip6-mcastprefix", "localdomain", "localhost", "localhost4", "localhost6",
})  # fmt: skip


def is_hostname(name: str) -> bool:
    """Tell whether a board can be called so (RFC 1123, without dots; only digits would read as an address).

    Not what every computer calls itself: a list may have `localhost` in it, as that of ansible-pull does.
    """
    if name.lower() in EVERYBODYS:
        return False
    return bool(re.fullmatch(r"(?!\d+$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", name))


def hosts_naming(hosts: str, name: str, old: str = "") -> str:
    """Return an /etc/hosts in which the board finds its own name, at 127.0.1.1 as Debian has it.

    The name takes the place of the old one, which without `old` is the one that the line begins with; the line keeps
    its other names. Where the name is there already, nothing changes.
    """
    lines = hosts.splitlines(keepends=True)
    if is_named(lines, name):
        return hosts
    own = [number for number, line in enumerate(lines) if re.match(r"\s*127\.0\.1\.1\s", line)]
    if not own:
        end = "\r\n" if "\r\n" in hosts else "\n"
        return f"{hosts.rstrip()}{end}127.0.1.1\t{name}{end}".lstrip()
    gone = old or first_name(lines[own[0]])
    changed = [renamed(line, gone, name) if number in own else line for number, line in enumerate(lines)]
    if changed == lines:
        changed[own[0]] = with_name(lines[own[0]], name)
    return "".join(changed)


def is_named(lines: list[str], name: str) -> bool:
    """Tell whether a name stands for the board itself in lines of /etc/hosts, whatever its letters' case."""
    names = {each.lower() for line in lines if re.match(r"\s*127\.", line) for each in names_in(line)}
    return name.lower() in names


def names_in(line: str) -> list[str]:
    """Return the names that a line of /etc/hosts gives to its address."""
    return line.partition("#")[0].split()[1:]


def first_name(line: str) -> str:
    """Return what a line calls the board: its first name that is not every computer's, without a domain."""
    return next((name for each in names_in(line) if (name := each.partition(".")[0]).lower() not in EVERYBODYS), "")


def renamed(line: str, old: str, name: str) -> str:
    """Return a line of /etc/hosts with a name in the place of another one, if it has that."""
    told, mark, comment = line.partition("#")
    if not old:
        return line
    return re.sub(rf"(?<=\s){re.escape(old)}(?=\s|$)", name, told, flags=re.IGNORECASE) + mark + comment


def with_name(line: str, name: str) -> str:
    """Return a line of /etc/hosts with one name more, before its comment."""
    told, mark, comment = line.partition("#")
    names = told.rstrip()
    return f"{names} {name}{told[len(names) :]}{mark}{comment}"


def duration(seconds: float) -> str:
    """Return a span of time as people say it, in its largest unit."""
    amount = abs(seconds)
    units = [(size, unit) for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")) if amount >= 2 * size]
    size, unit = units[0] if units else (1, "seconds")
    return f"{round(amount / size)} {unit}"
