"""What is installed from PyPI is what was looked at: by its hash, everywhere, and named where our code imports it."""

from __future__ import annotations

import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.unit.requirement_parts import ROOT, TRACKED, imported_by, named, pins

WISHES = [path for path in TRACKED if path.name == "requirements.in"]
INSTALLS = re.compile(
    r"""\bpip3?['"]?,?\s+['"]?(?:install|download|wheel)\b|\b(?:uv|pipx)['"]?,?\s+['"]?(?:pip\s+install|install|run|sync|tool)\b"""
)


def test_nothing_in_the_repository_installs_without_hashes() -> None:
    lines = [
        line
        for path in TRACKED
        if path.suffix != ".md" and path != Path(__file__)
        for line in path.read_bytes().decode(errors="replace").splitlines()
        if INSTALLS.search(line)
    ]
    assert lines
    # --no-index installs from files that are there.
    assert [line for line in lines if "--require-hashes" not in line and "--no-index" not in line] == []


@pytest.mark.parametrize(
    "line", ["$(BIN)/pip install x", "python3 -m pip install -r y", '["pip", "install", x]', "uv pip install x"]
)
def test_each_way_to_install_is_seen(line: str) -> None:
    assert INSTALLS.search(line)


@pytest.mark.parametrize("wishes", WISHES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_wished_for_is_pinned_with_hashes(wishes: Path) -> None:
    pinned = wishes.with_suffix(".txt").read_text()
    entries = [entry for entry in re.split(r"\n(?=\S)", pinned) if entry and not entry.startswith("#")]
    assert entries
    assert [
        entry for entry in entries if not re.match(r"[\w.-]+==\S+ (?:;.* )?\\\n +--hash=sha256:[0-9a-f]{64}", entry)
    ] == []
    assert pins(wishes).items() <= pins(wishes.with_suffix(".txt")).items()


def test_every_wish_is_frozen_by_make_pin() -> None:
    folders = re.search(r"^for folder in (.*); do$", (ROOT / "setup/pin.sh").read_text(), re.MULTILINE)
    assert folders
    assert {ROOT / folder / "requirements.in" for folder in folders[1].split()} == set(WISHES)


def test_the_detectors_are_compared_within_one_version_of_opencv() -> None:
    project, peers = (pins(ROOT / folder / "requirements.txt") for folder in (".", "benchmarks/detect"))
    assert peers["opencv-contrib-python-headless"] == project["opencv-python-headless"]
    assert (peers["numpy"], peers["scikit-image"]) == (project["numpy"], project["scikit-image"])


def test_what_our_code_imports_is_named() -> None:
    wished, known = pins(ROOT / "requirements.in"), packages_distributions()
    foreign = imported_by()
    assert {name for name in foreign if not {named(each) for each in known.get(name, [])} & set(wished)} == set()
