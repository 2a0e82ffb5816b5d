from __future__ import annotations

import csv
from typing import Any

import pytest

from tests.unit.ansible_parts import ROOT, plugin, role_file

table = plugin("filter", "table")
TABLES = role_file("base", "vars/main/table.yml")["__base_table"]
PACKAGES = TABLES["packages"]
RELEASES = list(TABLES["releases"])
COURSE = (
    "htop", "byobu", "python3-opencv", "libcblas-dev", "libhdf5-dev", "libhdf5-serial-dev", "libatlas-base-dev",
    "libjasper-dev", "libqtgui4", "libqt4-test",
)  # fmt: skip
# What Debian really has of the course's list, asked of its index for each release but the first.
IN_DEBIAN = {
    "buster": {"htop", "byobu", "python3-opencv", "libhdf5-dev", "libatlas-base-dev", "libqtgui4", "libqt4-test"},
    "bullseye": {"htop", "byobu", "python3-opencv", "libhdf5-dev", "libatlas-base-dev"},
    "bookworm": {"htop", "byobu", "python3-opencv", "libhdf5-dev", "libatlas-base-dev"},
    "trixie": {"htop", "byobu", "python3-opencv", "libhdf5-dev", "libopenblas-dev"},
}


def cells() -> list[dict[str, str]]:
    """Every release on every model with every userland, and what must become of it; written by hand from the facts."""
    with (ROOT / "tests/data/cells.csv").open() as file:
        return list(csv.DictReader(file))


def cell(row: dict[str, str], installed: tuple[str, ...] = ()) -> dict[str, Any]:
    found: dict[str, Any] = table.cell(TABLES, row["release"], row["userland"], row["model"], list(installed))
    return found


def refusal(row: dict[str, str]) -> str:
    return str(table.refusal(TABLES, row["release"], row["userland"], row["model"], "its system"))


def named(row: dict[str, str]) -> str:
    return " ".join((row["release"], row["userland"], row["model"]))


def test_the_cells_are_all_releases_by_all_models_by_both_userlands() -> None:
    rows = cells()
    models = {row["model"] for row in rows}
    assert {table.model_row(TABLES["models"], model)["name"] for model in models} == {
        model["name"] for model in TABLES["models"]
    }
    asked = {(row["release"], row["userland"], row["model"]) for row in rows}
    assert asked == {(release, arch, model) for release in RELEASES for arch in ("armhf", "arm64") for model in models}
    assert len(rows) == len(asked)


@pytest.mark.parametrize("row", cells(), ids=named)
def test_every_cell_is_what_the_facts_say(row: dict[str, str]) -> None:
    if row["exists"] == "no":
        assert "nothing was changed" in refusal(row)
        return
    assert refusal(row) == ""
    found = cell(row)
    assert ("possible" if not found["no_legacy"] else found["no_legacy"]) == row["legacy"]
    assert ("libcamera" in found["cameras"]) == (row["libcamera"] == "yes")
    assert found["config_txt"] == row["config_txt"]
    assert found["packages"][-1]["name"] == row["gpio"]


@pytest.mark.parametrize("row", cells(), ids=named)
def test_every_cell_has_the_packages_that_a_lesson_needs(row: dict[str, str]) -> None:
    needed = table.package_names(cell(row)["packages"], row["release"], "core", needed=True)
    assert {"htop", "byobu", "python3-opencv", "python3-numpy", "python3-gpiozero", "gcc", "make"} <= set(needed)


def test_every_real_name_finds_exactly_one_row() -> None:
    for row in cells():
        matching = [model["name"] for model in TABLES["models"] if table.re.search(model["pattern"], row["model"])]
        assert len(matching) == 1, row["model"]


def test_an_older_library_for_the_pins_stays_where_the_model_can_use_it() -> None:
    four = {"release": "bookworm", "userland": "arm64", "model": "Raspberry Pi 4 Model B Rev 1.4"}
    assert cell(four, ("python3-rpi.gpio",))["gpio"] == "RPi.GPIO"
    five = dict(four, model="Raspberry Pi 5 Model B Rev 1.0")
    assert cell(five, ("python3-rpi.gpio",))["gpio"] == "rpi-lgpio"


@pytest.mark.parametrize(
    ("release", "userland", "model", "words"),
    [
        (
            "forky",
            "arm64",
            "Raspberry Pi 5 Model B Rev 1.0",
            "its system is none of buster, bullseye, bookworm, trixie",
        ),
        ("trixie", "arm64", "Raspberry Pi 6 Model B Rev 1.0", "calls itself 'Raspberry Pi 6 Model B Rev 1.0'"),
        ("trixie", "arm64", "", "does not say which Raspberry Pi it is"),
        ("bullseye", "arm64", "Raspberry Pi 5 Model B Rev 1.0", "does not start on a Raspberry Pi 5"),
        ("trixie", "arm64", "Raspberry Pi Zero W Rev 1.1", "there is no arm64 system for Raspberry Pi Zero W"),
        ("trixie", "amd64", "Raspberry Pi 4 Model B Rev 1.4", "there is no amd64 system for Raspberry Pi 4"),
        ("buster", "arm64", "Raspberry Pi 4 Model B Rev 1.4", "there is no arm64 system for Raspberry Pi OS 10"),
    ],
)
def test_what_nobody_knows_is_refused_with_a_sentence(release: str, userland: str, model: str, words: str) -> None:
    sentence = refusal({"release": release, "userland": userland, "model": model})
    assert words in sentence
    assert "nothing was changed" in sentence


def of_the_course() -> list[dict[str, object]]:
    return [row for row in PACKAGES if row["name"] in COURSE]


def test_every_package_of_the_course_has_its_row() -> None:
    assert {row["name"] for row in of_the_course()} == set(COURSE)


@pytest.mark.parametrize("release", RELEASES)
def test_the_literal_list_becomes_what_the_release_has(release: str) -> None:
    assert set(table.package_names(of_the_course(), release, "course")) == IN_DEBIAN[release]


@pytest.mark.parametrize("release", RELEASES)
def test_every_package_of_the_course_is_installed_under_its_name_or_has_a_sentence(release: str) -> None:
    for mode in ("core", "course"):
        names = table.package_names(PACKAGES, release, mode)
        sentences = " ".join(table.left_out(PACKAGES, release, mode, []))
        assert all(name in names or name in sentences for name in COURSE)


def test_only_a_python_that_cannot_read_toml_gets_help() -> None:
    has_it = [release for release in RELEASES if "python3-toml" in table.package_names(PACKAGES, release, "core")]
    assert has_it == ["buster", "bullseye"]
    assert "python3-toml" not in " ".join(table.left_out(PACKAGES, "trixie", "core", []))


def test_names_with_the_same_reason_share_a_sentence() -> None:
    sentences = table.left_out(PACKAGES, "bookworm", "core", ["python3-picamera2", "python3-lgpio"])
    assert "left out python3-picamera2, python3-lgpio: not in this board's package sources" in sentences


def test_a_package_under_another_name_is_said_to_come_as_that() -> None:
    assert "libatlas-base-dev comes as libopenblas-dev" in table.left_out(PACKAGES, "trixie", "course", [])


def test_the_names_asked_of_apt_cover_every_mode_and_library() -> None:
    names = table.names_by_release(TABLES)
    for release in RELEASES:
        assert set(names[release]) >= set(table.package_names(PACKAGES, release, "course"))
        assert {"python3-rpi.gpio", "python3-rpi-lgpio"} <= set(names[release])
