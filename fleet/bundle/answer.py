"""The gate for what a board says about its packages: an archive of a few known files, and sources of a known form."""

from __future__ import annotations

import io
import re
import tarfile
import zlib
from typing import TYPE_CHECKING

from fleet.boards import answers
from fleet.errors import AnswerError
from fleet.i18n import lazy, noop

if TYPE_CHECKING:
    from collections.abc import Iterable

    # How the sources of a board are told is the playbooks' to know (ansible/plugins/module_utils/apt_sources.py).
    from typing import Any

# dpkg's file of a board with everything installed has some 5 MB, all keys together some 0.2 MB.
MOST_BYTES = 64 * 2**20
MOST_FILES = 300
MOST_SOURCES = 40
LONGEST_KEY = 200_000
# What apt.conf(5) would need to be told, or what leads out of a folder, stands in none of these.
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+@-]{0,100}")
URI = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?(/[A-Za-z0-9._~+-]{1,100}){0,10}")
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~+-]{0,60}(/[A-Za-z0-9][A-Za-z0-9._~+-]{0,60}){0,3}")
FINGERPRINT = re.compile(r"[0-9A-Fa-f]{8,40}!?")
ARMOUR = re.compile(r"[\x20-\x7e\n]+")
GZIP = 16 + zlib.MAX_WBITS


def files_of(packed: str, wanted: Iterable[str]) -> dict[str, bytes]:
    """Return the files of a packed answer, by path; ValueError if it is none, AnswerError if it is too much.

    Of `wanted`, what ends in a slash is a folder, whose files are taken and whose folders are not.
    """
    unpacker = zlib.decompressobj(GZIP)
    try:
        content = unpacker.decompress(answers.file(packed), MOST_BYTES)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not unpacker.eof:
        raise AnswerError(lazy("it is cut short, or far too much"))
    return _unpacked(content, tuple(wanted))


def _unpacked(content: bytes, wanted: tuple[str, ...]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        for number, member in enumerate(archive):
            if number >= MOST_FILES:
                raise AnswerError(lazy("it has more than {most} files", most=MOST_FILES))
            if not _belongs(member.name, wanted):
                continue
            if member.islnk() and member.linkname in files:  # so tar writes a file that it meets under a second name
                files[member.name] = files[member.linkname]
            elif member.isreg() and not member.issparse():  # a sparse file is as large as it says, whatever came
                stream = archive.extractfile(member)
                files[member.name] = stream.read() if stream else b""
    return files


def _belongs(path: str, wanted: tuple[str, ...]) -> bool:
    folder, _, name = path.rpartition("/")
    return path in wanted or (f"{folder}/" in wanted and FILE_NAME.fullmatch(name) is not None)


def check_sources(sources: list[Any], keys: tuple[str, ...]) -> None:
    """Raise AnswerError for a source that is not of the form that sources.list(5) gives to archives on the network."""
    if len(sources) > MOST_SOURCES:
        template = noop("it has {count} package sources; at most {most} are looked at")
        raise AnswerError(lazy(template, count=len(sources), most=MOST_SOURCES))
    for source in sources:
        words = (source.suite, *source.components)
        is_fine = URI.fullmatch(source.uri) and ".." not in source.uri and all(map(_is_word, words))
        if not is_fine or not _is_key(source.signed_by, keys):
            template = noop("its package source '{source:.200}' is none that can be carried; correct it on the board")
            raise AnswerError(lazy(template, source=f"{source.uri} {source.suite}"))


def _is_word(word: str) -> bool:
    return WORD.fullmatch(word) is not None and ".." not in word


def _is_key(signed_by: str, keys: tuple[str, ...]) -> bool:
    """Tell whether the keys of a source are files that came along, fingerprints, or stand there themselves."""
    if signed_by.startswith("-----BEGIN"):
        return len(signed_by) <= LONGEST_KEY and ARMOUR.fullmatch(signed_by) is not None
    words = re.split(r"[,\s]+", signed_by) if signed_by else []
    return len(words) <= MOST_SOURCES and all(_is_key_word(word, keys) for word in words)


def _is_key_word(word: str, keys: tuple[str, ...]) -> bool:
    return FINGERPRINT.fullmatch(word) is not None or (word.startswith("/") and _belongs(word[1:], keys))
