"""Decides for a board that was seen: all roles at once, before any change."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import msgspec

from ansible_collections.pilab.classroom.plugins.module_utils import table
from ansible_collections.pilab.classroom.plugins.plugin_utils import decided, roles
from ansible_collections.pilab.classroom.plugins.plugin_utils.board_gate import BoardLook
from ansible_collections.pilab.classroom.plugins.plugin_utils.decided import Cell, Decided
from ansible_collections.pilab.classroom.plugins.plugin_utils.described import Description


class Wanted(NamedTuple):
    """What one role is asked for."""

    settings: Any
    description: Description


@dataclass(frozen=True)
class Board:
    """A board as it was seen; the inventory may overrule what it says of its model and userland."""

    seen: BoardLook
    model: str
    userland: str

    @classmethod
    def of(cls, found: dict[str, Any], model: str, userland: str) -> Board:
        """Return the board of an answer that has passed the gate."""
        seen = msgspec.convert(found, BoardLook)
        return cls(seen, model or seen.model, userland or seen.userland)

    def cell(self) -> Cell:
        """Return what the table says of it."""
        seen = self.seen
        return Cell(**table.cell(roles.TABLE, seen.release, self.userland, self.model, seen.packages.installed))

    def refusals(self) -> tuple[str, ...]:
        """Return why it is left as it is, whatever the role."""
        return decided.refusals(roles.TABLE, self.seen, self.userland, self.model)


def decide(board: Board, wanted: dict[str, Wanted]) -> dict[str, Decided]:
    """Decide what each role is to do; nothing is decided for a board that is refused as a whole."""
    if trouble := board.refusals():
        return {"the board": Decided(None, differs=False, refusals=trouble)}
    cell = board.cell()
    return {
        name: roles.DECISIONS[name].decide(each.settings, board.seen, cell, each.description)
        for name, each in wanted.items()
    }


def restore(board: Board, names: list[str]) -> dict[str, Decided]:
    """Decide how a board is given back; one without notes of how it was has nothing to get back."""
    trouble = decided.unchangeable(board.seen)
    if trouble or not msgspec.to_builtins(board.seen.before):
        return {"the board": Decided(None, differs=False, refusals=trouble)}
    return {name: roles.DECISIONS[name].restore(board.seen) for name in names}


def refusal(decisions: dict[str, Decided]) -> str:
    """Return the first sentence why the board is left as it is, or nothing."""
    return next((sentence for each in decisions.values() for sentence in each.refusals), "")


def told(
    decisions: dict[str, Decided], wanted: dict[str, Wanted], marks: dict[str, str], earlier: dict[str, Any]
) -> dict[str, Any]:
    """Return the decisions as tasks take them, beside those that were made earlier in the play.

    A role that changes something says its notes itself, at its end.
    """
    plans = {name: plan_of(each, wanted.get(name)) for name, each in decisions.items() if each.plan is not None}
    plans = {**earlier.get("plans", {}), **plans}
    return {
        "asked": {**earlier.get("asked", {}), **marks},
        "plans": plans,
        "differs": [name for name, plan in plans.items() if plan["differs"]],
        "is_configured": not any(plan["differs"] for plan in plans.values()),
        "notes": [note for each in decisions.values() if not each.differs for note in each.notes],
    }


def plan_of(decision: Decided, wanted: Wanted | None) -> dict[str, Any]:
    """Return the plan of a role with all that its tasks need, as plain values; files only where they may be written."""
    plan = {**asdict(decision.plan), "differs": decision.differs, "notes": list(decision.notes)}
    if wanted and decision.differs:
        described = wanted.description
        plan |= {"folders": described.folders, "files": described.files, "trees": described.trees}
    return plan
