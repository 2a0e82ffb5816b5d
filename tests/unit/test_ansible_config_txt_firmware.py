"""What a board gets of a config.txt of ours, as an independent reader of config.txt says it."""

from __future__ import annotations

import csv
from functools import lru_cache
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.ansible_parts import ROOT, plugin, role_file
from tests.unit.firmware_config import MODELS, Board, Started, start
from tests.unit.properties import PATIENT

config_txt = plugin("module_utils", "config_txt")
table = plugin("module_utils", "table")
TABLE = role_file("base", "vars/main/table.yml")["__base_table"]
CONFIGS = ROOT / "virtual/containers/standins/config"


class Case(NamedTuple):
    """A board of the table with the camera stack that it is to have."""

    model: str
    stack: str
    cell: dict[str, Any]

    def written(self, text: str) -> str:
        return str(config_txt.for_stack(text, self.stack, self.cell["edits"], self.cell["filters"]))


def cases() -> list[Any]:
    """Every release on every model with every userland that exists, with every camera that it can have."""
    found = {}
    with (ROOT / "tests/data/cells.csv").open() as file:
        for row in csv.DictReader(file):
            if row["exists"] == "no":
                continue
            cell = table.cell(TABLE, row["release"], row["userland"], row["model"], [])
            for stack in set(cell["cameras"]) - ({"legacy"} if cell["no_legacy"] else set()):
                name = " ".join((row["release"], row["userland"], cell["model"], stack))
                found[name] = pytest.param(Case(cell["model"], stack, cell), id=name)
    return [found[name] for name in sorted(found)]


def worlds(model: str) -> list[Board]:
    """Boards of a model: each memory, with and without all that nobody knows, read strictly and not."""
    _, _, sizes = MODELS[model]
    return [
        Board(
            model,
            memory_mib=size,
            monitors=frozenset({"VSC-TD2220"}) if is_met else frozenset(),
            serial=0x12345678 if is_met else 1,
            pins_high=frozenset({4}) if is_met else frozenset(),
            tryboot=is_met,
            boot={"boot_partition": 2, "partition": 2} if is_met else {},
            hdmi_port_takes_all=is_met,
            is_strict=is_strict,
            included={"extra.txt": "[pi3]\nstart_x=0\ngpu_mem=16\n"} if is_met else {},
        )
        for size in sizes
        for is_met in (False, True)
        for is_strict in (False, True)
    ]


def judge(case: Case, text: str, before: Started, after: Started) -> None:
    """One camera stack, whole, and never two screen drivers."""
    if case.stack == "legacy":
        assert after.has_camera_firmware, text
        assert not after.looks_for_sensors, text
        assert after.gpu_mem_mib >= 128, text
        assert after.sensors == [], text
        wanted = "vc4-fkms-v3d" if "pi4" in case.cell["filters"] else None
        assert case.cell["config_txt"] != "/boot/config.txt" or judged_drivers(case, after, wanted), text
    else:
        assert not after.has_camera_firmware, text
        assert len(set(after.screen_drivers)) <= 1, text
        if before.has_camera_firmware:
            assert after.screen_drivers == ["vc4-kms-v3d"], text
            assert after.looks_for_sensors or after.sensors, text


def judged_drivers(case: Case, after: Started, wanted: str | None) -> bool:
    """Under the legacy camera of bullseye there is no full driver, on a Raspberry Pi 4 one of the firmware's own."""
    if "driver" not in case.cell["edits"]["legacy"]:
        return True
    return after.screen_drivers == [wanted] if wanted else after.screen_drivers in ([], ["vc4-fkms-v3d"])


def check(case: Case, text: str) -> None:
    once = case.written(text)
    assert case.written(once) == once
    own = config_txt.without_ours(text)
    assert config_txt.without_ours(once) == own
    for before, after in zip(started(own, case.model), started(once, case.model), strict=True):
        judge(case, once, before, after)


@lru_cache(maxsize=1000)
def started(text: str, model: str) -> list[Started]:
    """The boards of a model as they start with a config.txt; several cases have the same one."""
    return [start(text, board) for board in worlds(model)]


WRITTEN = {
    "stock": (CONFIGS / "bullseye.txt").read_text(),
    "stock of trixie, from Windows": (CONFIGS / "trixie.txt").read_text().replace("\n", "\r\n"),
    "do_legacy on a Pi 4": "start_x=1\n#dtoverlay=vc4-kms-v3d\n[cm4]\notg_mode=1\n[all]\n[pi4]\n"
    "dtoverlay=vc4-fkms-v3d\narm_boost=1\n[all]\ngpu_mem=128\n",
    "fkms for all, with parameters": (
        "start_x=1\ndtoverlay=vc4-fkms-v3d,cma-256\ndtoverlay=vc4-kms-v3d,cma-512,noaudio\n"
    ),
    "drivers under the names of their chips": (
        "start_x=1\n[pi4]\ndtoverlay=vc4-fkms-v3d-pi4\n[all]\ndtoverlay=vc4-kms-v3d-pi4,cma-512\n"
    ),
    "two drivers, without the camera": (
        "camera_auto_detect=1\ndtoverlay=vc4-kms-v3d\n[pi4]\ndtoverlay=vc4-fkms-v3d\n[pi3]\ndtoverlay=vc4-fkms-v3d\n"
    ),
    "two drivers of one name": "start_x=1\ndtoverlay=vc4-kms-v3d\ndtoverlay=vc4-kms-v3d,noaudio\n",
    "old spellings": (
        "start_x=1\ndevice_tree_overlay=overlays/vc4-fkms-v3d-overlay.dtb\ndtoverlay=vc4-kms-v3d:cma-256\n"
    ),
    "blanks": "start_x = 1\n\tdtoverlay = vc4-fkms-v3d\ndtoverlay\t=\tvc4-kms-v3d , cma-512\n",
    "comments behind": "start_x=1 # mine\ndtoverlay=vc4-kms-v3d # screen\n#gpu_mem=512\ncamera_auto_detect=1 #?\n",
    "memory by size": "gpu_mem_256=64\ngpu_mem_512=100\ngpu_mem_1024=100\ngpu_mem=300\n",
    "memory of one size is enough": "gpu_mem_1024=256\ngpu_mem=64\ndtoverlay=vc4-kms-v3d\ncamera_auto_detect=1\n",
    "memory in sections": "[pi4]\ngpu_mem_1024=76\n[pi3]\ngpu_mem=64\ngpu_mem_1024=64\n[pi0]\ngpu_mem=16\n[all]\n",
    "sensors": (
        "camera_auto_detect=0\ndtoverlay=imx219,cam0\ndtoverlay=ov9281,rotation=180\ndtoverlay=arducam-pivariety\n"
        "dtoverlay=imx708,vcm=off\ndtparam=cam0\ndtoverlay=vc4-kms-v3d,cma-384\n"
    ),
    "sensors and the legacy camera": (
        "start_x=1\ncamera_auto_detect=0\ndtoverlay=imx477\n[pi4]\ndtoverlay=vc4-fkms-v3d\n"
    ),
    "a monitor and a model": "[EDID=VSC-TD2220]\n[pi4]\nstart_x=1\ndtoverlay=vc4-fkms-v3d\ngpu_mem=200\n",
    "filters that nobody knows": "start_x=1\n[0x12345678]\ndtoverlay=vc4-kms-v3d\n[all]\n[gpio4=1]\ngpu_mem=16\n[all]\n"
    "[tryboot]\ncamera_auto_detect=1\n[all]\n[boot_partition=2]\ndtoverlay=vc4-fkms-v3d\n[all]\n[partition=2]\nstart_x=0\n",
    "ports": "[HDMI:0]\nhdmi_mode=45\n[HDMI:1]\nhdmi_mode=67\nstart_x=1\ngpu_mem=128\n",
    "board types": (
        "[board-type=0x11]\nstart_x=1\n[board-type=0x14]\ndtoverlay=vc4-fkms-v3d\n[pi4]\ncamera_auto_detect=1\n"
    ),
    "a board type in the place of a model": (
        "[pi3]\n[board-type=0x11]\ncamera_auto_detect=1\ngpu_mem_1024=100\nstart_x=1\n"
    ),
    "the same with and without a comment": "start_x=1\nstart_x=1 # mine\nstart_file=start_x.elf # hers\n",
    "compute modules": (
        "[cm4]\ndtoverlay=vc4-fkms-v3d\n[cm4s]\nstart_x=1\n[cm3+]\nstart_x=1\n[cm0]\nstart_x=1\n[cm5]\nstart_x=1\n"
    ),
    "for nobody": "[none]\nstart_x=1\n[pi4]\ndtoverlay=vc4-fkms-v3d\n",
    "the firmware by its name": "start_file=start_x.elf\nfixup_file=fixup_x.dat\ncamera_auto_detect=1\n",
    "another firmware by its name": "start_file=start.elf\nstart_x=1\n[pi4]\nstart_file=start4x.elf\n",
    "another file": "include extra.txt\ncamera_auto_detect=1\ndtoverlay=vc4-kms-v3d\nstart_x=1\n[all]\ngpu_mem=128\n",
    "of another firmware": "[pi6]\nstart_x=1\n[pi4\ngpu_mem=128\n[PI3]\ncamera_auto_detect=1\nstart_x=1\n",
    "one line": "start_x=1",
    "nothing": "",
}


@pytest.mark.parametrize("case", cases())
def test_every_board_gets_its_camera_from_every_config_txt(case: Case) -> None:
    for text in WRITTEN.values():
        check(case, text)


MARKS = (config_txt.BEGIN, config_txt.BEGIN_AFTER_OURS, config_txt.END, f"{config_txt.ASIDE}start_x=1")
LINES = st.sampled_from([*sorted({line for text in WRITTEN.values() for line in text.splitlines()}), *MARKS])
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
TEXTS = st.builds(
    lambda lines, end, last: end.join([*lines, last]), st.lists(LINES, max_size=25), ENDS, st.just("") | LINES
)


@settings(PATIENT, max_examples=300)
@given(case=st.sampled_from([each.values[0] for each in cases()]), text=TEXTS)
def test_every_board_gets_its_camera_from_what_nobody_thought_of(case: Case, text: str) -> None:
    check(case, text)


@settings(PATIENT, max_examples=300)
@given(text=st.text(st.sampled_from("ab=\n\r# []\x0c\u2028") | st.characters(codec="utf-8"), max_size=60))
def test_any_text_comes_back_byte_for_byte(text: str) -> None:
    own = config_txt.without_ours(text)
    cell = table.cell(TABLE, "bullseye", "armhf", "Raspberry Pi 4 Model B Rev 1.4", [])
    once = config_txt.for_stack(text, "legacy", cell["edits"], cell["filters"])
    assert once != own
    assert config_txt.without_ours(once) == own
    assert config_txt.without_ours(own) == own


def test_the_table_and_the_firmwares_page_name_the_same_filters() -> None:
    in_table = {row["name"]: set(row["filters"]) for row in TABLE["models"]}
    assert in_table == {name: filters for name, (filters, _, _) in MODELS.items()}


def test_the_reader_tells_a_wrong_config_txt_from_a_right_one() -> None:
    """A judge that is content with everything would let every fault pass."""
    four = Board("Raspberry Pi 4")
    two = start("dtoverlay=vc4-kms-v3d-pi4,noaudio\n[pi4]\ndtoverlay=vc4-fkms-v3d\n[pi3]\ndtoverlay=imx219\n", four)
    assert two.screen_drivers == ["vc4-kms-v3d", "vc4-fkms-v3d"]
    assert two.sensors == []
    assert start("[EDID=VSC-TD2220]\n[pi4]\nstart_x=1\n", four).settings == {}
    assert start("[EDID=X]\n[pi4]\nstart_x=1\n", Board("Raspberry Pi 4", monitors=frozenset("X"))).has_camera_firmware
    assert start("gpu_mem=128\ngpu_mem_1024=64\n", four).gpu_mem_mib == 64
    assert start("gpu_mem=128\ngpu_mem_1024=64\n", Board("Raspberry Pi Zero", memory_mib=512)).gpu_mem_mib == 128
    assert start("include a\n", Board("Raspberry Pi 4", included={"a": "camera_auto_detect=1"})).looks_for_sensors
