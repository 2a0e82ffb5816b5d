"""Wi-Fi: asleep, blocked, or without a country; on a board that is to use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.doctor.finding import again, configure, fault, note, on_board, typed
from fleet.i18n import lazy

if TYPE_CHECKING:
    from fleet.doctor.finding import Finding, Seen

NO_COUNTRY = ("", "00", "99")
# What the role base takes for no: a setting may come as text.
NO = ("false", "no", "0", "off", "n", "f")


def asleep(seen: Seen) -> Finding | None:
    """Find Wi-Fi that sleeps when idle, so that the board drops off the network; unless the list of boards says so."""
    wifi = seen.facts.wifi
    is_wished = str(seen.board.variables.get("base_wifi_stays_awake", True)).lower() in NO
    names = [each.name for each in wifi.devices if each.is_up and each.sleeps] if wifi else []
    if not names or is_wished:
        return None
    sentence = lazy("its Wi-Fi ({device}) sleeps when idle, and the board drops off the network", device=names[0])
    return fault("wifi-asleep", sentence, typed(configure(seen.board)))


def blocked(seen: Seen) -> Finding | None:
    """Find Wi-Fi that is off; that matters only where somebody gave the board a network."""
    wifi = seen.facts.wifi
    if not wifi or not wifi.devices or not (wifi.is_blocked or wifi.is_switched_off):
        return None
    how_bad = fault if wifi.is_wanted else note
    if wifi.is_switched_off:
        fix = lazy("turn the switch, then type: {command}", command=again(seen.board))
        return how_bad("wifi-switched-off", lazy("its Wi-Fi is off by a switch on the board"), fix)
    command = on_board(seen.board, f"raspi-config nonint do_wifi_country {_country(seen)} && rfkill unblock wifi")
    return how_bad(
        "wifi-blocked", lazy("its Wi-Fi is off (rfkill), as it is until it has a country"), _with(seen, command)
    )


def without_country(seen: Seen) -> Finding | None:
    """Find Wi-Fi that is used and does not know where it is: it leaves out channels, and may be off after a start."""
    wifi = seen.facts.wifi
    if not wifi or not any(each.is_up for each in wifi.devices) or wifi.country not in NO_COUNTRY or wifi.is_blocked:
        return None
    command = on_board(seen.board, f"raspi-config nonint do_wifi_country {_country(seen)}")
    return fault(
        "wifi-country", lazy("its Wi-Fi does not know its country and leaves channels out"), _with(seen, command)
    )


def _country(seen: Seen) -> str:
    return seen.country or "GB"


def _with(seen: Seen, command: str) -> str:
    return lazy("{country} is the country, write yours; type: {command}", country=_country(seen), command=command)
