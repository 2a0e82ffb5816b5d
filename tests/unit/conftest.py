"""What unit tests of several files share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.fleet_sshd import Sshd, sshd_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    """A real OpenSSH server on a port of its own, as the user who runs the tests."""
    if not sshd_program():
        pytest.skip("sshd is missing; install it with: apt-get install openssh-server")
    server = Sshd(tmp_path / "sshd")
    server.start()
    yield server
    server.stop()
