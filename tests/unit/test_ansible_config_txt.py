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
    return {f"{line.key}={line.value}" for line in config_txt.read(text, filters) if line.counts} - {"dtoverlay="}


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
    assert for_stack(once, "bullseye", "libcamera", FOUR) == text
    assert config_txt.without_ours(once) == text


def test_hand_written_lines_stay_where_they_are_and_a_higher_value_counts() -> None:
    once = for_stack("gpu_mem=256\nhdmi_group=2 # by Anna\n", "bullseye", "legacy", FOUR)
    assert once.startswith("gpu_mem=256\nhdmi_group=2 # by Anna\n")
    assert "gpu_mem=128" not in once


def test_our_block_begins_for_all_boards_and_ends_so() -> None:
    once = for_stack("[pi4]\narm_boost=1\n", "bullseye", "legacy", FOUR)
    block = once[once.index(config_txt.BEGIN) :].splitlines()
    assert block[1] == "[all]"
    assert block[-3:] == ["dtoverlay=", "[all]", config_txt.END]
    assert max(map(len, block)) <= 96


def test_a_block_of_ours_without_an_end_is_somebody_elses_and_many_of_them_take_no_longer() -> None:
    """With an expression that looks for the end of each, this took minutes."""
    begin = f"{config_txt.BEGIN}\nstart_x=1\n"
    assert config_txt.without_ours(begin * 3000) == begin * 3000
    assert config_txt.without_ours(f"{begin * 3000}{config_txt.END}\r\nlast=1") == f"{begin * 2999}last=1"


def test_what_was_set_aside_twice_comes_back_once() -> None:
    twice = f"{config_txt.ASIDE}{config_txt.ASIDE}camera_auto_detect=1\n"
    assert config_txt.without_ours(twice) == "camera_auto_detect=1\n"
    assert config_txt.without_ours(for_stack(twice, "bullseye", "legacy", THREE)) == "camera_auto_detect=1\n"


@pytest.mark.parametrize("letter", ["\v", "\f", "\x1c", "\x85", "\u2028"])
def test_only_a_line_end_ends_a_line(letter: str) -> None:
    own = f"# one{letter}camera_auto_detect=1{letter}\ncamera_auto_detect=1\n"
    once = for_stack(own, "bullseye", "legacy", THREE)
    assert once.startswith(f"# one{letter}camera_auto_detect=1{letter}\n{config_txt.ASIDE}camera_auto_detect=1\n")
    assert config_txt.without_ours(once) == own


def test_a_begin_that_lost_its_end_does_not_take_somebody_elses_lines_along() -> None:
    own = f"{config_txt.BEGIN}\nhdmi_group=2\ncamera_auto_detect=1\n"
    once = for_stack(own, "bullseye", "legacy", THREE)
    assert "start_x=1" in counting(once, THREE)
    assert config_txt.without_ours(once) == own


def test_a_line_end_that_was_there_stays_when_somebody_appends_below_our_block() -> None:
    once = for_stack("hdmi_group=2", "bullseye", "legacy", THREE)
    assert config_txt.without_ours(once + "arm_boost=1\n") == "hdmi_group=2\narm_boost=1\n"


def test_a_number_without_end_is_cut() -> None:
    assert config_txt.number("9" * 100_000) == 999_999_999


def lines_set_aside(text: str) -> list[str]:
    return [line.removeprefix(config_txt.ASIDE) for line in text.splitlines() if line.startswith(config_txt.ASIDE)]


def test_parameters_go_with_their_overlay_and_those_of_the_board_stay() -> None:
    text = (
        "dtoverlay=imx219\ndtparam=cam0,rotation=180\ndtparam=i2c_arm=on\ndtparam=rotation=0,spi=on\n"
        "dtoverlay=disable-bt\ndtparam=rotation=90\n"
    )
    assert lines_set_aside(for_stack(text, "bullseye", "legacy", THREE)) == [
        "dtoverlay=imx219",
        "dtparam=cam0,rotation=180",
    ]


def test_somebodys_parameters_of_the_driver_stay_with_it() -> None:
    text = "start_x=1\n[pi4]\ndtoverlay=vc4-fkms-v3d\n[all]\ndtoverlay=vc4-kms-v3d\ndtoverlay=vc4-kms-v3d,cma-512\n"
    mended = for_stack(text, "bookworm", "libcamera", FOUR)
    assert lines_set_aside(mended) == ["start_x=1", "dtoverlay=vc4-fkms-v3d", "dtoverlay=vc4-kms-v3d"]
    assert "dtoverlay=vc4-kms-v3d,cma-512" in counting(mended, FOUR)


def test_lines_for_other_boards_are_left_alone() -> None:
    other = "[pi5]\ndtoverlay=imx219\ndtoverlay=vc4-kms-v3d\ngpu_mem_1024=16\n[none]\ngpu_mem_512=16\n"
    assert lines_set_aside(for_stack(other, "bullseye", "legacy", THREE)) == []


def test_a_screen_driver_that_somebody_chose_stays_where_libcamera_is_on() -> None:
    text = "camera_auto_detect=1\n[pi4]\ndtoverlay=vc4-fkms-v3d,cma-256\n"
    assert for_stack(text, "bullseye", "libcamera", FOUR) == text


def test_a_board_that_names_its_sensor_is_not_told_to_look_for_it_as_well() -> None:
    mended = for_stack("start_x=1\ndtoverlay=imx219,cam0\n", "bookworm", "libcamera", FOUR)
    assert config_txt.camera_in(mended, FOUR) == "none"
    assert "dtoverlay=imx219,cam0" in counting(mended, FOUR)


def test_what_is_appended_below_our_driver_is_not_taken_for_its_parameter() -> None:
    mended = for_stack("start_x=1\n", "bookworm", "libcamera", FOUR)
    assert mended.splitlines()[-3:] == ["dtoverlay=vc4-kms-v3d", "dtoverlay=", config_txt.END]


def test_sensors_set_aside_and_files_that_are_not_read_are_told() -> None:
    text = "dtoverlay=imx708,vcm=off\ndtoverlay=ov9281\n[pi5]\ninclude five.txt\n[all]\ninclude extra.txt\n"
    assert config_txt.notes(for_stack(text, "bullseye", "legacy", THREE), THREE) == [
        "imx708, ov9281 set aside in config.txt: the legacy camera works without it",
        "config.txt includes extra.txt, which was left as it is: does it name a camera?",
    ]
    assert config_txt.notes(text, THREE) == []


def test_what_notepad_writes_before_all_lines_hides_none_of_them() -> None:
    text = "\ufeffstart_x=1\n#dtoverlay=vc4-kms-v3d\n[pi4]\ndtoverlay=vc4-fkms-v3d\n"
    edited = for_stack(text, "bookworm", "libcamera", ["pi4"])
    assert f"{config_txt.ASIDE}\ufeffstart_x=1\n" in edited
    assert f"{config_txt.ASIDE}dtoverlay=vc4-fkms-v3d\n" in edited
    assert config_txt.without_ours(edited) == text
    assert "start_x=1\n" in for_stack("\ufeffstart_x=1\ngpu_mem=128\n", "buster", "legacy", ["pi3"]).splitlines(
        keepends=True
    )


def test_the_firmware_for_debugging_does_not_take_the_place_of_the_one_with_the_camera() -> None:
    edited = for_stack("start_debug=1\nstart_x=1\n", "bullseye", "legacy", ["pi3"])
    assert f"{config_txt.ASIDE}start_debug=1\n" in edited
