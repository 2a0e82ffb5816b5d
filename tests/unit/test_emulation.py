from __future__ import annotations

import fcntl
import json
import shlex
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from virtual import inventory, needs, state
from virtual.errors import EmulationError, NeedsError
from virtual.machines import card, emulation, machines, monitor, vm
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


CARD = state.Card(
    "/my images/card.img", 1, 8 << 20, 256 << 20, 2, "anna", "/my/key", "/my room/known_hosts", "pi07"
)  # fmt: skip


def test_the_first_program_is_told_where_the_partitions_of_a_card_are() -> None:
    told = card.words(CARD)
    assert told == "pilab.boot=/dev/vda1 pilab.root=/dev/vda2"
    words = vm.command(card.MACHINE, Path("/kernel"), Path("/ramdisk"), "file=/disk", told)
    assert words[words.index("-append") + 1].endswith(told)


def test_a_card_on_a_machine_that_nobody_has_tried_is_refused_before_anything_is_done() -> None:
    with pytest.raises(EmulationError, match=r"--machine is raspi3b, and a card starts on virt only: leave it out\."):
        emulation.up("raspi3b", print, CARD)


def test_the_board_of_a_card_is_reached_by_its_own_name_account_and_key(here: Place) -> None:
    board = state.EmulatedPi("virt", 2222, "/kernel", card=CARD)
    state.save(here, board)
    assert state.load_emulated(here) == board
    words = emulation.ssh(here, board, "true")
    assert words[-2:] == ["anna@127.0.0.1", "true"]
    for word in ("StrictHostKeyChecking=yes", "HostKeyAlias=pi07", "UserKnownHostsFile=/my room/known_hosts"):
        assert words[words.index(word) - 1] == "-o"
    assert words[words.index("-i") + 1] == "/my/key"
    variables = inventory.of_emulation(here)["emu01"]
    assert (variables["ansible_user"], variables["ansible_ssh_private_key_file"]) == ("anna", "/my/key")
    assert "HostKeyAlias=pi07" in shlex.split(variables["ansible_ssh_common_args"])
    assert "UserKnownHostsFile=/my room/known_hosts" in shlex.split(variables["ansible_ssh_common_args"])


@pytest.mark.skipif(shutil.which("qemu-img") is None, reason="qemu-img is needed")
def test_what_a_board_writes_is_not_written_into_the_image_of_its_card(here: Place, tmp_path: Path) -> None:
    path = tmp_path / "card.img"
    content = bytes(8 << 20) + b"boot" * (1 << 18) + bytes(5 << 20)
    path.write_bytes(content)
    of_path = replace(CARD, image=str(path), boot_size=1 << 20)
    assert card.disk_size(of_path) == str(16 << 20)
    vm.make_disk(here, path, card.disk_size(of_path))
    assert card.copy_bootfs(of_path, vm.disk(here), tmp_path / "fat").read_bytes() == b"boot" * (1 << 18)
    write = ("-c", f"write -P 0x41 {8 << 20} 4096")
    subprocess.run(["qemu-io", "-f", "qcow2", *write, str(vm.disk(here))], check=True, capture_output=True)
    assert card.copy_bootfs(of_path, vm.disk(here), tmp_path / "fat").read_bytes()[:5000] == b"A" * 4096 + b"boot" * 226
    assert path.read_bytes() == content


def test_the_first_start_of_a_card_takes_nobodys_place(here: Place) -> None:
    up = state.EmulatedPi("virt", 2222, "/kernel")
    with pytest.raises(EmulationError, match=r"emu01 is up, and the first start of a card needs its place: take it"):
        emulation._up_again(here, up, "virt", print, CARD)


@pytest.mark.parametrize("words", vm.ENDS)
def test_a_guest_that_goes_on_no_more_is_not_waited_for(here: Place, words: str) -> None:
    here.guests.mkdir(parents=True)
    assert vm.gave_up(here) == ""
    vm.console(here).write_text(f"[ 14.1] {words} - press Enter\n")
    assert vm.gave_up(here) == words


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
        assert ours.wait(60) == -9
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
