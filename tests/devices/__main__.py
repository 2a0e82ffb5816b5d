"""`python -m tests.devices [RELEASE...] [--only FILE...]`: the tests with the kernel's simulated cameras and pins."""

from __future__ import annotations

import argparse
import sys

from tests.devices import guest
from virtual import needs, place
from virtual.errors import RehearsalError


def main() -> int:
    """Run them with the programs of each release; 0 when all passed."""
    parser = argparse.ArgumentParser(prog="python -m tests.devices", description=__doc__)
    known = ", ".join(guest.RELEASES)
    parser.add_argument("releases", nargs="*", metavar="RELEASE", help=f"{known}; all of them if none is named")
    parser.add_argument("--only", nargs="+", default=[], metavar="FILE", help="these files of tests/devices only")
    given = parser.parse_args()
    unknown = [release for release in given.releases if release not in guest.RELEASES]
    if unknown:
        parser.error(f"{unknown[0]} is no release that is tested; choose one of {known}")
    absent = [name for name in given.only if not (guest.HERE / name).is_file()]
    if absent:
        parser.error(f"tests/devices/{absent[0]} does not exist; name files as test_pins.py")
    try:
        needs.check(guest.NEEDS)
        statuses = [_run(release, given.only) for release in given.releases or guest.RELEASES]
    except RehearsalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return max(statuses)


def _run(release: str, only: list[str]) -> int:
    sys.stdout.write(f"== {release}\n")
    sys.stdout.flush()
    files = [f"tests/devices/{name}" for name in only]
    return guest.run_tests(guest.image(place.emulation().cache, release), files)


if __name__ == "__main__":
    sys.exit(main())
