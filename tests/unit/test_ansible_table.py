from __future__ import annotations

import csv
import re
from typing import Any

import pytest

from tests.unit.ansible_parts import ROOT, plugin, role_file

table = plugin("module_utils", "table")
TABLES = role_file("base", "vars/main/table.yml")["__base_table"]
PACKAGES = TABLES["packages"]
RELEASES = list(TABLES["releases"])
DOCS = (ROOT / "docs/boards.md").read_text(encoding="utf-8")
COURSE = (
    "htop", "byobu", "python3-opencv", "libcblas-dev", "libhdf5-dev", "libhdf5-serial-dev", "libatlas-base-dev",
    "libjasper-dev", "libqtgui4", "libqt4-test",
)  # fmt: skip


def cells() -> list[dict[str, str]]:
    """Every release on every model with every userland, and what must become of it; written by hand from the facts.

    `course` is what Debian really has of the course's list, asked of its index for each release but the first.
    """
    with (ROOT / "tests/data/cells.csv").open() as file:
        return list(csv.DictReader(file))


def cell(row: dict[str, str], installed: tuple[str, ...] = ()) -> dict[str, Any]:
    found: dict[str, Any] = table.cell(TABLES, row["release"], row["userland"], row["model"], list(installed))
    return found


def refusal(row: dict[str, str]) -> str:
    return str(table.refusal(TABLES, row["release"], row["userland"], row["model"], "its system"))


def named(row: dict[str, str]) -> str:
    return " ".join((row["release"], row["userland"], row["model"]))


@pytest.mark.parametrize("model", TABLES["models"], ids=lambda model: model["name"])
def test_every_model_is_among_the_cells_and_in_the_docs(model: dict[str, str]) -> None:
    asked = {table.model_row(TABLES["models"], row["model"])["name"] for row in cells()}
    assert model["name"] in asked, f"tests/data/cells.csv has no rows for a {model['name']}."
    pis, modules = re.findall(r"\*\*Models:\*\* Raspberry Pi (.*), Compute Modules (.*?)\.", DOCS)[0]
    told = [f"Raspberry Pi {each}" for each in pis.split(", ")]
    told += [f"Compute Module {each}" for each in modules.split(", ")]
    assert model["name"] in told, f"docs/boards.md does not name the {model['name']} among its models."


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("Raspberry Pi Model B rev2", "Raspberry Pi 1"),
        ("Raspberry Pi Model A+", "Raspberry Pi 1"),
        ("Raspberry Pi Zero", "Raspberry Pi Zero"),
        ("Raspberry Pi Zero W", "Raspberry Pi Zero W"),
        ("Raspberry Pi 2", "Raspberry Pi 2"),
        ("Raspberry Pi 3 Model B", "Raspberry Pi 3"),
        ("Raspberry Pi 3 Model B+", "Raspberry Pi 3+"),
        ("Raspberry Pi 5", "Raspberry Pi 5"),
        ("Raspberry Pi 500+ Rev 1.0", "Raspberry Pi 500"),
        ("Raspberry Pi Compute Module 4 IO Board", "Compute Module 4"),
        ("Raspberry Pi Compute Module 5 Lite Rev 1.0", "Compute Module 5"),
    ],
)
def test_a_model_is_known_by_the_names_of_linux_and_of_people_too(model: str, name: str) -> None:
    assert table.model_row(TABLES["models"], model)["name"] == name


@pytest.mark.parametrize(
    "model", ["Raspberry Pi 6 Model B Rev 1.0", "Raspberry Pi 5000", "Raspberry Pi 3 Model C Rev 1"]
)
def test_a_model_that_nobody_has_tried_is_not_taken_for_another(model: str) -> None:
    assert table.model_row(TABLES["models"], model) is None


@pytest.mark.parametrize("release", RELEASES)
def test_every_release_is_among_the_cells_and_in_the_docs(release: str) -> None:
    rows = cells()
    asked = {(row["userland"], row["model"]) for row in rows if row["release"] == release}
    wanted = {(userland, row["model"]) for row in rows for userland in ("armhf", "arm64")}
    missing = [" ".join(each) for each in sorted(wanted - asked)]
    assert not missing, f"tests/data/cells.csv lacks {len(missing)} rows of {release}, the first for {missing[0]}."
    head = DOCS.partition("|---|")[0]
    assert f"({release})" in head, f"The table of docs/boards.md has no column for {release}."


def test_no_cell_is_there_twice_or_without_its_release() -> None:
    asked = [(row["release"], row["userland"], row["model"]) for row in cells()]
    assert len(asked) == len(set(asked))
    assert {release for release, _, _ in asked} == set(RELEASES)


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


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("Raspberry Pi Model A Plus Rev 1.1", "Raspberry Pi 1"),
        ("Raspberry Pi 3 Model A Plus Rev 1.0", "Raspberry Pi 3+"),
        ("Raspberry Pi 500 Plus Rev 1.0", "Raspberry Pi 500"),
        ("Raspberry Pi Compute Module 3", "Compute Module 3"),
        ("Raspberry Pi Compute Module 3+", "Compute Module 3+"),
        ("Raspberry Pi Compute Module 4S", "Compute Module 4S"),
        ("Raspberry Pi Compute Module 5 Lite Rev 1.0", "Compute Module 5"),
        ("Raspberry Pi Compute Module 6 Rev 1.0", None),
        ("Raspberry Pi Compute Module 40 Rev 1.0", None),
    ],
)
def test_a_model_is_never_taken_for_the_one_whose_name_begins_alike(name: str, row: str | None) -> None:
    found = table.model_row(TABLES["models"], name)
    assert (found["name"] if found else None) == row


def test_bullseye_gets_the_tornado_that_dask_imports_and_debian_forgets_and_later_ones_by_dependency() -> None:
    of_the_sum = [row for row in PACKAGES if row.get("only") == "base_spread"]
    names = {release: table.package_names(of_the_sum, release, "core") for release in RELEASES}
    assert names == {
        "buster": [],
        "bullseye": ["python3-distributed", "python3-tornado"],
        "bookworm": ["python3-distributed"],
        "trixie": ["python3-distributed"],
    }
    assert table.left_out(of_the_sum, "trixie", "core", []) == []


def test_an_older_library_for_the_pins_stays_where_the_model_can_use_it() -> None:
    four = {"release": "bookworm", "userland": "arm64", "model": "Raspberry Pi 4 Model B Rev 1.4"}
    assert cell(four, ("python3-rpi.gpio",))["gpio"] == "RPi.GPIO"
    five = dict(four, model="Raspberry Pi 5 Model B Rev 1.0")
    assert cell(five, ("python3-rpi.gpio",))["gpio"] == "rpi-lgpio"


@pytest.mark.parametrize(
    ("release", "userland", "model", "words"),
    [
        (
            "unheard",
            "arm64",
            "Raspberry Pi 5 Model B Rev 1.0",
            f"its system is none of {', '.join(RELEASES)}",
        ),
        ("trixie", "arm64", "Raspberry Pi of Troy Rev 1.0", "calls itself 'Raspberry Pi of Troy Rev 1.0'"),
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
    in_debian = {row["course"] for row in cells() if row["release"] == release and row["exists"] == "yes"}
    assert in_debian == {" ".join(sorted(table.package_names(of_the_course(), release, "course")))}


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
