"""A bundle for boards of which one means harm: it may spoil its own row, and nothing of the others."""

from __future__ import annotations

import base64
import functools
import gzip
import http.server
import io
import json
import os
import shutil
import subprocess
import tarfile
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from fleet.boards.inventory import Board
from fleet.bundle import answer as answers
from fleet.bundle import apt, board, gather, group
from fleet.bundle.carried import Bundle
from fleet.errors import BundleError
from tests.unit import mutations
from tests.unit.bundle_parts import RELEASE, STATUS, Key, publish, seen
from virtual.place import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fleet.boards.outcome import Outcome
    from fleet.bundle.board import BoardPackages

BOARDS_APT = PROJECT / "ansible/roles/base/files/var/cache/pilab/apt.conf"
PI01 = Board("pi01", "127.0.0.1")
NEEDED = ("apt-get", "gpg", "dpkg-deb", "prlimit")
needs_apt = pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason="apt-get install gnupg dpkg util-linux")
Files = dict[str, bytes]


def said(files: Files, architecture: str = "amd64", change: Callable[[tarfile.TarInfo], None] | None = None) -> str:
    """Pack files as a board does."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            if change:
                change(entry)
            archive.addfile(entry, io.BytesIO(content))
    # Without the time, which would give each process of tests other names for them.
    return f"{architecture}\n{base64.encodebytes(gzip.compress(packed.getvalue(), mtime=0)).decode()}"


def honest(**more: bytes) -> Files:
    sources = b"deb http://deb.debian.org/debian bookworm main\n"
    files = {"etc/os-release": RELEASE.encode(), "var/lib/dpkg/status": STATUS.encode()}
    return {**files, "etc/apt/sources.list": sources, **more}


def test_what_an_honest_board_says_is_taken() -> None:
    found = board.parse_answer(PI01, said(honest(**{"etc/apt/trusted.gpg.d/a.gpg": b"key"})))
    assert found.kind == "bookworm-amd64"
    assert found.files["etc/apt/trusted.gpg.d/a.gpg"] == b"key"


def test_a_file_that_tar_met_under_a_second_name_is_taken() -> None:
    def link_the_second(entry: tarfile.TarInfo) -> None:
        if entry.name.endswith("b.pgp"):
            entry.type, entry.linkname, entry.size = tarfile.LNKTYPE, "usr/share/keyrings/b.gpg", 0

    files = honest(**{"usr/share/keyrings/b.gpg": b"key", "usr/share/keyrings/b.pgp": b""})
    found = board.parse_answer(PI01, said(files, change=link_the_second))
    assert found.files["usr/share/keyrings/b.pgp"] == b"key"


@pytest.mark.parametrize(
    "name",
    [
        "etc/apt/apt.conf",
        "etc/apt/apt.conf.d/99x",
        "etc/apt/keyrings/../../../../etc/passwd",
        "/etc/apt/keyrings/x",
        "etc/apt/keyrings/a\0b",
        "etc/apt/keyrings/sub/x",
        "etc/apt/keyrings/.x",
        "etc/apt/keyrings/a b",
        "etc/apt/keyrings/a\nb",
        "etc/apt/sources.list.d",
        "etc/apt/preferencesX",
        "etc/apt/trusted.gpgX/y",
        "apt.conf",
        "status",
    ],
)
def test_a_file_that_does_not_belong_there_is_left_out(name: str) -> None:
    assert name not in board.parse_answer(PI01, said(honest(**{name: b"x"}))).files


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, tarfile.LNKTYPE])
def test_only_files_are_taken(kind: bytes) -> None:
    def other(entry: tarfile.TarInfo) -> None:
        if entry.name.endswith("x.gpg"):
            entry.type, entry.linkname, entry.size = kind, "etc/passwd", 0

    files = honest(**{"etc/apt/keyrings/x.gpg": b""})
    assert "etc/apt/keyrings/x.gpg" not in board.parse_answer(PI01, said(files, change=other)).files


BAD_SOURCES = [
    "deb http://a.org/../../etc bookworm main",
    "deb http://a.org/%2e%2e/x bookworm main",
    "deb http://user:word@a.org/debian bookworm main",
    "deb http://a.org/debian ../../x main",
    "deb http://a.org/debian bookworm ../main",
    "deb http://a.org/debian bookworm [trusted=yes]",
    "deb http://a.org/de]bian bookworm main",
    "deb [signed-by=/etc/passwd] http://a.org/debian bookworm main",
    "deb [signed-by=/usr/share/keyrings/../../../etc/passwd] http://a.org/debian bookworm main",
    "deb [signed-by=relative.gpg] http://a.org/debian bookworm main",
    "\n".join(f"deb http://a.org/{number} bookworm main" for number in range(41)),
]


@pytest.mark.parametrize("line", BAD_SOURCES)
def test_a_source_that_leads_elsewhere_costs_its_board(line: str) -> None:
    with pytest.raises(BundleError, match="pi01 did not say which packages it has"):
        board.parse_answer(PI01, said(honest(**{"etc/apt/sources.list.d/x.list": line.encode()})))


@pytest.mark.parametrize("signed_by", ["/usr/share/keyrings/x] http://b.org", "-----BEGIN\n \x00", "x y"])
def test_a_key_of_a_stanza_that_is_none_costs_its_board(signed_by: str) -> None:
    stanza = f"Types: deb\nURIs: http://a.org/d\nSuites: x\nComponents: main\nSigned-By: {signed_by}\n"
    with pytest.raises(BundleError, match="pi01 did not say which packages it has"):
        board.parse_answer(PI01, said(honest(**{"etc/apt/sources.list.d/x.sources": stanza.encode()})))


@pytest.mark.parametrize("option", ["trusted=yes", "allow-insecure=yes", "Acquire::http::Proxy=http://x", "target=x"])
def test_options_of_a_source_are_not_handed_on(option: str) -> None:
    line = f"deb [{option}] http://a.org/debian bookworm main\n"
    found = board.parse_answer(PI01, said(honest(**{"etc/apt/sources.list": line.encode()})))
    assert [(each.uri, each.signed_by) for each in found.sources()] == [("http://a.org/debian", "")]


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "amd64\n",
        "amd64\n!!!",
        "amd64\n" + base64.b64encode(b"no gzip").decode(),
        "amd64\n" + base64.b64encode(gzip.compress(b"no tar", mtime=0)).decode(),
        "amd64\n" + base64.b64encode(gzip.compress(b"\0" * (answers.MOST_BYTES + 1), mtime=0)).decode(),
        "amd64\n" + base64.b64encode(gzip.compress(b"x" * 9999, mtime=0)[:-20]).decode(),
        said(honest(), architecture="../../x"),
        said(honest(), architecture="pentium"),
        said({}),
        said(honest(**{"var/lib/pilab/before.json": b"[" * 100_000})),
        said(honest(**{"var/lib/pilab/before.json": b'{"came_with_ours": 7}'})),
        said({f"etc/apt/keyrings/{number}": b"" for number in range(301)}),
    ],
)
def test_an_answer_that_is_none_costs_its_board(answer: str) -> None:
    with pytest.raises(BundleError, match="pi01 did not say which packages it has"):
        board.parse_answer(PI01, answer)


def test_fuzz_no_answer_does_more_than_not_being_understood() -> None:
    whole = said(honest(**{"var/lib/pilab/before.json": json.dumps({"came_with_ours": ["a"]}).encode()})).encode()
    packed = gzip.decompress(base64.b64decode(whole.partition(b"\n")[2]))
    for number, changed in enumerate(mutations.mutated(packed, seed=21, count=1000)):
        answer = changed if number % 2 else base64.b64encode(gzip.compress(changed, 1))
        with suppress(BundleError):
            board.parse_answer(PI01, "amd64\n" + answer.decode(errors="replace"))
    for changed in mutations.mutated(whole, seed=22, count=1000):
        with suppress(BundleError):
            board.parse_answer(PI01, changed.decode(errors="replace"))


def test_nothing_of_one_board_replaces_anothers(tmp_path: Path) -> None:
    for name in ("ours", "theirs"):
        (tmp_path / name).write_text(name)
    bundle = Bundle(files={"http://a.org/x": tmp_path / "ours"}, archives={"a.org"})
    with pytest.raises(BundleError, match="is not what other boards get there"):
        bundle.take(Bundle(files={"https://a.org/x": tmp_path / "theirs"}, archives={"a.org"}))
    with pytest.raises(BundleError, match=r"its package source a.org/dists is in the way of a.org"):
        bundle.take(Bundle(files={"http://a.org/dists/y": tmp_path / "theirs"}, archives={"a.org/dists"}))
    bundle.take(Bundle(files={"http://b.org/x": tmp_path / "theirs"}, archives={"b.org"}))
    assert bundle.files == {"http://a.org/x": tmp_path / "ours", "http://b.org/x": tmp_path / "theirs"}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """The address at which the folder `web` of the test is served."""
    (tmp_path / "web").mkdir()
    handler = functools.partial(Quiet, directory=str(tmp_path / "web"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Key]:
    return {name: Key.made(tmp_path / name) for name in ("good", "evil")}


@pytest.fixture
def words() -> list[str]:
    """What is said while a bundle is gathered."""
    return []


@pytest.fixture
def gathered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> Callable[..., list[Outcome]]:
    """Gathers a bundle from what boards say of themselves."""
    monkeypatch.setattr(group, "package_lists", lambda *_: [["htop"]])

    def do(*boards: BoardPackages) -> list[Outcome]:
        known = {each.board: each for each in boards}
        monkeypatch.setattr(board, "ask", lambda one: known[one.name])
        return gather.gather([Board(name, "") for name in known], words.append, tmp_path / "bundle")

    return do


def carried(tmp_path: Path) -> dict[str, bytes]:
    with tarfile.open(tmp_path / "bundle/bookworm-amd64.tar") as archive:
        return {each.name.partition("/")[2]: archive.extractfile(each).read() for each in archive}  # type: ignore[union-attr]


@needs_apt
def test_a_board_with_an_archive_of_its_own_gets_its_packages_and_the_others_get_theirs(
    tmp_path: Path, web: str, keys: dict[str, Key], gathered: Callable[..., list[Outcome]]
) -> None:
    ours, theirs = (publish(tmp_path / "web" / name, key) for name, key in keys.items())
    bad = seen("pi01", keys["evil"], f"{web}/evil")
    rows = gathered(bad, seen("pi02", keys["good"], f"{web}/good"), seen("pi03", keys["good"], f"{web}/good"))
    assert [row.is_ok for row in rows] == [True, True, True], rows
    assert ours != theirs
    files = carried(tmp_path)
    assert files["good/pool/htop_3_amd64.deb"] == ours
    assert files["evil/pool/htop_3_amd64.deb"] == theirs


@needs_apt
@pytest.mark.parametrize("forms", [(), (".gz",), (".gz", ".xz")])
def test_the_apt_of_a_board_takes_what_is_carried(
    tmp_path: Path, web: str, keys: dict[str, Key], gathered: Callable[..., list[Outcome]], forms: tuple[str, ...]
) -> None:
    publish(tmp_path / "web/good", keys["good"], *forms)
    gathered(seen("pi01", keys["good"], f"{web}/good"))
    there = tmp_path / "there"
    for name, content in carried(tmp_path).items():
        (there / "bundle" / name).parent.mkdir(parents=True, exist_ok=True)
        (there / "bundle" / name).write_bytes(content)
    (there / "lists/partial").mkdir(parents=True)
    (there / "key.gpg").write_bytes(keys["good"].public)
    source = f"deb [arch=amd64 signed-by={there}/key.gpg] file:{there}/bundle/good bookworm main\n"
    (there / "sources.list").write_text(source)
    config = BOARDS_APT.read_text().replace("/var/cache/pilab", str(there))
    (there / "apt.conf").write_text(config + 'APT::Sandbox::User "root";\n')
    words = {"capture_output": True, "text": True, "env": {**os.environ, "APT_CONFIG": str(there / "apt.conf")}}
    said = subprocess.run(["apt-get", "update", "--error-on=any"], check=False, **words)  # type: ignore[call-overload]
    assert said.returncode == 0, said.stderr
    assert len(list((there / "lists").glob("*_Packages*"))) == 1


OWN = """\
Package: ansible-core
Status: install ok installed
Architecture: all
Version: 1
Depends: python3-yaml, htop (>= 4)

Package: python3-yaml
Status: install ok installed
Architecture: amd64
Version: 1

Package: by-hand
Status: hold ok installed
Architecture: amd64
Version: 1
Depends: nothing-has-this-name
Conflicts: ansible-core

Package: half
Status: install reinstreq half-installed
Architecture: amd64
Version: 1

Package: wine
Status: install ok installed
Architecture: i386
Version: 1
Depends: half

"""


@needs_apt
def test_what_pupils_installed_does_not_keep_a_board_from_its_bundle(
    tmp_path: Path, web: str, keys: dict[str, Key], gathered: Callable[..., list[Outcome]]
) -> None:
    ours = publish(tmp_path / "web/good", keys["good"])
    notes = json.dumps({"came_with_ours": ["python3-yaml"]}).encode()
    own = {"var/lib/dpkg/status": (STATUS + OWN).encode(), "var/lib/pilab/before.json": notes}
    [row] = gathered(seen("pi01", keys["good"], f"{web}/good", **own))
    assert row.is_ok, row.sentence
    assert carried(tmp_path)["good/pool/htop_3_amd64.deb"] == ours


@needs_apt
def test_sources_that_fail_are_left_out_with_a_sentence_and_with_all_that_they_gave_before(
    tmp_path: Path, web: str, keys: dict[str, Key], gathered: Callable[..., list[Outcome]], words: list[str]
) -> None:
    for name, key in keys.items():
        publish(tmp_path / "web" / name, key)
    evil = f"usr/share/keyrings/{keys['evil'].home.name}.gpg"
    both = f"deb [signed-by=/{evil}] {web}/evil bookworm main\ndeb {web}/gone bookworm main\n".encode()
    own = {evil: keys["evil"].public, "etc/apt/sources.list.d/own.list": both}
    [row] = gathered(seen("pi01", keys["good"], f"{web}/good", **own))
    assert row.is_ok, row.sentence
    told = f"left out: its package source {web}/gone bookworm is not there any more: take it out of "
    assert f"bookworm-amd64: {told}/etc/apt/sources.list.d/own.list" in words
    assert "evil/pool/htop_3_amd64.deb" in carried(tmp_path) or "good/pool/htop_3_amd64.deb" in carried(tmp_path)
    [row] = gathered(seen("pi01", keys["good"], f"{web}/good", **{**own, evil: keys["good"].public}))
    assert row.is_ok, row.sentence
    assert any(f"{web}/evil bookworm is not signed by a key" in each for each in words)
    assert [path for path in carried(tmp_path) if path.startswith("evil/")] == []


@needs_apt
def test_where_no_source_answers_the_board_is_told_what_apt_says(
    web: str, keys: dict[str, Key], gathered: Callable[..., list[Outcome]]
) -> None:
    [row] = gathered(seen("pi01", keys["good"], f"{web}/gone", f"{web}/neither"))
    assert row.sentence.startswith("pi01: apt on this computer says: ")


@needs_apt
def test_a_key_of_its_own_does_not_make_a_board_others_archive(
    tmp_path: Path, web: str, keys: dict[str, Key], gathered: Callable[..., list[Outcome]]
) -> None:
    ours = publish(tmp_path / "web/good", keys["good"])
    bad, good = gathered(seen("pi01", keys["evil"], f"{web}/good"), seen("pi02", keys["good"], f"{web}/good"))
    assert bad.sentence.startswith("pi01: apt on this computer says: The repository")
    assert good.is_ok
    assert carried(tmp_path)["good/pool/htop_3_amd64.deb"] == ours


@needs_apt
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"Filename": "pool/../../x.deb"}, "leads out of its archive"),
        ({"Size": "9999999999"}, "offers something that cannot be carried"),
        ({"Size": "900000000"}, "want 900 MB that other boards do not need"),
        ({"Version": "3'\\x1b"}, "pi01: "),
        ({"SHA256": "0" * 64}, "pi01: "),
    ],
)
def test_an_archive_that_offers_odd_things_costs_the_board_that_has_it(
    tmp_path: Path, web: str, keys: dict[str, Key], gathered: Callable[..., list[Outcome]], fields: Files, sentence: str
) -> None:
    ours = publish(tmp_path / "web/good", keys["good"])
    publish(tmp_path / "web/evil", keys["evil"], **fields)  # type: ignore[arg-type]
    bad, good = gathered(seen("pi01", keys["evil"], f"{web}/evil"), seen("pi02", keys["good"], f"{web}/good"))
    assert not bad.is_ok
    assert sentence in bad.sentence
    assert good.is_ok
    assert carried(tmp_path)["good/pool/htop_3_amd64.deb"] == ours


@needs_apt
def test_a_release_that_nobody_knows_costs_the_board_that_has_it(
    web: str,
    tmp_path: Path,
    keys: dict[str, Key],
    gathered: Callable[..., list[Outcome]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish(tmp_path / "web/good", keys["good"])
    monkeypatch.setattr(group, "package_lists", lambda *_: [])
    (row,) = gathered(seen("pi01", keys["good"], f"{web}/good"))
    assert row.sentence == "pi01: its release 'bookworm' is none that Pilab knows; see docs/boards.md."


def test_apt_takes_no_more_than_its_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(apt.LIMITS, "fsize", 100_000)
    config = tmp_path / "apt.conf"
    with (tmp_path / "said").open("wb") as said_file, pytest.raises(BundleError, match="apt on this computer says"):
        apt.run_into(config, said_file, "head", "--bytes=200000", "/dev/zero")
    assert (tmp_path / "said").stat().st_size <= 100_000
    monkeypatch.setattr(apt, "MOST_OUTPUT_BYTES", 1000)
    with pytest.raises(BundleError, match="head has far too much to say"):
        apt.run(config, "head", "--bytes=2000", "/dev/zero")
    with pytest.raises(BundleError, match=r"sleep did not end within 0\.1 s"):
        apt.run(config, "sleep", "5", limit_s=0.1)
    with pytest.raises(BundleError, match="apt did not end within"):
        apt.follow(config, tmp_path / "log", lambda: None, 0.0, "sleep", "5")
