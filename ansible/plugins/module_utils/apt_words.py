"""What apt and dpkg say of trouble (with LC_ALL=C), as sentences that name the thing and the fix."""

from __future__ import annotations

import re
from typing import NamedTuple

# How apt names a source, alone and within the address of one of its files.
NAMED = re.compile(r"(?:[Rr]epository '|GPG error: |^Err:\d+ )(?P<uri>\S+) (?P<suite>\S+) ")
FETCHED = re.compile(
    r"(?:Failed to fetch|Release file for) (?P<uri>\S+?)/dists/"
    r"(?P<suite>\S+?)/(?:(?:In)?Release|[^/\s]+/(?:binary|source|i18n|dep11|cnf))"
)
# What is wrong with a source, and what to do with {0}, the file that it stands in. The first that fits counts, so that
# what says most comes first.
REASONS = (
    (r"not valid yet|Not live until|not yet valid", "has lists from the future: is the clock of the board right?"),
    (
        r"Clearsigned file isn't valid|does the network require",
        "is hidden behind a page of the network: log the board in there, or use `invoke bundle`",
    ),
    (r"\b40[13]  ", "cannot be reached: see whether its address in {0} is right"),
    (
        r"SHA1 is not considered secure|Policy rejected",
        "is signed in a way that no longer counts as safe: give it its newer key, or take it out of {0}",
    ),
    (
        r"/sqv |OpenPGP|NO_PUBKEY|KEYSIG|KEYEXPIRED|BADSIG|is not signed|signatures? (?:were|was|couldn't)|GPG error",
        "is not signed by a key that the board has for it: give it its key, or take it out of {0}",
    ),
    (r"is expired", "has lists that have expired: take it out of {0}"),
    (r"changed its '", "calls itself otherwise than before: see whether it is right, then `sudo apt update` there"),
    (
        r"(?:not|no longer) have a Release file|\b404\b|\b410\b|File not found",
        "is not there any more: take it out of {0}",
    ),
    (
        r"Failed to fetch|Could not|Temporary failure|Unable to connect|Cannot initiate|Connection failed|unreachable",
        "cannot be reached: see whether its address in {0} is right",
    ),
)
MALFORMED = re.compile(
    r"^E: (?:.* in (?:source list|list file|sources file)|Unable to parse package file) (?P<path>/\S+)", re.MULTILINE
)
DISPUTED = re.compile(
    r"^E: (?:Conflicting values|Invalid value) set for option (?P<option>\S+) regarding source (?P<uri>\S+) "
    r"(?P<suite>[^\s:]+)",
    re.MULTILINE,
)
# What the lock of another program looks like in the words of apt and of dpkg.
LOCKED = re.compile(r"Could not get lock|Unable to acquire the dpkg|locked by another|Unable to lock")
STOPS = re.compile(
    r"^dpkg: error processing (?:package|archive) (?P<name>\S+) \(--\w[\w-]*\):\n (?P<why>.*)", re.MULTILINE
)
OF_SOURCE = "its package source "
MOST_LETTERS = 300  # of what apt or dpkg said


class Dispute(NamedTuple):
    """A source of which apt does not know what to believe: its option is no such value, or has two."""

    option: str
    uri: str
    suite: str


class Trouble(NamedTuple):
    """A package source that gives nothing, and what apt says of it, in our words; `fix` has a place for the file."""

    uri: str
    suite: str
    fix: str


def troubles_in(words: str) -> list[Trouble]:
    """Return the sources of which `apt-get update` says that they failed, each once."""
    found: dict[tuple[str, str], list[int]] = {}
    for line in words.replace("\n  ", " ").splitlines():  # the reason stands below its address
        match = line.startswith(("E:", "W:", "Err:")) and (NAMED.search(line) or FETCHED.search(line))
        ranks = [rank for rank, (pattern, _) in enumerate(REASONS) if re.search(pattern, line)]
        if match and ranks:
            found.setdefault((match["uri"].rstrip("/"), match["suite"]), []).append(ranks[0])
    return [Trouble(*place, REASONS[min(ranks)][1]) for place, ranks in found.items()]


def note(trouble: Trouble, path: str) -> str:
    """Return a sentence on a source that failed, and that stands in a file."""
    return f"{OF_SOURCE}{trouble.uri} {trouble.suite} {trouble.fix.format(path)}"


def is_of_source(sentence: str) -> bool:
    """Tell whether a sentence is a note on a source."""
    return sentence.startswith(OF_SOURCE)


def removed_in(words: str) -> list[str]:
    """Return what a simulation says would be removed."""
    return re.findall(r"^(?:Remv|Purg) ([^ :]+)", words, re.MULTILINE)


def malformed_in(words: str) -> str:
    """Return the file of package sources that apt cannot read, or nothing; one of them keeps it from all others."""
    found = MALFORMED.search(words)
    return found["path"] if found else ""


def disputed_in(words: str) -> Dispute | None:
    """Return the source that keeps apt from all others because of one of its options, or nothing."""
    found = DISPUTED.search(words)
    return Dispute(found["option"], found["uri"].rstrip("/"), found["suite"]) if found else None


def is_locked(words: str) -> bool:
    """Tell whether another program that installs packages is why a command failed."""
    return LOCKED.search(words) is not None


def why_not(name: str, words: str) -> str:
    """Return what apt or dpkg said of one package, or else what it said first of a failure."""
    plain = re.escape(name.partition(":")[0])
    unmet = re.search(rf"^ {plain}(?::\S+)? : ((?:.*)(?:\n {{4,}}.*)*)", words, re.MULTILINE)
    theirs = rf"{plain}(?:[:_]|$)"
    needs = re.search(rf"prevent configuration of {plain}(?::\S+)?:\n((?: .*\n)+)", words)
    stops = [each["why"] for each in STOPS.finditer(words) if re.match(theirs, each["name"].rpartition("/")[2])]
    errors = re.findall(r"^E: (?!Sub-process)(.*)", words, re.MULTILINE)
    told = [found[1] for found in (unmet, needs) if found] + stops + errors + ["apt does not say why"]
    return " ".join(told[0].split())[:MOST_LETTERS]


def unfinished_note(name: str, words: str, *, is_lost: bool) -> str:
    """Return a sentence on a package that cannot be finished; one that is lost is half there and in no source."""
    if is_lost:
        fix = "none of its package sources has it: install it anew from its file with `sudo dpkg -i`"
        return f"{name} is half installed, and {fix}"
    plain = name.partition(":")[0]
    fix = f"see `sudo dpkg --configure {plain}`, or `sudo dpkg --purge {plain}`"
    return f"{name} cannot be configured ({why_not(name, words)}): {fix}"
