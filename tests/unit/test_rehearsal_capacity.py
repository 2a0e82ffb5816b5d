"""How many virtual Pis fit, and the disks of earlier ones that are still being deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtual import place
from virtual.containers import boards, capacity, room, trash
from virtual.errors import RehearsalError
from virtual.locks import one_at_a_time


def free(memory_gb: float, disk_gb: float) -> capacity.Free:
    return capacity.Free(round(memory_gb * 1e9), round(disk_gb * 1e9), Path("/var/cache/pilab"))


def test_a_disk_that_may_become_full_is_said_with_what_is_wanted_and_what_there_is() -> None:
    assert capacity.tight(3, free(24, 6)) == ""
    assert capacity.tight(30, free(24, 43)) == (
        "30 virtual Pis take up to 51 GB in /var/cache/pilab once they are provisioned, and 43 GB are free: make room "
        "there, or start fewer."
    )


@pytest.mark.parametrize(
    ("memory_gb", "disk_gb", "fix"),
    [
        (3.9, 200, "ask for at most 15"),
        (24, 22, "ask for at most 18"),
        (0.1, 200, "free more of it"),
        (24, 1, "free more of it"),
    ],
)
def test_more_than_fit_are_refused_with_the_number_that_fits(memory_gb: float, disk_gb: float, fix: str) -> None:
    with pytest.raises(RehearsalError) as refused:
        capacity.refuse_more_than_fit(99, free(memory_gb, disk_gb))
    assert str(refused.value) == (
        f"--pis is 99: {memory_gb:.1f} GB of memory and {disk_gb:.1f} GB in /var/cache/pilab are free, and each "
        f"virtual Pi takes 0.25 and 1.2 GB once it is provisioned; {fix}."
    )


def test_thirty_fit_on_a_computer_that_held_thirty() -> None:
    capacity.refuse_more_than_fit(30, free(22, 43))
    capacity.refuse_more_than_fit(boards.MOST_PIS, free(64, 500))


def test_what_is_free_is_read_from_this_computer(tmp_path: Path) -> None:
    here = capacity.free(tmp_path)
    assert 1e6 < here.memory_bytes < 1e14
    assert here.folder == tmp_path


def test_what_is_thrown_away_is_gone_at_once_and_deleted_with_what_was_left_before(tmp_path: Path) -> None:
    here = place.Place("abc", tmp_path / "run", tmp_path / "cache")
    (here.cache / "locks").mkdir(parents=True)
    (here.cache / "trash/abc-old/rooms").mkdir(parents=True)
    (here.guests / "pi01/disk").mkdir(parents=True)
    trash.throw(here, here.guests)
    assert not here.guests.exists()
    assert trash.wait(here, 30)
    assert list((here.cache / "trash").iterdir()) == []


def test_what_is_not_deleted_yet_is_told(tmp_path: Path) -> None:
    here = place.Place("abc", tmp_path / "run", tmp_path / "cache")
    assert trash.wait(here, 0)
    (here.guests / "pi01").mkdir(parents=True)
    with one_at_a_time(here.cache / "locks/.trash"):
        trash.throw(here, here.guests)
        assert not trash.wait(here, 0.3)
    assert trash.wait(here, 30)


def test_disks_that_are_being_deleted_are_waited_for_where_others_need_the_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, said = place.Place("abc", tmp_path / "run", tmp_path / "cache"), list[str]()
    (here.cache / "locks").mkdir(parents=True)
    (here.guests / "pi01").mkdir(parents=True)
    monkeypatch.setattr(capacity, "free", lambda _: free(24, 100 if trash.wait(here, 0) else 1))
    gate = tmp_path / "somebody-waits"
    monkeypatch.setattr(trash, "DELETER", ("sh", "-c", f'until [ -e {gate} ]; do sleep 0.05; done; rm -r "$@"', "sh"))
    trash.throw(here, here.guests)

    def say(line: str) -> None:
        said.append(line)
        gate.touch()

    room._see_that_they_fit(here, 3, say)
    assert said == ["Waiting until the disks of earlier virtual Pis are deleted."]
    assert trash.wait(here, 0)
