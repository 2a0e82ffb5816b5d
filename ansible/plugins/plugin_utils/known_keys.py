"""The host keys of the boards by their names, as OpenSSH's known_hosts has them; needs nothing of Ansible."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE_NAME = "known_hosts"
# The kind that is made for every board; of others there is one only where somebody wrote it into the file.
KIND = "ssh-ed25519"
KEY = re.compile(r"[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}")
HASHED = "|1|"
# Who is at the address of a board with another key than its own: half sentences, as those of failures.py.
OTHERS_CARD = (
    "the card of {others} is at its address {address}: put the cards back, or have the list follow them with "
    "`invoke discover --write`"
)
STRANGER = (
    "its address {address} shows a host key that no board of the list has ({shown}): if its card was written anew, "
    "take it in with `invoke enrol {name} {address} --again`; else another computer is there, and `invoke discover` "
    "looks for {name}"
)
# What sshd(8) reads as a pattern, a hash, a marker or a comment; and nothing that ends a word or a line.
NAME = re.compile(r"[^\s\x00-\x1f\x7f,*?!|#@\[\]-][^\s\x00-\x1f\x7f,*?!|\[\]]{0,254}")


class KnownLine(NamedTuple):
    """What a line of the file says, if it gives a key to names; its key is "kind base64", without a comment."""

    number: int
    names: tuple[str, ...]
    key: str


def is_name(name: str) -> bool:
    """Tell whether a name can stand in the file as itself."""
    return bool(NAME.fullmatch(name))


def is_key(key: str) -> bool:
    """Tell whether a text is "kind base64" of a public key."""
    return bool(KEY.fullmatch(key)) and _kind_inside(key) == key.partition(" ")[0]


def lines_in(text: str) -> Iterator[KnownLine]:
    """Go through the lines that give a key to names; comments, markers and what is no key are left out."""
    for number, line in enumerate(text.split("\n")):
        words = line.split()
        if len(words) >= 3 and words[0][0] not in "#@" and is_key(" ".join(words[1:3])):  # noqa: PLR2004 (names, kind, key)
            yield KnownLine(number, tuple(words[0].split(",")), " ".join(words[1:3]))


def is_named(line: KnownLine, name: str) -> bool:
    """Tell whether a line is for a name, whatever its letters' case, which ssh does not look at."""
    return any(_is_same(each, name.lower()) for each in line.names)


def keys_of(text: str, name: str) -> list[str]:
    """List the keys that a name has, the kind that Pilab makes first."""
    found = [line.key for line in lines_in(text) if is_named(line, name)]
    return sorted(dict.fromkeys(found), key=lambda key: not key.startswith(f"{KIND} "))


def names_of(text: str, key: str) -> list[str]:
    """List the names that have a key; a name that was hashed cannot be read back."""
    found = [line.names for line in lines_in(text) if line.key == key]
    return list(dict.fromkeys(name for names in found for name in names if not name.startswith(HASHED)))


def fingerprint(key: str) -> str:
    """Return the fingerprint of a key as ssh shows it: SHA256 of its bytes in base64 without padding (RFC 4648)."""
    digest = hashlib.sha256(_bytes(key)).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def with_fingerprint(text: str, wanted: str) -> list[str]:
    """List the names whose key has a fingerprint."""
    keys = dict.fromkeys(line.key for line in lines_in(text) if fingerprint(line.key) == wanted)
    return [name for key in keys for name in names_of(text, key)]


def ssh_options(name: str, path: str) -> list[str]:
    """Return the options by which ssh knows a board by its name, wherever it is, and asks no other file or person."""
    file = path.replace("%", "%%").replace('"', '\\"')
    options = (f"HostKeyAlias={name}", f'UserKnownHostsFile="{file}"', "GlobalKnownHostsFile=none")
    return [word for option in (*options, "StrictHostKeyChecking=yes") for word in ("-o", option)]


def refusal(name: str, address: str, shown: str, owners: list[str]) -> str:
    """Say who is at the address of a board with another key than its own: half a sentence, as those of failures.py.

    `shown` is the fingerprint that was seen, `owners` the boards that have that key.
    """
    template, values = who_is_there(name, address, shown, owners)
    return template.format(**values)


def who_is_there(name: str, address: str, shown: str, owners: list[str]) -> tuple[str, dict[str, str]]:
    """Return the same as a template and its values, for whoever says it in another language."""
    others = [owner for owner in owners if owner.lower() != name.lower()]
    if others:
        return OTHERS_CARD, {"others": ", ".join(others), "address": address}
    return STRANGER, {"name": name, "address": address, "shown": shown}


def _is_same(written: str, name: str) -> bool:
    """Compare a name with one of the file, which may be hashed (HashKnownHosts of ssh_config(5))."""
    if not written.startswith(HASHED):
        return written.lower() == name
    salt, _, digest = written.removeprefix(HASHED).partition("|")
    made = hmac.new(_decoded(salt), name.encode(), "sha1").digest()
    return hmac.compare_digest(made, _decoded(digest))


def _kind_inside(key: str) -> str:
    """Return the kind that the bytes of a key say themselves: a length in four bytes, then the words (RFC 4253)."""
    content = _bytes(key)
    return content[4 : 4 + int.from_bytes(content[:4], "big")].decode("ascii", "replace")


def _bytes(key: str) -> bytes:
    return _decoded(key.partition(" ")[2])


def _decoded(text: str) -> bytes:
    """Return what base64 stands for; nothing if it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
