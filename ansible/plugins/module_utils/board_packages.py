"""Which packages a board has and which are unfinished, from dpkg's own words; shared by all that look or install."""

from __future__ import annotations

import re

# Per package three letters, as dpkg-query(1) explains them: what is wanted, how it is, whether it must be reinstalled.
QUERY = ("dpkg-query", "--show", "--showformat", "${db:Status-Abbrev} ${binary:Package}\n")
# Half installed, unpacked, half configured, triggers awaited, triggers pending.
UNFINISHED = "HUFWt"
ANEW = "H"  # dpkg goes on with these, and with those that it calls R, only after it has unpacked them anew
NEEDS = ("Depends", "Pre-Depends")
OPPOSES = ("Conflicts", "Breaks")
FIELD = re.compile(r"^([A-Za-z-]+):(.*(?:\n[ \t].*)*)", re.MULTILINE)


def installed_in(text: str) -> list[str]:
    """Return the packages that an answer to QUERY calls installed, each once though it may have two architectures."""
    return sorted({name.partition(":")[0] for state, name in states_in(text) if state[1] == "i"})


def unfinished_in(text: str) -> list[str]:
    """Return the packages that dpkg has begun with and not ended, with their architecture where dpkg names it."""
    return sorted({name for state, name in states_in(text) if state[1] in UNFINISHED or state[2] == "R"})


def wanted_anew_in(text: str) -> list[str]:
    """Return those of the unfinished packages that dpkg must unpack anew before it goes on."""
    return sorted({name for state, name in states_in(text) if state[1] in ANEW or state[2] == "R"})


def going_in(text: str) -> list[str]:
    """Return the unfinished packages that somebody had begun to remove."""
    return sorted({name for state, name in states_in(text) if state[0] in "rp" and state[1] in UNFINISHED})


def states_in(text: str) -> list[tuple[str, str]]:
    """Return three letters and a name for each line of an answer to QUERY."""
    return [(line[:3], line.split()[-1]) for line in text.splitlines() if len(line.split()) > 1]


def fields_of(stanza: str) -> dict[str, str]:
    """Return the fields of a package in dpkg's file."""
    return {name: value.strip() for name, value in FIELD.findall(stanza)}


def stanzas_in(status: str) -> list[str]:
    """Return the packages in dpkg's file, each as it stands there."""
    return [stanza.strip("\n") for stanza in status.split("\n\n") if stanza.strip()]


def called(fields: dict[str, str], names: set[str]) -> bool:
    """Tell whether a package is one of some names, with or without an architecture."""
    name = fields.get("Package", "")
    return name in names or f"{name}:{fields.get('Architecture', '')}" in names


def needed_by(status: str, names: list[str]) -> set[str]:
    """Return some packages with all that they need, and that needs in turn, as far as dpkg's file tells."""
    needs: dict[str, set[str]] = {}
    for fields in map(fields_of, stanzas_in(status)):
        words = ",".join(fields.get(name, "") for name in NEEDS)
        needs[fields.get("Package", "")] = {
            each.split()[0].partition(":")[0] for each in re.split("[,|]", words) if each.split()
        }
    found, left = set(), list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += needs.get(name, ())
    return found


def relieved(status: str, names: set[str]) -> str:
    """Return dpkg's file as if some packages were installed and needed nothing: apt then leaves them as they are.

    One that never had a version is left out.
    """
    kept = []
    for stanza in stanzas_in(status):
        fields = fields_of(stanza)
        if not called(fields, names):
            kept.append(stanza)
        elif "Version" in fields:
            wanted = "hold" if fields.get("Status", "").startswith("hold") else "install"
            left = {name: value for name, value in fields.items() if name not in NEEDS + OPPOSES}
            told = {**left, "Status": f"{wanted} ok installed"}
            kept.append("\n".join(f"{name}: {value}" for name, value in told.items()))
    return "\n\n".join(kept) + "\n"


def broken_in(words: str) -> set[str]:
    """Return the packages of which apt says that they lack something they depend on, or are against one another."""
    told = words.partition("unmet dependencies")[2]
    return set(re.findall(r"^ (\S+) : ", told, re.MULTILINE))


def candidates_in(text: str) -> list[str]:
    """Return the packages of which `apt-cache policy` has a version to install."""
    return re.findall(r"^(\S+):\n(?:  .*\n)??  Candidate: (?!\(none\))", text, re.MULTILINE)
