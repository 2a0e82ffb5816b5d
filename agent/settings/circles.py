"""Which circles are looked for; the radii are the course's (lesson L7)."""

from __future__ import annotations

from dataclasses import dataclass, fields

from agent.errors import ConfigError

SMALLEST_PX, LARGEST_PX = 8.0, 4096.0


def _check(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ConfigError(f"circles.{name} is {value:g}; give a number from {least:g} to {most:g}.")


@dataclass(frozen=True)
class CircleSettings:
    """Radii and distances in pixels; a sensitivity above 0.5 finds fainter circles, and more that are none.

    Of circles that lie over each other for the most part only one is told, whatever the distance of their centres.
    """

    min_radius_px: float = 35.0
    max_radius_px: float = 500.0
    min_distance_px: float = 35.0
    sensitivity: float = 0.5

    def __post_init__(self) -> None:
        _check("min_radius_px", self.min_radius_px, SMALLEST_PX, LARGEST_PX)
        _check("max_radius_px", self.max_radius_px, self.min_radius_px, LARGEST_PX)
        _check("min_distance_px", self.min_distance_px, 0.0, LARGEST_PX)
        _check("sensitivity", self.sensitivity, 0.0, 1.0)


# "close" leaves it to the overlap alone.
PRESETS = {"course": CircleSettings(), "close": CircleSettings(min_distance_px=0.0)}


def make_settings(preset: str, **changes: float | None) -> CircleSettings:
    """Return a preset's settings with some of them changed; None leaves one as it is."""
    base = PRESETS[preset]
    values = {each.name: changes.get(each.name) for each in fields(CircleSettings)}
    return CircleSettings(**{name: getattr(base, name) if value is None else value for name, value in values.items()})
