"""The sandbox that everything of Dask on a board runs in: a transient unit that sees no network, no home, no device.

Each property is in systemd.exec(5) or systemd.resource-control(5) of 247 (bullseye), 252 (bookworm) and 257 (trixie).
"""

from __future__ import annotations

from agent.board import sandbox
from agent.board.paths import CODE

PROPERTIES = {
    # PrivateNetwork= is among them. IPAddressDeny= needs BPF, and leaves sshd and all else of the board reachable.
    **sandbox.CONFINED,
    "DynamicUser": "yes",
    "SystemCallFilter": "@system-service",
    # It has no use for sockets to services of the board either; a pair of joined ones needs no socket(2).
    "RestrictAddressFamilies": "AF_INET",
    # It sees our code, the programs and /etc; the rest is empty. DynamicUser= brings a /tmp of its own, on the disk.
    "TemporaryFileSystem": "/run:ro /var:ro /opt:ro /srv:ro /media:ro /etc/pilab:ro "
    "/mnt:rw,size=8M,nr_inodes=1k,mode=1777,nosuid,nodev,noexec",
    "BindReadOnlyPaths": str(CODE),
    "InaccessiblePaths": "/dev/shm /dev/mqueue -/boot -/lost+found",  # noqa: S108 -- kept away
    "ReadOnlyPaths": "/tmp /var/tmp",  # noqa: S108 -- nobody writes there
    "KillMode": "control-group",
    "KillSignal": "SIGKILL",
    "TimeoutStopSec": "5s",
    # The longest day of a school; whatever else fails, nothing is there the next morning.
    "RuntimeMaxSec": "12h",
    "TasksMax": "128",
    # Raspberry Pi OS starts most kernels without control groups for memory; the limits per process hold anyway.
    "MemoryMax": "256M",
    "MemorySwapMax": "0",
    "LimitDATA": "512M",
    "LimitNOFILE": "1024",
    "OOMScoreAdjust": "1000",
    "CPUWeight": "50",
    "Nice": "1",
    "WorkingDirectory": str(CODE),
}
ENVIRONMENT = {
    "HOME": "/mnt",
    "TMPDIR": "/mnt",
    "DASK_ROOT_CONFIG": "/mnt/none",
}


def start_command(name: str, words: list[str]) -> list[str]:
    """Build the call of systemd-run: the part of a run that these words name, joined to our input and output."""
    return [
        *("systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--service-type=exec", f"--unit={name}"),
        *sandbox.as_words(PROPERTIES),
        *(f"--setenv={each}={value}" for each, value in ENVIRONMENT.items()),
        *(*sandbox.python(CODE), "spread", "held", *words),
    ]
