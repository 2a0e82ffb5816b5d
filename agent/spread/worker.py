"""A board's hands: one process of Dask, with a thread per processor that waits for the C program.

One process and not one per processor: Python with Dask takes 48 MiB at rest, and a board may have 512 MB.
"""

from __future__ import annotations

import asyncio
import os
import tempfile

from agent.spread import lifeline, settings


def main(name: str, scheduler_port: int, port: int) -> int:
    """Work until the line to the teacher's computer ends, or the scheduler does."""
    lifeline.hold(lambda _order: None)
    settings.apply()
    with tempfile.TemporaryDirectory(prefix="pilab-spread-") as folder:
        lifeline.own(folder)
        asyncio.run(_work(name, scheduler_port, port, folder))
    return 0


async def _work(name: str, scheduler_port: int, port: int, folder: str) -> None:
    from distributed import Worker  # noqa: PLC0415 -- takes a slow board seconds; the line beats meanwhile

    worker = Worker(
        settings.address(scheduler_port),
        name=name,
        nthreads=len(os.sched_getaffinity(0)),
        host=settings.HERE,
        port=port,
        dashboard_address=settings.NO_PAGES,
        memory_limit=settings.MEMORY_LIMIT_BYTES,
        local_directory=folder,
        death_timeout=lifeline.DEAF_LIMIT_S,
    )
    async with worker:
        lifeline.tell(kind="ready")
        await worker.finished()
