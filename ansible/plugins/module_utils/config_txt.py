"""Edits config.txt in a way that can be undone: lines of ours stand in one block, lines in the way are set aside.

What a line means is the firmware's rule (https://www.raspberrypi.com/documentation/computers/config_txt.html). Where
that depends on what nobody knows here, as the monitor or a pin, a line is one that may count: nobody relies on it, and
it is set aside where it would be in the way.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

BEGIN = "# Pilab's own lines begin here; restore.yml takes them out"
BEGIN_AFTER_OURS = f"{BEGIN}, with the line end before"  # where the file did not end with one
END = "# Pilab's own lines end here"
BOM = "\ufeff"
ASIDE = "#pilab# "  # before a line of somebody else that is in the way

# The filters of models; any other but [all] and [none] asks for what is not known here.
MODELS = re.compile(r"pi(0|0w|02|1|2|3|3\+|4|400|5|500)|cm(0|1|3|3\+|4|4s|5)")
SETTING = re.compile(r"(?P<key>\w+)(?P<sign>\s*=\s*)(?P<value>.*)")
INCLUDE = re.compile(r"include\s+(?P<file>\S+)")
OLD_SPELLINGS = {"device_tree_overlay": "dtoverlay", "device_tree_param": "dtparam"}
# Two of these at once draw on one screen. The firmware takes the plain name for the one of the board's chip.
DRIVERS = re.compile(r"(?P<name>vc4-f?kms-v3d)(-(?P<chip>pi[0-9]))?")
SENSORS = re.compile(
    r"((imx|ov|ar0)[0-9]|arducam|camera-mux-|adv728|irs1125|gc2145|vc-mipi|veye|csimx|mira).*|tc358743(-pi5)?|cam-dummy-reg"
)
# Parameters that only those overlays have, so that a dtparam line after one of them belongs to it.
OF_OVERLAYS = re.compile(
    r"(cma-|no(audio|hdmi)|composite|rotation|orientation|media-controller|vcm|cam[0-9]($|=)|clk-continuous"
    r"|4lane|link-frequency|always-on|sync-s).*"
)
# It overrules gpu_mem on a board of its size (config.txt, memory options).
OF_ONE_SIZE = re.compile(r"(?P<key>gpu_mem)_(256|512|1024)")
WITH_CAMERA = re.compile(r"start(_|4)x\.elf")  # the firmware that start_x=1 stands for


class Section(NamedTuple):
    """The filters that hold for a line: those of one kind replace each other, those of several must all be met."""

    is_of_model: bool = True
    is_none: bool = False
    asks_more: bool = False  # for what nobody knows here


class Line(NamedTuple):
    """One line: its setting as the firmware names it, whether it may count for a board, and whether it surely does."""

    raw: str
    key: str = ""
    value: str = ""
    may_count: bool = False
    counts: bool = False

    @property
    def overlay(self) -> str:
        """Name the overlay that the line loads, whatever its parameters."""
        if self.key != "dtoverlay":
            return ""
        name = re.split(r"[,:#\s]", self.value, maxsplit=1)[0].rpartition("/")[2]
        return re.sub(r"(-overlay)?(\.dtbo?)?$", "", name)


def for_stack(text: str, stack: str, edits: dict[str, Any], filters: list[str]) -> str:
    """Return the config.txt with which a board has a camera stack.

    `edits` are the table's by stack, `filters` the sections that the board reads beside [all]. libcamera needs nothing
    of us, unless somebody switched the legacy camera on by hand or left its screen driver behind.
    """
    own = without_ours(text)
    if stack in edits and (stack == "legacy" or is_left_over(own, filters)):
        return with_edit(own, edits[stack], filters)
    return own


def is_left_over(text: str, filters: list[str]) -> bool:
    """Tell whether the legacy camera is on, or two different screen drivers, as do_legacy leaves them behind."""
    found = [DRIVERS.fullmatch(line.overlay) for line in read(text, filters) if line.may_count]
    names = {each["name"] if each["chip"] in {None, *filters} else each[0] for each in found if each}
    return camera_in(text, filters) in {"legacy", "both"} or len(names) > 1


def with_edit(own: str, edit: dict[str, Any], filters: list[str]) -> str:
    """Return a config.txt without lines of ours with an edit of the table, or as it is where it says the same."""
    lines = read(own, filters)
    wanted = wanted_settings(edit, lines)
    aside = in_the_way(lines, edit, wanted, filters)
    ours = missing([line for number, line in enumerate(lines) if number not in aside], edit, wanted, filters)
    rest = "".join(ASIDE + line.raw if number in aside else line.raw for number, line in enumerate(lines))
    return with_block(rest, ours) if ours else rest


def with_block(text: str, ours: list[str]) -> str:
    """Return a config.txt with lines of ours at its end.

    They begin with [all], because nobody knows in which section the file ends.
    """
    ends_well = not text or text[-1] in "\r\n"
    closing = ["[all]"] if any(line.startswith("[") for line in ours) else []
    block = (BEGIN if ends_well else BEGIN_AFTER_OURS, "[all]", *ours, *closing, END)
    return text + ("" if ends_well else "\n") + "".join(f"{line}\n" for line in block)


def without_ours(text: str) -> str:
    """Return config.txt as it would be without us, byte for byte."""
    return "".join(without_blocks(without_mark(line) for line in split(text)))


def split(text: str) -> list[str]:
    """Return the lines of a text, each with its end, of whatever system that is."""
    return list(io.StringIO(text, newline=""))


def without_mark(line: str) -> str:
    """Return a line that was set aside, however often, as it was."""
    while line.startswith(ASIDE):
        line = line[len(ASIDE) :]
    return line


def without_blocks(lines: Iterable[str]) -> list[str]:
    """Return lines without those from a begin to its end; a begin or end alone is somebody else's."""
    kept: list[str] = []
    begins: list[int] = []
    has_our_line_end = False
    for line in lines:
        kept.append(line)
        mark = line.rstrip("\r\n")
        has_our_line_end = False
        if mark in {BEGIN, BEGIN_AFTER_OURS}:
            begins.append(len(kept) - 1)
        elif mark == END and begins:
            begin = begins.pop()
            has_our_line_end = kept[begin].startswith(BEGIN_AFTER_OURS)
            del kept[begin:]
    if has_our_line_end and kept:
        kept[-1] = kept[-1].removesuffix("\n")
    return kept


def read(text: str, filters: Collection[str]) -> list[Line]:
    """Return the lines of a config.txt with what each says to a board that reads some sections beside [all]."""
    section, lines = Section(), []
    for raw in split(text):
        section = after(section, raw.strip(), filters)
        lines.append(line_in(section, raw))
    return lines


def after(section: Section, bare: str, filters: Collection[str]) -> Section:
    """Return the filters that hold after a line. What an included file leaves behind is not known."""
    header = re.match(r"\[(?P<name>[^\]]*)\]", bare)
    name = header["name"].strip().lower() if header else ""
    if name == "all":
        return Section()
    if name == "none":
        return section._replace(is_none=True)
    if MODELS.fullmatch(name) or name in filters:
        return section._replace(is_of_model=name in filters)
    if name.startswith("board-type="):  # among the filters of models, so it may take the place of one that is not met
        return section._replace(is_of_model=True, asks_more=True)
    return section._replace(asks_more=True) if bare.startswith("[") or INCLUDE.match(bare) else section


def line_in(section: Section, raw: str) -> Line:
    """Return a line of a section.

    Not all firmware takes an old spelling, blanks around the sign, a comment behind a value, or what Notepad writes
    before all lines: such a line may count, but need not.
    """
    bare = raw.removeprefix(BOM).strip()
    may_count = section.is_of_model and not section.is_none
    if include := INCLUDE.match(bare):
        return Line(raw, "include", include["file"], may_count)
    setting = SETTING.match(bare)
    if setting is None:
        return Line(raw)
    key = OLD_SPELLINGS.get(setting["key"], setting["key"])
    is_plain = setting["sign"] == "=" and "#" not in setting["value"] and key == setting["key"] and raw[0] != BOM
    return Line(raw, key, setting["value"], may_count, may_count and is_plain and not section.asks_more)


def values(lines: Iterable[Line], key: str) -> set[str]:
    """Return what a setting may be for a board: its last value, 0 without any, and what others may make of it."""
    found = {"0"}
    for line in lines:
        if line.key == key and line.counts:
            found = {line.value}
        elif line.may_count and line.key in {key, "include"}:
            found.add(line.value)
    return found


def number(text: str) -> int:
    """Return the number that a value begins with, 0 where there is none."""
    digits = re.match(r"[0-9]{1,9}", text)
    return int(digits[0]) if digits else 0


def camera_in(text: str, filters: list[str]) -> str:
    """Name the camera stack that a config.txt may ask for; both is what do_legacy followed by do_camera leaves."""
    lines = read(text, filters)
    firmware = any(map(WITH_CAMERA.match, values(lines, "start_file")))
    asked = (
        firmware or 1 in map(number, values(lines, "start_x")),
        1 in map(number, values(lines, "camera_auto_detect")),
    )
    return {(True, True): "both", (True, False): "legacy", (False, True): "libcamera"}.get(asked, "none")


def wanted_settings(edit: dict[str, Any], lines: list[Line]) -> dict[str, str]:
    """Return the settings of an edit; a board that names its sensor itself is not told to look for it as well."""
    wanted = {key: str(value) for key, value in edit["settings"].items()}
    names_sensor = any(line.counts and SENSORS.fullmatch(line.overlay) for line in lines)
    if names_sensor and wanted.get("camera_auto_detect") == "1":
        del wanted["camera_auto_detect"]
    return wanted


def in_the_way(lines: list[Line], edit: dict[str, Any], wanted: dict[str, str], filters: list[str]) -> set[int]:
    """Return the numbers of the lines that an edit sets aside, with the parameters that belong to them."""
    here = {number: line for number, line in enumerate(lines) if line.may_count}
    aside = {number for number, line in here.items() if is_unwanted(line, edit, wanted)}
    if "driver" in edit:
        drivers = {number for number, line in here.items() if DRIVERS.fullmatch(line.overlay)}
        fitting = [number for number in sorted(drivers) if is_driver(lines[number], edit["driver"], filters)]
        aside |= drivers - set(sorted(fitting, key=lambda number: "," not in lines[number].value)[:1])
    return aside | set(parameters_of(lines, aside))


def is_unwanted(line: Line, edit: dict[str, Any], wanted: dict[str, str]) -> bool:
    """Tell whether a line says something else than an edit, or would overrule it."""
    if wanted.get("start_x") == "1" and SENSORS.fullmatch(line.overlay):
        return True  # the firmware drives the camera then, and a driver of the kernel takes it away
    of_one_size = OF_ONE_SIZE.fullmatch(line.key)
    if of_one_size:
        least: int = edit["at_least"].get(of_one_size["key"], 0)
        return number(line.value) < least
    is_dropped = any(re.fullmatch(pattern, f"{line.key}={line.value}") for pattern in edit["drop"])
    return is_dropped or wanted.get(line.key, line.value) != line.value


def is_driver(line: Line, driver: dict[str, str], filters: list[str]) -> bool:
    """Tell whether a line surely loads a screen driver, by its own name or by that of the board's chip."""
    found = DRIVERS.fullmatch(line.overlay)
    return bool(line.counts and found and found["name"] == driver["overlay"] and found["chip"] in {None, *filters})


def parameters_of(lines: list[Line], aside: set[int]) -> Iterable[int]:
    """Yield the numbers of the dtparam lines that only say something to an overlay that is set aside before them."""
    belongs = False
    for number, line in enumerate(lines):
        if line.key == "dtoverlay":
            belongs = number in aside
        elif belongs and line.key == "dtparam" and all(map(OF_OVERLAYS.fullmatch, line.value.split(","))):
            yield number


def missing(lines: list[Line], edit: dict[str, Any], wanted: dict[str, str], filters: list[str]) -> list[str]:
    """Return the lines that an edit has to add."""
    low = {key: least for key, least in edit["at_least"].items() if min(map(number, values(lines, key))) < least}
    ours = [f"{key}={value}" for key, value in wanted.items() if values(lines, key) != {value}]
    return [*ours, *(f"{key}={least}" for key, least in low.items()), *missing_driver(lines, edit, filters)]


def missing_driver(lines: list[Line], edit: dict[str, Any], filters: list[str]) -> list[str]:
    """Return the lines that load the screen driver of an edit, where the board has none and is to have one.

    The last one ends what belongs to it: a dtparam that somebody appends is the board's (configuration, device trees).
    """
    driver = edit.get("driver")
    if not driver or driver["section"] not in {"all", *filters}:
        return []
    if any(is_driver(line, driver, filters) for line in lines):
        return []
    header = [] if driver["section"] == "all" else [f"[{driver['section']}]"]
    return [*header, f"dtoverlay={driver['overlay']}", "dtoverlay="]


def notes(text: str, filters: list[str]) -> list[str]:
    """Return what somebody should know of a config.txt that we changed."""
    if text == without_ours(text):
        return []
    sensors = sensors_aside(text)
    files = [line.value for line in read(text, filters) if line.key == "include" and line.may_count]
    told = [f"{', '.join(sensors)} set aside in config.txt: the legacy camera works without it"] if sensors else []
    return told + [f"config.txt includes {file}, which was left as it is: does it name a camera?" for file in files]


def sensors_aside(text: str) -> list[str]:
    """Name the overlays of sensors that are set aside in a config.txt of ours."""
    aside = (line_in(Section(), without_mark(raw)).overlay for raw in split(text) if raw.startswith(ASIDE))
    return sorted({overlay for overlay in aside if SENSORS.fullmatch(overlay)})
