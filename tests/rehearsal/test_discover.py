"""Boards with avahi on a bridge: moved, copied, mute, kept apart, and taken in over the real sshd's password."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from select import select
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal import lists
from tests.rehearsal.checkout import CHECKOUT
from tests.rehearsal.conftest import Lab, room_apart, typed, wait_until
from virtual import reach
from virtual.commands import attempt, run
from virtual.containers import room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from virtual.place import Place

pytestmark = [pytest.mark.rehearsal, pytest.mark.long, pytest.mark.timeout(1800)]

# As Raspberry Pi OS has it (pi-gen, stage2).
AVAHI = (
    "sudo apt-get update -qq && "
    "sudo DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends avahi-daemon && "
    "sudo sed -i 's/.*publish-workstation=.*/publish-workstation=yes/' /etc/avahi/avahi-daemon.conf && "
    "sudo systemctl restart avahi-daemon"
)
PASSWORD = "correct horse"  # noqa: S105 (of a board that lives for a test)
INVOKE = [sys.executable, "-m", "invoke"]


@pytest.fixture(scope="module")
def lab(may_boot: None) -> Iterator[Lab]:  # noqa: ARG001 - asked for so that it comes first
    with room_apart("d") as here:
        made = Lab(here, room.up(3, print))
        for name in ("pi01", "pi02", "pi03"):
            made.say(name, AVAHI, timeout_s=400)
        yield made


@pytest.fixture
def mine(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = lists.written(lab, tmp_path)
    monkeypatch.setenv("ANSIBLE_INVENTORY", str(path))
    return path


def found(*words: str) -> dict[str, str]:
    """What `invoke discover` says of each board, in one space between words."""
    done = typed("invoke", "discover", *words)
    rows = [line.split() for line in done.stdout.splitlines()]
    return {row[0]: " ".join(row[1:]) for row in rows if row} | {"said": done.stderr}


def said_at(lab: Lab, address: str, owner: str, command: str) -> bool:
    """Run something at an address where the key of a board answers; False if that does not work."""
    alias = f"HostKeyAlias={lab.address_of(owner)}"
    return attempt(*reach.ssh(lab.place, 5), "-o", alias, f"{reach.USER}@{address}", command)


@contextmanager
def elsewhere(lab: Lab, name: str, address: str) -> Iterator[None]:
    """A board that has another address for one test, as a router would give it."""
    old = lab.address_of(name)

    def change(there: str, gone: str) -> None:
        gateway = f"{old.rpartition('.')[0]}.1"
        script = f"ip address add {there}/24 dev host0; ip address del {gone}/24 dev host0"
        script += f"; ip route replace default via {gateway}"
        soon = "sudo systemd-run --quiet --on-active=0.5 --timer-property=AccuracySec=50ms"
        assert said_at(lab, gone, name, f"{soon} sh -c '{script}'")
        wait_until(lambda: said_at(lab, there, name, "true"))

    change(address, old)
    try:
        yield
    finally:
        change(old, address)


def test_boards_are_found_by_what_they_announce(lab: Lab, mine: Path) -> None:
    there = f"{lab.address_of('pi03').rpartition('.')[0]}.150"
    with elsewhere(lab, "pi03", there):
        assert found()["pi03"] == f"{there} moved from {lab.address_of('pi03')}"
        rows = found("--write")
        assert rows["3"] == "of 3 boards are where the inventory says."
        assert f"pi03 ansible_host={there}  # the seat of pi03\n" in mine.read_text()
        assert typed("ansible", "pi03", "-m", "ansible.builtin.ping").returncode == 0


@contextmanager
def ipv6_alone(lab: Lab, name: str) -> Iterator[str]:
    """A board that for one test has no address of IPv4, and announces none; the one that counts on the bridge."""
    old = lab.address_of(name)
    bare = lab.say(name, "ip -6 -o addr show dev host0 scope link").split()[3].partition("/")[0]
    there = f"{bare}%{lab.place.label}"
    settings = "/etc/avahi/avahi-daemon.conf"
    lab.say(name, f"sudo sed -i 's/.*use-ipv4=.*/use-ipv4=no/' {settings} && sudo systemctl restart avahi-daemon")
    soon = "sudo systemd-run --quiet --on-active=0.5 --timer-property=AccuracySec=50ms"
    assert said_at(lab, old, name, f"{soon} ip -4 address flush dev host0")
    wait_until(lambda: not said_at(lab, old, name, "true"))
    try:
        yield there
    finally:
        gateway = f"{old.rpartition('.')[0]}.1"
        back = f"sudo ip address add {old}/24 dev host0; sudo ip route replace default via {gateway}"
        avahi = f"sudo sed -i 's/.*use-ipv4=.*/use-ipv4=yes/' {settings}; sudo systemctl restart avahi-daemon"
        assert said_at(lab, there, name, f"{back}; {avahi}")


def test_a_board_with_ipv6_alone_is_found_examined_and_reached(lab: Lab, mine: Path) -> None:
    with ipv6_alone(lab, "pi03") as there:
        assert found()["pi03"] == f"{there} moved from {lab.address_of('pi03')}"
        found("--write")
        assert f"pi03 ansible_host={there}  # the seat of pi03\n" in mine.read_text()
        assert found()["pi03"] == there
        assert typed("ansible", "pi03", "-m", "ansible.builtin.ping").returncode == 0
        doctor = typed("invoke", "doctor", "--hosts", "pi03")
        assert "pi03  fine" in doctor.stdout, doctor.stdout + doctor.stderr


def test_a_board_that_says_nothing_is_found_by_a_sweep(lab: Lab, mine: Path) -> None:  # noqa: ARG001 - is in the environment
    there = f"{lab.address_of('pi03').rpartition('.')[0]}.151"
    lab.say("pi03", "sudo systemctl stop avahi-daemon.socket avahi-daemon.service")
    try:
        with elsewhere(lab, "pi03", there):
            rows = found()
            assert rows["pi03"] == "not found"
            assert "found with --sweep" in rows["said"]
            assert found("--sweep", f"{there}/24")["pi03"] == f"{there} moved from {lab.address_of('pi03')}"
    finally:
        lab.say("pi03", "sudo systemctl start avahi-daemon.socket avahi-daemon.service")


def test_a_copied_card_is_told_from_its_model(lab: Lab, mine: Path) -> None:  # noqa: ARG001 - as above
    secret = lab.say("pi01", "sudo cat /etc/ssh/ssh_host_ed25519_key")
    file = "/etc/ssh/ssh_host_ed25519_key"
    lab.say(
        "pi02",
        f"sudo cp -p {file} /root/own && echo '{secret}' | sudo tee {file} >/dev/null && sudo systemctl restart ssh",
    )
    try:
        rows = found()
    finally:
        restart = f"sudo sh -c 'cp -p /root/own {file}; systemctl restart ssh'"
        assert said_at(lab, lab.address_of("pi02"), "pi01", restart)
    assert "copies of one card; write one of them anew" in rows["pi01"]
    assert rows["pi02"].startswith("not found; the card of pi01, or a copy of it, is at its address")


@contextmanager
def pupil_place(here: Place, address: str, gateway: str) -> Iterator[list[str]]:
    """A computer on the bridge beside the boards; words with which a command is typed there.

    What a run that was killed has left of it goes first.
    """
    name, link = f"{here.label}-guest", guest_link(here)
    no_pupil_place(here)
    run("ip", "netns", "add", name)
    try:
        run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name)
        run("ip", "link", "set", link, "master", here.label, "up")
        for words in (
            f"address add {address}/24 dev eth0",
            "link set eth0 up",
            "link set lo up",
            f"route add default via {gateway}",
        ):
            run("ip", "-netns", name, *words.split())
        yield ["ip", "netns", "exec", name]
    finally:
        no_pupil_place(here)


def guest_link(here: Place) -> str:
    return f"vb-{here.room}g"


def no_pupil_place(here: Place) -> None:
    attempt("nft", "delete", "table", "bridge", f"{here.label}-apart")
    attempt("ip", "netns", "delete", f"{here.label}-guest")
    attempt("ip", "link", "delete", guest_link(here))


def test_a_network_that_keeps_its_computers_apart_is_told(lab: Lab, mine: Path) -> None:  # noqa: ARG001 - as above
    net = lab.address_of("pi01").rpartition(".")[0]
    link = guest_link(lab.place)
    apart = (
        f"table bridge {lab.place.label}-apart {{\n chain forward {{\n  type filter hook forward priority 0\n"
        f'  iifname "{link}" drop\n  oifname "{link}" drop\n }}\n}}\n'
    )
    with pupil_place(lab.place, f"{net}.200", f"{net}.1") as there:
        done = typed(*there, *INVOKE, "discover")
        assert done.returncode == 0, done.stdout + done.stderr
        run(*there, "ip", "neigh", "flush", "all")
        run("nft", "-f", "-", stdin=apart)
        done = typed(*there, *INVOKE, "discover", "--sweep", f"{net}.96/28")
    assert done.returncode == 1
    assert f"Only the router {net}.1 answers: this network seems to keep its computers apart" in done.stderr


def on_terminal(answers: dict[str, str], *words: str) -> str:
    """What a command says on a terminal where each question gets its answer, in this order."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(CHECKOUT)
        os.execvp(words[0], words)  # noqa: S606 - a list of words
    said, asked, deadline = "", list(answers.items()), time.monotonic() + 90
    with suppress(OSError):  # the end of a terminal
        while time.monotonic() < deadline and select([terminal], [], [], 30)[0]:
            if not (part := os.read(terminal, 4096)):
                break
            said += part.decode(errors="replace")
            if asked and asked[0][0] in said.rpartition(asked[0][0])[1]:
                time.sleep(0.5)  # the question comes before the terminal is made ready for its answer
                os.write(terminal, f"{asked.pop(0)[1]}\n".encode())
    os.waitpid(child, 0)
    return said


@pytest.fixture
def with_passwords(lab: Lab) -> Iterator[str]:
    """A board with an account and a password, as Imager makes them."""
    lab.say("pi02", f"sudo useradd -m -G sudo anna && echo 'anna:{PASSWORD}' | sudo chpasswd")
    settings = "/etc/ssh/sshd_config.d/00-passwords.conf"
    lab.say("pi02", f"echo PasswordAuthentication yes | sudo tee {settings} && sudo systemctl restart ssh")
    yield "pi02"
    lab.say("pi02", f"sudo rm {settings} && sudo systemctl restart ssh && sudo userdel -r anna 2>/dev/null || true")


def test_a_board_with_a_password_is_taken_in_once_its_key_was_compared(
    lab: Lab, with_passwords: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = lab.address_of(with_passwords)
    mine = tmp_path / "inventory.ini"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    mine.write_text(f"[lab]\n[lab:vars]\nansible_ssh_private_key_file={tmp_path / 'key'}\n")
    monkeypatch.setenv("ANSIBLE_INVENTORY", str(mine))
    shown = typed("invoke", "discover", "--sweep", f"{address}/32").stdout
    assert f"new  {address}" in shown
    words = ("invoke", "enrol", "pi09", address, "--user", "anna")
    assert "its key was not confirmed" in on_terminal({"Are they the same": "no"}, *words)
    wrong = on_terminal({"Are they the same": "yes", "Password": "wrong"}, *words)
    assert "does not take this password of the account anna" in wrong
    assert not (tmp_path / "known_hosts").exists()
    said = on_terminal({"Are they the same": "yes", "Password": PASSWORD}, *words)
    assert PASSWORD not in said
    assert "Its sudo wants a password; next: ansible-playbook site.yml --limit pi09 -K" in said
    fingerprint = lab.say(with_passwords, "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub").split()[1]
    assert re.search(rf"pi09 at {re.escape(address)} shows the key\s+{re.escape(fingerprint)}", said)
    assert f"pi09 ansible_host={address} ansible_user=anna\n" in mine.read_text()
    assert typed("ansible", "pi09", "-m", "ansible.builtin.ping").returncode == 0
