"""What a wheel carries, and what it gives where nothing else of the project is."""

from __future__ import annotations

import email
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from fleet.places import CODE
from setup import collection, metadata
from tests.unit.requirement_parts import imported_by, pins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROJECT: dict[str, Any] = tomllib.loads((CODE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FOLDERS = ("agent", "commands", "fleet", "native", "virtual")
# What pip writes for a command of a package.
SCRIPT = """#!{python}
import sys
from importlib.metadata import entry_points
(found,) = entry_points(group="console_scripts", name="{name}")
sys.exit(found.load()())
"""


def build(source: Path, target: str, folder: Path) -> Path:
    words = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    subprocess.run(words, cwd=source, check=True, capture_output=True, timeout=60)
    (built,) = folder.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(CODE, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def carried(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_has_what_is_committed_of_the_code_and_nothing_else(carried: dict[str, bytes]) -> None:
    files = collection.listed()
    wanted = {
        f"pilab/checkout/{folder}/{path}" for folder in FOLDERS for path in collection.files_of(CODE / folder, files)
    }
    wanted |= {f"pilab/{path}" for path in collection.files_of(CODE / "pilab", files)}
    wanted |= {f"pilab/checkout/{name}" for name in ("ansible.cfg", "tasks.py")}
    packed = collection.files_of(collection.SOURCE, files)
    wanted |= {f"ansible_collections/pilab/classroom/{place}" for place in packed}
    found = {name for name in carried if ".dist-info/" not in name}
    assert (sorted(wanted - found), sorted(found - wanted)) == ([], [])


@pytest.mark.slow
def test_the_source_archive_gives_the_same_wheel(tmp_path: Path, wheel: Path) -> None:
    archive = build(CODE, "sdist", tmp_path)
    subprocess.run(["tar", "-xf", archive, "-C", tmp_path], check=True)
    again = build(tmp_path / archive.name.removesuffix(".tar.gz"), "wheel", tmp_path / "again")
    with zipfile.ZipFile(wheel) as ours, zipfile.ZipFile(again) as other:
        assert {each.filename: each.CRC for each in ours.infolist()} == {
            each.filename: each.CRC for each in other.infolist()
        }


def test_its_metadata_are_those_of_the_project(carried: dict[str, bytes]) -> None:
    (name,) = [name for name in carried if name.endswith(".dist-info/METADATA")]
    told = email.message_from_bytes(carried[name])
    assert (told["Name"], told["Version"], told["License-Expression"]) == ("pilab", PROJECT["version"], "MIT")
    assert told.get_all("License-File") == ["LICENSE"]
    assert len(told.get_all("Requires-Dist", [])) == len(PROJECT["dependencies"])


def test_everything_that_says_which_version_this_is_says_the_same() -> None:
    citation = yaml.safe_load((CODE / "CITATION.cff").read_text(encoding="utf-8"))
    galaxy = yaml.safe_load((CODE / "ansible/galaxy.yml").read_text(encoding="utf-8"))
    assert metadata.released() == (citation["version"], str(citation["date-released"]))
    assert {PROJECT["version"]} == {citation["version"], galaxy["version"]}
    assert {PROJECT["urls"]["Repository"]} == {citation["repository-code"], galaxy["repository"]}


def test_the_address_of_the_project_is_set_in_one_place() -> None:
    repository = PROJECT["urls"]["Repository"]
    assert all(each.startswith(repository) for each in PROJECT["urls"].values())
    named = subprocess.run(
        ["git", "grep", "--files-with-matches", "--fixed-strings", repository],
        cwd=CODE, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    says_what_stands_for_it = {"CONTRIBUTING.md", "docs/decisions/0023-one-installation-many-rooms.md"}
    assert set(named) - says_what_stands_for_it == {"pyproject.toml", *metadata.BLOCKS}


def test_what_it_needs_is_what_its_code_imports_within_what_was_tried() -> None:
    wanted = {canonicalize_name(each.name): each for each in map(Requirement, PROJECT["dependencies"])}
    tried = pins(CODE / "requirements.in")
    assert {name for name, each in wanted.items() if tried[name] not in each.specifier} == set()
    known = packages_distributions()
    foreign = imported_by(*FOLDERS, "ansible", "pilab", "tasks.py")
    needed = {
        canonicalize_name(dist) for name in foreign for dist in known.get(name, []) if canonicalize_name(dist) in tried
    }
    assert needed | {"ansible-core"} == set(wanted)  # whose programs are started


def own_environment(folder: Path, wheel: Path) -> Path:
    """Make an environment with the wheel alone, which borrows the packages that it needs from this one."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    words = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "install", "--no-index", "--no-deps"]
    subprocess.run([*words, "--no-compile", "--quiet", "--disable-pip-version-check", str(wheel)], check=True)
    (packages / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    for name in ("ansible-inventory", "ansible-playbook", "invoke"):
        script = folder / "bin" / name
        script.write_text(SCRIPT.format(python=folder / "bin/python", name=name))
        script.chmod(0o755)
    return folder / "bin"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("installed")
    programs = own_environment(folder / "environment", wheel)
    (folder / "empty").mkdir()

    def typed(*words: str, below: str = "empty") -> subprocess.CompletedProcess[str]:
        environment = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8"}
        return subprocess.run(
            words, cwd=folder / below, env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    return typed


def test_it_gives_the_command_wherever_it_is_typed(installed: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    for words in (("pilab",), ("python", "-m", "pilab")):
        assert installed(*words, "--version").stdout == f"Pilab {PROJECT['version']}\n"
    here = subprocess.run(
        [sys.executable, "-m", "invoke", "--list"], cwd=CODE, capture_output=True, text=True, check=True
    )
    listed = installed("pilab", "--list")
    assert listed.returncode == 0, listed.stderr
    assert set(re.findall(r"^  ([\w.-]+) ", here.stdout, re.MULTILINE)) == set(
        re.findall(r"^  ([\w.-]+) ", listed.stdout, re.MULTILINE)
    )
    assert "_complete_pilab" in installed("pilab", "--print-completion-script", "bash").stdout


NOT_INSTALLED = """
from importlib.metadata import PackageNotFoundError
from pilab import program
def version(name):
    raise PackageNotFoundError(name)
program.version = version
program.main()
"""


def test_a_checkout_that_is_not_installed_says_how_its_commands_are_typed() -> None:
    words = [sys.executable, "-c", NOT_INSTALLED]
    done = subprocess.run(words, cwd=CODE, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{sys.executable} has no Pilab installed: in a checkout, type invoke instead.\n"


def test_it_lays_a_room_in_which_everything_is_found(
    installed: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    nowhere = installed("pilab", "bench", "--hosts", "lab")
    assert nowhere.returncode == 1
    assert "empty is no room of Pilab: go to yours, or make one with: pilab new-room room" in nowhere.stderr
    made = installed("pilab", "new-room", "room")
    assert made.returncode == 0, made.stderr
    played = installed("ansible-playbook", "site.yml", below="empty/room")
    assert "there is no board yet" in played.stdout + played.stderr
    asked = installed("invoke", "bench", "--hosts", "lab", below="empty/room")
    assert asked.stderr.startswith("There is no board in 'lab'")
