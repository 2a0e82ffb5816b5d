"""Rooms share over a real S3 server: each run goes once, whatever dies in the middle of it."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
import pytest
from obstore.store import S3Store

from fleet.errors import ShareError
from fleet.share import key, send
from fleet.share.shared import SharedRuns
from fleet.share.store import open_store
from tests.share import s3_server
from tests.unit.share_parts import LINES, names, room, run_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fleet.share.store import Store
    from tests.share.s3_server import Server

ROOT = Path(__file__).parents[2]
SAMPLES = sum('"kind":"sample"' in line for line in LINES)
COUNT = "select count(distinct room), count(distinct (room, run)), count(*) from samples"
SHARING = """
import sys
from pathlib import Path
from fleet.share import key, send
from fleet.share.store import open_store
folder = Path(sys.argv[1])
for each in send.send(folder / "results", open_store(sys.argv[2]), key.tokens(folder)):
    print(each.run, each.state, flush=True)
"""
pytestmark = [
    pytest.mark.skipif(
        not s3_server.WEED.exists(), reason="no S3 server; make it with: make build/s3-server/.complete"
    ),
    pytest.mark.xdist_group("s3"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with s3_server.serving(tmp_path_factory.mktemp("s3") / "server") as started:
        yield started


@pytest.fixture
def url(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket of its own, which this computer has the keys of."""
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    bucket = f"b{secrets.token_hex(8)}"
    s3_server.make_bucket(server, bucket)
    return f"s3://{bucket}/records"


def share(folder: Path, url: str, name: str = "") -> list[str]:
    return [each.state for each in send.send(folder / "results", open_store(url), key.tokens(folder), name)]


def there(url: str) -> list[str]:
    return sorted(found.name for found in open_store(url).names("pilab-1"))


def test_runs_go_once_and_come_back(tmp_path: Path, url: str) -> None:
    for school in ("one", "other"):
        room(tmp_path / school)
        assert share(tmp_path / school, url) == [send.SHARED] * 2
        assert share(tmp_path / school, url) == [send.THERE] * 2
    found = SharedRuns(url, tmp_path / "cache")
    assert found.complaints == []
    assert found.ask(COUNT).rows == ((2, 4, 8 * SAMPLES),)
    assert found.run().manifest.run == names(2)[1]


def test_the_server_itself_refuses_to_overwrite(url: str) -> None:
    """Whatever was listed before: the put itself has the condition."""
    store = open_store(url)
    assert store.put_new("pilab-1/x", b"first")
    assert not store.put_new("pilab-1/x", b"second")
    assert store.get("pilab-1/x", 100) == b"first"


def test_of_many_that_put_one_name_at_once_one_does(url: str) -> None:
    stores = [open_store(url) for _ in range(12)]
    barrier, put = threading.Barrier(len(stores)), list[tuple[int, bool]]()

    def race(number: int, store: Store) -> None:
        barrier.wait()
        put.append((number, store.put_new("pilab-1/raced", b"%d" % number)))

    threads = [threading.Thread(target=race, args=each) for each in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [number for number, is_new in put if is_new]
    assert stores[0].get("pilab-1/raced", 100) == b"%d" % winner


class Lossy:
    """Passes bytes on to the server, and has a program killed when so many of them have passed."""

    def __init__(self, server: Server, after_bytes: int, reached: Callable[[], None]) -> None:
        self._server, self._left, self._reached = server, after_bytes, reached
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            behind = socket.create_connection(("127.0.0.1", self._server.port))
            threading.Thread(target=self._pass, args=(client, behind, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(behind, client, False), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, is_counted: bool) -> None:  # noqa: FBT001
        with closing(source), closing(target):
            try:
                while data := source.recv(1000):
                    target.sendall(data)
                    if is_counted:
                        self._left -= len(data)
                        if self._left <= 0:
                            self._reached()
            except OSError:
                return


@contextmanager
def killed_after(server: Server, after_bytes: int, words: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A program that is killed when it has sent so many bytes."""
    program: list[subprocess.Popen[str]] = []
    lossy = Lossy(server, after_bytes, lambda: program[0].send_signal(signal.SIGKILL))
    try:
        program.append(
            subprocess.Popen(
                words,
                cwd=ROOT,
                env={**os.environ, "AWS_ENDPOINT_URL": lossy.endpoint},
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        yield program[0]
    finally:
        program[0].kill()
        program[0].wait()
        lossy.close()


@pytest.mark.parametrize(
    "after_bytes",
    [1, 3_000, *(pytest.param(each, marks=pytest.mark.long) for each in (700, 1_500, 6_000, 9_000, 12_000, 16_000))],
)
def test_a_command_that_is_killed_leaves_nothing_half_and_the_next_goes_on(
    tmp_path: Path, url: str, server: Server, after_bytes: int
) -> None:
    room(tmp_path / "school", 3)
    words = [sys.executable, "-c", SHARING, str(tmp_path / "school"), url]
    with killed_after(server, after_bytes, words) as program:
        said = program.communicate()[0]
    assert program.returncode == -signal.SIGKILL, said
    if there(url):
        (answered,) = SharedRuns(url, tmp_path / "cache").ask("select count(*) % 108, count(*) > 0 from samples").rows
        assert answered == (0, True)
    assert send.SHARED in (states := share(tmp_path / "school", url)) or after_bytes > 3_000, states
    assert len(there(url)) == 3
    assert SharedRuns(url, tmp_path / "cache").ask(COUNT).rows == ((1, 3, 6 * SAMPLES),)


def test_two_computers_of_a_room_that_share_at_once_put_each_run_there_once(tmp_path: Path, url: str) -> None:
    room(tmp_path / "school", 4)
    words = [sys.executable, "-c", SHARING, str(tmp_path / "school"), url]
    both = [subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [each.communicate()[0].splitlines() for each in both]
    assert [each.returncode for each in both] == [0, 0]
    assert sorted(line.split()[0] for lines in said for line in lines if line.endswith(" shared")) == names(4)
    assert len(there(url)) == 4


def test_an_object_that_was_garbled_there_costs_only_itself(tmp_path: Path, url: str) -> None:
    room(tmp_path / "school")
    share(tmp_path / "school", url)
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    kept = S3Store(bucket, prefix=prefix, client_options={"allow_http": True})
    obstore.put(kept, there(url)[0], b"x")
    answer = SharedRuns(url, tmp_path / "cache").ask(COUNT)
    assert answer.rows == ((1, 1, 2 * SAMPLES),)
    assert "cannot be read (it is garbled or cut short)" in answer.complaints[0]


def test_a_bucket_that_is_not_there_and_a_key_that_is_not_known_are_told(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ShareError, match="There is no bucket no-such-bucket at http://127"):
        list(open_store("s3://no-such-bucket/x").names("pilab-1"))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-wrong-secret")
    with pytest.raises(ShareError, match="does not know the key for the bucket"):
        list(open_store(url).names("pilab-1"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    with pytest.raises(ShareError, match="does not know the key for the bucket"):
        open_store(url).put_new("x", b"y")


def test_a_prefix_is_a_place_of_its_own(tmp_path: Path, url: str) -> None:
    room(tmp_path / "school", 1)
    share(tmp_path / "school", url)
    run_of(tmp_path / "school" / "results", names(2)[1])
    assert share(tmp_path / "school", f"{url}/elsewhere") == [send.SHARED] * 2
    assert len(there(url)) == 1
