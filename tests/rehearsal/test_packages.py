"""Boards on which pupils, upgrades and power cuts left package sources and packages that are not as they should be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.checkout import CHECKOUT
from tests.rehearsal.conftest import PLAYBOOK_TIMEOUT_S, typed
from tests.rehearsal.playbooks import notes, playbook, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rehearsal.conftest import Lab

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]

AMISS = (Path(__file__).parent / "amiss.sh").read_text()
OWN = "failing lacking asking holding losing tree"
LISTS = "retired.list nowhere.list unsigned.list mistyped.list*"
NOW = ("-e", "base_lists_max_age_s=0")
NOTED = (
    "apt cannot read /etc/apt/sources.list.d/mistyped.list: ",
    "debian buster-backports is not there any more: take it out of /etc/apt/sources.list.d/retired.list",
    "debian sid cannot be reached: see whether its address in /etc/apt/sources.list.d/nowhere.list is right",
    "debian sid is not signed by a key that the board has for it: ",
    "failing cannot be configured (installed failing package post-installation script ",
    "lacking cannot be configured (lacking depends on nothing-has-this-name; ",
    "losing is half installed, and none of its package sources has it: ",
)


def only(name: str, *words: str) -> tuple[int, str]:
    return playbook("--limit", name, *words)


@pytest.fixture(scope="module")
def amiss(provisioned: Lab) -> Iterator[Lab]:
    """A board on which much is amiss at once, and which lacks htop."""
    provisioned.say("pi02", f"sudo sh -s <<'END'\n{AMISS}\nEND")
    yield provisioned
    provisioned.say("pi02", f"sudo dpkg --purge --force-all {OWN}; cd /etc/apt/sources.list.d && sudo rm -f {LISTS}")
    status, output = only("pi02")
    assert status == 0, output


def is_noted(words: str, said: list[str]) -> bool:
    return any(words in note for note in said)


def test_ours_are_installed_and_what_is_amiss_of_others_is_named(amiss: Lab) -> None:
    status, output = only("pi02", *NOW, "-e", "governor_name=powersave")
    assert status == 0, output
    assert rows(output)["pi02"] == "changed in base, governor"
    said = notes(output, "pi02")
    assert [words for words in NOTED if not is_noted(words, said)] == []
    assert not is_noted("distUpgrade", said)
    amiss.say("pi02", "which htop")
    assert amiss.say("pi02", "cat /etc/asking.conf; ls /var/lib/dpkg/updates") == "from a pupil"
    states = amiss.say("pi02", f"dpkg-query --show --showformat '${{db:Status-Abbrev}}${{Package}}\\n' {OWN}")
    assert sorted(line.strip() for line in states.splitlines()) == [
        "hi holding", "iF failing", "iHRlosing", "iU lacking", "ii asking", "ii tree",
    ]  # fmt: skip


@pytest.mark.usefixtures("amiss")
def test_what_stays_unfinished_is_told_again_and_is_no_change() -> None:
    status, output = only("pi02", "-e", "governor_name=powersave")
    assert status == 0, output
    assert rows(output)["pi02"] == "nothing to change"
    assert is_noted("failing cannot be configured", notes(output, "pi02"))


def test_what_a_lesson_needs_and_no_source_has_is_one_sentence_with_the_source(amiss: Lab) -> None:
    """The only source that had htop is now that of a suite that is gone."""
    amiss.say("pi02", "sudo dpkg --purge htop; cd /etc/apt && sudo cp sources.list /root/ && "
              "sudo sed -i 's/ bookworm\\( \\|$\\)/ gone /' sources.list; sudo rm -r /var/lib/apt/lists")  # fmt: skip
    status, output = only("pi02", *NOW)
    amiss.say("pi02", "sudo cp /root/sources.list /etc/apt/")
    assert status != 0
    assert rows(output)["pi02"].startswith("its package sources have no htop: its package source http")
    assert "debian gone is not there any more: take it out of /etc/apt/sources.list" in rows(output)["pi02"]


@pytest.mark.long
def test_a_board_with_software_of_its_own_gathers_a_bundle_and_installs_from_it(amiss: Lab) -> None:
    amiss.say("pi02", "sudo dpkg --purge --force-all lacking losing; sudo rm -f /etc/apt/sources.list.d/mistyped.list")
    amiss.ssh("pi02", "sudo apt-get update -qq; sudo apt-get install --yes -qq ansible-core git")
    gathered = typed("invoke", "bundle", "--hosts", "pi02", timeout_s=PLAYBOOK_TIMEOUT_S)
    assert gathered.returncode == 0, gathered.stdout + gathered.stderr
    assert "left out: its package source" in gathered.stdout
    assert (CHECKOUT / "bundle/bookworm-amd64.tar").exists()
    amiss.say("pi02", "sudo dpkg --purge --force-depends htop")
    status, output = only("pi02", "-e", "base_from_bundle=true")
    assert status == 0, output
    amiss.say("pi02", "which htop git ansible")
