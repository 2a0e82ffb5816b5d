"""What may leave the room of what a board recorded: numbers, words that name nobody, and tokens for all else; pure.

Only what is listed here leaves; docs/share.md has it field by field.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

from fleet.gate import Governor
from fleet.harmless import KERNEL, MACHINES, MODEL, USERLANDS, VERSION, VIRTUALIZATION

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from fleet.analysis.record_types import BoardFacts, Event, Policy, Sample
    from fleet.boards.outcome import State
    from fleet.results.manifest import BoardEntry, Manifest
    from fleet.tokens import Tokens

RUN = re.compile(r"20[0-9]{6}T[0-9]{6}Z-[0-9a-f]{4}")
SYSTEM = re.compile(
    r"(Debian|Raspbian) GNU/Linux \d{1,2}( \([a-z]{3,9}\))?|Ubuntu \d\d\.\d\d(\.\d)?( LTS)?",
)
OPENCV = re.compile(
    r"[2-5]\.\d{1,2}\.\d{1,2}(\.\d{2})?(\+dfsg\d?)?(-\d{1,2}(\.\d)?)?([+~](rpt|deb|rpi|b)\d{1,2}(u\d)?)*"
)
GOVERNORS = get_args(Governor)
# What the agent says has happened; a test compares them with its source.
HAPPENED = frozenset(
    (
        *("calibrated", "energy", "failed", "given-up", "governor-left", "governor-set", "interrupted", "left-out"),
        *("no-energy", "restless", "skipped", "throttle-history"),
    )
)
# Stands where a sentence was, which may have had names in it.
STAYS = "What was said of it stays in its room."


@dataclass(frozen=True)
class Scrub:
    """Replaces names by the words of a room; releases, suites and programs are known by lists."""

    words: Tokens
    releases: Collection[str]
    suites: Collection[str]
    programs: Collection[str]

    def board(self, name: str) -> str:
        """Return the word for the name of a board."""
        return self.words("board", name)

    def run(self, name: str) -> str:
        """Return the name of a run if it is one that `invoke bench` gave, and else a word for it."""
        return self.words.unless(RUN, "run", name)

    def program(self, name: str) -> str:
        """Return the name of a program of the course, and a word for any other."""
        return self.words.unless(self.programs, "program", name)

    def facts(self, facts: BoardFacts) -> BoardFacts:
        """Return what a board is, without what it alone is."""
        allowed = self.words.unless
        return replace(
            facts,
            hostname=self.board(facts.hostname),
            serial=self.words("serial", facts.serial),
            model=allowed(MODEL, "model", facts.model),
            release=allowed(self.releases, "release", facts.release),
            os_pretty=allowed(SYSTEM, "system", facts.os_pretty),
            kernel=allowed(KERNEL, "kernel", facts.kernel),
            machine=allowed(MACHINES, "machine", facts.machine),
            userland=allowed(USERLANDS, "userland", facts.userland),
            gcc=allowed(VERSION, "gcc", facts.gcc),
            python=allowed(VERSION, "python", facts.python),
            opencv=allowed(OPENCV, "opencv", facts.opencv),
            virtualization=allowed(VIRTUALIZATION, "virtualization", facts.virtualization),
            policies=tuple(self._policy(each) for each in facts.policies),
        )

    def _policy(self, policy: Policy) -> Policy:
        return replace(policy, governor=self.words.unless(GOVERNORS, "governor", policy.governor))

    def sample(self, sample: Sample) -> Sample:
        """Return a timing; all of it but the name of its program is numbers and words from lists."""
        named = self.program(sample.experiment)
        return sample if named == sample.experiment else replace(sample, experiment=named)

    def event(self, event: Event) -> Event:
        """Return what happened, without the sentence."""
        return replace(event, what=self._happened(event.what), message=STAYS)

    def _happened(self, what: str) -> str:
        return self.words.unless(HAPPENED, "event", what)

    def manifest(self, manifest: Manifest, records: Mapping[str, str]) -> Manifest:
        """Return what was asked for and how it ended; `records` has the new name of each file of records.

        Boards come in the order of their words: that of the list would tell which word is the seventh board.
        """
        entries = {self.board(name): self._entry(each, records) for name, each in manifest.hosts.items()}
        return replace(
            manifest,
            run=self.run(manifest.run),
            command="",
            plan=self._plan(manifest.plan),
            hosts=dict(sorted(entries.items())),
        )

    def _entry(self, entry: BoardEntry, records: Mapping[str, str]) -> BoardEntry:
        state: State = entry["state"]
        sentence = STAYS if entry["sentence"] else ""
        return {"state": state, "sentence": sentence, "records": records.get(entry["records"], "")}

    def _plan(self, plan: Mapping[str, Any]) -> dict[str, Any]:
        kept = ("schema", "runs", "governors", "target_s", "timeout_s", "patience_s", "seed")
        return {
            **{key: plan[key] for key in kept if key in plan},
            "run": self.run(plan["run"]),
            "suite": self.words.unless(self.suites, "suite", plan["suite"]),
            "experiments": [self._wish(each) for each in plan["experiments"]],
            "done": [],
        }

    def _wish(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        kept = ("workers", "sizes", "step_bytes")
        return {"name": self.program(wish["name"]), **{key: wish[key] for key in kept if wish.get(key) is not None}}
