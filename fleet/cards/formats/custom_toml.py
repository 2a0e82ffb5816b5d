"""custom.toml, which the images of bookworm and bullseye read at their first start (raspberrypi-sys-mods, init_config).

It runs no program, so first.sh is run by systemd through the kernel's command line, as Imager's firstrun.sh is. What is
secret is left to first.sh as well: firstboot removes custom.toml without overwriting it. And earlier images put a
network's name between double quotes of a shell script (imager_custom, set_wlan).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.cards.formats.format import FIRMWARE, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleet.cards.seat import Seat, Wifi

FILE = "custom.toml"


class CustomToml:
    """Writes what init_config reads."""

    name = FILE
    needs_cmdline = True
    is_emptied = False

    def __init__(self, mount: str = FIRMWARE) -> None:
        self.mount = mount

    def files(self, seat: Seat, instance: str) -> Mapping[str, str]:  # noqa: ARG002 (the same for every start)
        """Write the file."""
        return {FILE: "".join(_lines(seat))}

    def words(self, seat: Seat, instance: str) -> Sequence[str]:  # noqa: ARG002 (as above)
        """Have first.sh run once the system has been told who it is, and the board start again after it."""
        return (
            f"systemd.run={self.mount}/pilab/first.sh",
            "systemd.run_success_action=reboot",
            "systemd.unit=kernel-command-line.target",
        )

    def spells(self, wifi: Wifi) -> bool:  # noqa: ARG002 (as above)
        """Tell that it has no words for a network that are safe to use."""
        return False


def _lines(seat: Seat) -> list[str]:
    keys = ", ".join(map(quoted, seat.authorized_keys))
    return [
        "config_version = 1\n",
        f"\n[system]\nhostname = {quoted(seat.name)}\n",
        f"\n[user]\nname = {quoted(seat.account)}\n",
        f"\n[ssh]\nenabled = true\npassword_authentication = false\nauthorized_keys = [{keys}]\n",
        f"\n[locale]\nkeymap = {quoted(seat.keyboard)}\ntimezone = {quoted(seat.timezone)}\n",
    ]
