"""What rooms shared is read like one's own, and a stranger's object costs only itself."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from commands import options
from commands import share as command
from fleet.errors import RecordError, ShareError
from fleet.report import query
from fleet.share import fetch, key, parcel, tables
from fleet.share.folder import FolderStore
from fleet.share.shared import SharedRuns
from fleet.share.store import Found
from tests.unit.share_parts import LINES, names, objects, plain, room, run_of, share

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = (
    "select count(distinct room), count(distinct (room, run)), count(distinct (room, run, board)), count(*) "
    "from samples"
)
ROOT = Path(__file__).parents[2]
SAMPLES = sum('"kind":"sample"' in line for line in LINES)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Two rooms have shared two runs of two boards each, of the same names."""
    (tmp_path / "place").mkdir()
    for school in ("one", "other"):
        room(tmp_path / school)
        share(tmp_path / school, tmp_path / "place")
    return tmp_path / "place"


@pytest.fixture
def shared(place: Path, tmp_path: Path) -> SharedRuns:
    return SharedRuns(str(place), tmp_path / "cache")


def put(place: Path, content: bytes, name: str = "", **about: Any) -> Path:  # noqa: ANN401 (parts of an address)
    """Put an object there as a stranger might, under the name that its bytes have."""
    parts = {"room": "room-0123456789", "run": names(1)[0], "attempt": 1, "is_cut": False}
    address = parcel.Address(**{**parts, "sha256": hashlib.sha256(content).hexdigest(), **about})
    path = place / (name or str(address))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def altered(place: Path, alter: Callable[[list[dict[str, Any]]], object]) -> bytes:
    """The lines of a shared run with changes, packed again."""
    lines = [json.loads(line) for line in plain(objects(place)[0]).splitlines()]
    lines[0]["room"] = "room-0123456789"
    alter(lines)
    return gzip.compress(b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines))


def test_one_question_over_all_rooms(shared: SharedRuns) -> None:
    answer = shared.ask(COUNT)
    assert (answer.rows, answer.complaints) == (((2, 4, 8, 8 * SAMPLES),), ())
    assert shared.ask("select distinct verdict from samples").rows == (("suspect",),)
    assert shared.ask("select state, count(*) from outcomes group by all").rows == (("ok", 8),)


def test_a_question_is_answered_as_over_the_runs_of_the_room_itself(tmp_path: Path, shared: SharedRuns) -> None:
    question = (
        "select run, program, workers, governor, repetition, real_ns, work_ns, verdict, reasons, utc from samples "
        "where {which} order by all"
    )
    here = query.ask(tmp_path / "one" / "results", question.format(which="board = 'pi01'")).rows
    words = key.tokens(tmp_path / "one")
    which = f"room = '{key.room_word(words)}' and board = '{words('board', 'pi01')}'"
    assert shared.ask(question.format(which=which)).rows == here


def test_what_was_judged_once_is_not_fetched_or_judged_again(
    shared: SharedRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shared.ask(COUNT).rows
    monkeypatch.setattr(FolderStore, "get", None)
    monkeypatch.setattr(tables, "analyse", None)
    assert shared.ask(COUNT).rows == before


def test_tables_of_another_pilab_are_made_anew(
    shared: SharedRuns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.ask(COUNT)
    monkeypatch.setattr(tables, "version", lambda: "another")
    assert shared.ask(COUNT).rows == ((2, 4, 8, 8 * SAMPLES),)
    assert [path.name for path in (tmp_path / "cache" / "tables").iterdir()] == ["another"]


def test_many_runs_are_judged_by_several_processes(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "FEW", 0)
    assert SharedRuns(str(place), tmp_path / "cache").ask(COUNT).rows == ((2, 4, 8, 8 * SAMPLES),)


@pytest.mark.parametrize(
    "question",
    ["select * from read_text('/etc/passwd')", "select * from glob('/etc/*')", "copy samples to '{folder}/stolen.csv'"],
)
def test_a_question_reads_nothing_else_and_writes_nothing(shared: SharedRuns, tmp_path: Path, question: str) -> None:
    with pytest.raises(RecordError):
        shared.ask(question.format(folder=tmp_path / "cache" / "tables" / tables.version()))
    assert not list(tmp_path.rglob("stolen.csv"))


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    return data[:40] + bytes([data[40] ^ 1]) + data[41:]


@pytest.mark.parametrize("damage", [cut, flipped, lambda _: b"", lambda data: data + b"x"])
def test_an_object_that_was_garbled_at_the_place_costs_only_itself(
    place: Path, shared: SharedRuns, damage: Callable[[bytes], bytes]
) -> None:
    victim = objects(place)[0]
    victim.write_bytes(damage(victim.read_bytes()))
    answer = shared.ask(COUNT)
    assert answer.rows == ((2, 3, 6, 6 * SAMPLES),)
    (told,) = answer.complaints
    label = f"{victim.parents[1].name}/{victim.parent.name}"
    assert told == (
        f"The shared run {label} cannot be read (it is garbled or cut short); have it taken away there and shared anew."
    )


@pytest.mark.parametrize(
    ("alter", "reason"),
    [
        (lambda lines: lines[0].update(schema=2), "'schema' in the first line is 2, not"),
        (lambda lines: lines[0].update(room="room-9876543210"), "it is another run than its name says"),
        (
            lambda lines: lines[0]["manifest"].update(run="20200101T000000Z-0000"),
            "it is another run than its name says",
        ),
        (lambda lines: lines[0]["manifest"].update(attempt=7), "it is another run than its name says"),
        (lambda lines: lines[0]["manifest"].update(hosts=[]), "'manifest' in the first line"),
        (
            lambda lines: lines[1].update(name="../../../../tmp/evil.jsonl"),
            "'name' in a line is '../../../../tmp/evil.jsonl'",
        ),
        (lambda lines: lines[1].update(name="run.json"), "'name' in a line is 'run.json', not"),
        (lambda lines: lines.append(lines[1]), "it has a file twice, or too many"),
        (lambda lines: lines.pop(1), "its records are of no board"),
        (list.clear, "the first line is not JSON"),
    ],
)
def test_an_object_of_a_stranger_is_told_in_a_sentence_and_costs_only_itself(
    place: Path, tmp_path: Path, alter: Callable[[list[dict[str, Any]]], object], reason: str
) -> None:
    put(place, altered(place, alter))
    answer = SharedRuns(str(place), tmp_path / "cache").ask(COUNT)
    assert answer.rows == ((2, 4, 8, 8 * SAMPLES),)
    (told,) = answer.complaints
    assert reason.lower() in told.lower()
    assert len(told.splitlines()) == 1
    assert not Path("/tmp/evil.jsonl").exists()  # noqa: S108 (where it would be)


def test_a_board_of_a_stranger_that_does_not_pass_the_gate_costs_only_itself(place: Path, tmp_path: Path) -> None:
    put(place, altered(place, lambda lines: lines[3].update(wall_ns=-1, user_ns="x", message=7)))
    answer = SharedRuns(str(place), tmp_path / "cache").ask(COUNT)
    assert answer.rows == ((3, 5, 9, 9 * SAMPLES),)
    assert len(answer.complaints) == 1
    assert answer.complaints[0].startswith(f"room-0123456789/{names(1)[0]}: ")
    assert SharedRuns(str(place), tmp_path / "cache").ask(COUNT).complaints == answer.complaints, "every time"


@pytest.mark.parametrize(
    ("limit", "most", "filling"), [("MOST_PLAIN_BYTES", 10**6, b"x" * 999 + b"\n"), ("MOST_LINES", 1000, b"\n")]
)
def test_a_bomb_is_left_before_it_goes_off(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int, filling: bytes
) -> None:
    monkeypatch.setattr(parcel, limit, most)
    room_there = objects(place)[0].parents[1].name.encode()
    top = plain(objects(place)[0]).replace(room_there, b"room-0123456789").splitlines(keepends=True)[0]
    file = b'{"schema":1,"kind":"file","name":"board-0123456789.jsonl"}\n'
    put(place, gzip.compress(top + file + filling * 2000))
    (told,) = SharedRuns(str(place), tmp_path / "cache").ask(COUNT).complaints
    assert "it is longer than any run" in told


def test_what_is_no_shared_run_is_left_alone_and_counted(place: Path) -> None:
    put(place, b"", "pilab-1/notes.txt")
    put(place, b"", "pilab-1/room-0123456789/x/y/z")
    put(place, b"", "holiday.jpg")
    (told,) = SharedRuns(str(place), Path()).complaints
    assert told == f"2 of the objects at {place} are no shared runs and were left alone, such as pilab-1/notes.txt."


def test_of_one_run_the_last_attempt_counts_and_one_that_ended_before_one_that_was_cut() -> None:
    about = {"room": "room-0123456789", "run": "r"}
    found = [
        Found(str(parcel.Address(**about, attempt=attempt, is_cut=is_cut, sha256=sha * 64)), size)
        for attempt, is_cut, sha, size in (
            (1, False, "a", 9),
            (2, True, "b", 9),
            (2, False, "c", 1),
            (2, False, "d", 2),
        )
    ]
    runs, strange = fetch._sorted(found)
    assert not strange
    assert [run.address.sha256[0] for run in runs.values()] == ["d"]


def test_a_room_that_shares_without_end_does_not_crowd_out_others(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "MOST_RUNS_OF_A_ROOM", 2)
    for number in range(1, 4):
        put(place, b"x", run=f"20200101T00000{number}Z-0000")
    found = SharedRuns(str(place), tmp_path / "cache")
    assert found.complaints == ["room-0123456789 has shared more than 2 runs; only the newest are read."]
    answer = found.ask(COUNT)
    assert answer.rows == ((2, 4, 8, 8 * SAMPLES),)
    assert len(answer.complaints) == 2


def test_more_bytes_than_are_fetched_leave_the_largest(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(place, b"x" * 10**6)
    monkeypatch.setattr(fetch, "MOST_BYTES", sum(path.stat().st_size for path in objects(place)) - 1)
    answer = SharedRuns(str(place), tmp_path / "cache").ask(COUNT)
    assert answer.rows == ((2, 4, 8, 8 * SAMPLES),)
    assert "was not fetched: there is more than" in answer.complaints[0]


def test_a_place_where_nobody_shared_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"Nobody has shared records at .* yet; share some with: invoke share --to"):
        SharedRuns(str(tmp_path), tmp_path)


def test_a_run_is_found_by_room_and_name_and_the_newest_by_the_clock_of_its_room(place: Path, tmp_path: Path) -> None:
    """A room whose clock is 15 minutes ahead has the newest run; nothing of another room is hidden by that."""
    ahead = "20261102T083000Z-3f9a"
    run_of(tmp_path / "one" / "results", ahead)
    share(tmp_path / "one", place)
    found = SharedRuns(str(place), tmp_path / "cache")
    words = key.room_word(key.tokens(tmp_path / "one"))
    other = key.room_word(key.tokens(tmp_path / "other"))
    assert found.run().manifest.run == ahead
    assert found.run(f"{other}/{names(2)[1]}").manifest.run == names(2)[1]
    with pytest.raises(RecordError, match=f"Several rooms have a run {names(1)[0]}; name one of: room-"):
        found.run(names(1)[0])
    with pytest.raises(RecordError, match=f"There is no shared run 'x'; the newest is {words}/{ahead}"):
        found.run("x")
    before, after = found.pair(f"{other}/{names(1)[0]}", "newest")
    assert (before.manifest.run, after.manifest.run) == (names(1)[0], names(2)[1])


def test_a_run_that_cannot_be_had_is_told(place: Path, shared: SharedRuns) -> None:
    for path in objects(place):
        path.write_bytes(b"")
    with pytest.raises(ShareError, match="cannot be read"):
        shared.run()


def test_two_questions_at_once_do_not_disturb_each_other(place: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from fleet.share.shared import SharedRuns\n"
        "if __name__ == '__main__': print(SharedRuns(sys.argv[1], Path(sys.argv[2])).ask(sys.argv[3]).rows)"
    )
    words = [sys.executable, "-c", program, str(place), str(tmp_path / "cache"), COUNT]
    both = [subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert {each.communicate()[0].strip() for each in both} == {str(((2, 4, 8, 8 * SAMPLES),))}


@pytest.fixture
def typing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: Callable[..., tuple[int, str, str]]
) -> Callable[..., Any]:
    """Types commands in the first room."""
    monkeypatch.setattr(options, "RESULTS", tmp_path / "one" / "results")
    monkeypatch.setattr(options, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(command, "ROOM", tmp_path / "one")
    return typed


@pytest.mark.usefixtures("without_pictures")
def test_what_a_teacher_types(place: Path, tmp_path: Path, typing: Callable[..., tuple[int, str, str]]) -> None:
    words = key.tokens(tmp_path / "one")
    mine = key.room_word(words)
    status, out, err = typing("share", "--to", str(place))
    assert (status, err) == (0, "")
    assert out.splitlines() == [f"{name}  is there already" for name in names(2)] + [f"0 runs, 0 bytes, as {mine}"]
    run_of(tmp_path / "one" / "results", names(3)[2])
    status, out, err = typing("share", "--to", str(place), "--dry-run")
    assert (status, err) == (0, "")
    assert f"{names(3)[2]}  would go: 2 boards, " in out
    assert "would go" not in typing("share", names(1)[0], "--to", str(place), "--dry-run")[1]
    assert f"{names(3)[2]}  shared: 2 boards, " in typing("share", "--to", str(place))[1]
    status, out, err = typing("share", "--tokens")
    assert (status, err) == (0, "")
    assert mine in out
    assert words("board", "pi01") in out
    status, out, err = typing("sql", "select count(distinct room) as rooms from runs", "--from", str(place), "--csv")
    assert (status, out, err) == (0, "rooms\r\n2\r\n", "")
    status, out, err = typing("report", f"{mine}/{names(1)[0]}", "--from", str(place))
    assert (status, err) == (0, "")
    assert words("board", "pi01") in out
    assert "invoke bench" not in out  # another room cannot be measured from here
    assert str(tmp_path / "cache") in out.splitlines()[-1]
    status, out, err = typing("compare", f"{mine}/{names(1)[0]}", "newest", "--from", str(place))
    assert (status, err) == (0, "")
    assert "none seen" in out


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["share"], "Say where to share: invoke share --to FOLDER, or --to s3://bucket/prefix\n"),
        (["share", "--to", "gs://x"], "'gs://x' is no place to share at; give a folder or a bucket, such as "),
        (["sql", "select 1", "--from", "/no/where"], "There is no folder /no/where; make it, or plug in the stick"),
    ],
)
def test_what_makes_no_sense_is_refused(
    typing: Callable[..., tuple[int, str, str]], words: list[str], sentence: str
) -> None:
    status, out, err = typing(*words)
    assert (status, out) == (1, "")
    assert err.startswith(sentence)
    assert len(err.splitlines()) == 1


@pytest.mark.usefixtures("place")
def test_a_look_before_the_room_has_a_word_names_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typing: Callable[..., tuple[int, str, str]]
) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    monkeypatch.setattr(command, "ROOM", fresh)
    status, out, err = typing("share", "--to", str(tmp_path), "--dry-run")
    assert (status, err) == (0, "")
    assert out.splitlines()[-1].endswith("gets its word with the first run, or by: invoke share --tokens")
    assert list(fresh.iterdir()) == []


def test_a_place_that_there_is_not_leaves_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: Callable[..., tuple[int, str, str]]
) -> None:
    monkeypatch.setattr(command, "ROOM", tmp_path)
    assert typed("share", "--to", "/no/where")[0] == 1
    assert list(tmp_path.iterdir()) == []
