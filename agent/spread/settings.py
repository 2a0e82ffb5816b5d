"""How Dask is set up on a board: nobody is heard but this board itself, and what is gone is noticed within seconds."""

from __future__ import annotations

HERE = "127.0.0.1"
# Its pages of diagnosis, which it will not go without: any free port of the board itself.
NO_PAGES = f"{HERE}:0"
MEMORY_LIMIT_BYTES = 128 * 1024 * 1024
DASK = {
    # A chunk on a board that is pulled is not to blame for it, however many boards are pulled.
    "distributed.scheduler.allowed-failures": 1000,
    "distributed.scheduler.worker-ttl": "20 s",
    # A slow board needs seconds to answer while it computes.
    "distributed.comm.timeouts.connect": "20 s",
    "distributed.comm.timeouts.tcp": "20 s",
    "distributed.admin.tick.limit": "1 hour",
}


def apply() -> None:
    """Set Dask up; first of all, since its parts read the settings as they are loaded."""
    import dask  # noqa: PLC0415 -- takes a slow board a second

    dask.config.set(DASK)


def address(port: int) -> str:
    """Write an address on this board as Dask does."""
    return f"tcp://{HERE}:{port}"
