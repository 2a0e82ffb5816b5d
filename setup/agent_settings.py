"""The agent's settings as Ansible has them: described, with defaults and ranges, and written into the agent's file.

A setting `led.pin` is the variable `agent_led_pin`, but for those that have a name of their own.
"""

from __future__ import annotations

import json
from dataclasses import Field, dataclass, fields
from typing import TYPE_CHECKING, Any

from agent.settings.config import check_config
from agent.settings.rules import Number, OneOf, Text, Whole, YesNo

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = {"agent_circles_detector": "agent_detector", "agent_status_view": "agent_view"}
TYPES = {OneOf: "str", Text: "str", Whole: "int", Number: "float", YesNo: "bool"}
# What typing on a command line makes a text is what it should be again.
WRITTEN = {"str": " | to_json", "int": "", "float": " | float", "bool": " | bool | to_json"}


@dataclass(frozen=True)
class Setting:
    """One setting that a teacher may set."""

    section: str
    name: str
    default: Any
    rule: Any
    meaning: str

    @property
    def variable(self) -> str:
        """What Ansible calls it."""
        usual = f"agent_{self.section}_{self.name}"
        return NAMES.get(usual, usual)

    @property
    def type(self) -> str:
        """What Ansible calls its type."""
        return TYPES[type(self.rule)]

    @property
    def range(self) -> list[float]:
        """From the lowest to the highest value; empty where there is no such thing."""
        if not isinstance(self.rule, (Whole, Number)):
            return []
        has_zero = isinstance(self.rule, Number) and self.rule.zero
        return [0 if has_zero else self.rule.least, self.rule.most]

    @property
    def description(self) -> str:
        """What it means, with its range."""
        if not self.range:
            return f"{self.meaning}."
        zero = f", or 0 for {self.rule.zero}" if isinstance(self.rule, Number) and self.rule.zero else ""
        return f"{self.meaning} ({self.rule.least:g} to {self.rule.most:g}{zero})."


def settings() -> Iterator[Setting]:
    """List the settings that have a meaning for a teacher, in their order."""
    config = check_config({})
    for section in fields(config):
        for each in fields(getattr(config, section.name)):
            if each.metadata["meaning"]:
                yield _setting(section.name, each)


def _setting(section: str, found: Field[Any]) -> Setting:
    return Setting(section, found.name, found.default, found.metadata["rule"], found.metadata["meaning"])


def options() -> str:
    """Describe them as `argument_specs` does."""
    return "".join(_option(each) for each in settings())


def _option(setting: Setting) -> str:
    lines = [f"{setting.variable}:", f"  description: {as_yaml(setting.description)}", f"  type: {setting.type}"]
    if isinstance(setting.rule, OneOf):
        lines.append(f"  choices: [{', '.join(setting.rule.words)}]")
    lines.append(f"  default: {as_yaml(setting.default)}")
    return "".join(f"      {line}\n" for line in lines)


def defaults() -> str:
    """Give each its default."""
    return "".join(f"{each.variable}: {as_yaml(each.default)}\n" for each in settings())


def typed() -> str:
    """Give each its type, a number with its range."""
    return "".join(f"    {each.variable}: {_type(each)}\n" for each in settings())


def _type(setting: Setting) -> str:
    if not setting.range:
        return setting.type
    return f"Annotated[{setting.type}, Range({', '.join(f'{edge:g}' for edge in setting.range)})]"


def template() -> str:
    """Write them into the agent's file."""
    sections: dict[str, list[str]] = {}
    for each in settings():
        line = f"{each.name} = {{{{ {each.variable}{WRITTEN[each.type]} }}}}\n"
        sections.setdefault(each.section, [f"[{each.section}]\n"]).append(line)
    return "\n".join("".join(lines) for lines in sections.values())


def as_yaml(value: object) -> str:
    """Write a value; a text that YAML would read as something else is quoted."""
    if isinstance(value, str):
        return value if value and not {":", "#"} & set(value) else json.dumps(value)
    return f"{value:g}" if isinstance(value, float) else json.dumps(value)


ROLE = "ansible/roles/agent"
BLOCKS = {
    f"{ROLE}/meta/argument_specs.yml": options,
    f"{ROLE}/defaults/main.yml": defaults,
    "ansible/plugins/plugin_utils/decide_agent.py": typed,
    f"{ROLE}/templates/etc/pilab/agent.toml.j2": template,
}
