#!/usr/bin/python
"""Installs the packages of the course on a board, whatever else is amiss with its packages and their sources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pilab.classroom.plugins.module_utils import (
    apt_run,
    apt_sources,
    apt_words,
    apt_work,
    board_notes,
)

DOCUMENTATION = r"""
module: board_apt
short_description: Finish what dpkg was interrupted in, fetch package lists, install packages
description:
  - A package source that fails, and a package of somebody else that cannot be configured, become notes; with what there
    is all else is done. Settings files that somebody changed are kept. Nothing is removed to make room for ours.
  - Which packages came with ours is noted, as board_before tells.
options:
  names:
    description: The packages to install, as far as there are any of that name.
    type: list
    elements: str
    default: []
  needed:
    description: Those of them without which there is C(trouble).
    type: list
    elements: str
    default: []
  gone:
    description: The packages to remove with their settings.
    type: list
    elements: str
    default: []
  fetch:
    description: Whether to fetch the package lists before.
    type: bool
    default: false
  at_once:
    description: How many packages to install at once; a board with little memory takes a few.
    type: int
    default: 1000
  lock_timeout_s:
    description: How long to wait for another program that is installing packages.
    type: float
    default: 300
  config:
    description: Another apt.conf, of a bundle on the board. Then nothing may be amiss with its lists.
    type: str
    default: ""
  system:
    description: What the release of the board is called, for a sentence.
    type: str
    default: this board
author: Pilab
"""
EXAMPLES = r"""
- name: Install the packages of the course
  pilab.classroom.board_apt:
    names: [htop, python3-opencv, python3-lgpio]
    needed: [htop, python3-opencv]
    fetch: true
"""
RETURN = r"""
available:
  description: The names of which there is a package.
  returned: success
  type: list
notes:
  description: Sentences on what is amiss and does not keep the course from its packages.
  returned: success
  type: list
trouble:
  description: A sentence why a package that is needed is not there, or nothing.
  returned: success
  type: str
"""

NO_LISTS = "it cannot reach its package sources: see that there is internet, or use `invoke bundle`; then run again"
BAD_BUNDLE = "the bundle is damaged, or not what was published: gather it again with `invoke bundle`"
LIST = {"type": "list", "elements": "str", "default": []}
SPEC = {
    "names": LIST, "needed": LIST, "gone": LIST,
    "fetch": {"type": "bool", "default": False},
    "at_once": {"type": "int", "default": 1000},
    "lock_timeout_s": {"type": "float", "default": 300},
    "config": {"type": "str", "default": ""},
    "system": {"type": "str", "default": "this board"},
}  # fmt: skip


def main() -> None:
    """Do it, and say what became of it."""
    module = AnsibleModule(SPEC, supports_check_mode=True)
    wanted = module.params
    work = apt_work.Work(apt_run.Runner(wanted["config"], wanted["lock_timeout_s"]), wanted["names"])
    try:
        with work.readable():
            found = would(work, wanted) if module.check_mode else done(work, wanted)
        module.exit_json(notes=work.notes, **found)
    except apt_run.LockedError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename} cannot be written: {error.strerror}.")


def would(work: apt_work.Work, wanted: dict[str, Any]) -> dict[str, Any]:
    """Tell what would be done; which packages the lists have is known as far as they are there."""
    if wanted["config"]:
        fetched(work, wanted)
    there, before = work.available(wanted["names"]), work.installed()
    after = {*before, *there} - set(wanted["gone"])
    changed = after != set(before) or bool(work.unfinished())
    return {"changed": changed, "available": there, "trouble": "", "diff": difference(before, sorted(after))}


def done(work: apt_work.Work, wanted: dict[str, Any]) -> dict[str, Any]:
    """Do it, and tell what there is now."""
    state, before = work.state(), work.installed()
    has_lists = fetched(work, wanted) if wanted["fetch"] else True
    if wanted["config"] and (not has_lists or work.notes):
        return {"changed": False, "available": [], "trouble": BAD_BUNDLE, "diff": []}
    work.finish()
    there = install(work, wanted)
    hoped = {*there, *wanted["needed"]}
    if hoped - set(work.installed()) and not wanted["fetch"]:  # lists can be too old, or without what failed that time
        has_lists = fetched(work, wanted)
        there = install(work, wanted)
    if wanted["gone"]:
        work.remove(wanted["gone"])
    work.judge(sorted(set(there) - set(wanted["needed"])))
    trouble = trouble_of(work, wanted, there, has_lists=has_lists)
    changed, diff = work.state() != state, difference(before, work.installed())
    return {"changed": changed, "available": there, "trouble": trouble, "diff": diff}


def fetched(work: apt_work.Work, wanted: dict[str, Any]) -> bool:
    """Fetch the package lists; tell whether any source gave its own."""
    return work.fetch({} if wanted["config"] else apt_sources.files_of(Path("/")))


def install(work: apt_work.Work, wanted: dict[str, Any]) -> list[str]:
    """Install what there is of the packages, note which came, and return the names of what there is."""
    there = work.available(wanted["names"])
    if not there:
        return []
    if before := board_notes.written():
        board_notes.write(board_notes.begin(before, work.installed()))
    work.install(there, wanted["at_once"])
    if before:
        board_notes.write(board_notes.end(board_notes.written(), work.installed()))
    return there


def trouble_of(work: apt_work.Work, wanted: dict[str, Any], there: list[str], *, has_lists: bool) -> str:
    """Return why a package that is needed is not there, with the fix, or nothing."""
    missing = sorted(set(wanted["needed"]) - set(work.installed()))
    if not missing:
        return ""
    absent = [name for name in missing if name not in there]
    if not absent:
        return f"{missing[0]} cannot be installed: {work.why_not(missing[0])}"
    if work.unreadable:
        return f"apt cannot read {work.unreadable}: correct it, or take it away"
    if not has_lists:
        return NO_LISTS
    return lacking(", ".join(absent), work.notes, wanted)


def lacking(names: str, notes: list[str], wanted: dict[str, Any]) -> str:
    """Return a sentence on packages that no source has."""
    if wanted["config"]:
        return f"the bundle has no {names}: gather it again with `invoke bundle` where there is internet."
    sources = [note for note in notes if apt_words.is_of_source(note)]
    fix = "; ".join(sources) or f"see whether /etc/apt/sources.list is that of {wanted['system']}"
    return f"its package sources have no {names}: {fix}."


def difference(before: list[str], after: list[str]) -> list[dict[str, str]]:
    """Return which packages come and go, as --diff shows it."""
    gone, come = (lines(sorted(set(one) - set(other))) for one, other in ((before, after), (after, before)))
    return [{"before_header": "packages", "after_header": "packages", "before": gone, "after": come}]


def lines(names: list[str]) -> str:
    """Return names, one on a line."""
    return "".join(f"{name}\n" for name in names)


if __name__ == "__main__":
    main()
