"""What all tests of one run share, in however many processes they run."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

# Set by the process that was started; the processes that it starts inherit it.
RUN = "PILAB_TEST_RUN"


def pytest_configure() -> None:
    """Name this run of the tests, and clear away what a run that was killed has left."""
    if RUN not in os.environ:
        os.environ[RUN] = str(os.getpid())
        _clear_after_the_dead()


def shared_folder() -> Path:
    """Where the processes of this run put what they share; what is large there, only root makes."""
    return _folder_of_runs() / os.environ[RUN]


@pytest.fixture(autouse=True)
def _own_input() -> None:
    """Give every test a /dev/null of its own; an ssh that one kills leaves it non-blocking, which Ansible refuses."""
    if os.path.samestat(os.fstat(0), Path(os.devnull).stat()):
        own = os.open(os.devnull, os.O_RDONLY)
        os.dup2(own, 0)
        os.close(own)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Take what was shared away, when all have ended."""
    if not hasattr(session.config, "workerinput"):
        shutil.rmtree(shared_folder(), ignore_errors=True)
        os.environ.pop(RUN, None)


def _folder_of_runs() -> Path:
    usual = "/var/cache/pilab" if os.geteuid() == 0 else f"{tempfile.gettempdir()}/pilab-{os.geteuid()}"
    return Path(os.environ.get("PILAB_CACHE", usual)) / "tests"


def _clear_after_the_dead() -> None:
    """A run has the number of its first process; a provisioned root in its folder is 3 GB."""
    for run in _folder_of_runs().glob("[0-9]*"):
        if not Path("/proc", run.name).exists():
            shutil.rmtree(run, ignore_errors=True)
