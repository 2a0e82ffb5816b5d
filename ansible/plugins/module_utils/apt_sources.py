"""The package sources of a board, in both forms that sources.list(5) knows, and written again for another place."""

from __future__ import annotations

import re
from typing import NamedTuple

LINE = re.compile(
    r"deb\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<uri>https?://\S+)\s+(?P<suite>\S+[^/\s])\s+(?P<components>\S.*)"
)
INLINE_KEY = "-----BEGIN"


class Source(NamedTuple):
    """One suite of one archive; `signed_by` is empty, a list of paths or fingerprints, or a key itself."""

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str


def sources_in(files: dict[str, str]) -> list[Source]:
    """Return what files of package sources name, by their paths; what does not come from the network is left out.

    So is an archive without suites and components, and whatever an option says of trust: unsigned ones stay outside.
    """
    found = []
    for path, text in sorted(files.items()):
        found += in_stanzas(text) if path.endswith(".sources") else in_lines(text)
    return list(dict.fromkeys(found))


def in_lines(text: str) -> list[Source]:
    """Read the form with one source in a line."""
    matches = (LINE.match(line.partition("#")[0].strip()) for line in text.splitlines())
    return [
        Source(place_of(each["uri"]), each["suite"], tuple(each["components"].split()), option(each["options"] or ""))
        for each in matches
        if each
    ]


def option(options: str) -> str:
    """Return which keys the options of a line name."""
    pairs = (word.partition("=") for word in options.split())
    return next((value for name, _, value in pairs if name == "signed-by"), "")


def in_stanzas(text: str) -> list[Source]:
    """Read the form with one field in a line (deb822)."""
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    stanzas = [fields_of(stanza) for stanza in re.split(r"\n\s*\n", lines)]
    return [source for fields in stanzas if is_used(fields) for source in in_fields(fields)]


def is_used(fields: dict[str, str]) -> bool:
    """Tell whether a stanza names binary packages, and is switched on."""
    is_binary = "deb" in fields.get("types", "").split()
    return is_binary and fields.get("enabled", "yes") == "yes" and "components" in fields


def in_fields(fields: dict[str, str]) -> list[Source]:
    """Return what one stanza names in the network: every suite of every archive."""
    uris = [uri for uri in fields.get("uris", "").split() if uri.startswith(("http://", "https://"))]
    suites = fields.get("suites", "").split()
    components = tuple(fields["components"].split())
    return [Source(place_of(uri), suite, components, fields.get("signed-by", "")) for uri in uris for suite in suites]


def fields_of(stanza: str) -> dict[str, str]:
    """Return the fields of a stanza; a dot stands for an empty line inside of one."""
    found = re.findall(r"^([\w-]+):(.*(?:\n[ \t].*)*)", stanza, re.MULTILINE)
    return {name.lower(): re.sub(r"^[ \t]+\.?", "", value, flags=re.MULTILINE).strip() for name, value in found}


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
