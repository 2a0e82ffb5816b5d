"""The LED on GPIO 27 through the real pin libraries, on a chip of the kernel's gpio-sim whose level it shows itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.board.gpiochip import header_chip
from tests.devices.conftest import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

PIN = 27
LINES = 58
CHIPS = Path("/sys/kernel/config/gpio-sim")
LIBRARIES = Path("/opt/pins")
# A Pi 4 with 4 GB; gpiozero takes the header from it.
REVISION = "c03112"
# What `agent.led` is used for: lit, dark, lit, and dark again when it is closed; it waits for a line between the steps.
STEPS = """
import sys
from agent.led import GpioLed
from agent.settings.config import LedConfig
led = GpioLed(LedConfig())
library = sys.modules["RPi.GPIO" if "RPi.GPIO" in sys.modules else "lgpio"].__file__
for step in (lambda: library, led.on, led.off, led.on, led.close):
    print(step() or "", flush=True)
    input()
"""
needs_libraries = pytest.mark.skipif(not LIBRARIES.exists(), reason="lgpio has no wheel for the Python of this release")


@pytest.fixture(autouse=True)
def cpuinfo(tmp_path: Path) -> Iterator[None]:
    """A PC that says of itself which Pi it is."""
    file = tmp_path / "cpuinfo"
    file.write_text(f"{Path('/proc/cpuinfo').read_text()}\nRevision\t: {REVISION}\nSerial\t\t: 0\n")
    subprocess.run(["busybox", "mount", "--bind", file, "/proc/cpuinfo"], check=True)
    yield
    subprocess.run(["busybox", "umount", "/proc/cpuinfo"], check=True)


@pytest.fixture
def level() -> Iterator[Path]:
    """The file that shows the level of the pin: on the second chip, as that of a Pi has no fixed number."""
    first, header = chip("expander", 8), chip("pinctrl-bcm2711", LINES)
    device = (header / "dev_name").read_text().strip()
    bank = (header / "bank0/chip_name").read_text().strip()
    yield Path(f"/sys/devices/platform/{device}/{bank}/sim_gpio{PIN}/value")
    for each in (first, header):
        (each / "live").write_text("0")
        (each / "bank0").rmdir()
        each.rmdir()


def chip(label: str, lines: int) -> Path:
    folder = CHIPS / label
    bank = folder / "bank0"
    folder.mkdir()
    bank.mkdir()
    (bank / "label").write_text(label)
    (bank / "num_lines").write_text(str(lines))
    (folder / "live").write_text("1")
    return folder


def test_the_header_is_found_by_its_label(level: Path) -> None:
    number = int(level.parents[1].name[len("gpiochip") :])
    assert header_chip() == (number, "pinctrl-bcm2711")
    assert number > 0


@needs_libraries
@pytest.mark.parametrize(
    ("gpiozero", "factory"),
    [
        # Debian's gpiozero 1.6.2 asks lgpio for a name that version 0.2 has no more.
        ("", "rpi_lgpio"),
        ("gpiozero-2.0.1", "lgpio"),
        ("gpiozero-2.0.1", "rpi_lgpio"),
        ("gpiozero-2.0.1.post3", "lgpio"),
        ("gpiozero-2.0.1.post3", "rpi_lgpio"),
    ],
)
def test_the_led_is_what_the_line_says(tmp_path: Path, level: Path, gpiozero: str, factory: str) -> None:
    folders = [*filter(None, [gpiozero]), "lgpio-0.2.2.0", *(["rpi_lgpio-0.6"] if factory == "rpi_lgpio" else [])]
    chip_number = level.parents[1].name[len("gpiochip") :]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(["/project", *(str(LIBRARIES / folder) for folder in folders)]),
    }
    if factory == "rpi_lgpio":
        environment.update(GPIOZERO_PIN_FACTORY="rpigpio", RPI_LGPIO_CHIP=chip_number, RPI_LGPIO_REVISION=REVISION)
    program = subprocess.Popen(
        [sys.executable, "-c", STEPS],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdin is not None
    assert program.stdout is not None
    seen = []
    for step in range(5):
        said = program.stdout.readline()
        assert said, program.stderr and program.stderr.read()
        if step == 0:
            assert ("RPi" if factory == "rpi_lgpio" else "lgpio") in said
        seen.append(level.read_text().strip())
        program.stdin.write("\n")
        program.stdin.flush()
    _, complaints = program.communicate(timeout=60)
    assert seen == ["0", "1", "0", "1", "0"]
    assert (program.returncode, complaints) == (0, "")
    assert list(tmp_path.glob(".lgd*")) == []


@needs_libraries
def test_a_line_that_another_program_holds_is_told_and_the_level_stays(tmp_path: Path, level: Path) -> None:
    """gpio-sim gives the line to one; the agent must say so, and not blink a line of its own."""
    environment = {**os.environ, "PYTHONPATH": f"/project:{LIBRARIES / 'lgpio-0.2.2.0'}", "LG_WD": str(tmp_path)}
    hold = (
        "import lgpio, sys\nhandle = lgpio.gpiochip_open(int(sys.argv[1]))\n"
        f"lgpio.gpio_claim_output(handle, {PIN}, 1)\nprint('held', flush=True)\ninput()\n"
    )
    number = level.parents[1].name[len("gpiochip") :]
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, number], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    wait_until(lambda: level.read_text() == "1\n")
    done = subprocess.run(
        [sys.executable, "-c", STEPS], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        input="\n" * 5,
    )  # fmt: skip
    assert done.returncode != 0
    assert f"The LED on GPIO {PIN} cannot be used" in done.stderr
    assert level.read_text() == "1\n"
    holder.communicate("\n", timeout=60)
