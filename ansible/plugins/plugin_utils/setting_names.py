"""Settings that do not exist: a name that begins like ours, or is nearly one of ours, and is none."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

# What playbooks and lists of boards may set beside the settings of the roles.
BESIDE = frozenset({"task_limit_s", "board_model", "board_userland", "board_simulated", "board_known_hosts"})
# How alike two names are, from 0 to 1: `governer_name` is near `governor_name` (0.92), `board_name` (0.76), `my_camera`
# (0.57) and `school_name` (0.58) are near nothing of ours. A name that begins like ours need not be as near.
NEAR = 0.8
NEAR_OF_OURS = 0.6
# In characters: the time that comparing takes grows with the square of them.
LONGEST = 100


def unknown(
    given: Mapping[str, str], settings: Mapping[str, Collection[str]], other_roles: Iterable[str] = ()
) -> list[str]:
    """Say of each setting that does not exist where it stands, and which one is nearest.

    `given` has the place of each name that a person set, `settings` the names of each of our roles. Names that begin
    with the name of another role are that role's.
    """
    others = tuple(f"{role}_" for role in other_roles if role not in settings)
    known = BESIDE.union(*settings.values())
    asked = sorted(name for name in given if name not in known and not name.startswith(("_", *others)))
    told = {name: _refusal(name, known, settings) for name in asked}
    return [f"{where}: {said}" if (where := given[name]) else said for name, said in told.items() if said]


def _refusal(name: str, known: Collection[str], roles: Iterable[str]) -> str:
    """Say that there is no such setting; nothing if somebody calls something of theirs so."""
    role = next((role for role in (*roles, "restore") if name.startswith(f"{role}_")), "")
    near = _nearest(name, known, NEAR_OF_OURS if role else NEAR)
    if near:
        return f"there is no setting {name}; did you mean {near}?"
    return (
        f"there is no setting {name}; what is not ours cannot begin with {role}_, so call it otherwise." if role else ""
    )


def _nearest(name: str, known: Collection[str], near: float) -> str:
    """Return the setting that a name is nearest to, or nothing; `my_base_packages` is no slip of the pen."""
    if len(name) > LONGEST or any(name.endswith(f"_{each}") for each in known):
        return ""
    found = get_close_matches(name.lower(), sorted(known), n=1, cutoff=near)
    return found[0] if found else ""
