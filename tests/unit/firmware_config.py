"""What a Raspberry Pi makes of its config.txt, written from the firmware's documentation and from nothing of ours.

https://www.raspberrypi.com/documentation/computers/config_txt.html (file format, conditional filters, memory options),
legacy_config_txt.html (start_x) and the overlays' README. Where the pages leave two readings open, a `Board` says which
of them its firmware takes, so that a test can try both.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# By the page's table: the filters that each model sees, its type in the revision code, and the memory it is sold with.
MODELS: dict[str, tuple[set[str], int, tuple[int, ...]]] = {
    "Raspberry Pi 1": ({"pi1"}, 0x01, (256, 512)),
    "Raspberry Pi Zero": ({"pi0"}, 0x09, (512,)),
    "Raspberry Pi Zero W": ({"pi0", "pi0w"}, 0x0C, (512,)),
    "Raspberry Pi Zero 2 W": ({"pi0", "pi0w", "pi02"}, 0x12, (512,)),
    "Raspberry Pi 2": ({"pi2"}, 0x04, (1024,)),
    "Raspberry Pi 3": ({"pi3"}, 0x08, (1024,)),
    "Raspberry Pi 3+": ({"pi3", "pi3+"}, 0x0D, (512, 1024)),
    "Raspberry Pi 4": ({"pi4"}, 0x11, (1024, 8192)),
    "Raspberry Pi 400": ({"pi4", "pi400"}, 0x13, (4096,)),
    "Raspberry Pi 5": ({"pi5"}, 0x17, (1024, 16384)),
    "Raspberry Pi 500": ({"pi5", "pi500"}, 0x19, (8192, 16384)),
    "Compute Module 0": ({"pi0", "pi0w", "pi02", "cm0"}, 0x1B, (512,)),
    "Compute Module 1": ({"pi1", "cm1"}, 0x06, (512,)),
    "Compute Module 3": ({"pi3", "cm3"}, 0x0A, (1024,)),
    "Compute Module 3+": ({"pi3", "pi3+", "cm3+"}, 0x10, (1024,)),
    "Compute Module 4": ({"pi4", "cm4"}, 0x14, (1024, 8192)),
    "Compute Module 4S": ({"pi4", "cm4s"}, 0x15, (1024, 8192)),
    "Compute Module 5": ({"pi5", "cm5"}, 0x18, (2048, 16384)),
}
OF_MODELS = set().union(*(filters for filters, _, _ in MODELS.values()))
BOOT_VARIABLES = ("boot_partition", "partition", "boot_count", "boot_arg1", "bootvar0")


@dataclass(frozen=True)
class Board:
    """A board as it starts: what its firmware sees, and how it reads what the pages leave open."""

    model: str
    memory_mib: int = 1024
    monitors: frozenset[str] = frozenset()
    serial: int = 0
    pins_high: frozenset[int] = frozenset()
    tryboot: bool = False
    boot: dict[str, int] = field(default_factory=dict)
    hdmi_port_takes_all: bool = False  # whether [HDMI:1] lets through what is not of a port
    is_strict: bool = True  # whether blanks around the sign and comments behind a value spoil a line
    included: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Started:
    """What counts after the whole file: settings, and overlays in order with their parameters."""

    settings: dict[str, str]
    overlays: list[tuple[str, list[str]]]
    board: Board

    @property
    def has_camera_firmware(self) -> bool:
        """Whether the firmware with the legacy camera starts: named itself, or by start_x."""
        named = self.settings.get("start_file")
        return named in {"start_x.elf", "start4x.elf"} if named else self.settings.get("start_x") == "1"

    @property
    def looks_for_sensors(self) -> bool:
        return self.settings.get("camera_auto_detect") == "1"

    @property
    def gpu_mem_mib(self) -> int:
        """The one for the board's size overrides gpu_mem; 1024 means that size or more."""
        size = min(self.board.memory_mib, 1024)
        default = "76" if size == 1024 else "64"
        chosen = self.settings.get(f"gpu_mem_{size}", self.settings.get("gpu_mem", default))
        return int("".join(letter for letter in chosen.split("#")[0].strip() if letter.isdigit()) or 0)

    @property
    def screen_drivers(self) -> list[str]:
        """The drivers of the screen; one named for this chip alone is as good as the plain one (overlay_map.dts)."""
        found = [name for name, _ in self.overlays if "kms-v3d" in name]
        chips = MODELS[self.board.model][0] & {"pi4", "pi5"}
        return [name.removesuffix(f"-{chip}") for name in found for chip in chips or {"none"}]

    @property
    def sensors(self) -> list[str]:
        sensors = ("imx", "ov5", "ov9", "ov7", "ov2", "ov64", "arducam", "camera-mux", "tc358743")
        return [name for name, _ in self.overlays if name.startswith(sensors) and not name.endswith("-audio")]


def start(text: str, board: Board) -> Started:
    """Return what a board has after it has read a config.txt."""
    settings: dict[str, str] = {}
    overlays: list[tuple[str, list[str]]] = []
    for key, value in counting(text, board, {}):
        if key in {"dtoverlay", "device_tree_overlay"}:
            name, *parameters = value.replace(":", ",", 1).split(",")
            overlays.append((plain_name(name), parameters))
        elif key == "dtparam" and overlays:
            overlays[-1][1].extend(value.split(","))
        else:
            settings[key] = value
    return Started(settings, [each for each in overlays if each[0]], board)


def plain_name(name: str) -> str:
    """Return an overlay's name: the older spelling gives a path."""
    name = name.strip().rpartition("/")[2]
    for ending in (".dtbo", ".dtb", "-overlay"):
        name = name.removesuffix(ending)
    return name


def counting(text: str, board: Board, met: dict[str, bool]) -> list[tuple[str, str]]:
    """Return the settings whose filters are all met; those of one kind replace each other, [all] clears every kind."""
    found: list[tuple[str, str]] = []
    for each in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        words = each.strip(" \t")
        if words.startswith("[") and "]" in words:
            enter(words[1 : words.index("]")], board, met)
        elif words.startswith("include ") and all(met.values()):
            found += counting(board.included.get(words.split()[1], ""), board, met)
        elif "=" in words and words[0] != "#" and all(met.values()):
            found += setting(words, board)
    return found


def setting(words: str, board: Board) -> list[tuple[str, str]]:
    """Return the key and value of a line, or nothing where a strict firmware does not know the key."""
    key, value = words.split("=", 1)
    if board.is_strict:
        return [(key, value)] if key == key.strip() and value == value.strip() and "#" not in value else []
    return [(key.strip(), value.split("#")[0].strip())]


def enter(name: str, board: Board, met: dict[str, bool]) -> None:
    """Put a filter's outcome in the place of the one of its kind."""
    seen, kind_of_board, _ = MODELS[board.model]
    lower = name.strip().lower()
    if lower == "all":
        met.clear()
    elif lower == "none":
        met["none"] = False
    elif lower in OF_MODELS:
        met["model"] = lower in seen
    elif lower.startswith("board-type="):
        met["model"] = int(lower.split("=")[1], 0) == kind_of_board
    else:
        met.update([other(name.strip(), board)])


def other(name: str, board: Board) -> tuple[str, bool]:
    """Return the kind of a filter that does not ask for the model, and whether it is met; an unknown one never is."""
    variable, _, number = name.partition("=")
    if variable in BOOT_VARIABLES:
        return "expression", board.boot.get(variable, 0) == int(number)
    if variable == "EDID":
        return "edid", number in board.monitors
    if variable.startswith("gpio"):
        return "gpio", (int(variable[len("gpio") :]) in board.pins_high) == (number == "1")
    if name.startswith("0x"):
        return "serial", int(name, 16) == board.serial
    if name.startswith("HDMI:"):
        return "hdmi", board.hdmi_port_takes_all
    return name, name == "tryboot" and board.tryboot
