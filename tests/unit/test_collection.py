"""What `make collection` packs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from setup import collection
from tests.unit.ansible_parts import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("collection")
    assert collection.main(folder) == 0
    return folder


def test_what_links_lead_to_comes_along(packed: Path) -> None:
    for name in ("agent/__main__.py", "native/circles/circles.c"):
        there = packed / "roles" / name.partition("/")[0] / "files/opt/pilab" / name
        assert there.read_bytes() == (ROOT / name).read_bytes()
    assert not [path for path in packed.rglob("*") if path.is_symlink()]


def test_programs_stay_programs_and_what_was_built_stays_behind(packed: Path) -> None:
    assert (packed / "roles/governor/files/opt/pilab/bin/set-governor").stat().st_mode & 0o100
    assert not (packed / "roles/native/files/opt/pilab/native/bin").exists()
    assert not list(packed.rglob("__pycache__"))


def test_its_playbooks_are_those_of_the_checkout(packed: Path) -> None:
    for name in ("site.yml", "restore.yml"):
        assert (packed / "playbooks" / name).read_bytes() == (ROOT / name).read_bytes()


def test_it_has_the_version_of_the_project(packed: Path) -> None:
    version = yaml.safe_load((packed / "galaxy.yml").read_text())["version"]
    assert f'version = "{version}"' in (ROOT / "pyproject.toml").read_text()
