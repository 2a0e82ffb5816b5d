"""Where rooms share: what a place must be able to do, and which place an address names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from fleet.errors import ShareError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
EXAMPLES = "/media/stick, s3://bucket/prefix"


@dataclass(frozen=True)
class Found:
    """An object that is there."""

    name: str
    size_bytes: int


class Store(Protocol):
    """A place for objects that are put there once and never changed."""

    def names(self, under: str) -> Iterator[Found]:
        """List what is there below a folder, which need not be there; ShareError if it cannot be asked."""

    def put_new(self, name: str, data: bytes) -> bool:
        """Put an object there, whole or not at all; False if one of this name is there. ShareError, DiskError."""

    def get(self, name: str, most_bytes: int) -> bytes:
        """Fetch an object; ShareError if it is not there, longer than that, or cannot be read."""


def open_store(url: str) -> Store:
    """Return the place that an address names; ShareError if it is of a kind that there is not, or cannot be used."""
    found = SCHEME.fullmatch(url)
    scheme, rest = (found[1].lower(), found[2]) if found else ("file", url)
    if not rest.strip() or scheme not in ("file", "s3"):
        raise ShareError(
            lazy(
                "'{url}' is no place to share at; give a folder or a bucket, such as {examples}.",
                url=url if "@" not in url else f"{scheme}://...",
                examples=EXAMPLES,
            )
        )
    if scheme == "s3":
        return _bucket(rest, url)
    from fleet.share.folder import FolderStore  # noqa: PLC0415 (each kind loads what it needs)

    return FolderStore(Path(rest).expanduser())


def _bucket(rest: str, url: str) -> Store:
    bucket, _, prefix = rest.partition("/")
    if not BUCKET.fullmatch(bucket):
        shown = bucket if "@" not in url else "..."
        raise ShareError(
            lazy(
                "'{bucket}' is no name of a bucket; write s3://bucket/prefix, and give key and secret as "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or in ~/.aws/credentials.",
                bucket=shown,
            )
        )
    from fleet.share.bucket import BucketStore  # noqa: PLC0415 (obstore takes a moment to load)

    return BucketStore(bucket, prefix.strip("/"))
