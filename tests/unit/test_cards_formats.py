"""Every format says to its own reader what the seat says."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import yaml

from fleet.cards import write
from fleet.cards.formats.cloud_init import CloudInit
from fleet.cards.formats.custom_toml import CustomToml
from fleet.cards.formats.format import BOOT, FIRMWARE
from fleet.cards.formats.preseed import Preseed
from fleet.cards.seat import Wifi
from fleet.cards.system import System
from tests.unit.card_parts import CMDLINES, PMK, PRIVATE, TEACHER, seat

HASH = "$6$salt$abcdefghijklmnopqrstuvwxyz./ABCDEF"
# Names that YAML, TOML, sh or NetworkManager could take for something else.
NAMES = [
    b"school",
    "학교 5G".encode(),
    b'"',
    b"\\",
    b"a: b # c",
    b"{{ x }}",
    b"$(reboot)`'",
    b"no",
    b" x ",
    "🏫".encode(),
]
BYTES = [
    b"1;2;",
    b"2014",
    b"a\\;b",
    b"\xc7\xd0\xb1\xb3",
    b"\x00",
    b"a\nb",
    b"\xff" * 32,
    b"\x7f",
    "\u2028".encode(),
    "\x85".encode(),
]
# raspberrypi-sys-mods, init_config: what each section knows; whatever else is there is complained of.
CUSTOM: dict[str, dict[str, type]] = {
    "system": {"hostname": str},
    "user": {"name": str, "password": str, "password_encrypted": bool},
    "ssh": {"ssh_import_id": list, "enabled": bool, "password_authentication": bool, "authorized_keys": list},
    "wlan": {"ssid": str, "password": str, "password_encrypted": bool, "hidden": bool, "country": str},
    "locale": {"keymap": str, "timezone": str},
}
# rpi-preseed, schema/rpi-preseed.schema, as far as we use it.
PRESEED: dict[str, dict[str, type]] = {
    "system": {"hostname": str},
    "user": {"name": str, "password": str, "password_encrypted": bool, "passwordless_sudo": bool},
    "ssh": {"enabled": bool, "password_authentication": bool},
    "wlan": {"ssid_hex": str, "password": str, "password_encrypted": bool, "hidden": bool, "country": str},
    "locale": {"keymap": str, "timezone": str},
    "runcmd": {"early": list, "early_cmd_timeout": int},
}


def files(formatted: Any, **changes: Any) -> dict[str, str]:  # noqa: ANN401 (a format; any field)
    return dict(formatted.files(seat(**changes), "pilab-pi07-0badcafe"))


def misfits(read: dict[str, Any], table: dict[str, dict[str, type]]) -> list[str]:
    """What a reader of a format would complain of: a section or key that it does not know, or of another type."""
    return [
        f"{section}.{key}"
        for section, content in read.items()
        if section != "config_version"
        for key, value in content.items()
        if type(value) is not table.get(section, {}).get(key)
    ]


def test_cloud_init_is_told_everything_and_makes_one_account_with_the_groups_of_its_image() -> None:
    written = files(CloudInit())
    assert written["user-data"].startswith("#cloud-config\n")
    read = yaml.safe_load(written["user-data"])
    assert (read["hostname"], read["timezone"], read["keyboard"]) == ("pi07", "Asia/Seoul", {"layout": "kr"})
    assert "users" not in read
    assert read["user"]["name"] == "anna"
    assert read["user"]["ssh_authorized_keys"] == [TEACHER]
    assert (read["user"]["lock_passwd"], read["user"]["sudo"]) == (True, "ALL=(ALL) NOPASSWD:ALL")
    assert read["runcmd"] == [["sh", "/boot/firmware/pilab/first.sh"]]
    assert read["bootcmd"] == [["sh", "/boot/firmware/pilab/first.sh", "again"]]
    assert list(written)[-1] == "meta-data"
    assert yaml.safe_load(written["meta-data"]) == {"instance-id": "pilab-pi07-0badcafe"}
    assert PRIVATE not in written["user-data"]


def test_sudo_asks_for_a_password_exactly_where_there_is_one() -> None:
    user = yaml.safe_load(files(CloudInit(), password_hash=HASH)["user-data"])["user"]
    assert (user["passwd"], user["lock_passwd"], user["sudo"]) == (HASH, False, None)


@pytest.mark.parametrize("ssid", NAMES)
def test_a_network_that_is_text_comes_through_cloud_init_as_it_is(ssid: bytes) -> None:
    network = yaml.safe_load(files(CloudInit(), wifi=Wifi(ssid, PMK, is_hidden=True))["network-config"])["network"]
    assert network["wifis"]["wlan0"]["access-points"] == {ssid.decode(): {"password": PMK, "hidden": True}}
    assert network["wifis"]["wlan0"]["regulatory-domain"] == "KR"


def test_an_open_network_says_so_and_no_network_is_no_file() -> None:
    network = yaml.safe_load(files(CloudInit(), wifi=Wifi(b"guests"))["network-config"])["network"]
    assert network["wifis"]["wlan0"]["access-points"] == {"guests": {"auth": {"key-management": "none"}}}
    assert "network-config" not in files(CloudInit(), wifi=None)


@pytest.mark.parametrize("ssid", BYTES)
@pytest.mark.parametrize("formatted", [CloudInit(), CustomToml()], ids=["cloud-init", "custom.toml"])
def test_a_network_that_is_no_text_goes_to_networkmanager_in_bytes(
    formatted: CloudInit | CustomToml, ssid: bytes
) -> None:
    made = seat(wifi=Wifi(ssid, PMK))
    written = write.files(made, System("trixie", "", formatted, tuple(CMDLINES["trixie"].split())))
    assert "network-config" not in written
    assert "wlan" not in written.get("custom.toml", "")
    kept = written["pilab/wifi.nmconnection"]
    found = re.search(r"^ssid=([\d;]+)$", kept, re.MULTILINE)
    assert found
    assert bytes(int(each) for each in found[1].split(";")[:-1]) == ssid
    assert f"psk={PMK}\n" in kept


@pytest.mark.parametrize(
    "changes", [{}, {"password_hash": HASH}, {"wifi": None}, {"wifi": Wifi(b"guests")}, {"country": "", "wifi": None}]
)
def test_custom_toml_has_nothing_that_its_reader_does_not_know(changes: dict[str, Any]) -> None:
    read = tomllib.loads(files(CustomToml(), **changes)["custom.toml"])
    assert read["config_version"] == 1
    assert misfits(read, CUSTOM) == []
    assert read["system"] == {"hostname": "pi07"}
    assert read["ssh"] == {"enabled": True, "password_authentication": False, "authorized_keys": [TEACHER]}
    assert read["locale"] == {"keymap": "kr", "timezone": "Asia/Seoul"}
    assert read["user"] == {"name": "anna"}


def test_the_table_of_the_reader_finds_what_it_does_not_know() -> None:
    assert misfits({"config_version": 1, "ssh": {"enabled": "yes"}, "wifi": {"ssid": "x"}}, CUSTOM) == [
        "ssh.enabled",
        "wifi.ssid",
    ]


@pytest.mark.parametrize("ssid", [*NAMES, *BYTES])
def test_bullseye_gets_a_network_as_wpa_supplicant_has_it(ssid: bytes) -> None:
    made = seat(wifi=Wifi(ssid, PMK, is_hidden=True))
    kept = write.files(made, System("bullseye", "", CustomToml(BOOT), ("quiet",)))["pilab/wpa_supplicant.conf"]
    found = re.search(r"^\tssid=([0-9a-f]+)\n\tscan_ssid=1\n\tpsk=([0-9a-f]{64})$", kept, re.MULTILINE)
    assert found
    assert (bytes.fromhex(found[1]), found[2]) == (ssid, PMK)
    assert "country=KR\n" in kept


@pytest.mark.parametrize("mount", [BOOT, FIRMWARE])
def test_nothing_secret_is_where_firstboot_would_leave_it_on_the_card(mount: str) -> None:
    written = write.files(seat(password_hash=HASH), System("", "", CustomToml(mount), ("quiet",)))
    for secret in (HASH, PMK, PRIVATE):
        assert [name for name, text in written.items() if secret in text and not name.startswith("pilab/")] == []
        assert [name for name, text in written.items() if secret in text] != []
    assert written["pilab/password"] == f"anna:{HASH}\n"


@pytest.mark.parametrize("mount", [BOOT, FIRMWARE])
def test_custom_toml_has_the_script_run_by_the_kernels_command_line(mount: str) -> None:
    assert CustomToml(mount).words(seat(), "")[0] == f"systemd.run={mount}/pilab/first.sh"


@pytest.mark.parametrize("ssid", [*NAMES, *BYTES])
def test_rpi_preseed_is_told_within_the_part_of_toml_that_it_reads(ssid: bytes) -> None:
    text = files(Preseed(), wifi=Wifi(ssid, PMK), password_hash=HASH)["rpi-preseed.toml"]
    read = tomllib.loads(text)
    assert read["config_version"] == "1.0"
    assert misfits(read, PRESEED) == []
    assert bytes.fromhex(read["wlan"]["ssid_hex"]) == ssid
    assert read["runcmd"]["early"] == ["sh /boot/firmware/pilab/first.sh"]
    assert re.findall(r'\\[^"\\]', text) == []
    assert text.isascii()


@pytest.mark.parametrize("comment", ['"quoted" \\ # key', "안나: 학교", "- [x]"])
def test_a_key_comes_through_with_any_comment(comment: str) -> None:
    key = f"{TEACHER.rpartition(' ')[0]} {comment}"
    assert yaml.safe_load(files(CloudInit(), authorized_keys=(key,))["user-data"])["user"]["ssh_authorized_keys"] == [
        key
    ]
    assert tomllib.loads(files(CustomToml(), authorized_keys=(key,))["custom.toml"])["ssh"]["authorized_keys"] == [key]
