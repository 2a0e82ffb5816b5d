"""Whether a value that came as JSON has the type that a field is declared with."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Any, get_args, get_origin


def fits(value: object, hint: Any) -> bool:  # noqa: ANN401 (type hints have no common type)
    """Tell whether a value is of this type: plain, a union, a list or a tuple of one type, or a mapping."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return any(fits(value, option) for option in inner)
    if origin in (list, tuple):
        return isinstance(value, origin) and all(fits(item, inner[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict)
    return _fits_plain(value, hint)


def _fits_plain(value: object, kind: type) -> bool:
    """Tell whether a value is of a plain type; Python's own test takes True for a number."""
    if kind in (None, NoneType):
        return value is None
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
