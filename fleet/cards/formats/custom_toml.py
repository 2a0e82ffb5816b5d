"""custom.toml, which the images of bookworm and bullseye read at their first start (raspberrypi-sys-mods, init_config).

It runs no program, so first.sh is run by systemd through the kernel's command line, as Imager's firstrun.sh is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fleet.cards.formats.format import BOOT, FIRMWARE, quoted
from fleet.errors import CardError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleet.cards.seat import Seat, Wifi

FILE = "custom.toml"
# Earlier images put a name between double quotes of a shell script (imager_custom, set_wlan), later ones into a file of
# NetworkManager, which takes numbers with semicolons for bytes and a backslash for an escape.
PLAIN = re.compile(r"(?![\d ]+$)[A-Za-z0-9_.,:+@()-]([A-Za-z0-9 _.,:+@()-]*[A-Za-z0-9_.,:+@()-])?")


class CustomToml:
    """Writes what init_config reads."""

    name = FILE
    needs_cmdline = True

    def __init__(self, mount: str = FIRMWARE) -> None:
        self.mount = mount

    def files(self, seat: Seat, instance: str) -> Mapping[str, str]:  # noqa: ARG002 (the same for every start)
        """Write the file; CardError for a network that bullseye has no way to be told of."""
        if seat.wifi and self.mount == BOOT and not self.spells(seat.wifi):
            shown = seat.wifi.ssid.decode(errors="backslashreplace")
            raise CardError(
                f"bullseye cannot be told of the Wi-Fi '{shown}' of {seat.name}: "
                "use letters, digits and spaces in its name, or a card with bookworm or trixie."
            )
        return {FILE: "".join(_lines(seat, self))}

    def words(self, seat: Seat, instance: str) -> Sequence[str]:  # noqa: ARG002 (as above)
        """Have first.sh run once the system has been told who it is, and the board start again after it."""
        return (
            f"systemd.run={self.mount}/pilab/first.sh",
            "systemd.run_success_action=reboot",
            "systemd.unit=kernel-command-line.target",
        )

    def spells(self, wifi: Wifi) -> bool:
        """Tell whether a name means itself to all that read it on the way."""
        return bool(PLAIN.fullmatch(wifi.text))


def _lines(seat: Seat, formatted: CustomToml) -> list[str]:
    wifi = seat.wifi if seat.wifi and formatted.spells(seat.wifi) else None
    keys = ", ".join(map(quoted, seat.authorized_keys))
    return [
        "config_version = 1\n",
        f"\n[system]\nhostname = {quoted(seat.name)}\n",
        f"\n[user]\nname = {quoted(seat.account)}\n",
        f"password = {quoted(seat.password_hash)}\npassword_encrypted = true\n" if seat.password_hash else "",
        f"\n[ssh]\nenabled = true\npassword_authentication = false\nauthorized_keys = [{keys}]\n",
        f"\n[wlan]\ncountry = {quoted(seat.country)}\n" if seat.country else "",
        f"ssid = {quoted(wifi.text)}\nhidden = {str(wifi.is_hidden).lower()}\n" if wifi else "",
        f"password = {quoted(wifi.key)}\npassword_encrypted = true\n" if wifi and wifi.key else "",
        f"\n[locale]\nkeymap = {quoted(seat.keyboard)}\ntimezone = {quoted(seat.timezone)}\n",
    ]
