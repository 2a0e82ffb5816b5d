"""What a classroom adds of its own by settings: packages, package sources with their keys, files."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# Debian policy 5.6.1; the rest as sources.list(5) and the file names of apt have it.
PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
URI = re.compile(r"https?://[^\s\[\]]+")
WORD = re.compile(r"[A-Za-z0-9][\w.+~/-]*")
MODE = re.compile(r"0[0-7]{3}")
ARMOR = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
# What is Pilab's own, or is no file on the disk of the board.
NOT_FOR_FILES = ("/opt/pilab", "/etc/pilab", "/var/lib/pilab", "/var/cache/pilab", "/proc", "/sys", "/dev", "/run")
# Of these a role changes some lines itself, or writes the whole.
CHANGED_BY_ROLES = frozenset({
    "/boot/config.txt", "/boot/firmware/config.txt", "/boot/firmware/user-data", "/etc/cloud/cloud.cfg.d/99-pilab.cfg",
    "/etc/default/cpu_governor", "/etc/hostname", "/etc/hosts",
})  # fmt: skip
ON_FAT = "/boot"  # has no rights of its own, or may be on a partition that has none
MOST_BYTES = 1 << 20  # of a file; larger ones are carried better by a task of one's own


class OwnThingsError(ValueError):
    """A setting is wrong; its text names the setting, the value and what would be right."""


class Source(NamedTuple):
    """A package source; `key` is its public key in ASCII armor, `name` becomes part of file names on the board."""

    name: str
    uri: str
    suite: str
    components: tuple[str, ...]
    key: str

    def files(self) -> list[dict[str, str]]:
        """Return what stands on a board for it: the key, and the source that trusts in this key alone."""
        keyring = f"/etc/apt/keyrings/pilab-{self.name}.asc"
        fields = {
            "Types": "deb",
            "URIs": self.uri,
            "Suites": self.suite,
            "Components": " ".join(self.components),
            "Signed-By": keyring,
        }
        text = "".join(f"{name}: {value}\n" for name, value in fields.items())
        return [file(keyring, self.key), file(f"/etc/apt/sources.list.d/pilab-{self.name}.sources", text)]


def packages(names: Iterable[str]) -> list[str]:
    """Return the names of packages, each once; OwnThingsError if one cannot be a package's."""
    for name in names:
        if not PACKAGE.fullmatch(name):
            raise OwnThingsError(
                f"base_extra_packages has '{name}': write the name of a Debian package, as 'tmux', without a version."
            )
    return sorted(set(names))


def sources(settings: Sequence[Mapping[str, Any]], root: Path) -> list[Source]:
    """Return the package sources that settings describe; the paths of their keys are below `root`.

    OwnThingsError if one is not as it should be, or its key cannot be read.
    """
    found = [_source(each, root) for each in settings]
    names = [each.name for each in found]
    for name in names:
        if names.count(name) > 1:
            raise OwnThingsError(f"base_extra_sources has two sources called '{name}': give one another name.")
    return found


def _source(given: Mapping[str, Any], root: Path) -> Source:
    components = tuple(given.get("components", ("main",)))
    checks = {
        "name": (NAME, "small letters, digits and hyphens, as school"),
        "uri": (URI, "an address that begins with https:// or http://"),
        "suite": (WORD, "a suite, as stable or trixie"),
    }
    for field, (pattern, right) in checks.items():
        if not pattern.fullmatch(str(given[field])):
            raise OwnThingsError(f"{field} in base_extra_sources is '{given[field]}': write {right}.")
    if not components or not all(WORD.fullmatch(each) for each in components):
        raise OwnThingsError(
            f"components of {given['name']} in base_extra_sources is {list(components)}: write a list, as [main]."
        )
    key = _text_of(root / given["key"], f"the key of {given['name']} in base_extra_sources", errors="replace")
    if ARMOR not in key:
        raise OwnThingsError(
            f"{given['key']}, the key of {given['name']} in base_extra_sources, is not in ASCII armor: "
            "make it so with `gpg --enarmor < KEY | sed 's/ARMORED FILE/PUBLIC KEY BLOCK/' > KEY.asc`."
        )
    return Source(given["name"], given["uri"].rstrip("/"), given["suite"], components, key)


def files(settings: Sequence[Mapping[str, Any]], root: Path) -> list[dict[str, str]]:
    """Return the files that settings describe, as board_own takes them; the paths of their sources are below `root`.

    OwnThingsError if one is not as it should be, or cannot be read.
    """
    found = [_file(each, root) for each in settings]
    paths = [each["path"] for each in found]
    for path in paths:
        if paths.count(path) > 1:
            raise OwnThingsError(f"base_extra_files has {path} twice: remove one of the two.")
    return found


def _file(given: Mapping[str, Any], root: Path) -> dict[str, str]:
    path = given["path"]
    if not _may_be_written(path):
        raise OwnThingsError(
            f"path in base_extra_files is '{path}': write a whole path without '..', outside of "
            f"{', '.join(NOT_FOR_FILES)}, as /etc/motd."
        )
    if path in CHANGED_BY_ROLES:
        raise OwnThingsError(
            f"path in base_extra_files is '{path}', which Pilab changes itself: take it out, and change lines of it "
            "with a task in base_tasks_after."
        )
    if not MODE.fullmatch(given["mode"]):
        raise OwnThingsError(f"mode of {path} in base_extra_files is '{given['mode']}': write it as '0644', in quotes.")
    is_named, is_written = given.get("source") is not None, given.get("content") is not None
    if is_named == is_written:
        raise OwnThingsError(
            f"{path} in base_extra_files has {'both' if is_named else 'neither'}: write source or content."
        )
    text = (
        _text_of(root / given["source"], f"the source of {path} in base_extra_files") if is_named else given["content"]
    )
    return file(path, text, "" if PurePosixPath(path).is_relative_to(ON_FAT) else given["mode"])


def _may_be_written(path: str) -> bool:
    pure = PurePosixPath(path)
    is_plain = (
        pure.is_absolute() and str(pure) == path and ".." not in pure.parts and path.isprintable() and path != "/"
    )
    return is_plain and not any(pure.is_relative_to(each) for each in NOT_FOR_FILES)


def _text_of(path: Path, what: str, errors: str = "strict") -> str:
    """Return a text of this computer; OwnThingsError if it is none, or too long."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        if len(content) <= MOST_BYTES:
            return content.decode(errors=errors)
        trouble = f"has more than {MOST_BYTES >> 20} MiB: put it on the boards with a task in base_tasks_after"
    except OSError as error:
        trouble = f"cannot be read ({error.strerror}): correct its path, which counts from the folder of the playbook"
    except UnicodeDecodeError:
        trouble = "is no text: put it on the boards with a task in base_tasks_after"
    raise OwnThingsError(f"{path}, {what}, {trouble}.")


def check_tasks(settings: Mapping[str, str], root: Path) -> None:
    """Refuse a file of tasks that is not there, before anything is changed: OwnThingsError."""
    for name, value in settings.items():
        if value and not (root / value).is_file():
            raise OwnThingsError(
                f"{name} is '{value}', and there is no such file in {root}: correct it, or take it out."
            )


def file(path: str, content: str, mode: str = "0644") -> dict[str, str]:
    """Describe one file."""
    return {"path": path, "content": content, "mode": mode}
