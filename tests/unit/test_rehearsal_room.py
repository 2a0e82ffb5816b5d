from __future__ import annotations

import ipaddress
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from virtual import inventory, needs, place, state
from virtual.containers import boards, cgroups, claim, network, room
from virtual.containers.governors import Policy, clock_khz
from virtual.errors import NeedsError, RehearsalError

NETWORK = ipaddress.IPv4Network("10.77.5.0/24")


def used(*ranges: str) -> list[ipaddress.IPv4Network]:
    return [ipaddress.IPv4Network(one) for one in ranges]


def test_the_first_free_address_range_is_taken() -> None:
    assert str(network.free_range(used("10.77.0.0/24", "10.77.1.7/32", "192.168.0.0/16"))) == "10.77.2.0/24"


def test_a_computer_with_no_free_range_is_told_so() -> None:
    with pytest.raises(RehearsalError, match=r"10\.77\.0\.0/24 to 10\.77\.255\.0/24"):
        network.free_range(used("10.0.0.0/8"))


def test_releases_take_turns_and_addresses_are_apart() -> None:
    guests = claim.plan(range(1, 8), NETWORK).guests
    assert [one.release for one in guests[:4]] == ["bullseye", "bookworm", "trixie", "bullseye"]
    assert len({one.address for one in guests}) == len({one.name for one in guests}) == 7
    assert guests[0].address == "10.77.5.101"


def test_the_largest_room_fits_into_its_address_range() -> None:
    last = claim.plan([boards.MOST_PIS], NETWORK).guests[-1]
    assert ipaddress.IPv4Address(last.address) in NETWORK
    assert ipaddress.IPv4Address(last.address) != NETWORK.broadcast_address


@pytest.mark.parametrize("pis", [0, -1, boards.MOST_PIS + 1])
def test_a_useless_number_of_pis_is_refused_before_anything_else(pis: int) -> None:
    with pytest.raises(RehearsalError, match=f"--pis is {pis}: ask for 1 to {boards.MOST_PIS}"):
        room.up(pis, print)


@pytest.mark.parametrize("name", ["Room", "a-b", "0123456789", "a b"])
def test_a_room_name_that_would_not_fit_an_interface_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PILAB_ROOM", name)
    with pytest.raises(RehearsalError, match="1 to 9 small letters and digits"):
        place.here()


def test_every_checkout_has_a_room_of_its_own(tmp_path: Path) -> None:
    assert place.room_of(tmp_path / "one") != place.room_of(tmp_path / "two")


def test_interface_names_are_never_too_long() -> None:
    assert len(f"pilab-{place.room_of(place.PROJECT)}") <= 15
    assert len(place.Place("t12345678", tmp := Path("/"), tmp).label) <= 15


def test_missing_programs_are_named_with_the_command_that_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "SEARCH_PATH", "/nonexistent")
    with pytest.raises(NeedsError, match=r"sudo apt-get install .*systemd-container mmdebstrap nftables"):
        needs.check(needs.VIRTUAL_PIS)


@pytest.mark.parametrize(
    ("text", "is_known"), [("0123456789abcdef" * 2 + "\n", True), ("uninitialized\n", False), ("", False)]
)
def test_a_computer_without_a_number_is_told_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, *, is_known: bool
) -> None:
    monkeypatch.setattr(needs, "MACHINE_ID", tmp_path / "machine-id")
    refused = pytest.raises(NeedsError, match=r"has none; give it one with: sudo systemd-machine-id-setup")
    with refused:
        needs.check_machine_id()
    (tmp_path / "machine-id").write_text(text)
    with nullcontext() if is_known else refused:
        needs.check_machine_id()


@pytest.mark.parametrize(
    ("governor", "asked", "expected"),
    [
        ("performance", "<unsupported>", 1400),
        ("ondemand", "<unsupported>", 1400),
        ("powersave", "<unsupported>", 600),
        ("userspace", "900", 900),
        ("userspace", "99", 600),
        ("userspace", "9999", 1400),
        ("userspace", "<unsupported>", 1400),
    ],
)
def test_governors_set_the_clock_of_a_busy_core(governor: str, asked: str, expected: int) -> None:
    assert clock_khz(governor, 600, 1400, asked) == expected


def test_a_slow_clock_gets_its_part_of_a_fair_share_and_a_full_one_is_not_limited() -> None:
    assert cgroups.quota_us(1.0, 0.5) is None
    assert cgroups.quota_us(0.5, 0.5) == cgroups.PERIOD_US / 4
    assert cgroups.quota_us(0.1, 0.001) == cgroups.LEAST_QUOTA_US


@pytest.fixture
def policy_folder(tmp_path: Path) -> Path:
    files = {"scaling_governor": "ondemand", "cpuinfo_min_freq": "600", "cpuinfo_max_freq": "1200"}
    for name, value in {**files, "scaling_setspeed": "<unsupported>", "scaling_cur_freq": "1200"}.items():
        (tmp_path / name).write_text(value + "\n")
    (tmp_path / "cpu.max").write_text("max 100000\n")
    return tmp_path


def test_powersave_lowers_clock_and_processor_time(policy_folder: Path) -> None:
    policy = Policy(policy_folder, policy_folder, share_cores=1.0)
    (policy_folder / "scaling_governor").write_text("powersave\n")
    policy.follow()
    assert (policy_folder / "scaling_cur_freq").read_text() == "600\n"
    assert (policy_folder / "cpu.max").read_text() == "50000 100000"
    (policy_folder / "scaling_governor").write_text("performance\n")
    policy.follow()
    assert (policy_folder / "cpu.max").read_text() == "max 100000"


def test_a_governor_that_the_kernel_does_not_know_is_put_back(policy_folder: Path) -> None:
    policy = Policy(policy_folder, policy_folder, share_cores=1.0)
    (policy_folder / "scaling_governor").write_text("powersave\n")
    policy.follow()
    (policy_folder / "scaling_governor").write_text("turbo\n")
    policy.follow()
    policy.follow()
    assert (policy_folder / "scaling_governor").read_text() == "powersave\n"


def test_a_governor_that_is_just_being_written_is_left_to_its_writer(policy_folder: Path) -> None:
    policy = Policy(policy_folder, policy_folder, share_cores=1.0)
    (policy_folder / "scaling_governor").write_text("")
    for _ in range(3):
        policy.follow()
    assert (policy_folder / "scaling_governor").read_text() == ""


def test_the_inventory_is_empty_without_a_room_and_lists_the_guests_of_one(tmp_path: Path) -> None:
    here = place.Place("abc", tmp_path / "run", tmp_path / "cache")
    assert inventory.listing(inventory.of_room(here)) == {"_meta": {"hostvars": {}}}
    state.save(here, claim.plan((1, 2, 3), NETWORK))
    shown = inventory.listing(inventory.of_room(here))
    assert shown["lab"]["hosts"] == ["pi01", "pi02", "pi03"]
    variables = shown["_meta"]["hostvars"]["pi01"]
    assert variables["ansible_host"] == "10.77.5.101"
    assert "StrictHostKeyChecking=yes" in variables["ansible_ssh_common_args"]
    assert variables["board_simulated"] is True


def test_a_room_is_read_as_it_was_written(tmp_path: Path) -> None:
    here = place.Place("abc", tmp_path / "run", tmp_path / "cache")
    assert state.load_room(here) is None
    made = claim.plan((1, 2), NETWORK)
    state.save(here, made)
    assert state.load_room(here) == made


def test_the_command_with_sudo_is_found_without_the_path_of_a_person(tmp_path: Path) -> None:
    script = tmp_path / "my invoke"
    script.touch(0o755)
    assert needs.with_sudo(["python3", str(script), "rehearse.up"]) == f"sudo '{script}' rehearse.up"
    assert needs.with_sudo(["python3", "-m", "virtual", "up"]) == f"sudo {sys.executable} -m virtual up"
