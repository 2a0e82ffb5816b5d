"""A board's hands: one process of Dask, with a thread per processor that waits for the C program.

One process and not one per processor: Python with Dask takes 48 MiB at rest, and a board may have 512 MB.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from agent.spread import heartbeat, serialization, settings
from agent.spread.forwarding import Forwarding


def main(scheduler_port: int, port: int) -> int:
    """Work until the line to the teacher's computer ends, or the scheduler does."""
    settings.apply()
    asyncio.run(_work(scheduler_port, port))
    return 0


async def _work(scheduler_port: int, port: int) -> None:
    loop = asyncio.get_running_loop()
    forwarding = Forwarding(heartbeat.send, port, leads=False)

    def receive(facts: dict[str, Any]) -> None:
        loop.call_soon_threadsafe(forwarding.receive, facts)

    heartbeat.start(receive)
    await forwarding.listen([scheduler_port])
    from distributed import Worker  # noqa: PLC0415 -- takes a slow board seconds; the line beats meanwhile

    serialization.install()
    worker = Worker(
        settings.address(scheduler_port),
        name=port,
        nthreads=len(os.sched_getaffinity(0)),
        host=settings.LOCALHOST,
        port=port,
        dashboard_address=settings.NO_PAGES,
        memory_limit=settings.MEMORY_LIMIT_BYTES,
        local_directory=settings.FOLDER,
        death_timeout=heartbeat.DEAF_LIMIT_S,
    )
    settings.narrow(worker, settings.WORKER_DOES, settings.WORKER_HEARS)
    async with worker:
        heartbeat.send(kind="ready")
        await worker.finished()
