from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from fleet.cards import write
from fleet.doctor.card import diagnose
from fleet.doctor.finding import Level
from fleet.errors import InventoryError
from tests.unit.doctor_cases import BOOKWORM, BROKEN, CMDLINE, NOT_YET, STARTED, TRIXIE, WAITS, card

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.doctor.finding import Finding

COMMAND = re.compile(r"type: (.*)\Z", re.DOTALL)


def faults(folder: Path) -> dict[str, Finding]:
    return {each.code: each for each in diagnose(folder) if each.level is Level.FAULT}


# Those whose fix is a command for this very folder.
MENDED = ("two lines", "two lines of windows", "first line", "no id", "two ids", "secret", "key")


@pytest.mark.parametrize(("codes", "files"), BROKEN.values(), ids=BROKEN)
def test_a_card_that_is_broken_in_one_way_says_which(tmp_path: Path, codes: list[str], files: dict[str, str]) -> None:
    found = faults(card(tmp_path, files))
    assert sorted(found) == sorted(codes)
    assert all(each.fix for each in found.values())


@pytest.mark.parametrize("name", MENDED)
def test_what_is_broken_is_mended_by_the_command_as_it_stands(tmp_path: Path, name: str) -> None:
    codes, files = BROKEN[name]
    folder = card(tmp_path / "boot fs", files)
    command = COMMAND.search(faults(folder)[codes[0]].fix)
    assert command
    subprocess.run(["sh", "-c", command[1]], check=True, capture_output=True)
    assert codes[0] not in faults(folder)


def test_two_lines_become_one_and_lose_no_word(tmp_path: Path) -> None:
    test_what_is_broken_is_mended_by_the_command_as_it_stands(tmp_path, "two lines of windows")
    assert (tmp_path / "boot fs/cmdline.txt").read_text().split() == [*CMDLINE.split(), "quiet"]


def test_a_card_that_did_its_first_start_tells_when_and_where(tmp_path: Path) -> None:
    (found,) = diagnose(card(tmp_path, STARTED))
    assert (found.level, found.code) == (Level.NOTE, "card-started")
    assert "as pi07, with the address 192.168.1.107" in found.sentence


def test_a_card_of_bookworm_that_waits_for_its_first_start_is_no_worse_than_that(tmp_path: Path) -> None:
    assert list(faults(card(tmp_path, BOOKWORM))) == [WAITS]


# What the script leaves on a card of each format at the end of a first start: its network, if any, comes later.
ENDED = {
    "trixie": {**STARTED, "pilab/done.txt": NOT_YET},
    "bookworm": {**STARTED, "user-data": "", "meta-data": "", "pilab/done.txt": NOT_YET},
    "preseed": {**STARTED, "user-data": "", "meta-data": "", "issue.txt": "rpi-preseed\n", "pilab/done.txt": NOT_YET},
}
STAND_INS = {
    # It answers with the next line, and with the last one for ever; it is asked a hundred times and starts no program.
    "hostname": """{ read -r line; while read -r more; do rest="$rest$more\n"; done; } <$ANSWERS
        echo "$line"; [ -z "$rest" ] || printf "$rest" >$ANSWERS""",
    "sleep": "echo $1 >>$ANSWERS.slept",
}


def after_minutes(folder: Path, answers: str) -> Path:
    """Have the script note the address of a card's board, whose `hostname -I` answers like this."""
    shutil.copy(write.FIRST, folder / "pilab/first.sh")
    stand_ins = folder.parent / "stand-ins"
    stand_ins.mkdir()
    for name, text in STAND_INS.items():
        (stand_ins / name).write_text(f"#!/bin/sh\n{text}\n")
        (stand_ins / name).chmod(0o755)
    (stand_ins / "answers").write_text(answers)
    environment = {**os.environ, "PATH": f"{stand_ins}:{os.environ['PATH']}", "ANSWERS": str(stand_ins / "answers")}
    subprocess.run(["sh", folder / "pilab/first.sh", "address"], check=True, env=environment, timeout=60)
    return folder


@pytest.mark.parametrize("form", ENDED)
def test_a_card_whose_board_has_no_network_yet_is_not_said_to_have_none(tmp_path: Path, form: str) -> None:
    (found,) = diagnose(card(tmp_path, ENDED[form]))
    assert (found.code, "with the address (not noted)" in found.sentence) == ("card-started", True)


@pytest.mark.parametrize("form", ENDED)
@pytest.mark.parametrize("answers", ["192.168.1.107 \n", "\n\n\n192.168.1.107 fd00::7 \n"])
def test_the_address_that_a_board_gets_in_time_is_noted(tmp_path: Path, form: str, answers: str) -> None:
    folder = after_minutes(card(tmp_path / "card", ENDED[form]), answers)
    (found,) = diagnose(folder)
    assert (found.code, f"with the address {answers.strip()}" in found.sentence) == ("card-started", True)
    assert (folder / "pilab/done.txt").read_text().splitlines()[-1] == "end"


@pytest.mark.parametrize("form", ENDED)
def test_a_board_that_gets_no_address_in_two_minutes_says_so_and_no_more_once_it_has_one(
    tmp_path: Path, form: str
) -> None:
    folder = after_minutes(card(tmp_path / "card", ENDED[form]), "\n")
    assert list(faults(folder)) == ["card-no-address"]
    slept = (tmp_path / "stand-ins/answers.slept").read_text().split()
    assert sum(map(int, slept)) == 120
    shutil.rmtree(tmp_path / "stand-ins")
    assert not faults(after_minutes(folder, "192.168.1.107 \n"))


@pytest.mark.parametrize("make", [lambda _: None, lambda path: path.mkdir(), lambda path: path.write_text("x")])
def test_what_is_no_card_is_one_sentence(tmp_path: Path, make: object) -> None:
    place = tmp_path / "place"
    make(place)  # type: ignore[operator]
    with pytest.raises(InventoryError, match="--card"):
        diagnose(place)


@pytest.mark.parametrize("name", ["gone", "file"])
def test_a_place_that_is_no_folder_is_told_with_one_that_could_be(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InventoryError, match=rf"{name}', and there is no such folder; give the one where the card is"):
        diagnose(tmp_path / name)


def test_a_card_that_means_harm_is_read_no_further_than_its_files_go(tmp_path: Path) -> None:
    aliases = "\n".join(f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]" for number in range(1, 40))
    folder = card(tmp_path, {**TRIXIE, "user-data": f"#cloud-config\na0: &a0 x\n{aliases}\n",
                             "network-config": "[" * 60_000, "pilab/seat": "name=$(reboot)\n"})  # fmt: skip
    (folder / "meta-data").unlink()
    os.mkfifo(folder / "meta-data")
    (folder / "custom.toml").symlink_to("/etc/passwd")
    found = diagnose(folder)
    assert [each.code for each in found if each.code == "card-file"] == ["card-file", "card-file"]
    assert not any("$(reboot)" in each.fix or "root:" in each.sentence for each in found)
