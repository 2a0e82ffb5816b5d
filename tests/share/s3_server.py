"""A real S3 server (SeaweedFS) on this computer's loopback, with keys, buckets and a folder of its own."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
WEED = ROOT / "build" / "s3-server" / "bin" / "weed"
START_LIMIT_S, ANSWER_LIMIT_S = 60.0, 10.0
KEY, SECRET = "district", "a-secret-of-the-district"


@dataclass(frozen=True)
class Server:
    """Where it listens."""

    port: int
    filer_port: int

    @property
    def endpoint(self) -> str:
        """The address that AWS_ENDPOINT_URL takes."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self, key: str = KEY, secret: str = SECRET) -> dict[str, str]:
        """Return what a person would have set."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_REGION": "us-east-1",
        }


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Start the server, and take it away at the end."""
    folder.mkdir(parents=True)
    settings = folder / "s3.json"
    settings.write_text(
        json.dumps({"identities": [_identity("district", KEY, SECRET, ["Admin", "Read", "Write", "List"])]})
    )
    ports = _free_ports(4)
    master, volume, filer, s3 = ports
    command: list[str | Path] = [
        *("setpriv", "--pdeathsig", "KILL"),  # should whoever started it be killed
        *(WEED, "-logtostderr=true", "-v=-1", "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *(f"-master.port={master}", f"-volume.port={volume}", "-filer", f"-filer.port={filer}"),
        *("-s3", f"-s3.port={s3}", f"-s3.config={settings}", "-volume.max=0", "-master.volumeSizeLimitMB=64"),
        # Whatever has a port that is always the same, and whatever speaks with the world.
        *("-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"),
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, cwd=folder)
    try:
        _wait(process, s3, folder / "log")
        yield Server(s3, filer)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _identity(name: str, key: str, secret: str, actions: list[str]) -> dict[str, object]:
    return {"name": name, "credentials": [{"accessKey": key, "secretKey": secret}], "actions": actions}


def _free_ports(count: int) -> list[int]:
    """Find free ports whose neighbours 10 000 higher, where the server speaks with itself, are free too.

    Below those that Linux gives to whoever connects (ip_local_port_range, 32768 and up).
    """
    drawn = random.sample(range(20_000, 22_700), 500)
    return list(islice((port for port in drawn if _is_free(port) and _is_free(port + 10_000)), count))


def _is_free(port: int) -> bool:
    with socket.socket() as tried, suppress(OSError):
        tried.bind(("127.0.0.1", port))
        return True
    return False


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    limit = time.monotonic() + START_LIMIT_S
    while time.monotonic() < limit:
        if process.poll() is not None:
            break
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"The S3 server does not start: {log.read_text(errors='replace')[-2000:]}")


def make_bucket(server: Server, name: str) -> None:
    """Make a bucket, as whoever keeps the store does: to SeaweedFS it is a folder, which it takes when it is ready."""
    asked = urllib.request.Request(f"http://127.0.0.1:{server.filer_port}/buckets/{name}/", method="POST")
    limit = time.monotonic() + START_LIMIT_S
    while True:
        try:
            with urllib.request.urlopen(asked, timeout=ANSWER_LIMIT_S):  # noqa: S310 (this computer's own)
                return
        except OSError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.1)
