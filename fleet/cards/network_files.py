"""A network as the programs of a board have it, for what a format has no words for, or would leave on the card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.cards.formats.format import BOOT

if TYPE_CHECKING:
    from fleet.cards.seat import Wifi

# NetworkManager reads a list of numbers as the bytes of a name (nm-settings-keyfile).
NMCONNECTION = """[connection]
id=pilab-card
type=wifi

[wifi]
mode=infrastructure
ssid={ssid}
hidden={hidden}
{secret}
[ipv4]
method=auto

[ipv6]
addr-gen-mode=default
method=auto
"""
# wpa_supplicant.conf(5): a name without quotes is in hexadecimal digits, and so is a key.
WPA_SUPPLICANT = """ctrl_interface=DIR=/var/run/wpa_supplicant GROUP=netdev
update_config=1
country={country}
network={{
	ssid={ssid}
	scan_ssid={hidden}
	{secret}
}}
"""


def of(wifi: Wifi, country: str, mount: str) -> dict[str, str]:
    """Return the file for the program that has the Wi-Fi: NetworkManager from bookworm on, wpa_supplicant before."""
    return (
        {"wpa_supplicant.conf": _wpa_supplicant(wifi, country)} if mount == BOOT else {"wifi.nmconnection": _nm(wifi)}
    )


def _nm(wifi: Wifi) -> str:
    secret = f"\n[wifi-security]\nkey-mgmt=wpa-psk\npsk={wifi.key}\n" if wifi.key else ""
    ssid = "".join(f"{byte};" for byte in wifi.ssid)
    return NMCONNECTION.format(ssid=ssid, hidden=str(wifi.is_hidden).lower(), secret=secret)


def _wpa_supplicant(wifi: Wifi, country: str) -> str:
    secret = f"psk={wifi.key}" if wifi.key else "key_mgmt=NONE"
    return WPA_SUPPLICANT.format(country=country, ssid=wifi.ssid.hex(), hidden=int(wifi.is_hidden), secret=secret)
