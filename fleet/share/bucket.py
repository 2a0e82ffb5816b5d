"""A bucket of an S3 store as a place to share, through obstore; errors are told in our words, for theirs hold addresses."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError, PreconditionError, UnauthenticatedError
from obstore.store import S3Store

from fleet.errors import ShareError
from fleet.i18n import lazy, noop
from fleet.share import credentials
from fleet.share.store import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from obstore.store import ClientConfig, S3Config

CONNECT_LIMIT, REQUEST_LIMIT = timedelta(seconds=10), timedelta(minutes=5)
MOST_RETRIES, RETRY_LIMIT = 3, timedelta(seconds=30)
CHUNK_BYTES = 2**20
# The codes of S3 (Amazon S3 API Reference, Error responses), and what the network says, in what obstore passes on.
SKEWED = re.compile("RequestTimeTooSkewed|RequestExpired", re.IGNORECASE)
UNKNOWN_KEY = re.compile(
    "InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken|ExpiredToken|AuthorizationHeaderMalformed", re.IGNORECASE
)
NO_BUCKET = re.compile("NoSuchBucket", re.IGNORECASE)
FORBIDDEN = re.compile("AccessDenied|AllAccessDisabled|403 Forbidden", re.IGNORECASE)
FULL = re.compile("QuotaExceeded|InsufficientStorage|EntityTooLarge|StorageFull|507 |XMinioStorageFull", re.IGNORECASE)
NO_ADDRESS = re.compile("dns error|failed to lookup|Name or service not known|resolve", re.IGNORECASE)
NO_ANSWER = re.compile("error sending request|connect|timed out|timeout|connection", re.IGNORECASE)
CERTIFICATE = re.compile("certificate|UnknownIssuer|tls handshake", re.IGNORECASE)
SKEWED_SENTENCE = noop("{place} does not take what this computer signs, for its clock is wrong; set it with: sudo timedatectl set-ntp true")
KEY_SENTENCE = noop("{place} does not know the key for the bucket {bucket}; correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ~/.aws/credentials.")
BUCKET_SENTENCE = noop("There is no bucket {bucket} at {place}, or nothing of that name in it; correct the address, or have the bucket made.")
RIGHTS_SENTENCE = noop("{place} does not let this key use the bucket {bucket}; have it allowed to list, read and put there.")
FULL_SENTENCE = noop("The bucket {bucket} at {place} takes no more: it is full, or its quota is used up.")
CERTIFICATE_SENTENCE = noop("{place} has a certificate that this computer does not trust; correct the address, or install the certificate of its authority.")
ADDRESS_SENTENCE = noop("The address {place} cannot be found; is the network there, and AWS_ENDPOINT_URL right?")
ANSWER_SENTENCE = noop("{place} does not answer; is the network there, and AWS_ENDPOINT_URL right?")
OTHER_SENTENCE = noop("The bucket {bucket} at {place} cannot be used ({kind}); try again later, or ask who keeps it.")


class BucketStore:
    """Objects below a prefix of a bucket."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket = bucket
        told = credentials.settings(os.environ)
        self._endpoint = told.get("endpoint", "the S3 of Amazon")
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
        """List the objects below a prefix."""
        with self._telling():
            for page in obstore.list(self._store, prefix=under):
                for each in page:
                    yield Found(each["path"], each["size"])

    def put_new(self, name: str, data: bytes) -> bool:
        """Put an object there only if there is none of its name: the store decides, by If-None-Match."""
        with self._telling():
            try:
                obstore.put(self._store, name, data, mode="create", use_multipart=False)
            except (AlreadyExistsError, PreconditionError):
                return False
        return True

    def get(self, name: str, most_bytes: int) -> bytes:
        """Fetch an object, and no more of it than that."""
        with self._telling():
            found = obstore.get(self._store, name)
            if found.meta["size"] <= most_bytes:
                data = b"".join(_limited(found.stream(min_chunk_size=CHUNK_BYTES), most_bytes))
                if len(data) <= most_bytes:
                    return data
        raise ShareError(
            lazy("{name} in the bucket {bucket} is longer than {most} bytes.", name=name, bucket=self._bucket, most=most_bytes)
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
        """Say what went wrong; what the store said has addresses in it, and is not passed on."""
        told, where = str(error), {"bucket": self._bucket, "place": self._endpoint}
        denied = isinstance(error, (PermissionDeniedError, UnauthenticatedError))
        for applies, sentence in (
            (bool(SKEWED.search(told)), SKEWED_SENTENCE),
            (bool(UNKNOWN_KEY.search(told)), KEY_SENTENCE),
            (bool(NO_BUCKET.search(told)) or isinstance(error, FileNotFoundError), BUCKET_SENTENCE),
            (denied or bool(FORBIDDEN.search(told)), RIGHTS_SENTENCE),
            (bool(FULL.search(told)), FULL_SENTENCE),
            (bool(CERTIFICATE.search(told)), CERTIFICATE_SENTENCE),
            (bool(NO_ADDRESS.search(told)), ADDRESS_SENTENCE),
            (bool(NO_ANSWER.search(told)), ANSWER_SENTENCE),
        ):
            if applies:
                return lazy(sentence, **where)
        return lazy(OTHER_SENTENCE, kind=type(error).__name__, **where)


def _limited(chunks: Iterator[bytes], most_bytes: int) -> Iterator[bytes]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        yield bytes(chunk)
        if total > most_bytes:
            return
