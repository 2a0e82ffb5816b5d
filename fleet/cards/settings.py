"""The settings of cards, `card_...` in group_vars or host_vars: typed, in range, and refused by name where not."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

import msgspec

from fleet.cards.seat import Wifi
from fleet.errors import PlanError
from fleet.gate import Gate, MisfitError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "card_"
WHERE = "group_vars/all.yml"
# IEEE 802.11: a name has up to 32 bytes. IEEE 802.11i, H.4: a pass phrase has 8 to 63, a key 64 hexadecimal digits.
SSID_BYTES = 32
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 63
ROUNDS, KEY_BYTES = 4096, 32
IS_KEY = re.compile(r"[0-9a-fA-F]{64}")
IS_HEX = re.compile(r"([0-9a-fA-F]{2})+")
COUNTRIES = Path("/usr/share/zoneinfo/iso3166.tab")
# What Debian's keyboard-configuration takes (XKBLAYOUT): names of layouts.
IS_LAYOUT = re.compile(r"[a-z]{2,12}(,[a-z]{2,12})*")
# What xkb-data says that there is, where this computer has it: a line for each layout below "! layout".
LAYOUTS = Path("/usr/share/X11/xkb/rules/base.lst")
LOCALTIME, KEYBOARD = Path("/etc/localtime"), Path("/etc/default/keyboard")
LAYOUT = re.compile(r"""^XKBLAYOUT=["']?([a-z,]+)["']?\s*$""", re.MULTILINE)


class Settings(msgspec.Struct, frozen=True):
    """What may be set. A password that is not set is asked for; an empty one says that the network is open."""

    card_country: str = ""
    card_keyboard: str = ""
    card_timezone: str = ""
    card_wifi_hidden: bool = False
    card_wifi_password: str | None = None
    card_wifi_ssid: str = ""
    card_wifi_ssid_hex: str = ""


GATE = Gate(Settings)
NO_TEXTS = frozenset({"card_wifi_hidden"})
# What may be set to nothing: it is asked for.
ASKED = "card_wifi_password"
# What Ansible looks for in a text before it works one out (jinja2's own marks).
TEMPLATES = ("{{", "{%", "{#")


def read(board: str, variables: Mapping[str, Any]) -> Settings:
    """Take the settings of a board out of its variables; PlanError names the one that is wrong, and what would fit."""
    given = {key: value for key, value in variables.items() if key.startswith(PREFIX)}
    for key in given:
        if key not in Settings.__struct_fields__:
            near = get_close_matches(key, Settings.__struct_fields__, n=1)
            advice = (
                lazy("did you mean {name}?", name=near[0])
                if near
                else lazy("there are: {all}.", all=", ".join(Settings.__struct_fields__))
            )
            raise PlanError(lazy("There is no setting {key} ({board}); {advice}", key=key, board=board, advice=advice))
    _see_that_texts_are_texts(board, given)
    try:
        settings = GATE.value(given, f"the settings of {board}")
    except MisfitError as error:
        raise PlanError(lazy("{error}; correct it in {where}.", error=str(error), where=WHERE)) from error
    _see_places(board, settings)
    return settings


def _see_that_texts_are_texts(board: str, given: Mapping[str, Any]) -> None:
    """Say what to do about a value that YAML takes for something else, or that only Ansible can read."""
    for key, value in given.items():
        wrong = _encrypted(key, board, value) or _no_text(key, board, value) or _template(key, board, value)
        if wrong:
            raise PlanError(wrong)


def _encrypted(key: str, board: str, value: object) -> str:
    if not (isinstance(value, dict) and "__ansible_vault" in value):
        return ""
    return lazy(
        "{key} of {board} is encrypted with ansible-vault, which cards do without: take it out of {where}; "
        "the password of a Wi-Fi is asked for then.",
        key=key,
        board=board,
        where=WHERE,
    )


def _no_text(key: str, board: str, value: object) -> str:
    if key in NO_TEXTS:
        return ""
    if isinstance(value, (bool, int, float)):
        return lazy(
            "{key} of {board} is {value}, since YAML takes words such as NO and numbers for no text: write it "
            "between quotes in {where}.",
            key=key,
            board=board,
            value=str(value),
            where=WHERE,
        )
    if value is None and key != ASKED:
        return lazy(
            "{key} of {board} is nothing, since YAML takes ~ and null for that, and what follows a # for a comment: "
            "write it between quotes in {where}.",
            key=key,
            board=board,
            where=WHERE,
        )
    return ""


def _template(key: str, board: str, value: object) -> str:
    found = next((each for each in TEMPLATES if isinstance(value, str) and each in value), "")
    if not found:
        return ""
    return lazy(
        "{key} of {board} has {template}, and cards are made without what Ansible works out: write the value itself "
        "in {where}; a name with {template} in it goes into card_wifi_ssid_hex, and a password that is not set is "
        "asked for.",
        key=key,
        board=board,
        template=found,
        where=WHERE,
    )


def _see_places(board: str, settings: Settings) -> None:
    country, zone, layout = settings.card_country, settings.card_timezone, settings.card_keyboard
    if country and country not in _countries():
        raise PlanError(
            lazy(
                "card_country of {board} is '{country}'; give the two capital letters of ISO 3166, for example "
                "KR or GB.",
                board=board,
                country=country,
            )
        )
    if zone and zone not in available_timezones():
        raise PlanError(
            lazy(
                "card_timezone of {board} is '{zone}'; give a name such as Asia/Seoul or Europe/London.",
                board=board,
                zone=zone,
            )
        )
    if layout and not (IS_LAYOUT.fullmatch(layout) and _are_layouts(layout.split(","))):
        raise PlanError(
            lazy(
                "card_keyboard of {board} is '{layout}'; give the name of a layout, for example kr, gb or us.",
                board=board,
                layout=layout,
            )
        )


def _countries() -> set[str]:
    """List the countries that there are; any two capital letters where this computer has no list."""
    if COUNTRIES.exists():
        lines = COUNTRIES.read_text(encoding="utf-8", errors="replace").splitlines()
        return {line[:2] for line in lines if not line.startswith("#")}
    letters = [chr(number) for number in range(ord("A"), ord("Z") + 1)]
    return {first + second for first in letters for second in letters}


def _are_layouts(names: list[str]) -> bool:
    """Tell whether there are such layouts; any name will do where this computer has no list."""
    if not LAYOUTS.exists():
        return True
    text = LAYOUTS.read_text(encoding="utf-8", errors="replace")
    _, _, after = text.partition("! layout\n")
    return {line.split()[0] for line in after.partition("\n!")[0].splitlines() if line.strip()}.issuperset(names)


def wants_password(settings: Settings) -> bool:
    """Tell whether the password of the network has yet to be asked for."""
    return bool(settings.card_wifi_ssid or settings.card_wifi_ssid_hex) and settings.card_wifi_password is None


def wifi(board: str, settings: Settings, asked: str) -> Wifi | None:
    """Return the network of a board, with the password that was asked for if none is set; None if it has none.

    PlanError if there can be no such network.
    """
    ssid = _ssid(board, settings)
    if not ssid:
        _see_that_no_network_is_meant(board, settings)
        return None
    if not settings.card_country:
        raise PlanError(
            lazy(
                "{board} gets Wi-Fi, which Raspberry Pi OS blocks until it knows the country: set card_country "
                "in {where}, for example card_country: KR",
                board=board,
                where=WHERE,
            )
        )
    password = asked if settings.card_wifi_password is None else settings.card_wifi_password
    return Wifi(ssid, _key(board, ssid, password), settings.card_wifi_hidden)


def _see_that_no_network_is_meant(board: str, settings: Settings) -> None:
    if settings.card_wifi_password or settings.card_wifi_hidden:
        raise PlanError(
            lazy(
                "{board} has settings of a Wi-Fi and not its name: set card_wifi_ssid in {where}, or take them out.",
                board=board,
                where=WHERE,
            )
        )


def _ssid(board: str, settings: Settings) -> bytes:
    text, digits = settings.card_wifi_ssid, settings.card_wifi_ssid_hex
    if text and digits:
        raise PlanError(
            lazy(
                "{board} has card_wifi_ssid and card_wifi_ssid_hex; keep one of them in {where}.",
                board=board,
                where=WHERE,
            )
        )
    if digits and not IS_HEX.fullmatch(digits):
        raise PlanError(
            lazy(
                "card_wifi_ssid_hex of {board} is '{digits}'; give two hexadecimal digits for each byte.",
                board=board,
                digits=digits,
            )
        )
    ssid = bytes.fromhex(digits) if digits else text.encode(errors="surrogateescape")
    if _has_control_character(text):
        raise PlanError(
            lazy(
                "card_wifi_ssid of {board} has a control character, such as the end of a line that YAML leaves after "
                "a |: write it between quotes in {where}, or card_wifi_ssid_hex: '{digits}' if the name does have it.",
                board=board,
                where=WHERE,
                digits=ssid.hex(),
            )
        )
    if len(ssid) > SSID_BYTES:
        raise PlanError(
            lazy(
                "The name of the Wi-Fi of {board} has {count} bytes, and there can be {ssid_bytes}; correct it "
                "in {where}.",
                board=board,
                count=len(ssid),
                ssid_bytes=SSID_BYTES,
                where=WHERE,
            )
        )
    return ssid


def _has_control_character(text: str) -> bool:
    return any(unicodedata.category(letter) == "Cc" for letter in text)


def _key(board: str, ssid: bytes, password: str) -> str:
    """Return what stands for a password, so that the password itself is on no card; nothing for an open network."""
    secret = password.encode(errors="surrogateescape")
    if not secret:
        return ""
    if IS_KEY.fullmatch(password):
        return password.lower()
    if _has_control_character(password):
        raise PlanError(
            lazy(
                "The Wi-Fi password of {board} has a control character, such as the end of a line that YAML leaves "
                "after a |, and WPA takes none: write it between quotes, in one line.",
                board=board,
            )
        )
    if not SHORTEST_PASSWORD <= len(secret) <= LONGEST_PASSWORD:
        raise PlanError(
            lazy(
                "The Wi-Fi password of {board} has {count} bytes; WPA takes {shortest_password} to "
                "{longest_password}, or 64 hexadecimal digits.",
                board=board,
                count=len(secret),
                shortest_password=SHORTEST_PASSWORD,
                longest_password=LONGEST_PASSWORD,
            )
        )
    return hashlib.pbkdf2_hmac("sha1", secret, ssid, ROUNDS, KEY_BYTES).hex()


def timezone(settings: Settings) -> str:
    """Return the time zone of a board: that of this computer if none is set."""
    if settings.card_timezone:
        return settings.card_timezone
    _, _, zone = str(LOCALTIME.resolve()).partition("zoneinfo/")
    return zone if zone in available_timezones() else "Etc/UTC"


def keyboard(settings: Settings) -> str:
    """Return the layout of a board's keyboard: that of this computer if none is set."""
    if settings.card_keyboard:
        return settings.card_keyboard
    found = LAYOUT.search(KEYBOARD.read_text(encoding="utf-8", errors="replace")) if KEYBOARD.exists() else None
    return found[1] if found and IS_LAYOUT.fullmatch(found[1]) else "us"
