"""The package sources of a board, in both forms that sources.list(5) knows, and written again for another place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

# What apt takes of a folder (apt.conf(5)): copies of editors, upgrades and dpkg have other endings.
NAME = re.compile(r"[A-Za-z0-9_:-][A-Za-z0-9_:.-]*\.(?:list|sources)")
LINE = re.compile(r"deb[ \t]+(?:\[(?P<options>[^]]*)\]\s*)?(?P<words>.*)")
COMMENTED = re.compile(r"(?:\[[^]]*\]|[^#])*")  # a key may have a number sign in its name
NETWORK = ("http://", "https://")
NO = re.compile(r"no|false|without|off|disable|0+", re.IGNORECASE)
INLINE_KEY = "-----BEGIN"


class Source(NamedTuple):
    """One suite of one archive; `signed_by` is empty, a list of paths or fingerprints, or a key itself."""

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str
    architectures: tuple[str, ...] = ()  # none stands for those of the board


def sources_in(files: dict[str, str]) -> list[Source]:
    """Return what files of package sources name, by their paths; what does not come from the network is left out.

    So is an archive without suites and components, and whatever an option says of trust: unsigned ones stay outside.
    """
    found = []
    for path, text in sorted(files.items()):
        if NAME.fullmatch(path.rpartition("/")[2]):
            found += in_stanzas(text) if path.endswith(".sources") else in_lines(text)
    return list(dict.fromkeys(found))


def of_architecture(sources: list[Source], architecture: str) -> list[Source]:
    """Return the sources from which a board of an architecture takes packages of its own."""
    return [each for each in sources if not each.architectures or architecture in each.architectures]


def in_lines(text: str) -> list[Source]:
    """Read the form with one source in a line."""
    found = []
    for line in text.split("\n"):
        match = LINE.fullmatch((COMMENTED.match(line.strip()) or [""])[0].strip())
        words = match["words"].replace('"', "").split() if match else []
        if match and is_suite(words):
            options = dict(word.partition("=")[::2] for word in (match["options"] or "").split())
            found.append(source(words[0], words[1], words[2:], options.get("signed-by", ""), options.get("arch", "")))
    return found


def is_suite(words: list[str]) -> bool:
    """Tell whether the words of a line name components of a suite in the network."""
    return len(words) > 2 and words[0].startswith(NETWORK) and not words[1].endswith("/")  # noqa: PLR2004 (what a line has)


def source(uri: str, suite: str, components: list[str], signed_by: str, architectures: str) -> Source:
    """Put together what is known of a source."""
    return Source(place_of(uri), suite, tuple(components), signed_by, tuple(re.findall(r"[^,\s]+", architectures)))


def in_stanzas(text: str) -> list[Source]:
    """Read the form with one field in a line (deb822)."""
    lines = "\n".join(line.rstrip("\r") for line in text.split("\n") if not line.startswith("#"))
    stanzas = [fields_of(stanza) for stanza in lines.split("\n\n")]
    return [each for fields in stanzas if is_used(fields) for each in in_fields(fields)]


def is_used(fields: dict[str, str]) -> bool:
    """Tell whether a stanza names binary packages, and is not switched off."""
    is_binary = "deb" in fields.get("types", "").split()
    return is_binary and not NO.fullmatch(fields.get("enabled", "")) and "components" in fields


def in_fields(fields: dict[str, str]) -> list[Source]:
    """Return what one stanza names in the network: every suite of every archive."""
    uris = [uri for uri in fields.get("uris", "").split() if uri.startswith(NETWORK)]
    suites = [suite for suite in fields.get("suites", "").split() if not suite.endswith("/")]
    rest = (fields["components"].split(), fields.get("signed-by", ""), fields.get("architectures", ""))
    return [source(uri, suite, *rest) for uri in uris for suite in suites]


def fields_of(stanza: str) -> dict[str, str]:
    """Return the fields of a stanza; a dot stands for an empty line inside of one."""
    found = re.findall(r"^([\w-]+):(.*(?:\n[ \t].*)*)", stanza, re.MULTILINE)
    return {name.lower(): re.sub(r"^[ \t]+\.?", "", value, flags=re.MULTILINE).strip() for name, value in found}


def files_of(root: Path, parts: Path | None = None) -> dict[str, str]:
    """Return the files with a board's package sources, by path; `parts` is another folder for all but the first."""
    paths = [root / "etc/apt/sources.list", *(parts or root / "etc/apt/sources.list.d").glob("*.*")]
    return {str(path): path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file()}


def file_with(files: dict[str, str], uri: str, suite: str) -> str:
    """Return the path of the file that a source stands in."""
    return next(iter(files_with(files, uri, suite)), "/etc/apt/sources.list")


def files_with(files: dict[str, str], uri: str, suite: str) -> list[str]:
    """Return the paths of the files that a source stands in, or else of those that name its address."""
    found = [
        path
        for path, text in files.items()
        if any((each.uri, each.suite) == (uri, suite) for each in sources_in({path: text}))
    ]
    said = [path for path, text in files.items() if NAME.fullmatch(path.rpartition("/")[2]) and uri in text]
    return found or said


def place_of(uri: str) -> str:
    """Return an address without a slash at its end."""
    return uri.rstrip("/")


def below(uri: str) -> str:
    """Return where the files of an address stand in a folder that holds several archives."""
    return uri.partition("://")[2].strip("/")


def written(sources: list[Source], architecture: str, keys: str, root: str = "") -> dict[str, str]:
    """Return the text of a sources.list, and of the keys that it needs beside the paths below `root`, by file name.

    `keys` is the folder in which the keys will be.
    """
    files = {"sources.list": ""}
    for number, source in enumerate(sources):
        signed_by = ",".join(
            f"{root}{each}" if each[0] == "/" else each for each in re.split(r"[,\s]+", source.signed_by) if each
        )
        if source.signed_by.startswith(INLINE_KEY):
            files[f"key-{number}.asc"] = source.signed_by + "\n"
            signed_by = f"{keys}/key-{number}.asc"
        options = f"arch={architecture}" + (f" signed-by={signed_by}" if signed_by else "")
        files["sources.list"] += f"deb [{options}] {source.uri} {source.suite} {' '.join(source.components)}\n"
    return files
