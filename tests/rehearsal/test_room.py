from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.checkout import CHECKOUT
from tests.rehearsal.conftest import BOOT, PATIENCE_S, Lab, room_apart, wait_until
from tests.rehearsal.favour import favoured
from virtual import place, reach
from virtual.commands import run
from virtual.containers import faults, guest, power, room, settings
from virtual.errors import RehearsalError
from virtual.locks import one_at_a_time

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]

POLICY = "/sys/devices/system/cpu/cpu2/cpufreq"
# Whichever camera stack the board has at this moment.
STILL = "raspistill -o a.jpg || libcamera-still -o a.jpg || rpicam-still -o a.jpg"
# A service that does something while it is stopped in order.
ON_ENDING = (
    "printf '[Service]\\nExecStart=/bin/sleep infinity\\nExecStop=/usr/bin/touch /var/ended\\n' "
    "| sudo tee /etc/systemd/system/on-ending.service"
)
# Counts turns of a loop for two seconds of the wall clock.
WORK = "import time\nend = time.monotonic() + 2\nturns = 0\nwhile time.monotonic() < end: turns += 1\nprint(turns)"


def everything_below(top: str) -> set[str]:
    """Every file and folder; other rooms may take theirs away meanwhile."""
    return {str(Path(here, name)) for here, folders, files in os.walk(top) for name in (*folders, *files)}


def snapshot() -> dict[str, set[str]]:
    """What a room could leave behind on this computer, without what belongs to other rooms."""
    found = {
        "mounts": set(Path("/proc/mounts").read_text().splitlines()),
        "links": set(run("ip", "-brief", "link").splitlines()),
        "addresses": set(run("ip", "-brief", "address").splitlines()),
        "firewall": set(run("nft", "list", "tables").splitlines()),
        "groups": everything_below("/sys/fs/cgroup"),
        "folders": {*map(str, Path("/run/pilab").glob("*")), *everything_below("/run/systemd/nspawn")},
        "disks": set(map(str, (place.here().cache / "rooms").glob("*"))),
        "settings": {f"{path.name} {_as_found(path)}" for path in settings.NEEDED},
        "processes": set(_programs()),
    }
    ours = re.compile(rf"pilab-{place.here().room}|{place.here().room}|ip_forward|max_user_instances")
    return {kind: {line for line in lines if ours.search(line)} for kind, lines in found.items()}


def _as_found(setting: Path) -> str:
    """What a setting was, or will be again, when no room is up: other rooms come and go beside these tests."""
    try:
        return (settings.REMEMBERED / f"{setting.name}.before").read_text()
    except FileNotFoundError:
        return setting.read_text()


def _programs() -> list[str]:
    """The command lines of what runs rooms; pgrep ends with 1 where nothing does."""
    words = ["pgrep", "-a", "-f", "nspawn|virtual.containers.governors"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.splitlines()


@pytest.fixture(scope="module")
def lab(may_boot: None) -> Iterator[Lab]:  # noqa: ARG001 - it comes first
    """Three virtual Pis of three releases, as they come."""
    with room_apart("l") as here:
        yield Lab(here, room.up(3, print))


@pytest.fixture
def other_room(may_boot: None) -> Iterator[place.Place]:  # noqa: ARG001 - it comes first
    with room_apart("u") as here:
        yield here


def half_up(there: place.Place) -> subprocess.Popen[bytes]:
    """An `up` that is in the middle of booting two boards."""
    process = subprocess.Popen([sys.executable, "-m", "virtual", "up", "--pis", "2"], cwd=CHECKOUT)
    wait_until(lambda: bool(power.processes(there)))
    return process


@pytest.mark.usefixtures("other_room")
def test_down_leaves_the_computer_as_it_was() -> None:
    before = snapshot()
    said: list[str] = []
    room.up(1, said.append)
    assert snapshot() != before
    room.down(said.append)
    assert snapshot() == before
    *steps, last = said[-6:]
    assert steps == [
        "pi01 (bullseye) is up; 0 left.",
        "1 virtual Pis are up: pi01 (bullseye).",
        "Taking down 1 virtual Pis.",
        "pi01: off.",
        "pi01 is taken down; 0 left.",
    ]
    # Where others use the disk, files may take longer to go than anybody waits for.
    assert last.startswith("All of it is gone")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_up_takes_down_what_it_made(other_room: place.Place, how: signal.Signals) -> None:
    before = snapshot()
    process = half_up(other_room)
    process.send_signal(how)
    assert process.wait(PATIENCE_S) != 0
    assert snapshot() == before


def test_down_clears_away_what_a_killed_up_left(other_room: place.Place) -> None:
    before = snapshot()
    process = half_up(other_room)
    process.kill()
    process.wait(PATIENCE_S)
    room.down(print)
    assert snapshot() == before


def test_down_clears_away_what_a_killed_down_left(other_room: place.Place) -> None:
    before = snapshot()
    room.up(1, print)
    process = subprocess.Popen([sys.executable, "-m", "virtual", "down"], cwd=CHECKOUT)
    wait_until(lambda: not power.processes(other_room))
    process.kill()
    process.wait(PATIENCE_S)
    room.down(print)
    assert snapshot() == before


def test_down_clears_away_what_nspawn_left_mounted(other_room: place.Place) -> None:
    before = snapshot()
    made = room.up(1, print)
    left = power.NSPAWN_RUN / "unix-export" / guest.machine(other_room, made.guests[0])
    left.mkdir(parents=True, exist_ok=True)
    run("mount", "-t", "tmpfs", "pilab-test", str(left))
    room.down(print)
    assert snapshot() == before


def test_up_starts_afresh_where_a_killed_up_left_a_torso(other_room: place.Place) -> None:
    process = half_up(other_room)
    process.kill()
    process.wait(PATIENCE_S)
    made = room.up(1, print)
    assert [one.name for one in made.guests] == ["pi01"]
    room.down(print)


def test_disks_that_a_power_cut_left_are_cleared_away(other_room: place.Place) -> None:
    (other_room.guests / "pi01/disk").mkdir(parents=True)
    assert room.up(1, print).guests
    room.down(print)
    assert not other_room.guests.exists()


def test_a_second_command_on_the_same_room_waits_its_turn(other_room: place.Place) -> None:
    with one_at_a_time(other_room.lock), pytest.raises(RehearsalError, match="Another command"):
        room.up(1, print)


def test_a_second_up_says_what_is_up_already(lab: Lab) -> None:
    said: list[str] = []
    assert room.up(3, said.append) == lab.room
    assert said == ["3 virtual Pis are up already."]
    with pytest.raises(RehearsalError, match="3 virtual Pis is up, not of 2"):
        room.up(2, said.append)


def test_each_release_runs_whole_and_as_a_pi(lab: Lab) -> None:
    for name, release, model in (
        ("pi01", "bullseye", "Pi 3"),
        ("pi02", "bookworm", "Pi 4"),
        ("pi03", "trixie", "Pi 5"),
    ):
        assert lab.say(name, "systemctl is-system-running --wait") == "running"
        assert lab.say(name, ". /etc/os-release; echo $VERSION_CODENAME") == release
        assert f"Raspberry {model}" in lab.say(name, "grep Model /proc/cpuinfo")
        assert lab.say(name, "sudo -n id --user") == "0"
        assert lab.say(name, f"{STILL}; head -c 2 a.jpg | od -An -tx1") == "ff d8"


def test_a_board_that_shows_another_host_key_is_refused(lab: Lab, tmp_path: Path) -> None:
    wrong = tmp_path / "known_hosts"
    keys = reach.known_hosts(lab.place).read_text().splitlines()
    other_key = keys[1].split()[2]
    wrong.write_text(f"{lab.address_of('pi01')} ssh-ed25519 {other_key}\n")
    words = [
        word.replace(str(reach.known_hosts(lab.place)), str(wrong))
        for word in guest.ssh(lab.place, lab.guest("pi01"), "true")
    ]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 255
    assert "Host key verification failed" in done.stderr


def test_passwords_and_root_are_not_let_in(lab: Lab) -> None:
    settings = lab.say("pi02", "sudo sshd -T").splitlines()
    assert {"passwordauthentication no", "permitrootlogin no", "kbdinteractiveauthentication no"} <= set(settings)


def test_a_slower_governor_gives_really_less_processor_time(lab: Lab) -> None:
    def turns(governor: str) -> int:
        lab.say("pi03", f"echo {governor} | sudo tee {POLICY}/scaling_governor")
        lab.wait("pi03", f"grep -x {clock[governor]} {POLICY}/scaling_cur_freq")
        return int(lab.say("pi03", f"python3 -c '{WORK}'"))

    clock = {"performance": "2400000", "powersave": "1500000"}
    with favoured(lab.place.label):
        assert turns("powersave") < turns("performance")


def test_one_board_boots_again_alone_after_its_power_was_cut_with_its_disk_and_its_host_key(lab: Lab) -> None:
    lab.say("pi02", "touch kept")
    other, said = lab.say("pi01", BOOT), list[str]()
    faults.cut_power(lab.place, lab.guest("pi02"))
    room.up(3, said.append)
    assert said[-1] == "Without power: pi02; boot it again with: invoke rehearse.reboot --hosts pi02"
    room.reboot(["pi02"], said.append)
    assert said[-2:] == ["pi02 is without power and boots again.", "pi02 (bookworm) is up; 0 left."]
    assert lab.say("pi02", "ls kept") == "kept"
    assert lab.say("pi01", BOOT) == other


def test_a_board_that_runs_is_shut_down_in_order_and_boots_again(lab: Lab) -> None:
    before, said = lab.say("pi03", BOOT), list[str]()
    lab.say("pi03", f"{ON_ENDING} && sudo systemctl start on-ending")
    room.reboot(["pi03"], said.append)
    assert said[0] == "pi03 is shut down and boots again."
    assert lab.say("pi03", BOOT) != before
    assert lab.say("pi03", "ls /var/ended") == "/var/ended"


def test_only_boards_of_the_room_boot_again(lab: Lab) -> None:
    with pytest.raises(RehearsalError, match="no virtual Pi: emu01, pi09; this room has pi01 to pi03"):
        room.reboot(["pi09", "pi01", "emu01"], print)
    assert lab.say("pi01", "true") == ""


@pytest.mark.usefixtures("other_room")
def test_no_board_boots_again_where_none_is_up() -> None:
    with pytest.raises(RehearsalError, match=r"No virtual Pis are up .* invoke rehearse\.up"):
        room.reboot(["pi01"], print)


def test_an_unknown_governor_does_not_stay(lab: Lab) -> None:
    before = lab.say("pi03", f"cat {POLICY}/scaling_governor")
    lab.say("pi03", f"echo turbo | sudo tee {POLICY}/scaling_governor")
    lab.wait("pi03", f"grep -x {before} {POLICY}/scaling_governor")


def test_a_board_comes_back_from_a_reboot_with_its_files_and_the_default_governor(lab: Lab) -> None:
    lab.say("pi01", f"touch kept; echo powersave | sudo tee {POLICY}/scaling_governor")
    lab.reboot("pi01")
    assert lab.say("pi01", f"ls kept; cat {POLICY}/scaling_governor") == "kept\nondemand"


def test_without_root_one_sentence_says_so() -> None:
    if os.geteuid() != 0:
        pytest.skip("taking root away needs root")
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-m", "virtual", "up"],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "need root" in done.stderr
    assert done.stderr.strip().endswith(f"type: sudo {sys.executable} -m virtual up")
    assert len(done.stderr.splitlines()) == 1
