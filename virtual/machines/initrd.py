"""The small ram disk that finds the root file system: busybox, the modules for that, and what only this room knows."""

from __future__ import annotations

import lzma
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from virtual.commands import run

if TYPE_CHECKING:
    from virtual.machines.machines import Machine

INIT = Path(__file__).parent / "guest/init"
PACK_TIMEOUT_S = 600


def make(kernel: Path, machine: Machine, initrd: Path, init: Path = INIT, more: tuple[str, ...] = ()) -> None:
    """Make the ram disk of a machine from the extracted packages of a kernel, and `more` modules."""
    folder = initrd.with_suffix(".folder")
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("bin", "modules"):
        (folder / name).mkdir(parents=True)
    shutil.copy(init, folder / "init")
    shutil.copy(kernel / "usr/bin/busybox", folder / "bin/busybox")
    (folder / "bin/sh").symlink_to("busybox")
    files = module_files(kernel, (*machine.modules, *more))
    for file in files:
        (folder / "modules" / file.stem).write_bytes(lzma.decompress(file.read_bytes()))
    (folder / "modules/order").write_text("".join(f"{file.stem}\n" for file in files))
    initrd.write_bytes(packed(folder))
    shutil.rmtree(folder)


def packed(folder: Path) -> bytes:
    """A folder as the kernel unpacks it at its start; several of them may follow each other."""
    names = "\n".join([".", *sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))])
    command = ["cpio", "--create", "--format=newc", "--owner=+0:+0", "--quiet"]
    return subprocess.run(
        command, cwd=folder, input=names.encode(), capture_output=True, check=True, timeout=PACK_TIMEOUT_S
    ).stdout


def module_files(kernel: Path, modules: tuple[str, ...]) -> list[Path]:
    """The files of modules and of what they need, in the order in which they are loaded."""
    version = release(kernel)
    found: list[Path] = []
    for module in modules:
        shown = run("modprobe", "--dirname", str(kernel / "usr"), "--set-version", version, "--show-depends", module)
        found += [Path(line.split()[1]) for line in shown.splitlines() if line.startswith("insmod ")]
    return list(dict.fromkeys(found))


def release(kernel: Path) -> str:
    """The version by which a kernel calls itself."""
    return next((kernel / "usr/lib/modules").iterdir()).name
