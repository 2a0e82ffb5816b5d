"""The commands of the guide, typed in its order on three virtual Pis that begin as Debian made them."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests import guide
from tests.rehearsal.checkout import CHECKOUT
from tests.rehearsal.conftest import Lab, room_apart, typed
from virtual.containers import room

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from tests.guide import Command

pytestmark = [pytest.mark.rehearsal, pytest.mark.long, pytest.mark.timeout(5400)]

RESULTS = CHECKOUT / "results"
LIMIT_S = 1200
BOARD = "pi02"
# What is not typed here, with the reason; what is not named is typed.
ELSEWHERE = {
    "sudo make demo": "it brings up the room that these commands are typed in",
    "make setup": "without it no test runs",
    ". .venv/bin/activate": "for a shell that goes on",
    "sudo .venv/bin/invoke rehearse.down": "the room goes at the end",
    "invoke cards --watch": "it waits for a card: test_cards.py",
    "invoke cards --print": "it writes over the labels of this checkout: test_cards_command.py",
    "invoke doctor --here": "it says what this computer lacks, whatever that is: test_doctor_here.py",
    "invoke discover": "virtual Pis announce nothing: test_discover.py",
    "invoke bundle": "it takes minutes of download: test_bundle.py",
    "ansible lab -b -m raw -a 'systemctl --no-block poweroff'": "what follows needs the boards",
    "invoke bench --hosts lab --suite course --runs 5": "ten minutes on boards of their own, an hour on one computer",
    "ansible-playbook site.yml -e base_spread=true": "minutes of download: test_spread.py",
    "invoke spread --hosts lab": "it needs Dask: test_spread.py",
    "cat /proc/device-tree/model": "the kernel of virtual Pis has no device tree",
}
# Of those that are typed here, what takes minutes is typed once.
ONCE = ("invoke bench", "invoke camera")
# Virtual Pis lack what these speak of, which ends them with 1.
MAY_FAIL = ("invoke doctor", "invoke camera")


def commands() -> list[Command]:
    """List what is typed: the blocks of the pages in their order; the fixes of the doctor are typed by its tests."""
    pages = [path for path in guide.pages() if path.stem in guide.ORDER]
    found = [each for path in pages for each in guide.in_blocks(path, is_own=True)]
    left = [each for each in found if each.typed not in ELSEWHERE]
    return [each for number, each in enumerate(left) if not _was_typed(each, left[:number])]


def _was_typed(command: Command, before: list[Command]) -> bool:
    is_once = command.on_board or command.typed.startswith(ONCE)
    return is_once and command.typed in [each.typed for each in before]


def test_what_is_not_typed_here_stands_in_the_guide() -> None:
    assert set(ELSEWHERE) <= {each.typed for each in guide.commands()}


@pytest.fixture(scope="module")
def lab(may_boot: None) -> Iterator[Lab]:  # noqa: ARG001 - asked for so that it comes first
    """A room of its own, and no results of it that stay."""
    before = set(RESULTS.glob("*"))
    with room_apart("g") as here:
        yield Lab(here, room.up(3, print))
    for path in set(RESULTS.glob("*")) - before:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (CHECKOUT / "report.json").unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("PILAB_NOTES", raising=False)  # what the other tests look for, and no teacher sees


def test_the_commands_of_the_guide_do_what_it_says(lab: Lab) -> None:
    for text in guide.programs(guide.GUIDE / "lessons.md"):
        lab.say(BOARD, f"cat > frame.py <<'END'\n{text}END")
    wrong = [said for each in commands() if (said := problem(lab, each))]
    assert not wrong, "\n".join(wrong)


def problem(lab: Lab, command: Command) -> str:
    """Type a command and say what is not as the guide has it; nothing if all is."""
    done = lab.ssh(BOARD, command.typed, LIMIT_S) if command.on_board else _typed(command.typed)
    said = done.stdout + done.stderr
    if "Traceback" in said or (done.returncode and not command.typed.startswith(MAY_FAIL)):
        return f"{command.page}: {command.typed} ended with {done.returncode}: {said[-500:]}"
    missing = [line for line in command.shows if plain(line) not in plain(said)]
    return f"{command.page}: {command.typed} does not show {missing}" if missing else ""


def _typed(line: str) -> subprocess.CompletedProcess[str]:
    """Have a shell read it, as it reads what a teacher types."""
    return typed("sh", "-c", line.replace("RUN", _earlier()), timeout_s=LIMIT_S)


def _earlier() -> str:
    """Name a run to be compared with the newest."""
    runs = sorted(path.name for path in RESULTS.glob("[0-9]*") if path.is_dir())
    return runs[-2] if len(runs) > 1 else "RUN"


def plain(text: str) -> str:
    """Write a text without what differs each time: numbers, addresses, widths, and what a camera sees at a moment."""
    words = text.replace("No circles in sight, LED off", "Circles in sight, LED on")
    words = re.sub(r"[0-9a-f]{4}\b|\d+", "0", words)
    return re.sub(r"[\s─━┃│┏┓┗┛┡┩└┘┬┴┼╇0.:,%~-]+", " ", words).strip()
