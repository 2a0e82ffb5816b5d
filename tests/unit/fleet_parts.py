"""Records of a real Pi 4 that behaves as the course says, as a test wants them. Made up: nobody measured them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from fleet.analysis.records import BoardFacts, Policy, Records, Sample

DATA = Path(__file__).parents[1] / "data" / "records"
RECORDED = DATA / "virtual-pi.jsonl"
MS = 1_000_000
PAGE_BYTES = 4096
STEP_BYTES = 100 * 2**20

PI4 = BoardFacts(
    hostname="pi04",
    model="Raspberry Pi 4 Model B Rev 1.4",
    release="bookworm",
    os_pretty="Debian GNU/Linux 12 (bookworm)",
    kernel="6.12.47+rpt-rpi-v8",
    machine="aarch64",
    userland="arm64",
    cores=4,
    memory_bytes=3980 * 2**20,
    page_size_bytes=PAGE_BYTES,
    gcc="12.2.0",
    python="3.11.2",
    opencv="4.6.0+dfsg-12",
    virtualization="none",
    simulated=False,
    agent_was_active=True,
    serial="10000000a1b2c3d4",
    policies=(Policy("policy0", [0, 1, 2, 3], "ondemand", 600_000, 1_800_000),),
)
CLOCKS = {"performance": 1_800_000, "powersave": 600_000}


def sample(experiment: str = "busy", workers: int = 1, governor: Any = "performance", **changes: Any) -> Sample:  # noqa: ANN401
    """One program that had a core for itself for 400 ms."""
    made = Sample(
        experiment=experiment,
        lesson="L9",
        workers=workers,
        size=250_000_000,
        size_unit="additions",
        governor=governor,
        index=0,
        repetition=0,
        wall_ns=401 * MS,
        user_ns=399 * MS,
        sys_ns=1 * MS,
        peak_rss_bytes=1_500_000,
        minor_faults=90,
        major_faults=0,
        exit_status=0,
        output={"loop_ns": 400 * MS},
        clock_before_khz=[CLOCKS[governor]],
        clock_after_khz=[CLOCKS[governor]],
        temperature_after_mc=48_000,
        throttled_before=0,
        throttled_after=0,
    )
    return replace(made, **changes)


def timed(experiment: str, lesson: str, workers: int, wall_ms: float, user_ms: float, **changes: Any) -> list[Sample]:  # noqa: ANN401
    """Five repetitions that differ by a few parts in a thousand."""
    return [
        sample(
            experiment,
            workers,
            lesson=lesson,
            repetition=number,
            wall_ns=int(wall_ms * MS * jitter),
            user_ns=int(user_ms * MS * jitter),
            output={"loop_ns": int((wall_ms - 1) * MS * jitter)},
            **changes,
        )
        for number, jitter in enumerate((1.0, 1.002, 0.999, 1.001, 1.003))
    ]


def page_touch() -> list[Sample]:
    """Memory that arrives with one fault per page."""
    steps: Any = [
        {
            "touched_bytes": number * STEP_BYTES,
            "resident_bytes": number * STEP_BYTES + 1_400_000,
            "minor_faults": STEP_BYTES // PAGE_BYTES,
            "step_ns": 60 * MS,
        }
        for number in range(1, 11)
    ]
    return [
        replace(each, output={"page_bytes": PAGE_BYTES, "steps": steps}, size_unit="bytes")
        for each in timed("page-touch", "L12", 1, 620, 80, sys_ns=538 * MS)
    ]


def pi4(*without: str) -> Records:
    """A run in which every statement of the course holds, without the experiments named."""
    samples = [
        *timed("busy", "L9", 1, 401, 399),
        *timed("busy", "L9", 1, 1203, 1200, governor="powersave"),
        *timed("c-threads", "L11", 1, 401, 399),
        *timed("c-threads", "L11", 2, 202, 400),
        *timed("c-threads", "L11", 4, 104, 401),
        *page_touch(),
        *timed("python-threads", "L13", 1, 450, 445),
        *timed("python-threads", "L13", 4, 480, 470),
        *timed("python-processes", "L14", 1, 450, 445),
        *timed("python-processes", "L14", 4, 119, 460),
        *timed("python-io-threads", "L15", 1, 440, 5, bound="waiting"),
        *timed("python-io-threads", "L15", 4, 112, 6, bound="waiting"),
    ]
    return Records("pi04", PI4, tuple(each for each in samples if each.experiment not in without))


def with_samples(records: Records, *samples: Sample) -> Records:
    """The same board with more samples."""
    return replace(records, samples=records.samples + samples)
