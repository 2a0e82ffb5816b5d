from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.unit.ansible_parts import ROOT, plugin, role_file

if TYPE_CHECKING:
    from pathlib import Path

config_txt = plugin("module_utils", "config_txt")
RELEASES = role_file("base", "vars/main/table.yml")["__base_table"]["releases"]
STANDINS = ROOT / "virtual" / "containers" / "standins"
STOCK = {
    release: (STANDINS / "config" / f"{release}.txt").read_text() for release in ("bullseye", "bookworm", "trixie")
}
THREE, FOUR = ["pi3", "pi3+"], ["pi4"]


def edits(release: str) -> dict[str, object]:
    return {stack: RELEASES[release][stack] for stack in ("legacy", "libcamera") if stack in RELEASES[release]}


def for_stack(text: str, release: str, stack: str, filters: list[str]) -> str:
    return str(config_txt.for_stack(text, stack, edits(release), filters))


def with_raspi_config(root: Path, text: str, release: str, *words: str) -> str:
    """What raspi-config's own functions make of a config.txt: the golden results, seen on real ones."""
    (root / "boot").mkdir(exist_ok=True)
    (root / "etc").mkdir(exist_ok=True)
    number = {"bullseye": 11, "bookworm": 12, "trixie": 13}[release]
    (root / "etc/os-release").write_text(f'VERSION_CODENAME={release}\nVERSION_ID="{number}"\n')
    (root / "boot/config.txt").write_text(text)
    command = ["sh", str(STANDINS / "raspi-config"), "nonint", *words]
    subprocess.run(command, env={**os.environ, "REHEARSAL_ROOT": str(root)}, check=True)
    return (root / "boot/config.txt").read_text()


def counting(text: str, filters: list[str]) -> set[str]:
    return set(config_txt.active(text, filters))


@pytest.mark.parametrize("filters", [THREE, FOUR], ids=["Pi 3+", "Pi 4"])
def test_legacy_means_to_the_firmware_what_raspi_config_makes_of_it(tmp_path: Path, filters: list[str]) -> None:
    golden = with_raspi_config(tmp_path, STOCK["bullseye"], "bullseye", "do_legacy", "0")
    ours = for_stack(STOCK["bullseye"], "bullseye", "legacy", filters)
    assert counting(ours, filters) == counting(golden, filters)
    assert {"start_x=1", "gpu_mem=128"} <= counting(ours, filters)
    assert ("dtoverlay=vc4-fkms-v3d" in counting(ours, filters)) == (filters == FOUR)


def test_on_buster_the_camera_needs_what_do_camera_appends() -> None:
    stock = "dtparam=audio=on\n[pi4]\ndtoverlay=vc4-fkms-v3d\n[all]\n"
    ours = for_stack(stock, "buster", "legacy", FOUR)
    assert counting(ours, FOUR) - counting(stock, FOUR) == {"start_x=1", "gpu_mem=128"}


@pytest.mark.parametrize("release", ["bullseye", "bookworm", "trixie"])
def test_libcamera_needs_nothing_of_a_stock_config_txt(release: str) -> None:
    assert for_stack(STOCK[release], release, "libcamera", FOUR) == STOCK[release]


@pytest.mark.parametrize("release", ["bullseye", "bookworm"])
def test_libcamera_comes_back_where_do_legacy_killed_it(tmp_path: Path, release: str) -> None:
    killed = with_raspi_config(tmp_path, STOCK[release], release, "do_legacy", "0")
    assert config_txt.camera_in(killed, FOUR) == "legacy"
    mended = for_stack(killed, release, "libcamera", FOUR)
    assert config_txt.camera_in(mended, FOUR) == "libcamera"
    assert "dtoverlay=vc4-kms-v3d" in counting(mended, FOUR)
    assert config_txt.without_ours(mended) == killed


def test_both_stacks_at_once_become_the_one_that_is_wanted(tmp_path: Path) -> None:
    legacy = with_raspi_config(tmp_path, STOCK["bullseye"], "bullseye", "do_legacy", "0")
    both = with_raspi_config(tmp_path, legacy, "bullseye", "do_camera", "0")
    assert config_txt.camera_in(both, FOUR) == "both"
    for stack in ("legacy", "libcamera"):
        assert config_txt.camera_in(for_stack(both, "bullseye", stack, FOUR), FOUR) == stack


def test_what_raspi_config_did_already_is_left_to_it(tmp_path: Path) -> None:
    golden = with_raspi_config(tmp_path, STOCK["bullseye"], "bullseye", "do_legacy", "0")
    assert for_stack(golden, "bullseye", "legacy", FOUR) == golden


HANDWRITTEN = (
    STOCK["bullseye"],
    STOCK["bullseye"].replace("\n", "\r\n"),
    "gpu_mem=256\ncamera_auto_detect=1 # by Anna\n[pi4]\narm_boost=1",
    "[pi0]\nstart_x=1\n[none]\ngpu_mem=512\n",
    "",
)


@pytest.mark.parametrize("text", HANDWRITTEN, ids=["stock", "from Windows", "in [pi4] at its end", "filtered", "empty"])
def test_every_edit_can_be_repeated_and_taken_back(text: str) -> None:
    once = for_stack(text, "bullseye", "legacy", FOUR)
    assert config_txt.camera_in(once, FOUR) == "legacy"
    assert for_stack(once, "bullseye", "legacy", FOUR) == once
    back = for_stack(once, "bullseye", "libcamera", FOUR)
    assert back.rstrip("\n") == text.rstrip("\n")
    assert config_txt.without_ours(once).rstrip("\n") == text.rstrip("\n")


def test_hand_written_lines_stay_where_they_are_and_a_higher_value_counts() -> None:
    once = for_stack("gpu_mem=256\nhdmi_group=2 # by Anna\n", "bullseye", "legacy", FOUR)
    assert once.startswith("gpu_mem=256\nhdmi_group=2 # by Anna\n")
    assert "gpu_mem=128" not in once


def test_our_block_begins_for_all_boards_and_ends_so() -> None:
    once = for_stack("[pi4]\narm_boost=1\n", "bullseye", "legacy", FOUR)
    block = once[once.index(config_txt.BEGIN) :].splitlines()
    assert block[1] == "[all]"
    assert block[-2:] == ["[all]", config_txt.END]
    assert max(map(len, block)) <= 96


def test_a_block_of_ours_without_an_end_is_somebody_elses_and_many_of_them_take_no_longer() -> None:
    """With an expression that looks for the end of each, this took minutes."""
    text = f"{config_txt.BEGIN}\nstart_x=1\n" * 3000
    assert config_txt.without_ours(text) == text
    assert config_txt.without_ours(f"{text}{config_txt.END}\r\nlast=1") == "last=1"


def test_a_number_without_end_is_cut() -> None:
    assert config_txt.number("9" * 100_000) == 999_999_999
