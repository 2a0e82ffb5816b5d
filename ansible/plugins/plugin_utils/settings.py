"""Checks the settings of a role: that they are what meta/argument_specs.yml says, and within their ranges."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, get_args, get_type_hints

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

if TYPE_CHECKING:
    from collections.abc import Iterator

SettingsType = TypeVar("SettingsType")


CONVERT = re.compile(
    r"argument '(?P<name>\w+)' is of type .* and we were unable to convert to (?P<kind>\w+):", re.DOTALL
)
UNKNOWN = re.compile(r"(?P<name>\w+\.\S+)\. Supported parameters include: (?P<known>.*)\.\Z", re.DOTALL)
MISSING = re.compile(r"missing required arguments: (?P<options>.*) found in (?P<name>\S+)\Z", re.DOTALL)
ELEMENTS = re.compile(
    r"Elements value for option '(?P<name>\w+)' is of type .* and we were unable to convert to (?P<kind>\w+):",
    re.DOTALL,
)
# Said beside one of the others, without the name of the setting.
NAMELESS = "dictionary requested, could not parse JSON or key=value"
KINDS = {
    "int": "no whole number",
    "float": "no number",
    "bool": "neither true nor false",
    "list": "no list",
    "dict": "no list of settings",
}


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
        said = [reworded(message, values) for message in found.error_messages if message != NAMELESS]
        raise SettingsError("Validation of arguments failed:\n" + ", and ".join(said))
    settings = kind(**found.validated_parameters)
    if trouble := " ".join(out_of_range(settings)):
        raise SettingsError(trouble)
    return settings


def reworded(message: str, values: dict[str, Any]) -> str:
    """Say what Ansible says of settings in the words of those who write them; it names classes of Python."""
    if found := CONVERT.match(message):
        return f"{found['name']} is {values.get(found['name'])}, which is {KINDS.get(found['kind'], found['kind'])}"
    if found := ELEMENTS.match(message):
        return f"{found['name']} has an entry that is {KINDS.get(found['kind'], found['kind'])}"
    if found := UNKNOWN.match(message):
        name, _, option = found["name"].partition(".")
        return f"{name} has {option}, which is none of {found['known']}"
    if found := MISSING.match(message):
        return f"{found['name']} lacks {found['options']}"
    return message


def check_limit(value: object) -> None:
    """Refuse a task_limit_s that Ansible cannot take for a number of seconds: SettingsError."""
    if not re.fullmatch(r"[1-9][0-9]{0,6}", str(value)):
        raise SettingsError(f"task_limit_s is {value}, which is no number of seconds: write one, as 600.")


def out_of_range(settings: Any) -> Iterator[str]:
    """Name each setting that lies outside its range."""
    hints = get_type_hints(type(settings), include_extras=True)
    for each in fields(settings):
        edges = next((hint for hint in get_args(hints[each.name]) if isinstance(hint, Range)), None)
        value = getattr(settings, each.name)
        if edges and not edges.low <= value <= edges.high:
            yield (
                f"{each.name} is {value}, which is not between {edges.low:.12g} and {edges.high:.12g}: correct it in "
                "group_vars or host_vars."
            )
