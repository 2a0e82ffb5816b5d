from __future__ import annotations

import pytest

from tests.unit.ansible_parts import plugin

write_protection = plugin("plugin_utils", "write_protection")


@pytest.mark.parametrize(
    ("by", "fix"),
    [
        ("boot=overlay", "switch it off with `sudo raspi-config nonint disable_overlayfs` and restart the board."),
        ("overlayroot=tmpfs", "`sudo raspi-config nonint disable_overlayfs` and restart the board."),
        ("/proc/mounts", "`sudo raspi-config nonint disable_overlayfs` and restart the board."),
        (
            "overlayroot=tmpfs:recurse=0",
            "take overlayroot=tmpfs:recurse=0 out of /boot/firmware/cmdline.txt and restart",
        ),
        ("init=/sbin/overlayRoot.sh", "take init=/sbin/overlayRoot.sh out of /boot/firmware/cmdline.txt and restart"),
        ("systemd.volatile=yes", "take systemd.volatile=yes out of /boot/firmware/cmdline.txt and restart"),
        ("/etc/overlayroot.conf", 'write overlayroot="disabled" into /etc/overlayroot.conf in a shell of'),
    ],
)
def test_the_way_to_end_an_overlay_is_that_of_how_it_began(by: str, fix: str) -> None:
    sentence = write_protection.forgetful(by)
    assert sentence.startswith("its overlay file system forgets every change at the next start")
    assert fix in sentence


def test_a_board_that_remembers_is_told_nothing() -> None:
    assert write_protection.forgetful("") == ""


def test_a_write_protected_boot_partition_is_named_with_both_ways_out() -> None:
    sentence = write_protection.write_protected("/boot", "config.txt")
    assert "config.txt has to change" in sentence
    assert "`sudo mount -o remount,rw /boot`" in sentence
    assert "`sudo raspi-config nonint disable_bootro` and restart" in sentence
