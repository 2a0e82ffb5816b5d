from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import zipfile
from pathlib import Path

import pytest

from emulation import image, initrd, inventory, machines, monitor, needs, raspberry, room, state, unpacked, vm
from emulation.errors import EmulationError
from rehearsal.errors import NeedsError
from rehearsal.place import Place

CONTROL = """Package: small
Version: 1.0
Architecture: arm64
Maintainer: Nobody <nobody@example.org>
Description: A package of two files
"""


@pytest.fixture
def here(tmp_path: Path) -> Place:
    return Place("test", tmp_path / "run", tmp_path / "cache")


def archive(folder: Path, control: str = CONTROL, **scripts: str) -> Path:
    """A real package with a program and a file of settings."""
    tree = folder / "tree"
    for name, text in {"usr/bin/small": "#!/bin/sh\n", "etc/small.conf": "a=1\n", "DEBIAN/control": control}.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    (tree / "DEBIAN/conffiles").write_text("/etc/small.conf\n")
    for name, text in scripts.items():
        (tree / "DEBIAN" / name).write_text(text)
        (tree / "DEBIAN" / name).chmod(0o755)
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, folder / "small.deb"], check=True)
    return folder / "small.deb"


def extracted(folder: Path, package: Path) -> Path:
    root = folder / "root"
    for part in ("info", "triggers", "updates"):
        (root / "var/lib/dpkg" / part).mkdir(parents=True)
    subprocess.run(["dpkg-deb", "--extract", package, root], check=True)
    unpacked.register(root, [package])
    return root


def dpkg(root: Path, *words: str) -> str:
    done = subprocess.run(["dpkg", f"--root={root}", *words], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_dpkg_takes_an_extracted_package_for_an_unpacked_one(tmp_path: Path) -> None:
    root = extracted(tmp_path, archive(tmp_path, postinst="#!/bin/sh\n"))
    assert "Status: install ok unpacked" in dpkg(root, "--status", "small")
    assert "/usr/bin/small" in dpkg(root, "--listfiles", "small").splitlines()
    assert "small" in dpkg(root, "--audit")
    assert (root / "var/lib/dpkg/info/small.postinst").stat().st_mode & 0o111


def test_the_settings_of_a_package_are_noted_as_they_came_so_that_an_upgrade_asks_nobody(tmp_path: Path) -> None:
    package = archive(tmp_path)
    root = extracted(tmp_path, package)
    digest = subprocess.run(["md5sum", root / "etc/small.conf"], capture_output=True, text=True, check=True).stdout
    assert f" /etc/small.conf {digest.split()[0]}" in dpkg(root, "--status", "small")


def test_packages_for_two_architectures_are_kept_apart(tmp_path: Path) -> None:
    together = unpacked.read(archive(tmp_path, CONTROL + "Multi-Arch: same\n"))
    assert together.name == "small:arm64"


def test_triggers_are_noted_by_path_and_by_name(tmp_path: Path) -> None:
    triggers = "interest /usr/share/fonts\ninterest-noawait ldconfig\nactivate-noawait other\n"
    root = extracted(tmp_path, archive(tmp_path, triggers=triggers))
    assert (root / "var/lib/dpkg/triggers/File").read_text() == "/usr/share/fonts small\n"
    assert (root / "var/lib/dpkg/triggers/ldconfig").read_text() == "small/noawait\n"


@pytest.mark.parametrize(("path", "as_listed"), [("./", "/."), (".", "/."), ("./usr/", "/usr"), ("./etc/a", "/etc/a")])
def test_paths_are_listed_as_dpkg_does(path: str, as_listed: str) -> None:
    assert unpacked.listed(path) == as_listed


def test_an_unknown_machine_is_refused_before_anything_is_done() -> None:
    with pytest.raises(EmulationError, match=r"--machine is pi9: choose one of virt, raspi3b\."):
        room.up("pi9", print)


def test_missing_programs_are_named_with_the_command_that_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rehearsal.needs.SEARCH_PATH", "/nonexistent")
    with pytest.raises(NeedsError, match=r"sudo apt-get install qemu-system-arm qemu-utils mmdebstrap device-tree"):
        needs.check()


def test_no_board_makes_an_empty_inventory(here: Place) -> None:
    assert inventory.listing(here, state.load(here)) == {"_meta": {"hostvars": {}}}


def test_the_board_joins_the_lab_through_its_port_with_its_host_key_checked(here: Place) -> None:
    state.save(here, state.Board("raspi3b", 2222, "/image"))
    listing = inventory.listing(here, state.load(here))
    variables = listing["_meta"]["hostvars"]["emu01"]
    assert listing["lab"] == {"hosts": ["emu01"]}
    assert (variables["ansible_host"], variables["ansible_port"]) == ("127.0.0.1", 2222)
    assert "StrictHostKeyChecking=yes" in variables["ansible_ssh_common_args"]
    assert "board_model" not in variables
    assert variables["base_set_clock"]


@pytest.mark.parametrize("machine", machines.MACHINES.values(), ids=lambda machine: machine.name)
def test_every_machine_has_a_card_a_kernel_and_a_tree_of_its_own(machine: machines.Machine) -> None:
    words = vm.command(machine, Path("/image"), Path("/ramdisk"), "file=/card,format=raw")
    assert words[words.index("-dtb") + 1] == f"/image/{machine.name}.dtb"
    assert f"root={machine.root} " in words[words.index("-append") + 1]
    assert sum("file=/card" in word for word in words) == 1


def test_another_recipe_is_another_image(monkeypatch: pytest.MonkeyPatch) -> None:
    before = image.key()
    assert image.key() == before
    monkeypatch.setattr(image, "HEAVY", (*image.HEAVY, "htop"))
    assert image.key() != before


def answering(path: Path, shown: str) -> threading.Thread:
    """QEMU's side of its protocol for one question."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()

    def talk() -> None:
        connection, _ = listening.accept()
        with listening, connection, connection.makefile("rw") as file:
            file.write('{"QMP": {}}\n')
            file.flush()
            replies: tuple[dict[str, str] | str, ...] = ({}, shown)
            for answer in replies:
                json.loads(file.readline())
                file.write('{"event": "RESET"}\n' + json.dumps({"return": answer}) + "\n")
                file.flush()

    thread = threading.Thread(target=talk)
    thread.start()
    return thread


@pytest.mark.parametrize(("shown", "is_high"), [("08000000", True), ("f7ffffff", False)])
def test_a_pin_is_read_from_outside(tmp_path: Path, shown: str, is_high: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    thread = answering(tmp_path / "monitor", f"000000003f200034: 0x{shown}\r\n")
    assert monitor.level(tmp_path / "monitor", 0x3F200034, 27) is is_high
    thread.join(5)


def test_words_that_are_no_memory_are_an_error() -> None:
    with pytest.raises(EmulationError, match="no word of memory but: Cannot access memory"):
        monitor.word("Cannot access memory")


def test_a_board_without_power_cannot_be_asked(tmp_path: Path) -> None:
    with pytest.raises(EmulationError, match=r"QEMU does not answer at .*invoke emulate\.up"):
        monitor.ask(tmp_path / "monitor", "info status")


def test_a_power_cut_of_what_does_not_run_is_nothing(here: Place) -> None:
    vm.pull_the_plug(here)


def test_the_plug_is_pulled_of_this_board_only(here: Place, tmp_path: Path) -> None:
    other = Place("other", tmp_path / "run2", tmp_path / "cache2")
    words = [f"file={where.guests}/disk.qcow2," for where in (here, other)]
    ours, theirs = (subprocess.Popen(["sh", "-c", "sleep 60; :", word]) for word in words)
    try:
        assert vm.running(here) == {ours.pid}
        vm.pull_the_plug(here)
        assert ours.wait(10) == -9
        assert theirs.poll() is None
    finally:
        theirs.kill()
        theirs.wait(10)


def test_a_wheel_becomes_a_package_whose_files_dpkg_can_check(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "gpiozero-2.0.1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("gpiozero/__init__.py", "LED = 1\n")
    package = raspberry.package_of(tmp_path / "gpiozero-2.0.1-py3-none-any.whl")
    fields = subprocess.run(["dpkg-deb", "--field", package, "Package", "Version"], capture_output=True, check=True)
    assert fields.stdout == b"Package: python3-gpiozero\nVersion: 2.0.1-0+emulation\n"
    found = unpacked.read(package)
    assert "/usr/lib/python3/dist-packages/gpiozero/__init__.py" in found.paths
    assert b"  usr/lib/python3/dist-packages/gpiozero/__init__.py\n" in found.control["md5sums"]


@pytest.mark.skipif(shutil.which("cpio") is None, reason="cpio is needed")
def test_a_folder_becomes_an_archive_that_the_kernel_unpacks_as_roots(tmp_path: Path) -> None:
    (tmp_path / "room/etc").mkdir(parents=True)
    (tmp_path / "room/etc/key").write_text("secret")
    archive = initrd.packed(tmp_path)
    assert archive.startswith(b"070701")
    listed = subprocess.run(
        ["cpio", "--list", "--verbose", "--numeric-uid-gid", "--quiet"], input=archive, capture_output=True, check=True
    )
    (line,) = (line for line in listed.stdout.decode().splitlines() if line.endswith("room/etc/key"))
    assert line.split()[2:4] == ["0", "0"]
