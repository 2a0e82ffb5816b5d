from __future__ import annotations

import pytest

from tests.unit.ansible_parts import plugin

words = plugin("module_utils", "apt_words")
# As apt 2.2 to 3.0 word it, from 3.0 on with the words of sqv; the addresses are made up.
UPDATE = {
    "is not there any more": """\
Err:7 http://a.example/deb buster Release
  404  Not Found [IP: 203.0.113.80 80]
E: The repository 'http://a.example/deb buster Release' does not have a Release file.
""",
    "cannot be reached": """\
Ign:1 http://a.example/deb buster InRelease
Err:1 http://a.example/deb buster InRelease
  Could not resolve 'a.example'
""",
    "is not signed by a key": """\
W: GPG error: http://a.example/deb buster InRelease: The following signatures couldn't \
be verified because the public key is not available: NO_PUBKEY 6ED0E7B82643E131
E: The repository 'http://a.example/deb buster InRelease' is not signed.
""",
    "is not signed by a key ": """\
W: Failed to fetch http://a.example/deb/dists/buster/InRelease  The following signatures were invalid: EXPKEYSIG 04EE
W: Some index files failed to download. They have been ignored, or old ones used instead.
""",
    "has lists that have expired": """\
E: Release file for http://a.example/deb/dists/buster/InRelease is expired (invalid since 5d 1h).
""",
    "has lists from the future": """\
E: Release file for http://a.example/deb/dists/buster/InRelease is not valid yet (invalid for another 3h).
""",
    "calls itself otherwise": """\
E: Repository 'http://a.example/deb buster InRelease' changed its 'Codename' value from 'a' to 'b'
""",
    "is not signed by a key  ": """\
Err:4 http://a.example/deb buster InRelease
  Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key 12.
W: An error occurred during the signature verification. The repository is not updated and the previous index files \
will be used. OpenPGP signature verification failed: http://a.example/deb buster InRelease: Sub-process /usr/bin/sqv \
returned an error code (1), error message is: Missing key 12.
W: Failed to fetch http://a.example/deb/dists/buster/InRelease  Sub-process /usr/bin/sqv returned an error code (1), \
error message is: Missing key 12, which is needed to verify signature.
""",
    "is signed in a way that no longer counts as safe": """\
Err:4 http://a.example/deb buster InRelease
  Sub-process /usr/bin/sqv returned an error code (1), error message is: Signing key on AB is not bound:            \
No binding signature at time 2026-02-03T00:00:00Z   because: Policy rejected non-revocation signature \
(PositiveCertification) requiring second pre-image resistance   because: SHA1 is not considered secure since 2026-02-01
E: The repository 'http://a.example/deb buster InRelease' is not signed.
""",
    "has lists from the future ": """\
W: Failed to fetch http://a.example/deb/dists/buster/InRelease  Sub-process /usr/bin/sqv returned an error code (1), \
error message is: Verifying signature: Not live until 2026-11-27T08:00:00Z
""",
    "is hidden behind a page of the network": """\
Err:1 http://a.example/deb buster InRelease
  Clearsigned file isn't valid, got 'NOSPLIT' (does the network require authentication?)
E: The repository 'http://a.example/deb buster InRelease' is not signed.
""",
    "cannot be reached:  ": """\
Err:1 http://a.example/deb buster InRelease
  403  Forbidden [IP: 203.0.113.80 80]
E: The repository 'http://a.example/deb buster InRelease' is not signed.
""",
    "cannot be reached: ": """\
W: Failed to fetch http://a.example/deb/dists/buster/main/binary-arm64/Packages.xz  Connection failed
""",
}
HELD = """\
The following packages have unmet dependencies:
 htop : Depends: libncursesw6 (>= 6) but it is not going to be installed
        Depends: less
 other : Depends: nothing but it is not installable
E: Unable to correct problems, you have held broken packages.
"""
DPKG = """\
dpkg: dependency problems prevent configuration of byobu:
 byobu depends on tmux; however:
  Package tmux is not configured yet.

dpkg: error processing package byobu (--configure):
 dependency problems - leaving unconfigured
dpkg: error processing package tmux:arm64 (--configure):
 installed tmux package post-installation script subprocess returned error exit status 1
E: Sub-process /usr/bin/dpkg returned an error code (1)
"""


@pytest.mark.parametrize(("reason", "said"), UPDATE.items())
def test_a_source_that_fails_is_named_once_with_reason_file_and_fix(reason: str, said: str) -> None:
    [trouble] = words.troubles_in(said)
    note = words.note(trouble, "/etc/apt/sources.list.d/b.list")
    assert note.startswith(f"its package source http://a.example/deb buster {reason.strip()}")
    assert words.is_of_source(note)


def test_what_is_no_trouble_of_a_source_is_none() -> None:
    fine = "Hit:1 http://a.example/deb bookworm InRelease\nW: Target Packages is configured multiple times\n"
    assert (
        words.troubles_in(fine + "Ign:2 http://a.example sid InRelease\n  404  Not Found\nReading package lists...\n")
        == []
    )


@pytest.mark.parametrize(
    "line",
    [
        "E: Type 'dbe' is not known on line 1 in source list /etc/apt/sources.list.d/x.list",
        "E: Malformed entry 2 in list file /etc/apt/sources.list.d/x.list (Suite)",
        "E: Malformed stanza 1 in source list /etc/apt/sources.list.d/x.list (URI parse)",
        "E: Malformed entry 1 in sources file /etc/apt/sources.list.d/x.list (Component)",
        "E: Unable to parse package file /etc/apt/sources.list.d/x.list (1)",
    ],
)
def test_the_file_that_keeps_apt_from_all_others_is_named(line: str) -> None:
    assert (
        words.malformed_in(f"{line}\nE: The list of sources could not be read.\n") == "/etc/apt/sources.list.d/x.list"
    )


@pytest.mark.parametrize(
    ("line", "dispute"),
    [
        (
            "E: Conflicting values set for option Signed-By regarding source http://a.example/deb/ sid: /a != /b",
            ("Signed-By", "http://a.example/deb", "sid"),
        ),
        (
            "E: Conflicting values set for option Trusted regarding source http://a.example/deb/ ./",
            ("Trusted", "http://a.example/deb", "./"),
        ),
        (
            "E: Invalid value set for option Signed-By regarding source http://a.example/ sid (not a fingerprint)",
            ("Signed-By", "http://a.example", "sid"),
        ),
    ],
)
def test_the_source_that_keeps_apt_from_all_others_is_named(line: str, dispute: tuple[str, str, str]) -> None:
    assert words.disputed_in(f"{line}\nE: The list of sources could not be read.\n") == dispute
    assert words.disputed_in("E: The list of sources could not be read.\n") is None


def test_no_file_is_named_where_none_is_malformed() -> None:
    assert words.malformed_in("E: Unable to locate package /etc\n") == ""


@pytest.mark.parametrize(
    ("name", "said", "why"),
    [
        ("htop", HELD, "Depends: libncursesw6 (>= 6) but it is not going to be installed Depends: less"),
        ("another", HELD, "Unable to correct problems, you have held broken packages."),
        ("byobu", DPKG, "byobu depends on tmux; however: Package tmux is not configured yet."),
        ("tmux", DPKG, "installed tmux package post-installation script subprocess returned error exit status 1"),
        ("tmux:arm64", DPKG, "installed tmux package post-installation script subprocess returned error exit status 1"),
        ("mux", DPKG, "apt does not say why"),
        ("htop", "E: " + "x" * 1000, "x" * words.MOST_LETTERS),
    ],
)
def test_what_keeps_one_package_away_is_said_of_it(name: str, said: str, why: str) -> None:
    assert words.why_not(name, said) == why


def test_an_unfinished_package_is_named_with_a_fix() -> None:
    assert words.unfinished_note("tmux:arm64", DPKG, is_lost=False).endswith("or `sudo dpkg --purge tmux`")
    assert "`sudo dpkg -i`" in words.unfinished_note("tmux", "", is_lost=True)


@pytest.mark.parametrize(
    "said",
    [
        "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 12 (apt)",
        "dpkg: error: dpkg frontend lock was locked by another process with pid 12",
        "E: Unable to lock directory /var/lib/apt/lists/",
    ],
)
def test_a_lock_of_another_program_is_known(said: str) -> None:
    assert words.is_locked(said)
    assert not words.is_locked("E: Unable to locate package")


def test_a_simulation_says_what_would_go() -> None:
    assert words.removed_in("Purg htop [3]\nRemv libc6:arm64 [2]\nInst x\n") == ["htop", "libc6"]
