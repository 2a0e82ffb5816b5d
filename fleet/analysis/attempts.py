"""Several attempts of one run on one board, put together where board and programs are still what they were; pure."""

from __future__ import annotations

from dataclasses import fields

from fleet.analysis.limits import described_otherwise, too_many
from fleet.analysis.record_types import BoardFacts
from fleet.analysis.records import Records
from fleet.errors import RecordError
from fleet.gate import shown
from fleet.i18n import lazy

# What may differ between two attempts of the same run on the same board.
PASSING = ("agent_was_active", "policies")


def joined(before: Records, after: Records) -> Records:
    """Put two attempts together; RecordError if the board is no longer what it was: unlike boards are never pooled."""
    changes = _changes(before.board, after.board) if before.board and after.board else []
    if changes:
        raise RecordError(
            lazy(
                "{board} is not as it was when the run began ({changes}), so what it measured again is left out; bench "
                "it anew.",
                board=before.host,
                changes="; ".join(changes),
            )
        )
    samples = before.samples + after.samples
    if program := described_otherwise(samples):
        raise RecordError(
            lazy(
                "The attempts of {board} do not describe {program} alike, so the last one is left out; bench it anew.",
                board=before.host,
                program=shown(program),
            )
        )
    if excess := too_many(samples):
        raise RecordError(
            lazy(
                "The attempts of {board} together hold {excess}, so the last one is left out.",
                board=before.host,
                excess=excess,
            )
        )
    return Records(
        host=before.host,
        board=after.board or before.board,
        samples=samples,
        events=before.events + after.events,
        end=after.end,
        flaw=after.flaw,
    )


def _changes(before: BoardFacts, after: BoardFacts) -> list[str]:
    pairs = ((each.name, getattr(before, each.name), getattr(after, each.name)) for each in fields(BoardFacts))
    return [f"{name}: {old}, then {new}" for name, old, new in pairs if old != new and name not in PASSING]
