"""A real S3 server (SeaweedFS) on this computer's loopback, with keys, buckets and a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
WEED = ROOT / "build" / "s3-server" / "bin" / "weed"
START_LIMIT_S, STOP_LIMIT_S = 60.0, 10.0
KEY, SECRET = "district", "a-secret-of-the-district"
READER, READER_SECRET = "reader", "a-secret-of-a-reader"


@dataclass(frozen=True)
class Server:
    """Where it listens."""

    port: int

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
