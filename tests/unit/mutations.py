"""Inputs that a hostile board could send: honest ones, changed in ways that have broken readers before, by a seed."""

from __future__ import annotations

import json
import os
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# More by hand: PILAB_FUZZ=100 pytest tests/unit -k fuzz
TIMES = int(os.environ.get("PILAB_FUZZ", "1"))
DEEP = 100_000
STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 0.0, -0.0, 1e308, 5e-324),
    *("", " ", "x", "0", "NaN", "yesterday", "\x1b]0;t\x07\x1b[2J", "[/x]", "[red]", "<script>alert(1)</script>"),
    *("=1+1", "';drop table samples;--", "../../etc/passwd", "a\nb\r\nc", "\ud800", "\u202e", "\0", "{0}", "%s"),
    *("x" * 70_000, [], {}, [[]], [None], [0] * 1000, {"": 0}, {"a": {"b": {}}}),
)
RAW = (
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"1" * 5000,
    b"[" * DEEP + b"]" * DEEP,
    b'{"a":' * DEEP,
    b'"\xff\xfe"',
    b"\xed\xa0\x80",
    b"",
    b"\0",
)


def mutated(honest: bytes, seed: int, count: int) -> Iterator[bytes]:
    """Yield so many changed versions of an input of JSON lines, the same ones for the same seed."""
    for number in range(count * TIMES):
        yield _changed(honest, random.Random(f"{seed}-{number}"))  # noqa: S311 (the same again is wanted)


def _changed(honest: bytes, draw: random.Random) -> bytes:
    lines = honest.splitlines(keepends=True)
    for _ in range(draw.choice((1, 1, 1, 2, 5))):
        at = draw.randrange(len(lines))
        lines[at] = draw.choice(WAYS)(lines[at], draw)
    if draw.random() < 0.1:
        draw.shuffle(lines)
    return b"".join(lines)


def _other_value(line: bytes, draw: random.Random) -> bytes:
    """Put a strange value somewhere into the object of a line, at any depth."""
    return _edited(line, draw, lambda inside, key: inside.__setitem__(key, draw.choice(STRANGE)))


def _without(line: bytes, draw: random.Random) -> bytes:
    return _edited(line, draw, lambda inside, key: inside.__delitem__(key))


def _with_more(line: bytes, draw: random.Random) -> bytes:
    def add(inside: Any, key: Any) -> None:  # noqa: ANN401 (any JSON)
        if isinstance(inside, dict):
            inside[draw.choice(("", "x", "schema", "kind", "\x1b[2J", "add_host", "ansible_facts", str(key) * 2))] = (
                draw.choice(STRANGE)
            )
        else:
            inside.append(draw.choice(STRANGE))

    return _edited(line, draw, add)


def _edited(line: bytes, draw: random.Random, edit: Any) -> bytes:  # noqa: ANN401 (a function over any JSON)
    try:
        whole = json.loads(line)
    except (ValueError, RecursionError):
        return line
    places = list(_places(whole))
    if places:
        edit(*draw.choice(places))
    return (
        json.dumps(whole, separators=(",", ":"), ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass")
        + b"\n"
    )


def _places(whole: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 (any JSON)
    """Yield every container with each of its keys."""
    if isinstance(whole, (dict, list)):
        for key in whole if isinstance(whole, dict) else range(len(whole)):
            yield whole, key
            yield from _places(whole[key])


def _raw_value(line: bytes, draw: random.Random) -> bytes:
    """Put something that is hardly JSON in the place of a value."""
    before, colon, after = line.partition(b":")
    return before + colon + draw.choice(RAW) + after[draw.randrange(len(after) or 1) :]


def _flipped(line: bytes, draw: random.Random) -> bytes:
    changed = bytearray(line)
    for _ in range(draw.choice((1, 3, 10))):
        if changed:
            changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def _cut(line: bytes, draw: random.Random) -> bytes:
    return line[: draw.randrange(len(line) + 1)]


def _twice(line: bytes, draw: random.Random) -> bytes:
    return line * draw.choice((0, 2, 3))


WAYS = (_other_value, _other_value, _other_value, _without, _with_more, _raw_value, _flipped, _cut, _twice)
