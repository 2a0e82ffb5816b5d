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
    "vectors": (["gcc", "-march=native"], []),  # fused multiply-adds too, where the processor has them
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


def with_long_ones(names: list[str]) -> list[object]:
    """Return the names as parameters; other architectures need compilers and time of their own."""
    return [pytest.param(name, marks=pytest.mark.long if name.startswith("arm") else ()) for name in names]


def needs(*programs: str) -> None:
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} needed; `make test-long` installs them")


def build(name: str, folder: Path, main: str) -> list[str]:
    compiler, runner = BUILDS[name]
    needs(compiler[0], *runner[:1])
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


@pytest.mark.parametrize("name", with_long_ones([name for name in BUILDS if name != "vectors"]))
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


# As Raspberry Pi OS compiles for the first Pi.
ARMV6 = "arm-linux-gnueabi-gcc -march=armv6 -mfpu=vfp -mfloat-abi=softfp"
# Name: compiler, what runs the result, and the processors that a card may move between.
MADE = {
    "x86-64": ("gcc", "qemu-x86_64", ["qemu64", "Nehalem", "max"]),
    "arm64": (
        "aarch64-linux-gnu-gcc",
        "qemu-aarch64 -L /usr/aarch64-linux-gnu",
        ["cortex-a53", "cortex-a72", "cortex-a76"],
    ),
    "armhf of Debian": ("arm-linux-gnueabihf-gcc", "qemu-arm -L /usr/arm-linux-gnueabihf", ["cortex-a7", "max"]),
    "armhf of Raspberry Pi OS": (ARMV6, "qemu-arm -L /usr/arm-linux-gnueabi", ["arm1176", "cortex-a7", "max"]),
}


@pytest.mark.parametrize("name", with_long_ones(list(MADE)))
def test_what_make_builds_runs_on_every_processor_of_its_architecture_and_finds_the_same(
    name: str, tmp_path: Path, pictures: list[Path], reference: list[str]
) -> None:
    compiler, runner, models = MADE[name]
    needs(compiler.split()[0], runner.split()[0])
    shutil.copytree(NATIVE, tmp_path / "native", ignore=shutil.ignore_patterns("bin", "bin-san"))
    # The warnings of a 32-bit compiler are others.
    flags = "CPPFLAGS=-D_DEFAULT_SOURCE -D_FILE_OFFSET_BITS=64 -Werror"
    made = ["make", "--silent", "-C", str(tmp_path / "native"), f"CC={compiler}", flags, "bin/libcircles.so"]
    subprocess.run(made, check=True)
    library, bits = tmp_path / "native" / "bin" / "libcircles.so", tmp_path / "bits"
    main = NATIVE / "check" / "circles_bits.c"
    subprocess.run([*compiler.split(), "-O2", f"-I{NATIVE / 'circles'}", "-o", bits, main, library], check=True)
    for model in models:
        words = [*runner.split(), "-cpu", model, str(bits)]
        assert [circles(words, picture) for picture in pictures[:2]] == reference[:2]


@pytest.mark.parametrize(
    ("machine", "builds"),
    [
        ("x86_64-linux-gnu", ["", "-mavx2"]),
        ("arm-linux-gnueabihf", ["-DCIRCLES_PORTABLE", "-march=armv7-a -mfpu=neon"]),
        ("aarch64-linux-gnu", []),
    ],
)
def test_what_is_built_depends_on_the_architecture_and_never_on_the_processor_that_compiles(
    tmp_path: Path, machine: str, builds: list[str]
) -> None:
    (tmp_path / "gcc").write_text(f"#!/bin/sh\necho {machine}\n", encoding="ascii")
    (tmp_path / "gcc").chmod(0o755)
    command = ["make", "--dry-run", "--always-make", "-C", str(NATIVE), f"CC={tmp_path / 'gcc'}", "bin/libcircles.so"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    objects = [line for line in said.splitlines() if " -r -o bin/" in line]
    assert len(objects) == len(builds)
    assert all(f"-Icircles {flags} -r" in line for line, flags in zip(objects, builds, strict=True))
    assert "native" not in said.replace(str(NATIVE), "")
