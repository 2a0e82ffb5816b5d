"""A bucket of an S3 store as a place to share, through obstore."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from fleet.errors import ShareError
from fleet.i18n import lazy
from fleet.share import credentials, s3_errors
from fleet.share.store import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from obstore.store import ClientConfig, S3Config

CONNECT_LIMIT, REQUEST_LIMIT = timedelta(seconds=10), timedelta(minutes=5)
MOST_RETRIES, RETRY_LIMIT = 3, timedelta(seconds=30)
CHUNK_BYTES = 2**20


class BucketStore:
    """Objects below a prefix of a bucket."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket = bucket
        told = credentials.settings(os.environ)
        # Whoever writes a password into the address does not want it on a screen.
        self._endpoint = re.sub(r"//[^/@]*@", "//", told.get("endpoint", "the S3 of Amazon"))
        config: S3Config = {"region": "us-east-1", **told}  # type: ignore[typeddict-item]
        client: ClientConfig = {
            "connect_timeout": CONNECT_LIMIT,
            "timeout": REQUEST_LIMIT,
            # Only where whoever set the address up wants it so.
            "allow_http": self._endpoint.startswith("http://"),
        }
        with self._telling():
            self._store = S3Store(
                bucket,
                prefix=prefix or None,
                config=config,
                client_options=client,
                retry_config={"max_retries": MOST_RETRIES, "retry_timeout": RETRY_LIMIT},
            )

    def names(self, under: str) -> Iterator[Found]:
        """List the objects below a prefix; ShareError if it cannot be asked."""
        with self._telling():
            for page in obstore.list(self._store, prefix=under):
                for each in page:
                    yield Found(each["path"], each["size"])

    def put_new(self, name: str, data: bytes) -> bool:
        """Put an object there only if there is none of its name, as the store decides by If-None-Match; ShareError."""
        with self._telling():
            try:
                obstore.put(self._store, name, data, mode="create", use_multipart=False)
            except (AlreadyExistsError, PreconditionError):
                return False
        return True

    def get(self, name: str, most_bytes: int) -> bytes:
        """Fetch an object; ShareError if it cannot be had, or is longer than that."""
        with self._telling():
            found = obstore.get(self._store, name)
            if found.meta["size"] <= most_bytes:
                data = b"".join(_limited(found.stream(min_chunk_size=CHUNK_BYTES), most_bytes))
                if len(data) <= most_bytes:
                    return data
        raise ShareError(
            lazy(
                "{name} in the bucket {bucket} is longer than {most} bytes.",
                name=name,
                bucket=self._bucket,
                most=most_bytes,
            )
        )

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            if isinstance(error, ShareError):
                raise
            raise ShareError(self._sentence(error)) from None

    def _sentence(self, error: Exception) -> str:
        template, code = s3_errors.sentence(str(error))
        return lazy(template, bucket=self._bucket, place=self._endpoint, code=code)


def _limited(chunks: Iterator[bytes], most_bytes: int) -> Iterator[bytes]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        yield bytes(chunk)
        if total > most_bytes:
            return
