from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.ansible_parts import plugin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

module = plugin("modules", "board_apt")
apt_run, apt_work, board_notes = module.apt_run, module.apt_work, module.board_notes
FILES_OF = module.apt_sources.files_of
SOURCES = {"/etc/apt/sources.list": "deb http://a.example/deb sid main\ndeb http://b.example/deb old main\n"}
GONE = "E: The repository 'http://b.example/deb old Release' does not have a Release file.\n"
GONE_TOO = "E: The repository 'http://a.example/deb sid Release' does not have a Release file.\n"
DEFAULTS = {"names": [], "needed": [], "gone": [], "fetch": False, "at_once": 1000, "config": "", "system": "Pi OS 13"}


class Dpkg:
    """Stands in for apt and dpkg: packages with their states, those that nobody can finish, and what was called."""

    def __init__(self, states: dict[str, str], sources: set[str], stubborn: set[str] | None = None) -> None:
        self.states, self.sources, self.stubborn = states, sources, stubborn or set()
        self.update = [(0, "")]
        self.calls: list[tuple[str, ...]] = []
        self.gives: set[str] = set()  # what the sources have after the lists were fetched

        self.simulated: dict[str, str] = {}
        self.unreadable: list[str] = []

    def apt(self, *words: str, folder: str = "/") -> object:
        self.calls.append(("apt", *words))
        return apt_run.Ran(*self._done(words, folder))

    def _done(self, words: tuple[str, ...], folder: str) -> tuple[int, str]:
        if "--simulate" in words:
            return 0, self.simulated[words[0]]
        if words[0] == "indextargets":
            return 0, self.unreadable.pop(0)
        if words[0] == "download":
            return self._download(words[1], folder)
        does = {"update": self._update, "install": self._install}
        return does[words[0]](*words[1:]) if words[0] in does else (0, "")

    def _update(self, *_words: str) -> tuple[int, str]:
        self.sources |= self.gives
        return self.update.pop(0)

    def _install(self, *words: str) -> tuple[int, str]:
        names = [word for word in words if not word.startswith("--")]
        failing = [name for name in names if name in self.stubborn]
        self.states |= {name: "ii " for name in names if not failing}
        return (100, f"E: {failing[0]} is against it\n") if failing else (0, "")

    def _download(self, name: str, folder: str) -> tuple[int, str]:
        if name not in self.sources:
            return 100, ""
        Path(folder, f"{name}.deb").write_text("")
        return 0, ""

    def dpkg(self, *words: str) -> object:
        self.calls.append(("dpkg", *words))
        for name, state in self.states.items():
            if any(word.endswith(f"/{name}.deb") for word in words):
                self.states[name] = f"{state[0]}U "
            elif words[0] == "--configure" and name not in self.stubborn and self._is_meant(name, words):
                self.states[name] = f"{state[0]}i "
        if words[0] == "--remove":
            self.states.pop(words[1])
        return apt_run.Ran(0, "")

    def ask(self, *words: str) -> str:
        self.calls.append(words)
        return "".join(f"{state} {name}\n" for name, state in self.states.items())

    def policy(self, names: list[str]) -> str:
        return "".join(f"{name}:\n  Candidate: 1\n" for name in names if name in self.sources)

    def _is_meant(self, name: str, words: tuple[str, ...]) -> bool:
        return name in words or ("--pending" in words and self.states[name] in ("iU ", "iF "))

    def mark_auto(self, names: list[str]) -> None:
        self.calls.append(("apt-mark", *names))

    def use(self, *options: str) -> None:
        self.calls.append(("use", *options))

    @contextmanager
    def instead(self, _status: str) -> Iterator[Callable[[str], None]]:
        yield lambda _text: None

    def changes(self) -> list[tuple[str, ...]]:
        return [
            call for call in self.calls if call[0] == "dpkg" or call[1:2] in (("install",), ("purge",), ("update",))
        ]


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this computer is read or written."""
    (tmp_path / "status").write_text("")
    monkeypatch.setattr(apt_run, "STATUS", tmp_path / "status")
    monkeypatch.setattr(apt_work, "JOURNAL", tmp_path / "updates")
    monkeypatch.setattr(module.apt_sources, "files_of", lambda _root: SOURCES)
    monkeypatch.setattr(board_notes, "PLACE", tmp_path / "notes/before.json")


def run(dpkg: Dpkg, **wanted: object) -> dict[str, Any]:
    asked: dict[str, Any] = {**DEFAULTS, **wanted}
    work = apt_work.Work(dpkg, asked["names"])
    found: dict[str, Any] = module.done(work, asked)
    return {**found, "notes": work.notes}


def test_a_source_that_is_gone_is_a_note_and_the_rest_is_installed() -> None:
    dpkg = Dpkg({}, {"htop"})
    dpkg.update = [(100, GONE)]
    found = run(dpkg, names=["htop", "lgpio"], needed=["htop"], fetch=True)
    assert (found["changed"], found["available"], found["trouble"]) == (True, ["htop"], "")
    assert found["notes"] == [
        "its package source http://b.example/deb old is not there any more: take it out of /etc/apt/sources.list"
    ]
    assert found["diff"][0]["after"] == "htop\n"


def test_what_is_needed_and_nowhere_to_be_had_is_one_sentence_with_the_source_that_failed() -> None:
    dpkg = Dpkg({}, set())
    dpkg.update = [(100, GONE)]
    assert run(dpkg, names=["htop"], needed=["htop"], fetch=True)["trouble"] == (
        "its package sources have no htop: its package source http://b.example/deb old is not there any more: take it "
        "out of /etc/apt/sources.list."
    )


def test_where_all_sources_answer_the_release_is_asked_about() -> None:
    trouble = run(Dpkg({}, set()), names=["htop"], needed=["htop"], fetch=True)["trouble"]
    assert trouble == "its package sources have no htop: see whether /etc/apt/sources.list is that of Pi OS 13."


def test_where_no_source_answers_it_is_the_network() -> None:
    dpkg = Dpkg({}, set())
    dpkg.update = [(100, GONE + GONE_TOO)]
    found = run(dpkg, names=["htop"], needed=["htop"], fetch=True)
    assert (found["trouble"], found["notes"]) == (module.NO_LISTS, [])


def test_lists_that_fail_to_give_a_package_are_fetched_anew_once() -> None:
    dpkg = Dpkg({}, set())
    dpkg.gives = {"htop"}
    assert run(dpkg, names=["htop"], needed=["htop"])["trouble"] == ""
    assert [call[1] for call in dpkg.changes()] == ["update", "install"]


def test_one_package_that_cannot_be_installed_keeps_no_other_away() -> None:
    dpkg = Dpkg({}, {"htop", "lgpio", "gcc"}, {"lgpio", "gcc"})
    found = run(dpkg, names=["gcc", "htop", "lgpio"], needed=["gcc", "htop"], fetch=True)
    assert dpkg.states == {"htop": "ii "}
    assert found["trouble"] == "gcc cannot be installed: gcc is against it"
    assert [note.partition(":")[0] for note in found["notes"]] == ["lgpio cannot be installed"]


def test_what_is_unfinished_is_finished_whatever_its_state() -> None:
    dpkg = Dpkg({"a": "iU ", "b": "iF ", "c": "hU ", "d": "iHR", "e": "rU "}, {"d"})
    assert run(dpkg)["changed"]
    assert dpkg.states == {"a": "ii ", "b": "ii ", "c": "hi ", "d": "ii "}


def test_what_stays_unfinished_is_a_note_and_no_change() -> None:
    dpkg = Dpkg({"own": "iF ", "lost": "iHR"}, set(), {"own"})
    found = run(dpkg)
    assert not found["changed"]
    assert [note.partition(" ")[0] for note in found["notes"]] == ["lost", "own"]


def test_a_board_with_nothing_amiss_and_nothing_wanted_is_left_alone() -> None:
    dpkg = Dpkg({"htop": "ii "}, {"htop"})
    assert run(dpkg, needed=["htop"])["changed"] is False
    assert dpkg.changes() == []


def test_a_look_changes_nothing_and_tells_what_would_come_and_go() -> None:
    dpkg = Dpkg({"old": "ii ", "htop": "ii "}, {"gcc"})
    found = module.would(apt_work.Work(dpkg, ["gcc"]), {**DEFAULTS, "names": ["gcc", "lgpio"], "gone": ["old"]})
    assert (found["changed"], found["diff"][0]["before"], found["diff"][0]["after"]) == (True, "old\n", "gcc\n")
    assert dpkg.changes() == []
    assert not module.would(apt_work.Work(dpkg, []), DEFAULTS)["changed"]


@pytest.mark.parametrize(
    "said", [(100, "E: anything\n"), (0, "W: Failed to fetch file:/x/dists/sid/InRelease  Could not\n")]
)
def test_a_bundle_that_is_amiss_in_any_way_is_not_used(said: tuple[int, str]) -> None:
    dpkg = Dpkg({}, {"htop"})
    dpkg.update = [said]
    assert run(dpkg, names=["htop"], needed=["htop"], fetch=True, config="/x/apt.conf")["trouble"] == module.BAD_BUNDLE
    assert dpkg.states == {}


def test_a_bundle_without_a_package_names_it() -> None:
    found = run(Dpkg({}, set()), names=[], needed=["htop"], fetch=True, config="/x/apt.conf")
    assert found["trouble"].startswith("the bundle has no htop: gather it again")


def test_packages_that_somebody_elses_need_are_not_removed() -> None:
    dpkg = Dpkg({"htop": "ii ", "gcc": "ii "}, set())
    dpkg.simulated = {
        "purge": "Purg htop [1]\nPurg own [1]\nPurg gcc [1]\n",
        "autoremove": "Remv htop [1]\nRemv other [2]\n",
    }
    run(dpkg, gone=["gcc", "htop"])
    assert [call for call in dpkg.changes() if "--simulate" not in call] == [("apt", "purge", "htop")]


def test_a_file_of_sources_that_apt_cannot_read_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (parts / "x.list").write_text("dbe")
    monkeypatch.setattr(apt_work, "PARTS", parts)
    dpkg = Dpkg({}, set())
    dpkg.unreadable = [f"E: Type 'dbe' is not known on line 1 in source list {parts}/x.list\n", ""]
    work = apt_work.Work(dpkg, [])
    with work.readable():
        assert work.notes == [f"apt cannot read {parts}/x.list: correct it, or take it away"]
    assert [call[0] for call in dpkg.calls] == ["apt", "use", "apt"]
    assert (parts / "x.list").exists()


def disputed(parts: Path) -> str:
    """What apt makes of two files that say different things of one source, for as long as both are there."""
    if len(list(parts.glob("*.*"))) < len(DISPUTED):
        return ""
    return "E: Conflicting values set for option Signed-By regarding source http://c.example/deb/ sid: /a.gpg != \n"


DISPUTED = {
    "a-pupils.list": "deb [signed-by=/a.gpg] http://c.example/deb sid main\n",
    "other.list": "deb http://d.example/deb sid main\n",
    "raspi.sources": "Types: deb\nURIs: http://c.example/deb/\nSuites: sid\nComponents: main\n",
}


def test_of_two_files_that_contradict_each_other_the_systems_own_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    for name, text in DISPUTED.items():
        (parts / name).write_text(text)
    monkeypatch.setattr(apt_work, "PARTS", parts)
    monkeypatch.setattr(module.apt_sources, "files_of", FILES_OF)
    dpkg = Dpkg({}, set())
    dpkg.unreadable = [disputed(parts), ""]
    work = apt_work.Work(dpkg, [])
    with work.readable():
        [said] = work.notes
        assert said == (
            f"apt cannot use {parts}/a-pupils.list (Signed-By of http://c.example/deb is wrong, or another file says "
            "otherwise): correct it, or take it away"
        )
        [place] = [Path(call[1].partition("=")[2].partition("=")[2]) for call in dpkg.calls if call[0] == "use"]
        assert sorted(path.name for path in place.iterdir()) == ["other.list", "raspi.sources"]
    assert (parts / "a-pupils.list").exists()


def test_a_main_list_that_apt_cannot_read_is_the_trouble_and_not_the_network() -> None:
    dpkg = Dpkg({}, set())
    said = "E: Type 'dbe' is not known on line 1 in source list /etc/apt/sources.list\n"
    dpkg.unreadable, dpkg.update = [said], [(100, said)]
    asked: dict[str, Any] = {**DEFAULTS, "names": ["htop"], "needed": ["htop"], "fetch": True}
    work = apt_work.Work(dpkg, ["htop"])
    with work.readable():
        assert module.done(work, asked)["trouble"] == (
            "apt cannot read /etc/apt/sources.list: correct it, or take it away"
        )


def test_what_came_between_beginning_and_end_came_with_ours() -> None:
    begun = board_notes.begin({"came_with_ours": ["a"]}, ["x"])
    assert board_notes.begin(begun, ["x", "y"])["installing"] == ["x"]
    assert board_notes.end(begun, ["x", "y"]) == {"came_with_ours": ["a", "y"]}


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A dpkg that finds the lock taken until there is a file `free`."""
    locked = "echo 'dpkg: error: dpkg frontend lock was locked by another process'; touch \"$0.free\"; exit 2"
    (tmp_path / "dpkg").write_text(f'#!/bin/sh\n[ -e "$0.free" ] || {{ {locked}; }}\necho done\n')
    (tmp_path / "dpkg").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(apt_run, "POLL_S", 0.01)
    return tmp_path


@pytest.mark.usefixtures("locked")
def test_another_program_is_waited_for() -> None:
    assert apt_run.Runner("", 5).dpkg("--configure").words == "done\n"


@pytest.mark.usefixtures("locked")
def test_another_program_that_does_not_end_is_named() -> None:
    with pytest.raises(apt_run.LockedError, match="Could not get lock"):
        apt_run.Runner("", -1).dpkg("--configure")


def test_what_apt_believes_stands_beside_dpkg_s_own_file_and_goes_at_the_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The apt of trixie gives dpkg the folder of the file that it believes itself."""
    folder = tmp_path / "of-dpkg"
    folder.mkdir()
    monkeypatch.setattr(apt_run, "STATUS", folder / "status")
    runner = apt_run.Runner("", 0)
    with runner.instead("Package: a\n") as believe:
        believe("Package: b\n")
        (believed,) = folder.iterdir()
        assert believed.read_text() == "Package: b\n"
        assert f"--option=Dir::State::status={believed}" in runner._options
    assert (list(folder.iterdir()), runner._options) == ([], ())
