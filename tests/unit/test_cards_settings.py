"""What may be set for a card, and how what cannot be is refused."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fleet.boards.inventory import Board
from fleet.cards import keys, room, settings
from fleet.cards.seat import Wifi
from fleet.errors import CardError, InventoryError, PlanError
from tests.unit.ansible_parts import plugin
from tests.unit.card_parts import PUBLIC, TEACHER, key_of

WIFI = {"card_wifi_ssid": "school", "card_country": "KR"}
# IEEE 802.11i-2004, H.4.3: its own test vectors.
VECTORS = [
    ("IEEE", "password", "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"),
    ("ThisIsASSID", "ThisIsAPassword", "0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af"),
    ("Z" * 32, "a" * 32, "becb93866bb8c3832cb777c2f559807c8c59afcb6eae734885001300a981cc62"),
]


def board(name: str = "pi07", user: str = "anna", **variables: Any) -> Board:  # noqa: ANN401 (any variable)
    return Board(name, "192.0.2.7", user=user, variables=variables)


@pytest.mark.parametrize(("ssid", "password", "key"), VECTORS)
def test_a_password_becomes_the_key_of_the_standard(ssid: str, password: str, key: str) -> None:
    found = settings.wifi("pi07", settings.read("pi07", {**WIFI, "card_wifi_ssid": ssid}), password)
    assert found
    assert (found.ssid, found.key) == (ssid.encode(), key)


@pytest.mark.parametrize(
    ("set_to", "ssid"),
    [
        ({"card_wifi_ssid": "학교 5G"}, "학교 5G".encode()),
        ({"card_wifi_ssid_hex": "c7d0b1b3"}, b"\xc7\xd0\xb1\xb3"),
        ({"card_wifi_ssid_hex": "00ff0a5c22"}, b'\x00\xff\n\\"'),
        ({"card_wifi_ssid": ' "a\\b" $(x) '}, b' "a\\b" $(x) '),
    ],
)
def test_a_network_may_have_any_bytes(set_to: dict[str, str], ssid: bytes) -> None:
    found = settings.wifi("pi07", settings.read("pi07", {"card_country": "KR", "card_wifi_password": "", **set_to}), "")
    assert found == Wifi(ssid, "")


def test_a_name_with_a_control_character_is_said_in_the_digits_that_are_taken() -> None:
    with pytest.raises(PlanError, match="or card_wifi_ssid_hex: '7363686f6f6c0a' if the name does have it") as refused:
        settings.wifi("pi07", settings.read("pi07", {**WIFI, "card_wifi_ssid": "school\n"}), "")
    digits = str(refused.value).split("'")[1]
    named = settings.read("pi07", {"card_country": "KR", "card_wifi_ssid_hex": digits})
    assert settings.wifi("pi07", named, "") == Wifi(b"school\n", "")


@pytest.mark.parametrize("size", [8, 63])
def test_a_password_of_the_shortest_and_of_the_longest_is_taken_with_any_letters(size: int) -> None:
    for letter in (" ", "\\", '"', "$", "#", "~"):
        found = settings.wifi("pi07", settings.read("pi07", WIFI), letter * size)
        assert found
        made = hashlib.pbkdf2_hmac("sha1", letter.encode() * size, b"school", 4096, 32).hex()
        assert found.key == made
        with pytest.raises(PlanError, match="bytes; WPA takes 8 to 63"):
            settings.wifi("pi07", settings.read("pi07", WIFI), letter * (7 if size == 8 else 64))


def test_a_key_is_taken_as_it_is_and_a_password_of_many_bytes_too() -> None:
    assert settings.wifi("pi07", settings.read("pi07", WIFI), "AB" * 32).key == "ab" * 32  # type: ignore[union-attr]
    assert len(settings.wifi("pi07", settings.read("pi07", WIFI), "비밀번호").key) == 64  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("variables", "password", "sentence"),
    [
        ({"card_contry": "KR"}, "", "There is no setting card_contry (pi07); did you mean card_country?"),
        ({"card_country": "kr"}, "", "card_country of pi07 is 'kr'; give the two capital letters"),
        ({"card_country": "XQ"}, "", "card_country of pi07 is 'XQ'"),
        ({"card_country": False}, "", "card_country of pi07 is False, since YAML takes words such as NO and numbers"),
        ({**WIFI, "card_wifi_password": 12345678}, "", "card_wifi_password of pi07 is 12345678, since YAML takes"),
        ({**WIFI, "card_wifi_ssid": None}, "", "card_wifi_ssid of pi07 is nothing, since YAML takes ~ and null for"),
        ({"card_country": None}, "", "card_country of pi07 is nothing, since YAML takes ~ and null for that"),
        ({"card_wifi_hidden": None}, "", "'card_wifi_hidden' in the settings of pi07 is None, not true or false"),
        ({**WIFI, "card_wifi_ssid": "{{ room }}"}, "", "card_wifi_ssid of pi07 has {{, and cards are made without"),
        ({**WIFI, "card_wifi_password": "{{ vault }}"}, "", "card_wifi_password of pi07 has {{, and cards are made"),
        ({**WIFI, "card_wifi_password": "{% if a %}"}, "", "card_wifi_password of pi07 has {%, and cards are made"),
        ({**WIFI, "card_wifi_ssid": "school\n"}, "", "card_wifi_ssid of pi07 has a control character, such as the"),
        ({**WIFI, "card_wifi_ssid": "a\0b"}, "", "card_wifi_ssid of pi07 has a control character"),
        (WIFI, "open sesame\n", "The Wi-Fi password of pi07 has a control character, such as the end of a line"),
        (WIFI, "open\tsesame", "The Wi-Fi password of pi07 has a control character"),
        (WIFI, f"{'ab' * 32}\n", "The Wi-Fi password of pi07 has a control character"),
        ({**WIFI, "card_wifi_password": {"__ansible_vault": "x"}}, "", "card_wifi_password of pi07 is encrypted with"),
        ({"card_wifi_hidden": "ja"}, "", "'card_wifi_hidden' in the settings of pi07 is 'ja', not "),
        ({"card_wifi_password": "long enough"}, "", "pi07 has settings of a Wi-Fi and not its name: set card_wifi_ss"),
        ({"card_keyboard": "us,zz"}, "", "card_keyboard of pi07 is 'us,zz'; give the name of a layout"),
        ({"card_timezone": "Seoul"}, "", "card_timezone of pi07 is 'Seoul'; give a name such as Asia/Seoul"),
        ({"card_keyboard": "kr; reboot"}, "", "card_keyboard of pi07 is 'kr; reboot'"),
        ({"card_wifi_ssid": "school"}, "long enough", "pi07 gets Wi-Fi, which Raspberry Pi OS blocks until it knows"),
        ({**WIFI, "card_wifi_ssid_hex": "00"}, "long enough", "pi07 has card_wifi_ssid and card_wifi_ssid_hex"),
        ({"card_wifi_ssid_hex": "c7d"}, "long enough", "card_wifi_ssid_hex of pi07 is 'c7d'"),
        ({**WIFI, "card_wifi_ssid": "학" * 11}, "long enough", "The name of the Wi-Fi of pi07 has 33 bytes"),
        (WIFI, "short", "The Wi-Fi password of pi07 has 5 bytes; WPA takes 8 to 63"),
        (WIFI, "g" * 64, "The Wi-Fi password of pi07 has 64 bytes"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    variables: dict[str, Any], password: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layouts = tmp_path / "base.lst"
    layouts.write_text(
        "! model\n  zz      No layout\n\n! layout\n  us      English (US)\n  kr      Korean\n\n! variant\n"
    )
    monkeypatch.setattr(settings, "LAYOUTS", layouts)
    with pytest.raises(PlanError) as refused:
        settings.wifi("pi07", settings.read("pi07", variables), password)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize("name", settings.Settings.__struct_fields__)
def test_the_playbooks_leave_the_settings_of_cards_alone(name: str) -> None:
    roles = {
        "base": ["base_hostname"],
        "camera": ["camera_stack"],
        "governor": ["governor_name"],
        "agent": ["agent_view"],
    }
    assert plugin("plugin_utils", "setting_names").unknown({name: "group_vars/all.yml"}, roles) == []


@pytest.mark.parametrize(
    ("name", "user", "sentence"),
    [
        ("pi07.school", "anna", "No board can be called 'pi07.school'"),
        ("p" * 64, "anna", f"No board can be called '{'p' * 64}'"),
        ("pi_07", "anna", "No board can be called 'pi_07'"),
        ("192.0.2.7", "anna", "No board can be called '192.0.2.7'"),
        ("pi07", "", "pi07 has no account: write ansible_user=NAME"),
        ("pi07", "Anna", "The account 'Anna' of pi07 cannot be made"),
        ("pi07", "root", "The account 'root' of pi07 cannot be made, since every card has an account or a group of"),
        ("pi07", "staff", "The account 'staff' of pi07 cannot be made, since every card has an account or a group"),
        ("pi07", "a b; reboot", "The account 'a b; reboot' of pi07 cannot be made"),
    ],
)
def test_a_seat_that_cannot_be_is_refused_before_the_first_card(name: str, user: str, sentence: str) -> None:
    with pytest.raises(InventoryError) as refused:
        room.see([board("pi01"), board(name, user)])
    assert str(refused.value).startswith(sentence)


def test_two_boards_of_one_name_are_refused_and_the_ending_of_a_network_is_no_part_of_a_name() -> None:
    assert room.name_of(board("pi07.local")) == "pi07"
    with pytest.raises(InventoryError, match=r"pi07 and PI07\.local of the inventory would have one name, pi07"):
        room.see([board("pi07"), board("PI07.local")])


def test_time_zone_and_keyboard_are_those_of_this_computer_if_none_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keyboard").write_text('XKBMODEL="pc105"\nXKBLAYOUT="kr"\n')
    (tmp_path / "zoneinfo/Asia").mkdir(parents=True)
    (tmp_path / "zoneinfo/Asia/Seoul").touch()
    (tmp_path / "localtime").symlink_to(tmp_path / "zoneinfo/Asia/Seoul")
    monkeypatch.setattr(settings, "KEYBOARD", tmp_path / "keyboard")
    monkeypatch.setattr(settings, "LOCALTIME", tmp_path / "localtime")
    assert (settings.timezone(settings.Settings()), settings.keyboard(settings.Settings())) == ("Asia/Seoul", "kr")
    (tmp_path / "keyboard").unlink()
    (tmp_path / "localtime").unlink()
    assert (settings.timezone(settings.Settings()), settings.keyboard(settings.Settings())) == ("Etc/UTC", "us")


def test_a_host_key_is_kept_for_another_card_where_nobody_else_reads_it(tmp_path: Path) -> None:
    kept = keys.HostKeys(tmp_path / "host_keys")
    made = kept.of("pi07")
    assert not kept.has("pi07")
    kept.keep("pi07", made)
    path = tmp_path / "host_keys/pi07"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert kept.of("pi07") == made
    assert key_of(path) == made.public
    assert kept.of("pi08").public != made.public


def test_what_is_no_host_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "pi07").write_text("not a key\n")
    with pytest.raises(CardError, match="pi07 is not a host key; remove it, then type the command again"):
        keys.HostKeys(tmp_path).of("pi07")


def test_the_teachers_key_is_that_of_the_inventory_else_the_usual_one_else_a_new_one(tmp_path: Path) -> None:
    said: list[str] = []
    made = keys.teachers(set(), said.append, tmp_path)
    assert made[0].startswith("ssh-ed25519 ")
    assert said == [
        f"You had no ssh key of your own: {tmp_path}/.ssh/id_ed25519 was made. Whoever has it is in on every board."
    ]
    assert keys.teachers(set(), said.append, tmp_path) == made
    (tmp_path / "class.pub").write_text(f"{TEACHER}\n")
    assert keys.teachers({str(tmp_path / "class")}, said.append, tmp_path) == (TEACHER,)
    assert len(said) == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "is missing"), ("hello\n", "holds no public key"), (f"{PUBLIC}\n{PUBLIC}\n", "holds no public key")],
)
def test_a_key_that_cannot_be_used_is_refused_with_the_command_that_writes_it(
    tmp_path: Path, content: str | None, why: str
) -> None:
    if content is not None:
        (tmp_path / "class.pub").write_text(content)
    with pytest.raises(CardError, match=f"class.pub {why}.*; write it with: ssh-keygen -y -f {tmp_path}/class > "):
        keys.teachers({str(tmp_path / "class")}, print, tmp_path)


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_a_password_is_kept_as_crypt_has_it_with_a_salt_of_its_own() -> None:
    hashes = [room.hashed("열려라 참깨") for _ in range(2)]
    assert hashes[0] != hashes[1]
    kind, salt, _ = hashes[0].strip("$").split("$")
    words = ["openssl", "passwd", f"-{kind}", "-salt", salt, "-stdin"]
    assert (
        subprocess.run(words, input="열려라 참깨", capture_output=True, text=True, check=True).stdout.strip()
        == hashes[0]
    )
    for bad in ("", "two\nlines", "a" * 257, "\N{PARTY POPPER}" * 65):
        with pytest.raises(PlanError):
            room.hashed(bad)


def test_the_settings_in_the_guide_are_those_that_there_are() -> None:
    guide = (Path(__file__).parents[2] / "docs/cards.md").read_text()
    assert [name for name in settings.Settings.__struct_fields__ if f"`{name}`" not in guide] == []
