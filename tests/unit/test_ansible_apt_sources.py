from __future__ import annotations

import random
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.unit.ansible_parts import plugin

if TYPE_CHECKING:
    from pathlib import Path

sources = plugin("module_utils", "apt_sources")
LINES = "/etc/apt/sources.list"
FOLDER = "/etc/apt/sources.list.d/"
FETCHED = re.compile(r"'(https?://\S+)/dists/(\S+)/([^/]+)/binary-amd64/Packages\.\w+'", re.MULTILINE)


def read(path: str, text: str) -> list[str]:
    return [f"{one.uri} {one.suite} {' '.join(one.components)}" for one in sources.sources_in({path: text})]


def as_apt_reads(root: Path, files: dict[str, str]) -> set[tuple[str, ...]]:
    """What the apt of this computer would fetch: address, suite and component of every list of the network."""
    for path, text in files.items():
        place = root / path.strip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, newline="")
    (root / "etc/apt/sources.list.d").mkdir(parents=True, exist_ok=True)
    options = {
        "Dir": root,
        "Dir::State": root,
        "Dir::State::status": "/dev/null",
        "Dir::Etc": root / "etc/apt",
        "Dir::Etc::main": "/dev/null",
        "Dir::Etc::parts": "/dev/null",
        "APT::Architecture": "amd64",
        "APT::Architectures": "amd64",
    }
    (root / "lists/partial").mkdir(parents=True, exist_ok=True)
    words = [f"--option={name}={value}" for name, value in options.items()]
    ran = subprocess.run(["apt-get", "update", "--print-uris", *words], capture_output=True, text=True, check=False)
    assert "E: " not in ran.stderr, (files, ran.stderr)
    return set(FETCHED.findall(ran.stdout))


def as_we_read(files: dict[str, str]) -> set[tuple[str, ...]]:
    found = sources.of_architecture(sources.sources_in(files), "amd64")
    return {(one.uri, one.suite, component) for one in found for component in one.components}


PARTS = {
    "deb": ("deb", "deb ", " deb", "\tdeb", "# deb", "deb-src", "deb\t"),
    "options": (
        "",
        "[arch=amd64]",
        "[ arch=amd64,i386 signed-by=/a.gpg ]",
        "[arch=armhf]",
        "[trusted=yes]",
        "[signed-by=/a#b.gpg]",
    ),
    "uri": (
        "http://one.example/debian",
        "http://one.example/debian/",
        "https://two.example",
        "cdrom:[disk.example]/",
        "file:/srv.example",
        "mirror+file:/etc/mirrors.example",
        '"http://three.example/x"',
    ),
    "suite": ("bookworm", "bookworm/updates", "stable-backports"),
    "components": ("main", "main contrib", "main\tcontrib  ", "main # contrib", "main#contrib"),
    "end": ("\n", "\r\n", "\n\n", "\n# a word\n"),
}
STANZAS = {
    "Types": ("deb", "deb deb-src", "deb-src", "\n deb\n deb-src"),
    "URIs": (
        "http://one.example/debian",
        "http://a.example\n https://b.example/c/",
        "file:/srv.example http://d.example/e",
    ),
    "Suites": ("bookworm", "bookworm bookworm-updates", "bookworm\n bookworm-updates"),
    "Components": ("main", "main contrib", "\n main\n contrib"),
    "Enabled": ("", "yes", "Yes", "no", "No", "FALSE", "off", "0", "1", "true", "without", "disable", "On", "perhaps"),
    "Signed-By": (
        "",
        "/a.gpg",
        "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n AAAA\n -----END PGP PUBLIC KEY BLOCK-----",
    ),
    "Architectures": ("", "amd64", "i386 amd64", "armhf"),
    "X-Other": ("", "some words"),
}
NAMES = (
    "a.list",
    "b.sources",
    "c.list.distUpgrade",
    "d.sources.bak",
    "e.list.save",
    "f.sources.dpkg-old",
    "g.list~",
    "h list.list",
    ".hidden.list",
    "i_j-k.l.list",
    "m",
    "n.LIST",
    "o+p.list",
    "q.list.disabled",
)


def a_line(chance: random.Random) -> str:
    deb, options, uri, suite, components, end = (chance.choice(each) for each in PARTS.values())
    return apart(f"{deb} {options} {uri} {suite} {components}{end}", chance)


def a_stanza(chance: random.Random) -> str:
    fields = {name: chance.choice(values) for name, values in STANZAS.items()}
    cased = {chance.choice((str, str.lower, str.upper))(name): value for name, value in fields.items() if value}
    lines = [f"{name}:{chance.choice((' ', ''))}{value}" for name, value in cased.items()]
    chance.shuffle(lines)
    text = chance.choice(("\n", "\n# a: word\n")).join(lines) + chance.choice(("\n\n", "\n\n\n"))
    return apart(text, chance)


def apart(text: str, chance: random.Random) -> str:
    """Give every archive a name of its own: apt refuses one that is named twice with different keys."""
    return re.sub(r"(\w+)\.example", lambda name: f"{name[1]}{chance.randrange(10**9)}.example", text)


def some_files(chance: random.Random) -> dict[str, str]:
    files = {LINES: "".join(a_line(chance) for _ in range(3))}
    for name in chance.sample(NAMES, 5):
        make = a_stanza if ".sources" in name else a_line
        text = "".join(make(chance) for _ in range(3))
        files[FOLDER + name] = text.replace("\n", "\r\n") if chance.random() < 0.1 and make is a_stanza else text
    return files


@pytest.mark.parametrize("seed", range(40))
def test_sources_are_read_as_apt_itself_reads_them(tmp_path: Path, seed: int) -> None:
    files = some_files(random.Random(seed))  # noqa: S311 - the same files every time
    assert as_we_read(files) == as_apt_reads(tmp_path, files), files


def test_what_apt_cannot_use_is_left_out_and_the_rest_is_read() -> None:
    assert read(
        FOLDER + "x.list", "deb http://a.example/flat ./\ndeb http://b.example\ndeb http://c.example sid main"
    ) == ["http://c.example sid main"]
    assert read(FOLDER + "x.sources", "Types: deb\nURIs: http://a.example\nSuites: ./\n\nTypes: deb\n") == []


@pytest.mark.parametrize("name", ["x.list.distUpgrade", "x.sources.bak", "x.list~", "x y.list", ".x.list", "x"])
def test_files_with_other_names_are_ignored(name: str) -> None:
    assert read(FOLDER + name, "deb http://a.example sid main\n") == []


@pytest.mark.parametrize(
    ("word", "is_on"), [("Yes", True), ("No", False), ("0", False), ("maybe", True), ("OFF", False)]
)
def test_a_stanza_is_off_where_apt_takes_the_word_for_no(word: str, is_on: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    text = f"types: deb\nURIS: http://a.example\nsuites: sid\nComponents: main\nEnabled: {word}\n"
    assert bool(read(FOLDER + "x.sources", text)) == is_on


def test_a_line_of_blanks_does_not_end_a_stanza() -> None:
    text = "Types: deb\nURIs: http://a.example\nSuites: sid\nComponents: main\n \nEnabled: no\n"
    assert read(FOLDER + "x.sources", text) == []


def test_the_last_of_two_keys_counts_and_architectures_are_known() -> None:
    [one] = sources.sources_in({LINES: "deb [signed-by=/a arch=armhf,i386 signed-by=/b] http://a.example sid main"})
    assert (one.signed_by, one.architectures) == ("/b", ("armhf", "i386"))
    assert sources.of_architecture([one], "arm64") == []
