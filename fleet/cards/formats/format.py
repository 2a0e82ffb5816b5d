"""What every format has: files for a seat, and words for the kernel's command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleet.cards.seat import Seat, Wifi

# Where the FAT partition is mounted on the board: from bookworm on, and before.
FIRMWARE, BOOT = "/boot/firmware", "/boot"
OURS = ("ds=nocloud", "systemd.run", "systemd.unit=kernel-command-line", "cfg80211.ieee80211_regdom=")


class Format(Protocol):
    """A way to tell a system what it is."""

    name: str
    # Whether the system only looks at its files if cmdline.txt says so.
    needs_cmdline: bool
    # Whether first.sh finds its files, and can overwrite them; if not, nothing secret may be in them.
    is_emptied: bool
    # Where the board finds the FAT partition.
    mount: str

    def files(self, seat: Seat, instance: str) -> Mapping[str, str]:
        """Write the files of a seat, in the order in which they are to be put on the card; CardError if it cannot."""

    def words(self, seat: Seat, instance: str) -> Sequence[str]:
        """List what the kernel's command line gets."""

    def spells(self, wifi: Wifi) -> bool:
        """Tell whether the format has words for a network; if not, first.sh takes it to NetworkManager."""


def is_ours(word: str) -> bool:
    """Tell whether a word of the command line is of an earlier card, ours or that of Raspberry Pi Imager."""
    return word.startswith(OURS)


def regulatory(seat: Seat) -> tuple[str, ...]:
    """Tell the kernel the country before anything else runs, as Raspberry Pi Imager does."""
    return (f"cfg80211.ieee80211_regdom={seat.country}",) if seat.country else ()


def quoted(text: str) -> str:
    r"""Write text without control characters between quotes, as YAML 1.1, TOML 1.0 and JSON all read it.

    Only `"` and `\` are escaped: rpi-preseed's reader knows these two and no other.
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
