"""What becomes of the course's C programs on a board."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.pilab.classroom.plugins.plugin_utils.decided import Cell, Decided
from ansible_collections.pilab.classroom.plugins.plugin_utils.described import Description, tree_digest

if TYPE_CHECKING:
    from ansible_collections.pilab.classroom.plugins.plugin_utils.board_gate import BoardLook
    from ansible_collections.pilab.classroom.plugins.plugin_utils.described import RoleFiles

FOLDER = "/opt/pilab/native"


@dataclass(frozen=True)
class Settings:
    """There is nothing to set."""


@dataclass(frozen=True)
class Plan:
    """What the role does; `built_from` names the sources, and the architecture that the programs are built for."""

    writes: bool
    compiles: bool
    built_from: str


def describe(files: RoleFiles) -> Description:
    """Return the files of the role; what was built on the board stays."""
    return Description(trees=[files.tree(FOLDER, keep=["bin"])])


def decide(settings: Settings, seen: BoardLook, cell: Cell, description: Description) -> Decided:  # noqa: ARG001 (as every role's)
    """Decide what becomes of a board that was seen.

    The model does not count: what is built for an architecture runs on every board that its system runs on.
    """
    built_from = f"{tree_digest(description.trees[0]['source'])} {seen.userland}"
    plan = Plan(writes=bool(seen.stale["native"]), compiles=seen.native_sources != built_from, built_from=built_from)
    return Decided(plan, differs=plan.writes or plan.compiles)


def restore(seen: BoardLook) -> Decided:  # noqa: ARG001 (as every role's)
    """Return that the programs go."""
    return Decided(Settings(), differs=True)
