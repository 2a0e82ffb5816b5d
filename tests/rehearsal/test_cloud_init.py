"""Debian's own cloud-init on a virtual Pi, set up as Raspberry Pi OS 13 has it, and the name that a board keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.rehearsal.conftest import PATIENCE_S, PLAYBOOK_TIMEOUT_S, Lab, room_apart, typed
from tests.rehearsal.playbooks import playbook, rows
from virtual.containers import room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]

NUMBER, BOARD = 3, "pi03"
NAMES = "hostname; cat /etc/hostname; sudo cat /root/runs"
INSTALL = "apt-get install --yes --quiet --no-install-recommends cloud-init"
SYSTEM = {
    # As in the image of Raspberry Pi OS 13.
    "/etc/cloud/cloud.cfg.d/99_raspberry-pi.cfg": (
        "datasource_list: [ NoCloud, None ]\ndatasource:\n  NoCloud:\n    seedfrom: file:///boot/firmware\n"
    ),
    # The room gives its boards their network.
    "/etc/cloud/cloud.cfg.d/98_rehearsal.cfg": "network: {config: disabled}\n",
}
# The room knows its boards by the keys that they have.
KEPT = "ssh_deletekeys: false\nusers: []\nruncmd:\n- [sh, -c, echo once >> /root/runs]\n"


class Card(NamedTuple):
    """What is on the boot partition of a card, and what cloud-init keeps of it."""

    user_data: str
    meta_data: str
    changed: str
    seed: bool = False


CARDS = {
    # With a seed of that name cloud-init takes the instance for the same, and user-data from its own copy.
    "both, and a copy that cloud-init keeps": Card(
        "hostname: card7 # desk 7\nfqdn: 'card7.lan'\nmanage_etc_hosts: true\n",
        "",
        "hostname: pi03 # desk 7\nfqdn: 'pi03.lan'\nmanage_etc_hosts: true\n",
        seed=True,
    ),
    "a domain alone": Card(
        "  fqdn:  card7.lan\r\n  manage_etc_hosts: localhost\r\n  preserve_hostname: false\r\n",
        "",
        "  fqdn:  pi03.lan\r\n  manage_etc_hosts: localhost\r\n  preserve_hostname: true\r\n",
    ),
    "none, and a name in meta-data": Card(
        "manage_etc_hosts: true\n", "local-hostname: card7\n", "manage_etc_hosts: true\n"
    ),
    "a name that is to be the whole one": Card(
        '"hostname": "card7.lan"\nprefer_fqdn_over_hostname: true\nmanage_etc_hosts: false\n',
        "",
        '"hostname": "pi03.lan"\nprefer_fqdn_over_hostname: true\nmanage_etc_hosts: false\n',
    ),
}


# What `make test` leaves to `make test-long`.
LONG = ("a domain alone", "none, and a name in meta-data", "a name that is to be the whole one")


def put(lab: Lab, path: str, text: str) -> None:
    lab.say(BOARD, f"sudo tee {path} >/dev/null <<'END'\n{text}END")


def user_data(lines: str) -> str:
    """The whole of it; a card whose lines stand apart from the margin has all of them so."""
    margin = "  " * lines.startswith("  ")
    end = "\r\n" if "\r\n" in lines else "\n"
    return "#cloud-config\n" + lines + "".join(f"{margin}{line}{end}" for line in KEPT.splitlines())


def restart(lab: Lab) -> None:
    lab.reboot(BOARD)
    lab.ssh(BOARD, f"timeout {PATIENCE_S} cloud-init status --wait", PATIENCE_S + 60)


def without_a_name(lab: Lab, card: Card, number: int) -> None:
    """Have the board be what cloud-init makes of a card that it has not seen yet."""
    lab.say(BOARD, "sudo rm -rf /var/lib/cloud /root/runs /etc/cloud/cloud.cfg.d/99-pilab.cfg")
    meta_data = f"instance-id: card-{number}\n{card.meta_data}"
    put(lab, "/boot/firmware/user-data", user_data(card.user_data))
    put(lab, "/boot/firmware/meta-data", meta_data)
    if card.seed:
        lab.say(BOARD, "sudo mkdir -p /var/lib/cloud/seed/nocloud && sudo touch /var/lib/cloud/seed/nocloud/user-data")
        put(lab, "/var/lib/cloud/seed/nocloud/meta-data", meta_data)
    restart(lab)


@pytest.fixture(scope="module")
def with_cloud_init(snapshot: Path) -> Iterator[Lab]:
    """A board that has our packages, and cloud-init, in a room of its own, which nobody needs afterwards."""
    with room_apart("i") as here:
        lab = Lab(here, room.up([NUMBER], print, snapshot))
        lab.say(BOARD, "sudo mkdir -p /etc/cloud/cloud.cfg.d")
        for path, text in SYSTEM.items():
            put(lab, path, text)
        lab.say(BOARD, f"sudo DEBIAN_FRONTEND=noninteractive {INSTALL}")
        given_back(lab)
        yield lab


def named(lab: Lab) -> list[str]:
    """What the board calls itself, what it finds under that name, and whether cloud-init did its work once."""
    return lab.say(BOARD, "hostname; cat /etc/hostname; getent ahostsv4 pi03 | head -n 1; sudo cat /root/runs").split()


def digest(lab: Lab, text: str) -> str:
    put(lab, "/tmp/wanted", text)  # noqa: S108 - a place on a board
    return lab.say(BOARD, "sha256sum < /tmp/wanted")


def user_data_is(lab: Lab, lines: str) -> bool:
    return lab.say(BOARD, "sudo sha256sum < /boot/firmware/user-data") == digest(lab, user_data(lines))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] if name in LONG else []) for name in CARDS]
)
def test_a_name_outlives_two_restarts_and_the_board_is_given_back_as_it_was(with_cloud_init: Lab, name: str) -> None:
    """It is called as its card says again, at once and after a start."""
    lab, card = with_cloud_init, CARDS[name]
    without_a_name(lab, card, list(CARDS).index(name))
    found = lab.say(BOARD, NAMES)
    assert found.startswith("card7"), "cloud-init did not name the board"
    status, output = base()
    assert (status, rows(output)[BOARD]) == (0, "changed in base"), output
    for _ in range(2):
        restart(lab)
        status, output = base()
        assert (status, rows(output)[BOARD]) == (0, "nothing to change"), output
        now = named(lab)
        assert (now[:2], now[2], now[-1]) == (["pi03", "pi03"], "127.0.1.1", "once"), now
    assert user_data_is(lab, card.changed)
    given_back(lab)
    assert user_data_is(lab, card.user_data)
    lab.say(BOARD, "! ls /etc/cloud/cloud.cfg.d/99-pilab.cfg")
    assert lab.say(BOARD, NAMES) == found
    restart(lab)
    assert lab.say(BOARD, NAMES) == found


def base() -> tuple[int, str]:
    """Only our role of the name runs."""
    return playbook("--limit", BOARD, "--tags", "base")


def given_back(lab: Lab) -> None:
    done = typed("ansible-playbook", "restore.yml", "--limit", BOARD, timeout_s=PLAYBOOK_TIMEOUT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    lab.say(BOARD, "! ls /var/lib/pilab/before.json")
