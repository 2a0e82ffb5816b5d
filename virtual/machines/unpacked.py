"""Packages that were only extracted become packages that dpkg calls unpacked, so that the guest itself configures them.

That is what `dpkg --unpack` does besides extracting (see /usr/share/doc/dpkg-dev, deb-control(5) and dpkg(1)), without
running a single program of the guest's processor. Scripts that want to run before unpacking run in the second stage.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from subprocess import PIPE, Popen
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# What dpkg keeps beside each package's list of files; the stanza goes to the file status.
NOT_KEPT = frozenset({"control", "."})
TRIGGER = re.compile(r"^interest(-noawait|-await)?\s+(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Unpacked:
    """One package: its stanza of control, its files for dpkg by name, and the paths that it brought."""

    stanza: str
    control: dict[str, bytes]
    paths: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name under which dpkg keeps its files: with the architecture where two may be installed together."""
        fields = dict(re.findall(r"^(Package|Architecture|Multi-Arch): (.*)$", self.stanza, re.MULTILINE))
        together = fields.get("Multi-Arch") == "same"
        return f"{fields['Package']}:{fields['Architecture']}" if together else str(fields["Package"])


def register(root: Path, archives: Iterable[Path]) -> int:
    """Enter every package in dpkg's database of a root that they were extracted to; how many."""
    with ThreadPoolExecutor() as pool:
        packages = list(pool.map(read, sorted(archives)))
    database = root / "var/lib/dpkg"
    (database / "info").mkdir(exist_ok=True)
    (database / "info/format").write_text("1\n")
    (database / "status").write_text("".join(status(package, root) for package in packages))
    for package in packages:
        _write_info(database / "info", package)
    _write_triggers(database / "triggers", packages)
    return len(packages)


def read(archive: Path) -> Unpacked:
    """Read what dpkg wants to know of a package."""
    with tarfile.open(fileobj=BytesIO(_output("dpkg-deb", "--ctrl-tarfile", str(archive)))) as tar:
        members = [(Path(member.name).name, tar.extractfile(member)) for member in tar if member.isfile()]
        control = {name: file.read() for name, file in members if file is not None}
    command = ["dpkg-deb", "--fsys-tarfile", str(archive)]
    with Popen(command, stdout=PIPE) as process, tarfile.open(fileobj=process.stdout, mode="r|") as tar:
        paths = tuple(listed(member.name) for member in tar)
    return Unpacked(control["control"].decode(), control, paths)


def _output(*command: str) -> bytes:
    with Popen(command, stdout=PIPE) as process:
        return process.communicate()[0]


def listed(path: str) -> str:
    """A path of the archive as dpkg lists it."""
    return "/" + path.removeprefix(".").strip("/") if path.strip("./") else "/."


def status(package: Unpacked, root: Path) -> str:
    """The stanza of a package that waits for its configuration."""
    name, _, rest = package.stanza.strip().partition("\n")
    files = conffiles(package, root)
    return f"{name}\nStatus: install ok unpacked\n{rest}\n" + (f"Conffiles:\n{files}" if files else "") + "\n"


def conffiles(package: Unpacked, root: Path) -> str:
    """The settings files of a package with the digests that dpkg compares on an upgrade."""
    words = (line.split() for line in package.control.get("conffiles", b"").decode().splitlines())
    files = [line[-1] for line in words if line and "remove-on-upgrade" not in line]
    return "".join(f" {file} {_md5(root / file.lstrip('/'))}\n" for file in files)


def _md5(file: Path) -> str:
    return hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()


def _write_info(info: Path, package: Unpacked) -> None:
    (info / f"{package.name}.list").write_text("\n".join(package.paths) + "\n")
    for name, content in package.control.items():
        if name not in NOT_KEPT:
            file = info / f"{package.name}.{name}"
            file.write_bytes(content)
            file.chmod(0o755 if content.startswith(b"#!") else 0o644)


def _write_triggers(folder: Path, packages: list[Unpacked]) -> None:
    """Note who wants to hear of what: paths in the file File, names in a file each (deb-triggers(5))."""
    folder.mkdir(exist_ok=True)
    for package in packages:
        for patience, trigger in TRIGGER.findall(package.control.get("triggers", b"").decode()):
            who = package.name + ("/noawait" if patience == "-noawait" else "")
            line = f"{trigger} {who}\n" if trigger.startswith("/") else f"{who}\n"
            with (folder / ("File" if trigger.startswith("/") else trigger)).open("a") as file:
                file.write(line)
