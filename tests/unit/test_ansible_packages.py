from __future__ import annotations

import pytest

from tests.unit.ansible_parts import plugin, role_file

boards = plugin("filter", "boards")
BASE = role_file("base", "vars/main.yml")
TABLE = BASE["__base_packages"]
RELEASES = BASE["__base_releases"]
COURSE = (
    "htop", "byobu", "python3-opencv", "libcblas-dev", "libhdf5-dev", "libhdf5-serial-dev", "libatlas-base-dev",
    "libjasper-dev", "libqtgui4", "libqt4-test",
)  # fmt: skip
# What Debian really has of the course's list, asked of its index for each release.
IN_DEBIAN = {
    "bullseye": {"htop", "byobu", "python3-opencv", "libhdf5-dev", "libatlas-base-dev"},
    "bookworm": {"htop", "byobu", "python3-opencv", "libhdf5-dev", "libatlas-base-dev"},
    "trixie": {"htop", "byobu", "python3-opencv", "libhdf5-dev", "libopenblas-dev"},
}


def of_the_course() -> list[dict[str, object]]:
    return [row for row in TABLE if row["name"] in COURSE]


def test_every_package_of_the_course_has_its_row() -> None:
    assert {row["name"] for row in of_the_course()} == set(COURSE)


@pytest.mark.parametrize("release", RELEASES)
def test_the_literal_list_becomes_what_the_release_has(release: str) -> None:
    assert set(boards.package_names(of_the_course(), release, "course")) == IN_DEBIAN[release]


@pytest.mark.parametrize("release", RELEASES)
def test_every_package_of_the_course_is_installed_under_its_name_or_has_a_sentence(release: str) -> None:
    for mode in ("core", "course"):
        names = boards.package_names(TABLE, release, mode)
        sentences = " ".join(boards.left_out(TABLE, release, mode, []))
        assert all(name in names or name in sentences for name in COURSE)


@pytest.mark.parametrize("release", RELEASES)
def test_what_a_lesson_needs_is_needed_and_what_only_raspberry_pi_has_is_not(release: str) -> None:
    needed = boards.package_names(TABLE, release, "core", needed=True)
    assert {"htop", "byobu", "python3-opencv", "python3-numpy", "python3-gpiozero", "gcc", "make"} <= set(needed)
    assert "python3-picamera2" not in needed


def test_only_a_python_that_cannot_read_toml_gets_help() -> None:
    has_it = [release for release in RELEASES if "python3-toml" in boards.package_names(TABLE, release, "core")]
    assert has_it == ["bullseye"]
    assert "python3-toml" not in " ".join(boards.left_out(TABLE, "trixie", "core", []))


def test_names_with_the_same_reason_share_a_sentence() -> None:
    sentences = boards.left_out(TABLE, "bookworm", "core", ["python3-picamera2", "python3-lgpio"])
    assert "left out python3-picamera2, python3-lgpio: not in this board's package sources" in sentences


def test_a_package_under_another_name_is_said_to_come_as_that() -> None:
    assert "libatlas-base-dev comes as libopenblas-dev" in boards.left_out(TABLE, "trixie", "course", [])


def test_the_names_asked_of_apt_cover_every_release_and_mode() -> None:
    every = set(boards.every_name(TABLE))
    assert all(every >= set(boards.package_names(TABLE, release, "course")) for release in RELEASES)
