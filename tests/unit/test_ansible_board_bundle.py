from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.ansible_parts import plugin

if TYPE_CHECKING:
    from pathlib import Path

bundle = plugin("modules", "board_bundle")
DEBIAN = bundle.apt_sources.Source("http://deb.debian.org/debian", "bookworm", ("main", "contrib"), "")


def publish(folder: Path, *indexes: str) -> None:
    """Lay package lists of archives into a bundle."""
    for index in indexes:
        path = folder / "deb.debian.org/debian/dists" / index
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def test_only_components_that_the_bundle_has_for_the_board_are_used(tmp_path: Path) -> None:
    publish(tmp_path, "bookworm/main/binary-armhf/Packages.xz", "bookworm/contrib/binary-arm64/Packages.xz")
    held = bundle.held(DEBIAN, tmp_path, "armhf")
    assert held.components == ("main",)
    assert held.uri == f"file:{tmp_path}/deb.debian.org/debian"


def test_a_suite_that_the_bundle_lacks_has_nothing(tmp_path: Path) -> None:
    publish(tmp_path, "trixie/main/binary-armhf/Packages")
    assert bundle.held(DEBIAN, tmp_path, "armhf").components == ()


def test_the_own_sources_are_read_in_both_forms_and_folders_are_not(tmp_path: Path) -> None:
    parts = tmp_path / "etc/apt/sources.list.d"
    (parts / "folder.list").mkdir(parents=True)
    (parts.parent / "sources.list").write_text("one")
    (parts / "debian.sources").write_bytes(b"two \xff")
    assert list(bundle.apt_sources.files_of(tmp_path).values()) == ["one", "two \ufffd"]


def test_a_board_without_sources_of_its_own_has_none(tmp_path: Path) -> None:
    assert bundle.apt_sources.files_of(tmp_path) == {}


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the module says on a board with two archives, of which the bundle holds one."""
    publish(tmp_path / "bundle", "bookworm/main/binary-armhf/Packages")
    own = {
        "/etc/apt/sources.list": "deb [signed-by=/usr/share/keyrings/debian.gpg] http://deb.debian.org/debian bookworm "
        "main contrib\ndeb http://example.org/other bookworm main\n"
    }
    monkeypatch.setattr(bundle.apt_sources, "files_of", lambda _root: own)
    return run_module(monkeypatch, folder=str(tmp_path / "bundle"), architecture="armhf")


def run_module(monkeypatch: pytest.MonkeyPatch, **options: str) -> dict[str, Any]:
    said: dict[str, Any] = {}

    class Module:
        def __init__(self, spec: dict[str, Any]) -> None:
            assert set(spec) == set(options)
            self.params = options

        def exit_json(self, **words: Any) -> None:  # noqa: ANN401 - as Ansible has it
            said.update(words)

    monkeypatch.setattr(bundle, "AnsibleModule", Module)
    bundle.main()
    return said


def test_apt_is_pointed_to_what_the_bundle_holds_with_the_keys_of_the_board(
    answer: dict[str, Any], tmp_path: Path
) -> None:
    assert answer == {"changed": False, "sources": 1}
    assert (tmp_path / "sources.list").read_text() == (
        "deb [arch=armhf signed-by=/usr/share/keyrings/debian.gpg] "
        f"file:{tmp_path}/bundle/deb.debian.org/debian bookworm main\n"
    )
