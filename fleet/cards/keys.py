"""The keys of a room: those by which its boards are known, made here and kept, and the teacher's own."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from fleet import files
from fleet.cards.seat import HostKey
from fleet.errors import CardError, DiskError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = "host_keys"
# In the order in which ssh tries them by itself.
USUAL = ("id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk")
IS_PUBLIC = re.compile(
    r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-\S+@openssh\.com) [A-Za-z0-9+/=]+( [^\x00-\x1f\x7f]*)?"
)
LIMIT_S = 30.0


class HostKeys:
    """The host keys that were made here, one file for each board, which nobody else reads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, name: str) -> bool:
        """Tell whether a board has a key, so that a card was made for it."""
        return self._file(name).exists()

    def of(self, name: str) -> HostKey:
        """Return the key of a board, or a fresh one that is not kept yet; CardError if what is kept is no key."""
        path = self._file(name)
        private = path.read_text(encoding="ascii", errors="replace") if path.exists() else _made(name)
        return HostKey(private, _public(private, path))

    def see_that_they_can_be_kept(self) -> None:
        """Look at the place where keys are kept, which is made with the first one; DiskError if it can be none."""
        if os.path.lexists(self._folder):
            self._make_folder()

    def _make_folder(self) -> None:
        files.make_folder(self._folder)
        with files.naming(self._folder):
            self._folder.chmod(0o700)

    def keep(self, name: str, key: HostKey) -> None:
        """Keep a key, for another card of the same board; DiskError if that cannot be."""
        self._make_folder()
        with files.whole(self._file(name)) as file:
            Path(file.name).chmod(0o600)
            file.write(key.private.encode())

    def _file(self, name: str) -> Path:
        return self._folder / name


def _made(name: str) -> str:
    with tempfile.TemporaryDirectory(prefix="pilab-") as folder:
        path = Path(folder, "key")
        _keygen("-t", "ed25519", "-N", "", "-C", name, "-f", str(path))
        return path.read_text(encoding="ascii")


def _public(private: str, path: Path) -> str:
    """Work out the public part of a key; it is asked of a file, since ssh-keygen reads no key from a pipe."""
    with tempfile.TemporaryDirectory(prefix="pilab-") as folder:
        copy = Path(folder, "key")
        copy.touch(mode=0o600)
        copy.write_text(private, encoding="ascii", errors="replace")
        said = _keygen(
            "-y",
            "-P",
            "",
            "-f",
            str(copy),
            broken=lazy(
                "{path} is not a host key; remove it, then type the command again.",
                path=path,
            ),
        )
    return " ".join(said.split()[:2])


def _keygen(*words: str, broken: str = "") -> str:
    try:
        done = subprocess.run(
            ["ssh-keygen", "-q", *words], capture_output=True, text=True, check=False, timeout=LIMIT_S,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise CardError(
            lazy(
                "{program} is missing; install it with: {command}",
                program="ssh-keygen",
                command="sudo apt-get install openssh-client",
            )
        ) from error
    if done.returncode:
        raise CardError(broken or lazy("ssh-keygen made no key: {why}.", why=done.stderr.strip()))
    return done.stdout


def teachers(key_files: set[str], say: Callable[[str], None], home: Path | None = None) -> tuple[str, ...]:
    """Return the public keys that open the boards: those of the inventory, else the first of ~/.ssh; made if none is.

    CardError if the inventory names a key whose public part is not there, or which is none.
    """
    ssh = (home or Path.home()) / ".ssh"
    if key_files:
        return tuple(_read(Path(f"{Path(name).expanduser()}.pub")) for name in sorted(key_files))
    found = next((path for name in USUAL if (path := ssh / f"{name}.pub").exists()), None)
    return (_read(found or _new(ssh / USUAL[0], say)),)


def _new(path: Path, say: Callable[[str], None]) -> Path:
    if path.exists():
        raise CardError(
            lazy(
                "{path} has no public part beside it; write it with: ssh-keygen -y -f {path} > {path}.pub",
                path=path,
            )
        )
    with files.naming(path.parent):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _keygen("-t", "ed25519", "-N", "", "-f", str(path))
    say(lazy("You had no ssh key of your own: {path} was made. Whoever has it is in on every board.", path=path))
    return path.with_name(f"{path.name}.pub")


def _read(path: Path) -> str:
    try:
        line = path.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError as error:
        raise CardError(
            lazy(
                "{path} is missing; write it with: ssh-keygen -y -f {private} > {path}",
                path=path,
                private=path.with_suffix(""),
            )
        ) from error
    except OSError as error:
        raise DiskError(files.sentence(error, path)) from error
    if not IS_PUBLIC.fullmatch(line):
        raise CardError(
            lazy(
                "{path} holds no public key of ssh; write it with: ssh-keygen -y -f {private} > {path}",
                path=path,
                private=path.with_suffix(""),
            )
        )
    return line
