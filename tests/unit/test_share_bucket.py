"""What a store or the network says is told in one sentence of ours, without a secret or an address of theirs."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from fleet.errors import ShareError
from fleet.share import bucket, credentials
from fleet.share.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "do-not-show-this-secret"  # noqa: S105 (of a test)
AWS = (
    *(
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
    ),
    *("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"),
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without keys of whoever runs the tests."""
    for name in (*AWS, *credentials.OTHERWISE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(bucket, "MOST_RETRIES", 0)
    return tmp_path


@contextmanager
def answering(status: int, code: str) -> Iterator[str]:
    """A store that refuses everything as S3 does (Amazon S3 API Reference, Error responses)."""

    class Refusing(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            body = f"<Error><Code>{code}</Code><Message>{SECRET}</Message><HostId>10.1.2.3</HostId></Error>".encode()
            self.send_response(status)
            self.send_header("content-type", "application/xml")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_PUT = do_HEAD = answer  # noqa: N815 (as http.server calls them)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def with_keys(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    for name, value in zip(AWS[:2], ("a-key", SECRET), strict=True):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)


def refusals(url: str = "s3://district/records") -> list[str]:
    """What is said when a bucket is listed, put into and read from."""
    store, told = open_store(url), []
    for use in (lambda: list(store.names("x")), lambda: store.put_new("x/y", b"z"), lambda: store.get("x/y", 10)):
        with pytest.raises(ShareError) as refused:
            use()
        told.append(str(refused.value))
    return told


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (404, "NoSuchBucket", "There is no bucket district at {place}"),
        (403, "AccessDenied", "{place} does not let this key use the bucket district"),
        (403, "InvalidAccessKeyId", "{place} does not know the key for the bucket district"),
        (403, "SignatureDoesNotMatch", "{place} does not know the key for the bucket district"),
        (403, "RequestTimeTooSkewed", "{place} does not take what this computer signs, for its clock is wrong"),
        (507, "InsufficientStorage", "The bucket district at {place} takes no more"),
        (500, "InternalError", "The bucket district at {place} cannot be used"),
        (501, "NotImplemented", "The bucket district at {place} cannot be used"),
    ],
)
def test_what_a_store_refuses_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str, sentence: str
) -> None:
    with answering(status, code) as endpoint:
        with_keys(monkeypatch, endpoint)
        for told in refusals():
            assert told.startswith(sentence.format(place=endpoint))
            assert len(told.splitlines()) == 1
            assert not [each for each in (SECRET, "a-key", "10.1.2.3", "<") if each in told]


@pytest.mark.parametrize(
    ("endpoint", "sentence"),
    [
        ("http://127.0.0.1:9", "http://127.0.0.1:9 does not answer; is the network there"),
        ("http://no-such-host.invalid", "The address http://no-such-host.invalid cannot be found"),
    ],
)
def test_a_network_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, endpoint: str, sentence: str) -> None:
    with_keys(monkeypatch, endpoint)
    for told in refusals():
        assert told.startswith(sentence)
        assert SECRET not in told


def test_without_keys_nobody_is_asked(home: Path) -> None:
    with pytest.raises(ShareError) as told:
        open_store("s3://district/x")
    assert str(told.value) == (
        "There are no keys for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write them into "
        f"{home}/.aws/credentials under [default]."
    )


def aws_files(home: Path) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "credentials").write_text(
        f"[default]\naws_access_key_id = one\naws_secret_access_key = {SECRET}\n"
        "[school]\naws_access_key_id = two\naws_secret_access_key = 50%\naws_session_token = three\n"
    )
    (home / ".aws" / "config").write_text(
        "[profile school]\nregion = eu-north-1\nendpoint_url = https://s3.school.example\n"
    )


def test_keys_are_found_where_the_tools_of_aws_write_them(home: Path) -> None:
    aws_files(home)
    environment = {"HOME": str(home)}
    assert credentials.settings(environment) == {"access_key_id": "one", "secret_access_key": SECRET}
    assert credentials.settings({**environment, "AWS_PROFILE": "school"}) == {
        "access_key_id": "two", "secret_access_key": "50%", "session_token": "three",
        "region": "eu-north-1", "endpoint": "https://s3.school.example",
    }  # fmt: skip


def test_the_environment_counts_before_the_files(home: Path) -> None:
    aws_files(home)
    environment = {"HOME": str(home), "AWS_PROFILE": "school", "AWS_REGION": "us-west-2"}
    environment |= {"AWS_ACCESS_KEY_ID": "four", "AWS_SECRET_ACCESS_KEY": "five", "AWS_ENDPOINT_URL": "https://other"}
    assert credentials.settings(environment) == {"region": "us-west-2", "endpoint": "https://other"}


def test_a_file_of_keys_that_cannot_be_read_is_named_and_not_shown(home: Path) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "credentials").write_text(f"{SECRET}\n")
    with pytest.raises(ShareError) as told:
        credentials.settings({"HOME": str(home)})
    assert str(told.value) == f"{home}/.aws/credentials cannot be read; correct it, or write it anew."
    assert told.value.__suppress_context__
