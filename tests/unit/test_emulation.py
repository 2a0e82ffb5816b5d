from __future__ import annotations

import fcntl
import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from virtual import inventory, needs, state
from virtual.errors import EmulationError, NeedsError
from virtual.machines import emulation, machines, monitor, vm
from virtual.place import Place


@pytest.fixture
def here(tmp_path: Path) -> Place:
    return Place("test", tmp_path / "run", tmp_path / "cache")


def test_an_unknown_machine_is_refused_before_anything_is_done() -> None:
    with pytest.raises(EmulationError, match=r"--machine is pi9: choose one of virt, raspi3b\."):
        emulation.up("pi9", print)


def test_missing_programs_are_named_with_the_command_that_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("virtual.needs.SEARCH_PATH", "/nonexistent")
    with pytest.raises(NeedsError, match=r"sudo apt-get install qemu-system-arm qemu-utils mmdebstrap device-tree"):
        needs.check(needs.EMULATED_PIS)


def test_no_board_makes_an_empty_inventory(here: Place) -> None:
    assert inventory.listing(inventory.of_emulation(here)) == {"_meta": {"hostvars": {}}}


def test_the_board_joins_the_lab_through_its_port_with_its_host_key_checked(here: Place) -> None:
    state.save(here, state.EmulatedPi("raspi3b", 2222, "/image"))
    listing = inventory.listing(inventory.of_emulation(here))
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
    # Without a child of its own, which would look the same for the moment in which it begins.
    ours, theirs = (subprocess.Popen(["sh", "-c", "read -r _", word], stdin=subprocess.PIPE) for word in words)
    with ours, theirs:
        assert vm.running(here) == {ours.pid}
        vm.pull_the_plug(here)
        assert ours.wait(10) == -9
        assert theirs.poll() is None


# Memory takes a while to be given back, and files are let go only after it.
HOLDS_ITS_CARD = """
import fcntl, sys
card = open(sys.argv[1], "w")
fcntl.flock(card, fcntl.LOCK_EX)
memory = bytearray(b"1") * 400_000_000
print("ready", flush=True)
sys.stdin.read()
"""


def test_once_the_plug_is_pulled_nobody_holds_the_card(here: Place, tmp_path: Path) -> None:
    card, word = tmp_path / "card", f"file={here.guests}/disk.qcow2,"
    command = [sys.executable, "-c", HOLDS_ITS_CARD, str(card), word]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as qemu, card.open("w") as again:
        assert qemu.stdout
        qemu.stdout.readline()
        vm.pull_the_plug(here)
        fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_qemu_that_ended_is_told_apart_from_one_that_is_being_loaded_and_from_a_slow_board(here: Place) -> None:
    board = state.EmulatedPi("virt", 2222, "/image")
    here.cache.mkdir()
    emulation._see_that_it_lives(here, board, emulation.LOAD_S - 1)
    with pytest.raises(EmulationError, match=r"QEMU ended while emu01 was starting; see .*failed-test\.log"):
        emulation._see_that_it_lives(here, board, emulation.LOAD_S + 1)
    with pytest.raises(EmulationError, match=r"emu01 did not answer within 600 s"):
        emulation._see_that_it_lives(here, board, emulation.BOOT_TIMEOUT_S + 1)
