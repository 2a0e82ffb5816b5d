from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.unit.ansible_parts import plugin

if TYPE_CHECKING:
    from pathlib import Path

packages = plugin("module_utils", "board_packages")
ANSWER = (
    "ii  libc6:arm64\nii  libc6:armhf\nrc  gone\nun  never\niU  unpacked\niF  failing\niH  half:arm64\nhiR anew\n"
    "iW  awaits\nit  pending\nhU  held\nrH  leaving\npF  purging\n\n"
)
STATUS = """\
Package: own
Status: install ok unpacked
Version: 1
Architecture: all
Depends: nothing (>= 2),
 less
Conffiles:
 /etc/own 0123

Package: less
Status: hold ok installed
Version: 2
Architecture: amd64
Pre-Depends: libc6 | musl:any

Package: libc6
Status: install ok installed
Version: 3
Architecture: amd64
Description: words
 Depends: none of these
"""


def test_every_state_that_is_not_the_last_is_unfinished() -> None:
    assert packages.unfinished_in(ANSWER) == [
        "anew", "awaits", "failing", "half:arm64", "held", "leaving", "pending", "purging", "unpacked",
    ]  # fmt: skip


def test_what_is_half_there_is_wanted_anew_and_what_was_to_go_is_going() -> None:
    assert packages.wanted_anew_in(ANSWER) == ["anew", "half:arm64", "leaving"]
    assert packages.going_in(ANSWER) == ["leaving", "purging"]


def test_an_installed_package_counts_once_whatever_its_architectures() -> None:
    assert packages.installed_in(ANSWER) == ["anew", "libc6"]


@pytest.mark.parametrize("answer", ["", "\n", "dpkg-query:\n", "ii \n"])
def test_an_answer_that_is_none_names_nothing(answer: str) -> None:
    assert packages.installed_in(answer) == packages.unfinished_in(answer) == []


def test_what_a_package_needs_is_followed_by_name() -> None:
    assert packages.needed_by(STATUS, ["own"]) == {"own", "nothing", "less", "libc6", "musl"}
    assert packages.needed_by(STATUS, ["unknown"]) == {"unknown"}


def test_a_relieved_package_is_installed_and_needs_nothing() -> None:
    found = {
        fields["Package"]: fields
        for fields in map(packages.fields_of, packages.stanzas_in(packages.relieved(STATUS, {"own", "less:amd64"})))
    }
    assert found["own"]["Status"] == "install ok installed"
    assert found["less"]["Status"] == "hold ok installed"
    assert "Depends" not in found["own"]
    assert "Pre-Depends" not in found["less"]
    assert found["own"]["Conffiles"] == "/etc/own 0123"
    assert "none of these" in found["libc6"]["Description"]


def test_a_package_that_never_had_a_version_is_left_out() -> None:
    assert "own" not in packages.relieved(
        "Package: own\nStatus: install reinstreq half-installed\nArchitecture: all\n", {"own"}
    )


def check(folder: Path, status: str) -> subprocess.CompletedProcess[str]:
    """What the apt of this computer says of dpkg's file, where nothing else is known."""
    (folder / "status").write_text(status)
    (folder / "lists/partial").mkdir(parents=True, exist_ok=True)
    options = {"Dir": folder, "Dir::State": folder, "Dir::State::status": folder / "status", "Dir::Etc": folder,
               "Dir::Cache": folder, "APT::Architecture": "amd64", "APT::Architectures": "amd64"}  # fmt: skip
    words = [f"--option={name}={value}" for name, value in options.items()]
    return subprocess.run(
        ["apt-get", "check", *words],
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )


def test_apt_itself_overlooks_what_is_relieved(tmp_path: Path) -> None:
    before = check(tmp_path, STATUS)
    assert packages.broken_in(before.stdout) == {"own"}
    assert check(tmp_path, packages.relieved(STATUS, {"own"})).returncode == 0


def test_apt_says_nothing_of_broken_packages_where_there_are_none() -> None:
    assert packages.broken_in("Reading package lists...\n own : is no such line\n") == set()


def test_only_packages_with_a_candidate_can_be_installed() -> None:
    told = "htop:\n  Installed: (none)\n  Candidate: 3.2\n  Version table:\nold:\n  Installed: 1\n  Candidate: (none)\n"
    assert packages.candidates_in(told) == ["htop"]
