"""A run goes once, whole or not at all, whoever is killed and whoever else shares at the same time."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fleet.boards.outcome import Outcome, State
from fleet.errors import DiskError, RecordError, ShareError
from fleet.results import find
from fleet.share import parcel, send
from fleet.share.folder import FolderStore
from fleet.share.store import open_store
from tests.unit import disks
from tests.unit.share_parts import names, objects, plain, room, run_of, share

ROOT = Path(__file__).parents[2]
# A command that shares, and is killed the n-th time that it comes to what is named (PEP 578, audit hooks).
KILLED = """
import os, signal, sys
from pathlib import Path
from fleet.share import key, send
from fleet.share.folder import FolderStore
folder, place, event, count = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
left = [count]
def hook(what, about):
    if what == event and (what != "open" or ".part" in str(about[0])):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
for each in send.send(folder / "results", FolderStore(place), key.tokens(folder)):
    print(each.run, each.state, flush=True)
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


@pytest.fixture
def school(tmp_path: Path) -> Path:
    room(tmp_path / "school")
    return tmp_path / "school"


def states(sent: list[send.Sent]) -> list[str]:
    return [each.state for each in sent]


def is_whole(path: Path) -> bool:
    return hashlib.sha256(path.read_bytes()).hexdigest() in path.name


def test_every_run_goes_once(school: Path, place: Path) -> None:
    assert states(share(school, place)) == [send.SHARED] * 2
    first = {path: path.stat().st_ino for path in objects(place)}
    assert len(first) == 2
    assert all(is_whole(path) and parcel.address_of(str(path.relative_to(place))) for path in first)
    assert states(share(school, place)) == [send.THERE] * 2
    assert {path: path.stat().st_ino for path in objects(place)} == first


def test_a_look_says_what_would_go_and_changes_nothing(school: Path, place: Path) -> None:
    would = share(school, place, is_dry=True)
    assert states(would) == [send.WOULD_GO] * 2
    assert list(place.iterdir()) == []
    went = share(school, place)
    assert [(each.size_bytes, each.boards) for each in went] == [(each.size_bytes, each.boards) for each in would]
    assert sum(each.size_bytes for each in would) == sum(path.stat().st_size for path in objects(place))
    assert states(share(school, place, is_dry=True)) == [send.THERE] * 2


def test_an_attempt_that_came_later_goes_beside_the_first(school: Path, place: Path) -> None:
    share(school, place)
    run = find(school / "results", names(1)[0])
    run.begin_again()
    run.finish([Outcome("pi01", State.OK, records="pi01.jsonl")])
    assert states(share(school, place)) == [send.SHARED, send.THERE]
    assert [path.name.partition("-")[0] for path in objects(place)] == ["1", "2", "1"]


def test_a_run_that_has_not_ended_goes_only_if_it_is_named(school: Path, place: Path) -> None:
    run = find(school / "results", names(1)[0])
    run.manifest.finished_utc = ""
    run.save()
    kept, shared = share(school, place)
    assert (kept.state, shared.state) == (send.KEPT, send.SHARED)
    assert "has not ended, or was cut off" in kept.sentences[0]
    assert states(share(school, place, run.path.name)) == [send.SHARED]
    assert states(share(school, place, run.path.name)) == [send.THERE]
    run.finish([])
    assert states(share(school, place)) == [send.SHARED, send.THERE]
    assert len(objects(place)) == 3


def test_a_file_that_the_gate_does_not_let_in_stays_and_is_told(school: Path, place: Path) -> None:
    (school / "results" / names(1)[0] / "pi02.jsonl").write_text('{"kim-minsu": 1}\n')
    (school / "results" / names(2)[1] / "run.json").write_text("{")
    first, second = share(school, place)
    assert (first.state, first.boards, first.is_wrong) == (send.SHARED, 1, True)
    assert "line 1 of pi02.jsonl" in first.sentences[0].lower()
    assert (second.state, second.is_wrong) == (send.KEPT, True)
    assert b"kim-minsu" not in plain(objects(place)[0])


def test_a_run_that_is_not_there_is_told(school: Path, place: Path) -> None:
    with pytest.raises(RecordError, match="There is no run '2025'"):
        share(school, place, "2025")


@pytest.mark.parametrize("event", ["open", "os.link", "os.remove"])
@pytest.mark.parametrize("count", [1, pytest.param(2, marks=pytest.mark.long)])
def test_a_command_that_is_killed_leaves_nothing_half_and_the_next_goes_on(
    school: Path, place: Path, event: str, count: int
) -> None:
    words = [sys.executable, "-c", KILLED, str(school), str(place), event, str(count)]
    killed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert all(is_whole(path) for path in objects(place) if not path.name.endswith(".part"))
    visible = [found.name for found in FolderStore(place).names(parcel.FOLDER)]
    assert all(parcel.address_of(name) for name in visible)
    run_of(school / "results", names(3)[2])  # with something new to put, leftovers go
    share(school, place)
    assert len(objects(place)) == 3
    assert all(is_whole(path) for path in objects(place))


def test_two_computers_of_a_room_that_share_at_once_put_each_run_there_once(tmp_path: Path, place: Path) -> None:
    room(tmp_path / "school", 6)
    words = [sys.executable, "-c", KILLED, str(tmp_path / "school"), str(place), "never", "0"]
    both = [subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [each.communicate()[0].splitlines() for each in both]
    assert [each.returncode for each in both] == [0, 0]
    assert sorted(line.split()[0] for lines in said for line in lines if line.endswith(" shared")) == names(6)
    assert len(objects(place)) == 6
    assert all(is_whole(path) for path in objects(place))


def test_two_rooms_with_runs_and_boards_of_the_same_names_stay_apart(tmp_path: Path, place: Path) -> None:
    for school in ("one", "other"):
        room(tmp_path / school, 1)
        share(tmp_path / school, place)
    assert len({path.parents[1].name for path in objects(place)}) == 2


def test_what_somebody_else_put_there_under_a_name_is_never_overwritten(place: Path) -> None:
    store = FolderStore(place)
    assert store.put_new("pilab-1/x/y", b"first")
    assert not store.put_new("pilab-1/x/y", b"second")
    assert store.get("pilab-1/x/y", 100) == b"first"


def test_a_stick_without_links_takes_runs_too(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAT answers link(2) with EPERM; what it answers is simulated here."""

    def no_links(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    store = FolderStore(place)
    assert store.put_new("pilab-1/x/y", b"first")
    assert not store.put_new("pilab-1/x/y", b"second")
    assert [path.read_bytes() for path in objects(place)] == [b"first"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make disks")
def test_a_full_stick_is_told_and_nothing_is_half_there(tmp_path: Path, school: Path) -> None:
    with disks.full(tmp_path / "stick", (tmp_path / "stick" / "pilab-1").mkdir):
        with pytest.raises(DiskError, match=r"cannot be used: the disk is full; make room"):
            share(school, tmp_path / "stick")
        assert [path.name for path in objects(tmp_path / "stick")] == ["taken"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make disks")
def test_a_stick_that_can_only_be_read_is_told(tmp_path: Path, school: Path) -> None:
    with (
        disks.read_only(tmp_path / "stick", lambda: None),
        pytest.raises(DiskError, match="have its disk mounted for writing"),
    ):
        share(school, tmp_path / "stick")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            "ftp://x/y",
            "'ftp://x/y' is no place to share at; give a folder or a bucket, such as /media/stick, s3://bucket",
        ),
        ("https://me:secret@x/y", "'https://...' is no place to share at"),
        ("", "'' is no place to share at"),
        ("s3://", "'s3://' is no place to share at"),
        ("s3://Bad_Bucket/x", "'Bad_Bucket' is no name of a bucket; write s3://bucket/prefix"),
        ("s3://key:secret@bucket/x", "'...' is no name of a bucket"),
        ("/no/such/stick", "There is no folder /no/such/stick; make it, or plug in the stick"),
    ],
)
def test_a_place_that_there_is_not_is_told(url: str, sentence: str) -> None:
    with pytest.raises(ShareError) as told:
        open_store(url)
    assert str(told.value).startswith(sentence)
    assert "secret@" not in str(told.value)


def test_a_pipe_or_a_link_at_a_place_is_no_object(place: Path, tmp_path: Path) -> None:
    folder = place / "pilab-1"
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    (tmp_path / "outside").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "outside")
    store = FolderStore(place)
    assert list(store.names("pilab-1")) == []
    for name in ("pipe", "link"):
        with pytest.raises((ShareError, DiskError)):
            store.get(f"pilab-1/{name}", 10)


def test_an_object_that_is_longer_than_it_may_be_is_not_read(place: Path) -> None:
    store = FolderStore(place)
    store.put_new("pilab-1/long", b"x" * 11)
    with pytest.raises(ShareError, match=r"is longer than 10 bytes; take it away\."):
        store.get("pilab-1/long", 10)
    assert store.get("pilab-1/long", 11) == b"x" * 11


def test_a_run_without_records_stays_here(tmp_path: Path, place: Path) -> None:
    run_of(tmp_path / "school" / "results", names(1)[0], [])
    (kept,) = share(tmp_path / "school", place)
    assert (kept.state, kept.sentences) == (send.KEPT, (f"Run {names(1)[0]} has no records.",))
