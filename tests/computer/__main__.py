"""`python -m tests.computer [SYSTEM...]`: sets Pilab up from nothing on each system, and types its first commands."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from fleet.i18n import lazy
from setup.collection import listed
from virtual import needs, place
from virtual.containers import guest, roots
from virtual.errors import RehearsalError

SCRIPT = Path(__file__).with_name("from-nothing.sh")
SYSTEMS = ("bookworm", "trixie")
# All that runs there ends with us.
ENTERED = ("setpriv", "--pdeathsig=TERM", "unshare", "--mount", "--pid", "--fork", "--kill-child")
NEEDS = needs.Needs(lazy("The set-up from nothing"), {"mmdebstrap": "mmdebstrap", "setpriv": "util-linux"})


def main() -> int:
    """Set up on each system; 0 when all went well."""
    parser = argparse.ArgumentParser(prog="python -m tests.computer", description=__doc__)
    parser.add_argument(
        "systems", nargs="*", metavar="SYSTEM", help=f"{', '.join(SYSTEMS)}; all of them if none is named"
    )
    given = parser.parse_args()
    unknown = [system for system in given.systems if system not in SYSTEMS]
    if unknown:
        parser.error(f"{unknown[0]} is no system that is tried; choose one of {', '.join(SYSTEMS)}")
    try:
        needs.check(NEEDS)
        statuses = [_try(system) for system in given.systems or SYSTEMS]
    except RehearsalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return max(statuses)


def _try(system: str) -> int:
    """Set up on one system, over the root file system of its virtual Pis; 0 if that went well."""
    sys.stdout.write(f"==== {system}\n")
    sys.stdout.flush()
    cache = place.here().cache
    base = roots.ensure(cache, {system}, _say)[system]
    work = place.share(Path(tempfile.mkdtemp(dir=base.parent, prefix=f"{system}-computer-")))
    try:
        for part in ("disk/etc", "work", "root"):
            (work / part).mkdir(parents=True)
        shutil.copy(next(path for path in guest.RESOLVERS if path.exists()), work / "disk/etc/resolv.conf")
        lower = f"{roots.offer_packages(cache, system, work / 'packages')}:{base}"
        words = [str(SCRIPT), lower, str(work), str(_checkout(work / "pilab"))]
        status = subprocess.run([*ENTERED, *words], check=False).returncode
        roots.keep_packages(cache, system, work / "disk")
    finally:
        shutil.rmtree(work)
    return status


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")


def _checkout(folder: Path) -> Path:
    """Copy what is committed, or would be, with links as they are, and make a repository of it as `git clone` does."""
    for path in listed():
        if path.is_file() or path.is_symlink():
            target = folder / path.relative_to(place.PROJECT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target, follow_symlinks=False)
    return folder


if __name__ == "__main__":
    sys.exit(main())
