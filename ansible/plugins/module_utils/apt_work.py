"""What apt and dpkg do on a board for the course: finishing, fetching, installing; trouble of others is a note."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ansible_collections.pilab.classroom.plugins.module_utils import apt_run, apt_sources, apt_words, board_packages

if TYPE_CHECKING:
    from collections.abc import Iterator

JOURNAL = Path("/var/lib/dpkg/updates")  # holds numbered files while dpkg works, and after it was killed
PARTS = Path("/etc/apt/sources.list.d")
MAIN, NO_FILE = Path("/etc/apt/sources.list"), Path("/")
OF_THE_SYSTEM = ("debian.", "raspbian.", "raspi.", "pilab-")  # begin the names of files that a board should keep
MOST_ROUNDS = 10  # of leaving out what keeps apt from all the rest


class Work:
    """One run on a board; `notes` are sentences on what is not as it should be and does not concern the course."""

    def __init__(self, runner: apt_run.Runner, names: list[str]) -> None:
        self._runner = runner
        self._names = names
        self._words = ""
        self.notes: list[str] = []
        self.unreadable = ""  # the file of package sources because of which apt reads none at all

    def state(self) -> str:
        """Return the state of every package."""
        return self._runner.ask(*board_packages.QUERY)

    def installed(self) -> list[str]:
        """Return the packages that are installed."""
        return board_packages.installed_in(self.state())

    def is_missing(self, name: str) -> bool:
        """Tell whether a package is not installed."""
        return name not in self.installed()

    def unfinished(self) -> list[str]:
        """Return the packages that dpkg has begun with and not ended."""
        return board_packages.unfinished_in(self.state())

    def available(self, names: list[str]) -> list[str]:
        """Return those of some packages of which apt has a version to install."""
        return board_packages.candidates_in(self._runner.policy(names))

    @contextmanager
    def readable(self) -> Iterator[None]:
        """Leave out what apt cannot read of the package sources: one such file keeps it from all the others."""
        with tempfile.TemporaryDirectory(prefix="pilab.") as folder:
            place = Path(folder)
            for _ in range(MOST_ROUNDS):
                path, why = self._unreadable(place)
                if path.parent not in (PARTS, place):
                    self.unreadable = "" if path == NO_FILE else str(path)
                    break
                if path.parent == PARTS:
                    shutil.copytree(PARTS, place, dirs_exist_ok=True)
                    self._runner.use(f"--option=Dir::Etc::sourceparts={place}")
                (place / path.name).unlink()
                self.notes.append(f"apt cannot {why.format(PARTS / path.name)}: correct it, or take it away")
            yield

    def _unreadable(self, place: Path) -> tuple[Path, str]:
        """Return a file of package sources that keeps apt from all the others, and what apt cannot do with it.

        Of several that contradict each other it is one that neither the system nor the classroom brings.
        """
        words = self._runner.apt("indextargets").words
        if path := apt_words.malformed_in(words):
            return Path(path), "read {0}"
        dispute = apt_words.disputed_in(words)
        if dispute is None:
            return NO_FILE, ""
        files = apt_sources.files_of(Path("/"), place if any(place.iterdir()) else PARTS)
        named = apt_sources.files_with(files, dispute.uri, dispute.suite)
        chosen = max(map(Path, named), key=lambda path: (path.parent != MAIN.parent, not is_kept(path)), default=MAIN)
        says = f"({dispute.option} of {dispute.uri} is wrong, or another file says otherwise)"
        return chosen, f"use {{0}} {says}"

    def fetch(self, files: dict[str, str]) -> bool:
        """Fetch the package lists; tell whether any source gave its own. `files` are the board's sources, by path."""
        ran = self._runner.apt("update", *apt_run.FETCH)
        troubles = apt_words.troubles_in(ran.words)
        if ran.status and not troubles:
            self.notes.append(f"its package lists cannot be fetched: {apt_words.why_not('', ran.words)}")
        if len(troubles) < len({(each.uri, each.suite) for each in apt_sources.sources_in(files)}):
            self.notes += [
                apt_words.note(each, apt_sources.file_with(files, each.uri, each.suite)) for each in troubles
            ]
            return not ran.status or bool(troubles)
        return not troubles

    def finish(self) -> None:
        """Finish what dpkg was interrupted in, with the settings files that are there."""
        if not self.unfinished() and not any(JOURNAL.glob("[0-9]*")):
            return
        self._configure()
        if lost := board_packages.wanted_anew_in(self.state()):
            self._unpack_anew(lost)
            self._configure()
        if self.unfinished():
            self._words += self._runner.apt("install", "--fix-broken", "--no-remove").words
            self._configure()

    def _configure(self) -> None:
        """Configure all that is unpacked; those on hold and those half removed only if they are named."""
        self._words += self._runner.dpkg("--configure", "--pending").words
        state = self.state()
        going = board_packages.going_in(state)
        for name in going:
            self._words += self._runner.dpkg("--remove", name).words
        held = set(board_packages.unfinished_in(state)) - {*going, *board_packages.wanted_anew_in(state)}
        for name in sorted(held):
            self._words += self._runner.dpkg("--configure", name).words

    def _unpack_anew(self, names: list[str]) -> None:
        with tempfile.TemporaryDirectory(prefix="pilab.") as folder:
            for name in names:
                self._words += self._runner.apt("download", name, folder=folder).words
            files = sorted(map(str, Path(folder).glob("*.deb")))
            if files:
                self._words += self._runner.dpkg("--unpack", *files).words

    def install(self, names: list[str], at_once: int) -> None:
        """Install packages, a few at a time; whatever is broken of others is left as it is."""
        with self._relieved():
            for batch in batches(names, at_once):
                if self._runner.apt("install", "--no-remove", *batch).status:
                    self._one_by_one(batch)

    def remove(self, names: list[str]) -> None:
        """Remove packages with their settings, but for those that somebody else's need."""
        with self._relieved():
            self._runner.mark_auto(names)  # a run that was killed may have left them without
            would_go = set(apt_words.removed_in(self._runner.apt("purge", "--simulate", *names).words))
            if would_go - set(names):
                names = sorted(set(names).intersection(self._unneeded()))
            if names:
                self._words += self._runner.apt("purge", *names).words

    def _unneeded(self) -> list[str]:
        """Return what nobody needs, without regard to what others merely recommend: else much would stay."""
        options = [f"--option=APT::AutoRemove::{each}Important=false" for each in ("Recommends", "Suggests")]
        unneeded: list[str] = apt_words.removed_in(self._runner.apt("autoremove", "--simulate", *options).words)
        return unneeded

    def _one_by_one(self, names: list[str]) -> None:
        """Install each that can be; what one of them lacks keeps no other away."""
        for name in names:
            if self.is_missing(name):
                self._words += self._runner.apt("install", "--no-remove", name).words

    @contextmanager
    def _relieved(self) -> Iterator[None]:
        """Have apt overlook what is broken of others, which else keeps it from everything."""
        broken = set(self.unfinished()) | board_packages.broken_in(self._runner.apt("check").words)
        if not broken:
            yield
            return
        status = apt_run.STATUS.read_text(encoding="utf-8", errors="replace")
        ours = board_packages.needed_by(status, self._names)
        with self._runner.instead(status) as believe:
            theirs: set[str] = set()
            for _ in range(MOST_ROUNDS):
                news = {name for name in broken if name.partition(":")[0] not in ours} - theirs
                if not news:
                    break
                theirs |= news
                believe(board_packages.relieved(status, theirs))
                broken = board_packages.broken_in(self._runner.apt("check").words)
            if broken:
                self._words += self._runner.apt("install", "--fix-broken", "--no-remove").words
            yield

    def judge(self, names: list[str]) -> None:
        """Note which packages of others stay unfinished, and which of some could not be installed, and why."""
        state = self.state()
        lost = set(board_packages.wanted_anew_in(state))
        theirs = [each for each in board_packages.unfinished_in(state) if each.partition(":")[0] not in self._names]
        for name in theirs:
            self.notes.append(apt_words.unfinished_note(name, self._words, is_lost=name in lost))
        for name in sorted(set(names) - set(board_packages.installed_in(state))):
            self.notes.append(f"{name} cannot be installed: {self.why_not(name)}")

    def why_not(self, name: str) -> str:
        """Return why a package could not be installed."""
        why: str = apt_words.why_not(name, self._words)
        return why


def is_kept(path: Path) -> bool:
    """Tell whether a file of package sources is one that the system or the classroom brings."""
    return path.name.startswith(OF_THE_SYSTEM)


def batches(names: list[str], at_once: int) -> list[list[str]]:
    """Return names, at most so many at once."""
    return [names[start : start + at_once] for start in range(0, len(names), at_once)]
