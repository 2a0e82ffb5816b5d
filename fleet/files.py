"""Files of this computer, written whole or not at all, and the one sentence for a disk that does not take them."""

from __future__ import annotations

import errno
import os
import pwd
import shlex
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from fleet.errors import DiskError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = {errno.ENOSPC: lazy("the disk is full"), errno.EDQUOT: lazy("your share of the disk is full")}
# What the system says of the commonest refusals (errno(3)), in words that can be said in other languages.
REASONS = {
    **FULL,
    errno.EACCES: lazy("permission denied"),
    errno.EEXIST: lazy("file exists"),
    errno.EFBIG: lazy("file too large"),
    errno.EIO: lazy("input/output error"),
    errno.EISDIR: lazy("is a directory"),
    errno.ENOENT: lazy("no such file or directory"),
    errno.ENOTDIR: lazy("not a directory"),
    errno.ENOTEMPTY: lazy("directory not empty"),
    errno.EPERM: lazy("operation not permitted"),
    errno.EROFS: lazy("read-only file system"),
}
FORBIDDEN = (errno.EACCES, errno.EPERM)
LIMITED = errno.EFBIG
# A folder that the system itself may rely on, as /, /root and /media, is never to be given to somebody.
OWN_PARTS = 3
# What open(2), mkdir(2) and rename(2) say where something else has the name of a folder or of a file.
IN_THE_WAY = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY)


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is never half there; DiskError if it cannot be, and then what was there stays."""
    with whole(path) as file:
        file.write(text.encode())


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """Give a file that takes the place of `path` at the end; DiskError if it cannot, and then what was there stays."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.unlink(missing_ok=True)  # of a killed command; and a folder that came on a stick may hold a link
        with fresh.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        if error.filename not in (None, str(fresh)):
            raise  # something else that was needed, and that names itself
        raise DiskError(sentence(error, path)) from error
    finally:
        with suppress(OSError):
            fresh.unlink()


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn a refusal into a DiskError that names the file: the system itself names none when it cannot write."""
    try:
        yield
    except OSError as error:
        raise DiskError(sentence(error, path)) from error


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, unless it is there; DiskError if it cannot be."""
    with naming(path):
        path.mkdir(parents=True, exist_ok=True)


def sentence(error: OSError, path: Path | None = None) -> str:
    """Say what the system refused, and what to do about it."""
    if isinstance(error, DiskError):
        return str(error)
    named = path or (Path(os.fsdecode(error.filename)) if isinstance(error.filename, (str, bytes)) else None)
    what = lazy("{path} cannot be used", path=named) if named else lazy("A file of this computer cannot be used")
    return lazy("{what}: {reason}{fix}.", what=what, reason=reason(error), fix=_fix(error.errno, named or Path()))


def reason(error: OSError) -> str:
    """Say in a few words, which can stand in a sentence, what the system refused."""
    words = (error.strerror or str(error)).rstrip(".")
    return REASONS.get(error.errno or 0) or f"{words[:1].lower()}{words[1:]}"


def _fix(number: int | None, path: Path) -> str:
    # Path.exists raises where a folder on the way is shut, which is what is looked for here.
    there = next(each for each in (path, *path.absolute().parents) if os.path.exists(each))  # noqa: PTH110
    if number in FULL:
        return lazy(
            "; make room (see with: {command}), then type the command again", command=f"df -h {shlex.quote(str(there))}"
        )
    if number == LIMITED:
        return lazy("; files of this account have a limit, which ends with: ulimit -f unlimited")
    if number == errno.EROFS:
        return lazy("; have its disk mounted for writing, or work in a copy of this checkout on another")
    if number in FORBIDDEN:
        return lazy("; {mend}, then type the command again", mend=_taking_over(there))
    if number in IN_THE_WAY:
        return lazy("; move away what has its name")
    return lazy("; choose a shorter name") if number == errno.ENAMETOOLONG else ""


def _taking_over(there: Path) -> str:
    """Say how somebody gets at what is there: it belongs to another account, or its own mode shuts its owner out."""
    if len(there.parts) < OWN_PARTS:
        return "choose a folder of your own instead"
    owner, asking = _name(there.stat().st_uid), _name(os.geteuid())
    if owner == asking:
        return lazy("open it to yourself with: {command}", command=f"chmod -R u+rwX {shlex.quote(str(there))}")
    command = f"sudo chown -R {asking} {shlex.quote(str(there))}"
    return lazy("it belongs to {owner}; take it over with: {command}", owner=owner, command=command)


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
