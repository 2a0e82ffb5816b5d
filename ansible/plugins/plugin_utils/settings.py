"""Checks the settings of a role: that they are what meta/argument_specs.yml says, and within their ranges."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, get_args, get_type_hints

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

if TYPE_CHECKING:
    from collections.abc import Iterator

SettingsType = TypeVar("SettingsType")


class Range(NamedTuple):
    """From the lowest to the highest value of a setting."""

    low: float
    high: float


class SettingsError(ValueError):
    """Settings are not what they should be; its text says which, and what to do."""


def checked(kind: type[SettingsType], options: dict[str, Any], values: dict[str, Any]) -> SettingsType:
    """Return settings with the types that they are described with; SettingsError if they do not fit."""
    found = ArgumentSpecValidator(options).validate(values, validate_role_argument_spec=True)
    if found.error_messages:
        raise SettingsError("Validation of arguments failed:\n" + "\n".join(found.error_messages))
    settings = kind(**found.validated_parameters)
    if trouble := " ".join(out_of_range(settings)):
        raise SettingsError(trouble)
    return settings


def out_of_range(settings: Any) -> Iterator[str]:
    """Name each setting that lies outside its range."""
    hints = get_type_hints(type(settings), include_extras=True)
    for each in fields(settings):
        edges = next((hint for hint in get_args(hints[each.name]) if isinstance(hint, Range)), None)
        value = getattr(settings, each.name)
        if edges and not edges.low <= value <= edges.high:
            yield (
                f"{each.name} is {value}, which is not between {edges.low:g} and {edges.high:g}: correct it in "
                "group_vars or host_vars."
            )
