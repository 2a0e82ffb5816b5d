"""Package archives on loopback, signed with keys of their own, and boards that have them among their sources."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.bundle.board import BoardPackages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

RELEASE = "VERSION_CODENAME=bookworm\n"
STATUS = "Package: base-files\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"


@dataclass
class Key:
    """A key that signs archives, and nobody else's."""

    home: Path

    @classmethod
    def made(cls, home: Path) -> Key:
        """Make one."""
        home.mkdir(mode=0o700)
        key = cls(home)
        key.gpg("--passphrase", "", "--quick-generate-key", home.name, "ed25519", "sign", "never")
        return key

    def gpg(self, *words: str, stdin: bytes = b"") -> bytes:
        """Run gpg with this key; the agent that it starts ends with it."""
        command = ["gpg", "--batch", "--quiet", "--homedir", str(self.home), *words]
        try:
            return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout
        finally:
            subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "gpg-agent"], check=True)

    @property
    def public(self) -> bytes:
        """The half that boards have."""
        return self.gpg("--export")


# How archives publish their lists: as they are, and in the two compressions that most take.
FORMS: Mapping[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".xz": lzma.compress}


def publish(folder: Path, key: Key, *forms: str, **fields: str) -> bytes:
    """Make an archive with one package, htop, which says in its words where it is from; return the package.

    Its list is published in some of FORMS; as it is if none is named. What it is when opened is always signed.
    """
    deb = package(folder)
    stanza = {
        "Package": "htop", "Version": "3", "Architecture": "amd64", "Maintainer": "x", "Description": "x",
        "Filename": "pool/htop_3_amd64.deb", "Size": str(len(deb)), "SHA256": hashlib.sha256(deb).hexdigest(), **fields,
    }  # fmt: skip
    packages = "".join(f"{name}: {value}\n" for name, value in stanza.items()).encode() + b"\n"
    place = folder / "dists/bookworm/main/binary-amd64/Packages"
    place.parent.mkdir(parents=True)
    told = []
    for form in {"", *forms}:
        content = FORMS[form](packages)
        if form in (forms or ("",)):
            place.with_suffix(form).write_bytes(content)
        told.append(f" {hashlib.sha256(content).hexdigest()} {len(content)} main/binary-amd64/Packages{form}\n")
    release = "Origin: x\nSuite: bookworm\nCodename: bookworm\nArchitectures: amd64\nComponents: main\n"
    release += f"Date: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n{''.join(told)}"
    (folder / "dists/bookworm/InRelease").write_bytes(key.gpg("--clearsign", stdin=release.encode()))
    return deb


def package(folder: Path) -> bytes:
    """Build a package whose content names its folder."""
    root = folder / "root"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "from").write_text(folder.name)
    control = "Package: htop\nVersion: 3\nArchitecture: amd64\nMaintainer: x\nDescription: x\n"
    (root / "DEBIAN/control").write_text(control)
    (folder / "pool").mkdir()
    file = folder / "pool/htop_3_amd64.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", str(root), str(file)], check=True, capture_output=True)
    return file.read_bytes()


def seen(board: str, key: Key, *uris: str, **files: bytes) -> BoardPackages:
    """Return a board with these sources and this key, as it would say of itself."""
    ring = f"usr/share/keyrings/{key.home.name}.gpg"
    sources = "".join(f"deb [signed-by=/{ring}] {uri} bookworm main\n" for uri in uris)
    said = {
        "etc/os-release": RELEASE.encode(),
        "var/lib/dpkg/status": STATUS.encode(),
        "etc/apt/sources.list": sources.encode(),
        ring: key.public,
    }
    return BoardPackages(board, "amd64", "core", {**said, **files})
