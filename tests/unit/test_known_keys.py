from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from fleet.boards import known_keys
from fleet.boards.known_keys import FORMAT, KnownKeys
from fleet.errors import DiskError, InventoryError
from tests.unit.fleet_sshd import make_key

if TYPE_CHECKING:
    from pathlib import Path


def made(folder: Path, name: str = "one", *options: str) -> str:
    return " ".join(make_key(folder / name, *options).with_suffix(".pub").read_text().split()[:2])


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> str:
    return made(tmp_path_factory.mktemp("key"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> str:
    return made(tmp_path_factory.mktemp("other"))


@pytest.fixture
def known(tmp_path: Path) -> KnownKeys:
    return KnownKeys(tmp_path / "known_hosts")


def test_a_key_that_was_put_is_that_of_its_board_for_us_and_for_openssh(known: KnownKeys, key: str, other: str) -> None:
    assert known.key_of("pi01") is None
    known.put("pi01", key)
    known.put("pi02", f"{other} made for pi02")
    assert (known.key_of("pi01"), known.key_of("PI02"), known.key_of("pi03")) == (key, other, None)
    assert known.names_of(key) == ["pi01"]
    found = subprocess.run(["ssh-keygen", "-F", "pi02", "-f", known.path], capture_output=True, text=True, check=True)
    assert other in found.stdout


def test_a_key_is_replaced_and_all_else_in_the_file_stays(known: KnownKeys, key: str, other: str) -> None:
    before = f"# ours\n\npi00 {other}  a note\nPi01,pi09 {other} both\n@cert-authority *.lab {key}\npi01 {other}\n"
    known.path.write_text(f"{before}|1|x|y {key}")
    known.put("pi01", key)
    assert known.path.read_text() == (
        f"# ours\n\npi00 {other}  a note\npi01 {key}\npi09 {other} both\n@cert-authority *.lab {key}\n|1|x|y {key}\n"
    )


def test_names_that_ssh_hashed_are_found_and_replaced(known: KnownKeys, key: str, other: str) -> None:
    known.path.write_text(f"pi01 {other}\npi02 {other}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", known.path], check=True, capture_output=True)
    assert "pi01" not in known.path.read_text()
    assert known.key_of("pi01") == other
    known.put("pi01", key)
    assert (known.key_of("pi01"), known.key_of("pi02")) == (key, other)
    assert known.path.read_text().count("\n") == 2


def test_what_others_wrote_in_other_letters_stays_byte_for_byte(known: KnownKeys, key: str) -> None:
    known.path.write_bytes(b"# \xff \xb1\xb3\r\npi01 ssh-ed25519 AAAA\x1cB\n")
    known.put("pi01", key)
    assert known.path.read_bytes() == b"# \xff \xb1\xb3\r\npi01 ssh-ed25519 AAAA\x1cB\n" + f"pi01 {key}\n".encode()


def test_of_several_kinds_the_one_that_pilab_makes_comes_first(known: KnownKeys, key: str, tmp_path: Path) -> None:
    known.path.write_text(f"pi01 {made(tmp_path, 'e', '-t', 'ecdsa')}\npi01 {key}\n")
    assert known.key_of("pi01") == key


def test_a_fingerprint_is_the_one_that_ssh_shows_and_leads_back_to_the_board(
    known: KnownKeys, key: str, other: str
) -> None:
    known.put("pi01", key)
    known.put("pi02", other)
    shown = subprocess.run(["ssh-keygen", "-l", "-f", known.path], capture_output=True, text=True, check=True).stdout
    assert [line.split()[1] for line in shown.splitlines()] == [FORMAT.fingerprint(key), FORMAT.fingerprint(other)]
    assert FORMAT.with_fingerprint(known.path.read_text(), FORMAT.fingerprint(other)) == ["pi02"]
    assert FORMAT.with_fingerprint(known.path.read_text(), "SHA256:none") == []


@pytest.mark.parametrize(
    "name", ["", "*", "pi 01", "pi01,pi02", "!pi01", "|1|a|b", "#pi", "@revoked", "a\nb", "[pi01]:22"]
)
def test_a_name_that_would_mean_something_else_to_ssh_is_refused(known: KnownKeys, key: str, name: str) -> None:
    with pytest.raises(InventoryError, match="cannot stand in"):
        known.put(name, key)
    assert not known.path.exists()


@pytest.mark.parametrize("wrong", ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-rsa {}", "ssh-ed25519 a\npi02 {}"])
def test_what_is_no_key_is_refused(known: KnownKeys, key: str, wrong: str) -> None:
    with pytest.raises(InventoryError, match="is no public key"):
        known.put("pi01", wrong.format(key.split()[1]))
    assert not known.path.exists()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, key: str) -> None:
    with pytest.raises(DiskError, match="none"):
        KnownKeys(tmp_path / "none" / "known_hosts").put("pi01", key)


def test_two_commands_at_once_lose_no_line(known: KnownKeys, key: str) -> None:
    names = [f"pi{number:02}" for number in range(1, 31)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: KnownKeys(known.path).put(name, key), names))
    assert sorted(known.names_of(key)) == names


@pytest.mark.parametrize(
    ("setting", "environment", "expected"),
    [
        ("virtual/inventory.py,inventory.ini", {}, "known_hosts"),
        ("rooms/north.yml", {}, "rooms/known_hosts"),
        ("rooms", {}, "rooms/known_hosts"),
        ("inventory.ini", {"ANSIBLE_INVENTORY": "rooms/north.yml"}, "rooms/known_hosts"),
    ],
)
def test_the_file_lies_beside_the_list_of_boards_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, environment: dict[str, str], expected: str
) -> None:
    (tmp_path / "rooms").mkdir()
    (tmp_path / "ansible.cfg").write_text(f"[defaults]\ninventory = {setting}\n")
    for name in ("ANSIBLE_INVENTORY", "ANSIBLE_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert known_keys.beside_inventory(tmp_path) == tmp_path / expected
