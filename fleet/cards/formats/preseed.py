"""rpi-preseed.toml, which follows cloud-init on Raspberry Pi OS (github.com/raspberrypi/rpi-preseed, a prototype).

Keys of ssh are left to first.sh: as of 64c2986 the list of authorized keys is lost in a subshell. The name of a network
goes as hexadecimal digits, which have room for any bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.cards.formats.format import FIRMWARE, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleet.cards.seat import Seat, Wifi

FILE = "rpi-preseed.toml"
# The unit that runs early commands is given 30 s; a command by itself only 5 s.
COMMAND_LIMIT_S = 20


class Preseed:
    """Writes what rpi-preseed reads."""

    name = "rpi-preseed"
    needs_cmdline = False
    is_emptied = True
    mount = FIRMWARE

    def files(self, seat: Seat, instance: str) -> Mapping[str, str]:  # noqa: ARG002 (it knows a file by its hash)
        """Write the file."""
        return {FILE: "".join(_lines(seat))}

    def words(self, seat: Seat, instance: str) -> Sequence[str]:  # noqa: ARG002 (as above)
        """Return none: it looks for its file by itself."""
        return ()

    def spells(self, wifi: Wifi) -> bool:  # noqa: ARG002 (as above)
        """Tell that it has words for every network."""
        return True


def _lines(seat: Seat) -> list[str]:
    wifi = seat.wifi
    return [
        'config_version = "1.0"\n',
        f"\n[system]\nhostname = {quoted(seat.name)}\n",
        f"\n[user]\nname = {quoted(seat.account)}\npasswordless_sudo = {str(not seat.password_hash).lower()}\n",
        f"password = {quoted(seat.password_hash)}\npassword_encrypted = true\n" if seat.password_hash else "",
        "\n[ssh]\nenabled = true\npassword_authentication = false\n",
        f"\n[wlan]\nssid_hex = {quoted(wifi.ssid.hex())}\nhidden = {str(wifi.is_hidden).lower()}\n" if wifi else "",
        f"country = {quoted(seat.country)}\n" if wifi else "",
        f"password = {quoted(wifi.key)}\npassword_encrypted = true\n" if wifi and wifi.key else "",
        f"\n[locale]\nkeymap = {quoted(seat.keyboard)}\ntimezone = {quoted(seat.timezone)}\n",
        f'\n[runcmd]\nearly = ["sh {FIRMWARE}/pilab/first.sh"]\nearly_cmd_timeout = {COMMAND_LIMIT_S}\n',
    ]
