from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.bench.moment import look, temperature_mc
from agent.board import facts as board_facts
from agent.board import sensors
from agent.board.firmware import parse_clock_khz, parse_power_w, parse_temperature_mc, parse_throttled
from tests.unit.bench_board import DATA, Board

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def pi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    made = Board(tmp_path)
    monkeypatch.setenv("PATH", made.environment["PATH"])
    return made


def captured(name: str) -> str:
    return (DATA / name).read_text()


def test_a_pi_is_known_by_its_cpuinfo() -> None:
    cpuinfo = captured("cpuinfo-pi4.txt")
    assert board_facts.model("", cpuinfo) == "Raspberry Pi 4 Model B Rev 1.4"
    assert board_facts.cpuinfo_value(cpuinfo, "Serial") == "100000001234abcd"
    assert board_facts.cpuinfo_value(cpuinfo, "Revision") == "c03114"


def test_the_device_tree_names_the_model_first() -> None:
    assert board_facts.model("Raspberry Pi 5 Model B Rev 1.0\0", captured("cpuinfo-pi4.txt")).endswith(
        "5 Model B Rev 1.0"
    )


def test_a_pc_is_known_by_its_processor_and_has_no_serial() -> None:
    cpuinfo = captured("cpuinfo-pc.txt")
    assert board_facts.model("", cpuinfo) == "Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz"
    assert board_facts.cpuinfo_value(cpuinfo, "Serial") == ""


def test_the_release_is_read_without_its_quotes() -> None:
    release = board_facts.parse_os_release(captured("os-release-bookworm.txt"))
    assert (release["VERSION_CODENAME"], release["PRETTY_NAME"]) == ("bookworm", "Debian GNU/Linux 12 (bookworm)")


def test_memory_is_counted_in_bytes() -> None:
    assert board_facts.meminfo_bytes(captured("meminfo.txt"), "MemAvailable") == 3301500 * 1024
    assert board_facts.meminfo_bytes("", "MemAvailable") is None


def test_a_board_says_what_a_reader_of_its_timings_must_know(pi: Board) -> None:
    facts = board_facts.facts(pi.paths)
    assert facts["model"] == "Raspberry Pi 4 Model B Rev 1.4"
    assert (facts["release"], facts["memory_bytes"]) == ("bookworm", 3884432 * 1024)
    assert (facts["virtualization"], facts["simulated"]) == ("none", False)
    assert isinstance(facts["policies"], list)
    assert facts["policies"][0]["governor"] == "ondemand"


def test_what_is_not_installed_is_an_empty_version(pi: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(pi.bin))
    assert board_facts.facts(pi.paths)["gcc"] == ""


def test_what_is_not_known_to_be_real_counts_as_simulated(pi: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    (pi.paths.proc / "cpuinfo").write_text(captured("cpuinfo-pc.txt"))
    assert board_facts.facts(pi.paths)["simulated"] is True


def test_a_pi_without_systemd_detect_virt_is_real_all_the_same(pi: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    facts = board_facts.facts(pi.paths)
    assert (facts["virtualization"], facts["simulated"]) == ("", False)


def test_a_pi_whose_systemd_detect_virt_hangs_is_real_all_the_same(pi: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_facts, "VIRTUALIZATION_LIMIT_S", 0.1)
    (pi.bin / "systemd-detect-virt").write_text("#!/bin/sh\nexec sleep 20\n")
    assert board_facts.facts(pi.paths)["simulated"] is False


@pytest.mark.parametrize("sign", ["run/systemd/container", "proc/device-tree/hypervisor", "proc/device-tree/fw-cfg@1"])
def test_a_virtual_pi_without_systemd_detect_virt_is_simulated_all_the_same(
    sign: str, pi: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    (pi.paths.root / sign).parent.mkdir(parents=True, exist_ok=True)
    (pi.paths.root / sign).write_text("systemd-nspawn\n")
    assert board_facts.facts(pi.paths)["simulated"] is True


def test_a_look_at_a_pi_sees_clock_temperature_and_throttling(pi: Board) -> None:
    moment = look(pi.paths)
    assert (moment.clock_khz, moment.temperature_mc, moment.throttled) == ([1500000], 48300, 0x80000)
    assert moment.firmware_clock_khz == 1_500_346


def test_a_look_at_a_board_that_cannot_tell_sees_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert sensors.clocks_khz(tmp_path) is None
    assert temperature_mc(tmp_path) is None
    assert parse_throttled("") is None


def test_the_sensor_of_the_processor_comes_before_others(tmp_path: Path) -> None:
    for number, (kind, temperature) in enumerate([("wifi", 31000), ("cpu-thermal", 52100)]):
        zone = tmp_path / f"thermal_zone{number}"
        zone.mkdir()
        (zone / "type").write_text(f"{kind}\n")
        (zone / "temp").write_text(f"{temperature}\n")
    assert temperature_mc(tmp_path) == 52100


@pytest.mark.parametrize(("answer", "bits"), [("throttled=0x0", 0), ("throttled=0x50005", 0x50005), ("error=1", None)])
def test_throttle_bits_are_understood(answer: str, bits: int | None) -> None:
    assert parse_throttled(answer) == bits


@pytest.mark.parametrize(("answer", "expected"), [("temp=48.3'C", 48300), ("temp=-1.5'C", -1500), ("", None)])
def test_the_temperature_of_the_firmware_is_understood(answer: str, expected: int | None) -> None:
    assert parse_temperature_mc(answer) == expected


@pytest.mark.parametrize(
    ("answer", "khz"),
    [
        ("frequency(48)=1800404352", 1_800_404),
        ("frequency(0)=600117184", 600_117),
        ("frequency(48)=", None),
        ("", None),
    ],
)
def test_the_clock_of_the_firmware_is_understood(answer: str, khz: int | None) -> None:
    assert parse_clock_khz(answer) == khz


def test_the_power_of_a_pi_5_is_the_sum_of_its_rails() -> None:
    """By hand, from a recorded answer: the input has no current, and the battery draws none."""
    rails_w = [0.380268, 0.358469, 0.282939, 0.006467, 0.0, 0.267102, 0.252666, 1.295339, 0.0, 0.000203, 0.002829]
    assert parse_power_w(captured("pmic-pi5.txt").strip()) == pytest.approx(sum(rails_w) + 0.101696, rel=1e-4)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        'error=1 error_msg="Command not registered"',
        "EXT5V_V volt(24)=5.05716000V",
        "VDD_CORE_A current(7)=1.1A",
        "VDD_CORE_A current(7)=nanA\nVDD_CORE_V volt(15)=0.9V",
    ],
)
def test_a_board_that_tells_no_power_has_none(answer: str) -> None:
    assert parse_power_w(answer) is None
