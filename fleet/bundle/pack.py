"""The files that are carried to the boards: one archive for each kind of board, and beside it what is in it."""

from __future__ import annotations

import hashlib
import json
import tarfile
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote

from fleet.errors import BundleError
from fleet.files import whole, write_whole
from fleet.i18n import lazy
from fleet.plugins import plugin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from fleet.bundle.root import Deb

SCHEMA = 1


def is_whole(path: Path, deb: Deb) -> bool:
    """Tell whether a package is here exactly as its archive published it."""
    return path.exists() and path.stat().st_size == deb.size_bytes and sha256(path) == deb.sha256


def sha256(path: Path) -> str:
    """Return the digest of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def here_bytes(archives: Path, debs: Iterable[Deb]) -> int:
    """Return how much of some packages is here by now, while apt downloads them and puts each in its place."""
    return sum(_size_bytes(folder / deb.file) for deb in debs for folder in (archives, archives / "partial"))


def _size_bytes(path: Path) -> int:
    """Return how large a file is; 0 where there is none, also if it is taken away at this very moment."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def pack(files: Mapping[str, Path], archive: Path) -> None:
    """Write files into an archive, each where its address says; the same files always make the same archive."""
    places = {place_of(uri): path for uri, path in files.items()}
    with whole(archive) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for name, path in sorted(places.items()):
            with path.open("rb") as stream:
                tar.addfile(_entry(name, path), stream)


def place_of(uri: str) -> str:
    """Return where the file of an address stands in an archive; BundleError if it would stand beside it."""
    name: str = plugin("module_utils", "apt_sources").below(unquote(uri))
    if not name.isprintable() or {"", ".", ".."} & set(name.split("/")):
        raise BundleError(
            lazy("A package source has the address {uri:.200}, which leads out of its archive; correct it.", uri=uri)
        )
    return name


def _entry(name: str, path: Path) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = path.stat().st_size
    return entry


def index(archive: Path, names: Sequence[str], debs: Sequence[Deb]) -> None:
    """Write down what an archive holds; the playbook and people read it."""
    told = {
        "schema": SCHEMA,
        "made_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "bytes": archive.stat().st_size,
        "sha256": sha256(archive),
        "names": sorted(names),
        "packages": [_row(deb) for deb in sorted(debs, key=lambda deb: deb.file)],
    }
    write_whole(archive.with_suffix(".json"), json.dumps(told, indent=1) + "\n")


def _row(deb: Deb) -> dict[str, str | int]:
    name, version, _ = unquote(deb.file).split("_")
    return {"name": name, "version": version, "bytes": deb.size_bytes, "sha256": deb.sha256}
