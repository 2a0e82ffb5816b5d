"""Changes in a list of boards in YAML: a board more, or an address; every other letter stays.

PyYAML tells where each word stands; what is new is put between. Whether Ansible then reads what was meant is for the
caller to see.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

NULL = "tag:yaml.org,2002:null"
USUAL_STEP = 2
INDENT = re.compile(r"^( +)[^\s#]", re.MULTILINE)


class Entry(NamedTuple):
    """A key of a mapping, and its value."""

    key: Any
    value: Any


class Text(NamedTuple):
    """A list as it is written, and by how many spaces it is indented at each level."""

    whole: str
    step: int

    @property
    def ending(self) -> str:
        """How its lines end."""
        return "\r\n" if "\r\n" in self.whole else "\n"

    def below(self, line: int, indent: int, lines: list[str]) -> str:
        """Return it with lines more, below the one with this number."""
        rows = self.whole.splitlines(keepends=True)
        before = "".join(rows[: line + 1])
        before += "" if before.endswith("\n") else self.ending
        more = "".join(f"{' ' * indent}{each}{self.ending}" for each in lines)
        return before + more + "".join(rows[line + 1 :])

    def within(self, mapping: Any, words: str) -> str:  # noqa: ANN401 (a node of PyYAML, which has no types)
        """Return it with an entry more at the end of a mapping in braces."""
        end = mapping.end_mark.index - 1
        before = self.whole[:end].rstrip()
        comma = "" if before.endswith(("{", ",")) else ","
        space = "" if before.endswith("{") else " "
        return f"{before}{comma}{space}{words}{self.whole[len(before) : end]}{self.whole[end:]}"


def host_words(name: str, settings: Mapping[str, str]) -> str:
    """Write a board on one line."""
    return f"{name}: {{{', '.join(_lines(settings))}}}"


def with_host(whole: str, group: str, name: str, settings: Mapping[str, str]) -> str | None:
    """Return a list with a board more at the end of a group, which is made if it is not there; None if it cannot be."""
    tree = _tree(whole)
    if not _is_mapping(tree) or _is_flow(tree):
        return None
    text = Text(whole, _step(whole))
    entry = _group(tree, group)
    host = [f"{name}:", *(f"{' ' * text.step}{line}" for line in _lines(settings))]
    if entry is None:
        under = [f"{' ' * text.step}{line}" for line in _hosts(text, host)]
        return text.below(_last_line(tree), tree.start_mark.column, [f"{group}:", *under])
    if _is_mapping(entry.value) and (hosts := _entry(entry.value, "hosts")):
        return _added(text, hosts, host, host_words(name, settings))
    return _added(text, entry, _hosts(text, host), f"hosts: {{{host_words(name, settings)}}}")


def _hosts(text: Text, host: list[str]) -> list[str]:
    return ["hosts:", *(f"{' ' * text.step}{line}" for line in host)]


def with_address(whole: str, parts_of: Callable[[str], list[str]], address: str) -> str | None:
    """Return a list in which a board that has none has an address; None if it does not stand in it, or it cannot be.

    `parts_of` gives, for a key that names the board, the keys that are to stand for it, one of them for the board
    alone; nothing for any other key.
    """
    tree = _tree(whole)
    hosts = _all_hosts(tree) if _is_mapping(tree) else iter(())
    found = next((each for each in hosts if parts_of(str(each.key.value))), None)
    if found is None:
        return None
    parts = parts_of(str(found.key.value))
    if len(parts) > 1:
        split = _split(whole, found, parts)
        return with_address(split, parts_of, address) if split else None
    (line,) = _lines({"ansible_host": address})
    return _added(Text(whole, _step(whole)), found, [line], line)


def _split(whole: str, entry: Entry, parts: list[str]) -> str | None:
    """Write an entry once for each of the keys that it stands for; None where it does not have its lines for itself."""
    rows = whole.splitlines(keepends=True)
    start, end = entry.key.start_mark, entry.key.end_mark
    if rows[start.line][: start.column].strip() or start.line != end.line:
        return None
    first, *others = rows[start.line : _last_line_of(entry) + 1]
    copies = [first[: start.column] + part + first[end.column :] + "".join(others) for part in parts]
    after = rows[start.line + 1 + len(others) :]
    return "".join([*rows[: start.line], *(_ended(copy) for copy in copies[:-1]), copies[-1], *after])


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n"


def _added(text: Text, entry: Entry, lines: list[str], words: str) -> str | None:
    """Put lines into what a key stands for, or words where that is in braces; None where it is something else."""
    value = entry.value
    if value.tag == NULL and not value.value:
        return text.below(entry.key.end_mark.line, entry.key.start_mark.column + text.step, lines)
    if not _is_mapping(value):
        return None
    if _is_flow(value):
        return text.within(value, words)
    return text.below(_last_line(value), value.value[0][0].start_mark.column, lines)


def _lines(settings: Mapping[str, str]) -> list[str]:
    return [f"{key}: {_scalar(value)}" for key, value in settings.items() if value]


def _scalar(value: str) -> str:
    """Write a value so that it is read as text."""
    return str(yaml.safe_dump([value], default_flow_style=True, width=float("inf"))).strip()[1:-1]


def _tree(whole: str) -> Any:  # noqa: ANN401 (as above)
    try:
        return yaml.compose(whole, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return None


def _step(whole: str) -> int:
    return min((len(each) for each in INDENT.findall(whole)), default=USUAL_STEP)


def _is_mapping(node: Any) -> bool:  # noqa: ANN401 (as above)
    return isinstance(node, yaml.MappingNode)


def _is_flow(node: Any) -> bool:  # noqa: ANN401 (as above)
    return bool(node.flow_style)


def _entries(node: Any) -> Iterator[Entry]:  # noqa: ANN401 (as above)
    yield from (Entry(*pair) for pair in node.value)


def _entry(node: Any, key: str) -> Entry | None:  # noqa: ANN401 (as above)
    return next((each for each in _entries(node) if each.key.value == key), None)


def _groups(node: Any) -> Iterator[Entry]:  # noqa: ANN401 (as above)
    """Go through all groups, those within others too."""
    for each in _entries(node):
        yield each
        children = _entry(each.value, "children") if _is_mapping(each.value) else None
        if children and _is_mapping(children.value):
            yield from _groups(children.value)


def _group(tree: Any, name: str) -> Entry | None:  # noqa: ANN401 (as above)
    """Find a group where it has its boards, or else where it is first."""
    found = [each for each in _groups(tree) if each.key.value == name]
    with_hosts = (each for each in found if _is_mapping(each.value) and _entry(each.value, "hosts"))
    return next(with_hosts, found[0] if found else None)


def _all_hosts(tree: Any) -> Iterator[Entry]:  # noqa: ANN401 (as above)
    for group in _groups(tree):
        hosts = _entry(group.value, "hosts") if _is_mapping(group.value) else None
        if hosts and _is_mapping(hosts.value):
            yield from _entries(hosts.value)


def _last_line_of(entry: Entry) -> int:
    """Return the number of the last line of an entry; the value may stand elsewhere, under an anchor."""
    line = int(entry.key.end_mark.line)
    is_empty = entry.value.tag == NULL and not entry.value.value
    return line if is_empty else max(line, _last_line(entry.value))


def _last_line(node: Any) -> int:  # noqa: ANN401 (as above)
    """Return the number of the last line that says something of a node: a block ends only where the next one begins."""
    if isinstance(node, yaml.MappingNode) and not _is_flow(node):
        return _last_line_of(Entry(*node.value[-1]))
    if isinstance(node, yaml.SequenceNode) and not _is_flow(node):
        return _last_line(node.value[-1])
    end = node.end_mark
    return int(end.line) - int(end.column == 0)
