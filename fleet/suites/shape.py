"""What a suite and a plan may hold, as boards take it: types and ranges."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from fleet.gate import Governor, Name, Program, RunName, Size, Text, Workers

Runs = Annotated[int, Meta(ge=1, le=1000)]
Governors = Annotated[list[Governor], Meta(max_length=6)]
Seconds = Annotated[float, Meta(ge=0.01, le=60)]
TimeoutS = Annotated[float, Meta(ge=1, le=3600)]
PatienceS = Annotated[float, Meta(ge=0, le=3600)]
SampleKey = tuple[Program, Size, Workers, Annotated[str, Meta(max_length=32)], Annotated[int, Meta(ge=0, le=999)]]


class WishShape(Struct, forbid_unknown_fields=True):
    """One experiment."""

    name: Name
    workers: Annotated[list[Workers], Meta(min_length=1, max_length=64)]
    sizes: Annotated[list[Size], Meta(min_length=1, max_length=64)] | None = None
    step_bytes: Annotated[int, Meta(ge=65536, le=2**40)] | None = None


Wishes = Annotated[list[WishShape], Meta(min_length=1, max_length=32)]


class SuiteShape(Struct, forbid_unknown_fields=True):
    """A suite as its file has it."""

    title: Text
    minutes: Annotated[int, Meta(ge=1, le=10_000)]
    runs: Runs
    governors: Governors
    target_s: Seconds
    timeout_s: TimeoutS
    patience_s: PatienceS
    experiments: Wishes


class LikeShape(SuiteShape, forbid_unknown_fields=True, kw_only=True):
    """A suite that runs the experiments of another one with these numbers of workers; its own go before."""

    like: Name
    workers: Annotated[list[Workers], Meta(min_length=1, max_length=64)]
    experiments: Annotated[list[WishShape], Meta(max_length=32)] = []


class PlanShape(Struct):
    """A plan as a run keeps it; what only a board needs may be missing in old ones."""

    schema: int
    run: RunName
    suite: Text
    runs: Runs
    governors: Governors
    target_s: Seconds
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    experiments: Wishes
    timeout_s: TimeoutS = 1
    patience_s: PatienceS = 0
    done: Annotated[list[SampleKey], Meta(max_length=32_000)] = []
