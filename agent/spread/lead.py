"""The board that hands the chunks out: Dask's scheduler and the client that asks for the sum."""

from __future__ import annotations

import asyncio
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

from agent.spread import lifeline, settings
from agent.spread.adding import chunk

if TYPE_CHECKING:
    from distributed import Client

# A processor has its next chunk at hand; more would have to be done again if its board is pulled.
AHEAD = 2


def main(port: int) -> int:
    """Hand chunks out, one order after the other, until the line to the teacher's computer ends."""
    settings.apply()
    asyncio.run(_lead(port))
    return 0


async def _lead(port: int) -> None:
    orders: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def hear(order: dict[str, Any]) -> None:
        loop.call_soon_threadsafe(orders.put_nowait, order)

    lifeline.hold(hear)
    from distributed import Client, Scheduler  # noqa: PLC0415 -- takes a slow board seconds; the line beats meanwhile

    pages = {"dashboard": False, "dashboard_address": settings.NO_PAGES}
    # One after the other: Python 3.9 has no brackets around several.
    async with Scheduler(host=settings.HERE, port=port, **pages) as scheduler:  # noqa: SIM117
        async with Client(scheduler.address, asynchronous=True) as client:
            lifeline.tell(kind="ready")
            await _obey(client, orders)


async def _obey(client: Client, orders: asyncio.Queue[dict[str, Any]]) -> None:
    """Carry orders out; a new one ends the one before."""
    present: asyncio.Task[None] | None = None
    while True:
        order = await orders.get()
        if present:
            present.cancel()
        present = asyncio.ensure_future(_carry_out(client, order))


async def _carry_out(client: Client, order: dict[str, Any]) -> None:
    try:
        began_ns = time.monotonic_ns()
        await _hand_out(client, order)
        lifeline.tell(kind="round", order=order["order"], wall_ns=time.monotonic_ns() - began_ns)
    except Exception as error:  # noqa: BLE001 -- whatever a board may raise, the teacher's computer is told
        lifeline.tell(kind="fault", order=order["order"], words=repr(error))


async def _hand_out(client: Client, order: dict[str, Any]) -> None:
    """Keep every processor busy until all chunks are in; what a pulled board had, Dask gives to the others."""
    from distributed import as_completed  # noqa: PLC0415 -- as above

    left = iter(order["chunks"])
    addresses = [settings.address(port) for port in order["ports"]]
    asked = [_ask(client, each, addresses) for each in islice(left, AHEAD * order["processors"])]
    coming = as_completed(asked, with_results=True)
    async for _, answer in coming:
        lifeline.tell(kind="chunk", order=order["order"], **answer)
        for each in islice(left, 1):
            coming.add(_ask(client, each, addresses))


def _ask(client: Client, numbers: list[int], addresses: list[str]) -> Any:  # noqa: ANN401 -- Dask has no types
    return client.submit(chunk, *numbers, workers=addresses, pure=False)
