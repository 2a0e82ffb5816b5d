from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import pytest

from fleet.bundle import pack
from fleet.bundle.root import Deb
from fleet.errors import BundleError
from tests.unit.ansible_parts import plugin

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = plugin("module_utils", "apt_sources")
BUNDLE_OF = plugin("plugin_utils", "bundle").bundle_of
KIND = "bookworm-amd64"
STANZA = """# Debian
Types: deb deb-src
URIs: http://deb.debian.org/debian/
Suites: trixie trixie-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://example.org/off
Suites: trixie
Components: main
Enabled: no
"""


def test_packages_may_be_put_in_their_places_while_they_are_counted(tmp_path: Path) -> None:
    (tmp_path / "partial").mkdir()
    deb = Deb("http://deb.debian.org/debian/pool/htop_3_amd64.deb", "htop_3_amd64.deb", 7, "")
    there, downloaded, ended = tmp_path / deb.file, tmp_path / "partial" / deb.file, Event()
    downloaded.write_bytes(b"package")

    def move() -> None:
        while not ended.is_set():
            downloaded.rename(there)
            there.rename(downloaded)

    with ThreadPoolExecutor() as beside:
        moving = beside.submit(move)
        counted = {pack.here_bytes(tmp_path, [deb]) for _ in range(20_000)}
        ended.set()
        moving.result()
    assert counted <= {0, 7, 14}
    assert 7 in counted


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle of one package, as it is carried."""
    package = tmp_path / "htop_3_amd64.deb"
    package.write_bytes(b"package")
    archive = tmp_path / f"{KIND}.tar"
    pack.pack({"http://deb.debian.org/debian/pool/htop_3_amd64.deb": package}, archive)
    pack.index(archive, ["htop"], [])
    return archive


def test_a_whole_bundle_is_found_with_what_it_has(bundle: Path) -> None:
    found = BUNDLE_OF(str(bundle.parent), KIND)
    assert found == {"archive": str(bundle.resolve()), "names": ["htop"], "fault": ""}


def test_a_kind_without_a_bundle_is_told_how_to_get_one(tmp_path: Path) -> None:
    assert BUNDLE_OF(str(tmp_path), KIND)["fault"] == (
        f"there is no bundle for {KIND}: gather it with `invoke bundle` where there is internet."
    )


@pytest.mark.parametrize("index", ["{", "[]", "{}", json.dumps({"schema": 7, "names": [], "bytes": 10240})])
def test_an_index_that_cannot_be_used_spoils_the_bundle(bundle: Path, index: str) -> None:
    bundle.with_suffix(".json").write_text(index)
    found = BUNDLE_OF(str(bundle.parent), KIND)
    assert (found["archive"], found["names"]) == ("", [])
    assert found["fault"] == f"bundle/{KIND}.tar is damaged: gather it again with `invoke bundle`."


def test_an_archive_that_was_cut_short_is_noticed(bundle: Path) -> None:
    bundle.write_bytes(bundle.read_bytes()[:-512])
    assert "is damaged" in BUNDLE_OF(str(bundle.parent), KIND)["fault"]


def test_the_same_files_make_the_same_archive(bundle: Path) -> None:
    before = bundle.read_bytes()
    pack.pack({"http://deb.debian.org/debian/pool/htop_3_amd64.deb": bundle.parent / "htop_3_amd64.deb"}, bundle)
    assert bundle.read_bytes() == before


def test_an_address_that_leads_out_of_the_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BundleError, match="leads out of its archive"):
        pack.pack({"http://example.org/%2e%2e/%2e%2e/etc/passwd": tmp_path / "file"}, tmp_path / "a.tar")


def test_a_package_that_was_changed_or_cut_is_not_whole(tmp_path: Path) -> None:
    file = tmp_path / "htop_3_amd64.deb"
    file.write_bytes(b"package")
    deb = Deb(uri="http://deb.debian.org/htop_3_amd64.deb", file=file.name, size_bytes=7, sha256=pack.sha256(file))
    assert pack.is_whole(file, deb)
    file.write_bytes(b"Package")
    assert not pack.is_whole(file, deb)
    file.write_bytes(b"pack")
    assert not pack.is_whole(file, deb)
    file.unlink()
    assert not pack.is_whole(file, deb)


def test_both_forms_of_package_sources_are_read() -> None:
    found = SOURCES.sources_in(
        {
            "etc/apt/sources.list": "deb [arch=armhf signed-by=/k.gpg] http://a.org/debian/ bookworm main  # ours\n",
            "etc/apt/sources.list.d/debian.sources": STANZA,
        }
    )
    assert [(each.uri, each.suite, each.components, each.signed_by) for each in found] == [
        ("http://a.org/debian", "bookworm", ("main",), "/k.gpg"),
        ("http://deb.debian.org/debian", "trixie", ("main", "contrib"), found[1].signed_by),
        ("http://deb.debian.org/debian", "trixie-updates", ("main", "contrib"), found[1].signed_by),
    ]
    assert found[1].signed_by == "/usr/share/keyrings/debian-archive-keyring.gpg"


@pytest.mark.parametrize(
    "line",
    [
        "deb-src http://a.org/debian bookworm main",
        "deb cdrom:[Debian]/ bookworm main",
        "deb file:/srv/debian bookworm main",
        "deb http://a.org/debian ./",
        "#deb http://a.org/debian bookworm main",
        "nonsense",
        "",
    ],
)
def test_what_does_not_come_as_signed_packages_from_the_network_is_left_out(line: str) -> None:
    assert SOURCES.in_lines(line) == []


def test_trust_that_a_board_gives_to_unsigned_packages_is_not_handed_on() -> None:
    (found,) = SOURCES.in_lines("deb [trusted=yes] http://a.org/debian bookworm main")
    written = SOURCES.written([found], "armhf", "/keys")
    assert written == {"sources.list": "deb [arch=armhf] http://a.org/debian bookworm main\n"}


def test_a_key_that_stands_in_the_source_itself_is_written_to_a_file() -> None:
    key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----"
    (found,) = SOURCES.in_stanzas(
        f"Types: deb\nURIs: http://a.org/debian\nSuites: bookworm\nComponents: main\nSigned-By:\n {key}\n"
    )
    written = SOURCES.written([found], "arm64", "/keys")
    assert "signed-by=/keys/key-0.asc" in written["sources.list"]
    assert written["key-0.asc"].startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n")
