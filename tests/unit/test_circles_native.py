from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from benchmarks.detect import scenes

NATIVE = Path(__file__).parents[2] / "native"
SOURCES = [str(path) for path in sorted((NATIVE / "circles").glob("*.c"))]
FLAGS = [
    "-std=c11",
    "-O2",
    "-ffp-contract=off",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Werror",
]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
# Name: compiler with its flags, and what runs the result.
BUILDS: dict[str, tuple[list[str], list[str]]] = {
    "vectors": (["gcc", "-march=native"], []),
    "narrow vectors": (["gcc"], []),
    "no vectors": (["gcc", "-DCIRCLES_PORTABLE"], []),
    "sanitized": (["gcc", "-march=native", *SANITIZE], []),
    "arm64": (["aarch64-linux-gnu-gcc", "-static"], ["qemu-aarch64"]),
    "armhf, NEON": (["arm-linux-gnueabihf-gcc", "-static", "-march=armv7-a", "-mfpu=neon-vfpv4"], ["qemu-arm"]),
    "armhf": (["arm-linux-gnueabihf-gcc", "-static", "-DCIRCLES_PORTABLE"], ["qemu-arm"]),
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    rng = np.random.default_rng(11)
    folder = tmp_path_factory.mktemp("pictures")
    paths = []
    for i in range(6):
        grey = (scenes.with_circle if i % 2 else scenes.without_circle)(rng)[0][: 480 - i, : 640 - 3 * i]
        paths.append(folder / f"{i}.pgm")
        paths[-1].write_bytes(b"P5 %d %d 255\n" % grey.shape[::-1] + np.ascontiguousarray(grey).tobytes())
    return paths


def build(name: str, folder: Path, main: str) -> list[str]:
    compiler, runner = BUILDS[name]
    if shutil.which(compiler[0]) is None or (runner and shutil.which(runner[0]) is None):
        pytest.skip(f"{compiler[0]} and {' '.join(runner) or 'nothing else'} are needed")
    program = folder / "program"
    command = [*compiler, *FLAGS, f"-I{NATIVE / 'circles'}", "-o", str(program), str(NATIVE / "check" / main), *SOURCES]
    subprocess.run([*command, "-lm"], check=True)
    return [*runner, str(program)]


def circles(command: list[str], picture: Path) -> str:
    return subprocess.run([*command, picture], check=True, capture_output=True, text=True, timeout=60).stdout


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, pictures: list[Path]) -> list[str]:
    command = build("vectors", tmp_path_factory.mktemp("reference"), "circles_bits.c")
    found = [circles(command, picture) for picture in pictures]
    assert any(each.count("\n") > 1 for each in found)
    return found


@pytest.mark.parametrize("name", [name for name in BUILDS if name != "vectors"])
def test_every_processor_finds_the_same_to_the_last_bit(
    name: str, tmp_path: Path, pictures: list[Path], reference: list[str]
) -> None:
    command = build(name, tmp_path, "circles_bits.c")
    assert [circles(command, picture) for picture in pictures] == reference


def test_what_the_fuzzer_found_worth_keeping_is_still_harmless(tmp_path: Path) -> None:
    program = tmp_path / "replay"
    check = [str(NATIVE / "check" / name) for name in ("fuzz_circles.c", "replay.c")]
    command = ["gcc", "-g", *FLAGS, *SANITIZE, f"-I{NATIVE / 'circles'}", "-o", str(program), *check, *SOURCES, "-lm"]
    subprocess.run(command, check=True)
    inputs = sorted((Path(__file__).parents[1] / "data" / "fuzz-circles").iterdir())
    assert len(inputs) >= 20
    subprocess.run([program, *inputs], check=True, timeout=60)


def test_no_memory_is_asked_for_while_looking() -> None:
    calls = [line for source in SOURCES for line in Path(source).read_text(encoding="utf-8").splitlines()]
    assert not [line for line in calls if "alloc(" in line]


@pytest.mark.parametrize(
    ("board", "features", "flag"),
    [
        ("Zero", "half thumb fastmult vfp edsp java tls", "-DCIRCLES_PORTABLE"),
        ("Pi 2", "half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae evtstrm", "neon-vfpv4"),
        ("Pi 4 with a 64-bit kernel", "fp asimd evtstrm crc32 cpuid", "neon-vfpv4"),
    ],
)
def test_a_32_bit_board_gets_neon_where_its_processor_has_it(
    tmp_path: Path, board: str, features: str, flag: str
) -> None:
    (tmp_path / "cpuinfo").write_text(f"Model : {board}\nFeatures : {features}\n", encoding="ascii")
    (tmp_path / "gcc").write_text("#!/bin/sh\necho arm-linux-gnueabihf\n", encoding="ascii")
    (tmp_path / "gcc").chmod(0o755)
    given = [f"CC={tmp_path / 'gcc'}", f"CPUINFO={tmp_path / 'cpuinfo'}"]
    command = ["make", "--dry-run", "--always-make", "-C", str(NATIVE), *given, "bin/libcircles.so"]
    assert flag in subprocess.run(command, check=True, capture_output=True, text=True).stdout
