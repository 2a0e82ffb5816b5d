"""The time of day."""

from datetime import datetime, timezone


def utc() -> str:
    """Tell the time of day, for people only: durations come from monotonic clocks."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
