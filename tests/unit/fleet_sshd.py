"""A board for tests: a real sshd on this computer, with a stand-in for what a board has installed."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from fleet.boards.inventory import Board

STANDINS = Path(__file__).parents[1] / "data" / "fleet" / "bin"
START_LIMIT_S = 60.0
PILAB = str(STANDINS / "pilab")
# bash reads the ~/.bashrc of whoever runs the tests for a command over ssh (Debian's: SSH_SOURCE_BASHRC), unless it is
# within another shell. What is in there may take longer than the test, and put other programs first.
NO_BASHRC = "SHLVL=2"


def sshd_program() -> str | None:
    """Find sshd, which is not in everybody's PATH."""
    return shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


def make_key(path: Path, *options: str) -> Path:
    """Make a key pair."""
    kind = [] if "-t" in options else ["-t", "ed25519"]
    passphrase = [] if "-N" in options else ["-N", ""]
    subprocess.run(["ssh-keygen", "-q", *kind, *passphrase, "-f", str(path), *options], check=True)
    return path


def public(key: Path) -> str:
    """Return "kind base64" of the public half of a key."""
    return " ".join(key.with_suffix(".pub").read_text(encoding="ascii").split()[:2])


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Sshd:
    """One server with its own host key, one account and one key that may use it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.standin = folder / "standin"
        self.standin.mkdir(parents=True)
        self.port = free_port()
        self.host_key = make_key(folder / "host")
        self.key = make_key(folder / "key")
        self.known_hosts = folder / "known_hosts"
        self.know(self.host_key)
        shutil.copy(self.key.with_suffix(".pub"), folder / "authorized_keys")
        self._process: subprocess.Popen[bytes] | None = None

    def know(self, host_key: Path) -> None:
        """Have the other side expect this host key."""
        public = host_key.with_suffix(".pub").read_text(encoding="ascii")
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {public}", encoding="ascii")

    def lay(self, name: str, content: str) -> None:
        """Lay something down that the stand-ins look for."""
        (self.standin / name).write_text(content, encoding="utf-8")

    def board(self, name: str = "pi01", key: Path | None = None) -> Board:
        """Return the board as the inventory would give it."""
        return Board(name, "127.0.0.1", self.port, getpass.getuser(), str(key or self.key), str(self.known_hosts))

    def start(self) -> None:
        """Listen; when this returns, somebody can log in."""
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # OpenSSH wants it, and makes it only where systemd starts it
        settings = self.folder / "sshd_config"
        settings.write_text(self._settings(), encoding="ascii")
        program = sshd_program()
        assert program
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen([program, "-D", "-e", "-f", str(settings)], stderr=log)
        limit_s = time.monotonic() + START_LIMIT_S
        while not self._answers():
            assert time.monotonic() < limit_s, (self.folder / "log").read_text()
            time.sleep(0.01)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
            return probe.recv(4) == b"SSH-"
        return False

    def _settings(self) -> str:
        return "\n".join(
            (
                f"Port {self.port}",
                "ListenAddress 127.0.0.1",
                f"HostKey {self.host_key}",
                f"AuthorizedKeysFile {self.folder / 'authorized_keys'}",
                "PidFile none",
                "PasswordAuthentication no",
                "KbdInteractiveAuthentication no",
                "PermitRootLogin prohibit-password",
                "StrictModes no",
                "MaxStartups 100",
                f"SetEnv PATH={STANDINS}:{os.environ['PATH']} STANDIN={self.standin} {NO_BASHRC}",
                "",
            )
        )

    def stop(self) -> None:
        """Listen no more."""
        if self._process:
            self._process.terminate()
            self._process.wait(START_LIMIT_S)
            self._process = None
