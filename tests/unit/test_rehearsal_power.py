"""Virtual Pis that do not come up, with programs of this computer in place of nspawn and ssh."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pytest

from virtual.commands import detach
from virtual.containers import guest, power
from virtual.errors import RehearsalError
from virtual.place import Place
from virtual.state import Guest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENDS = "printf 'Spawning\\n\\033[1;31mCannot make %s.\\033[0m\\n\\n' bridge; exit 1"
LIVES = "sleep 60"
GUESTS = [Guest(f"pi0{number}", number, "trixie", "arm64", f"10.77.0.10{number}") for number in (1, 2)]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A place whose first guest ends at once and whose second one never answers."""
    place = Place("test", tmp_path / "run", tmp_path / "cache")
    for one in GUESTS:
        guest.folder_of(place, one).mkdir(parents=True)

    def boot(here: Place, one: Guest) -> None:
        folder = guest.folder_of(here, one)
        words = ("sh", "-c", ENDS if one.number == 1 else LIVES, "sh", f"--directory={folder}/root")
        detach(*words, log=folder / "console.log", environment={})

    monkeypatch.setattr(guest, "boot", boot)
    monkeypatch.setattr(guest, "ssh", lambda *_, **__: ["false"])
    monkeypatch.setattr(power, "LOAD_S", 0.5)
    yield place
    for one in GUESTS:
        power.cut(place, one)


@pytest.mark.skipif(not shutil.which("setsid"), reason="setsid is not installed")
def test_a_guest_that_ends_instead_of_booting_is_told_at_once_with_its_last_words(here: Place) -> None:
    began_s = time.monotonic()
    with pytest.raises(RehearsalError) as told:
        power.boot(here, GUESTS, print)
    log = here.cache / "failed-test-pi01.log"
    said = "pi01 ended instead of booting, with the last words: Spawning / Cannot make bridge"
    assert str(told.value) == f"{said}; see {log}."
    assert log.exists()
    assert time.monotonic() - began_s < power.BOOT_TIMEOUT_S / 4
