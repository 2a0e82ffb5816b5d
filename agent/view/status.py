"""The status that those who look in get, as JSON and as Prometheus wants it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.ports import HistogramView

SCHEMA = 1


@dataclass(frozen=True)
class AgentStatus:
    """One moment of the agent."""

    status: str
    source: str
    detector: str
    sees: bool
    lit: bool
    uptime_s: float
    frames: int
    frames_skipped: int
    frames_with_circles: int
    circles: int
    fps: float
    led_changes: int
    blind_times: int
    age_ms: HistogramView
    led_age_ms: HistogramView
    detect_ms: HistogramView
    temperature_c: float | None
    throttled: int | None


HISTOGRAMS = {
    "age_ms": "Age of each frame when the LED was decided on.",
    "led_age_ms": "Age of the frame that switched the LED on.",
    "detect_ms": "Time that looking for circles took.",
}
COUNTERS = {
    "frames": "Frames that were looked at.",
    "frames_skipped": "Frames that a newer one replaced before they were looked at.",
    "frames_with_circles": "Frames in which there were circles.",
    "circles": "Circles found in all frames.",
    "led_changes": "Times that circles switched the LED on or off.",
    "blind_times": "Times that nothing could be seen.",
}
GAUGES = {
    "sees": "1 while frames are looked at.",
    "lit": "1 while circles light the LED.",
    "fps": "Frames a second, lately.",
    "uptime_s": "Seconds since the start.",
    "temperature_c": "Temperature of the processor.",
    "throttled": "Bits of the firmware as vcgencmd get_throttled has them.",
}


def as_json(status: AgentStatus) -> str:
    """Write one object."""
    values = {name: value for name, value in vars(status).items() if name not in HISTOGRAMS}
    histograms = {name: _histogram_json(getattr(status, name)) for name in HISTOGRAMS}
    return json.dumps({"schema": SCHEMA, **values, **histograms}, ensure_ascii=False) + "\n"


def _histogram_json(histogram: HistogramView) -> dict[str, Any]:
    up_to = histogram.up_to()
    return {
        "count": up_to[-1],
        "sum": round(histogram.sum, 3),
        "greatest": round(histogram.greatest, 3),
        "limits": list(histogram.limits),
        "up_to": up_to,
    }


def as_prometheus(status: AgentStatus) -> str:
    """Write the text format, version 0.0.4 (prometheus.io, "Exposition formats")."""
    metrics = [_metric(f"{name}_total", "counter", help_text, status, name) for name, help_text in COUNTERS.items()]
    metrics += [_metric(name, "gauge", help_text, status, name) for name, help_text in GAUGES.items()]
    metrics += [_histogram(name, help_text, getattr(status, name)) for name, help_text in HISTOGRAMS.items()]
    return "\n".join(line for metric in metrics for line in metric) + "\n"


def _metric(metric: str, kind: str, help_text: str, status: AgentStatus, name: str) -> list[str]:
    value = getattr(status, name)
    return [] if value is None else [*_head(metric, kind, help_text), f"pilab_agent_{metric} {float(value):.15g}"]


def _histogram(name: str, help_text: str, histogram: HistogramView) -> list[str]:
    limits, up_to = [f"{limit:g}" for limit in histogram.limits] + ["+Inf"], histogram.up_to()
    buckets = [f'pilab_agent_{name}_bucket{{le="{le}"}} {count}' for le, count in zip(limits, up_to)]
    totals = [f"pilab_agent_{name}_sum {histogram.sum:.15g}", f"pilab_agent_{name}_count {up_to[-1]}"]
    return [*_head(name, "histogram", help_text), *buckets, *totals]


def _head(name: str, kind: str, help_text: str) -> list[str]:
    return [f"# HELP pilab_agent_{name} {help_text}", f"# TYPE pilab_agent_{name} {kind}"]
