"""The board that leads: Dask's scheduler and the client that asks for the sum. Dask alone says who does which chunk."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from agent.spread import heartbeat, senders, serialization, settings
from agent.spread.adding import chunk
from agent.spread.forwarding import KINDS, Forwarding

if TYPE_CHECKING:
    from distributed import Client, Scheduler

MOMENT_S = 1.0
MOST_WORDS = 500
# What the teacher's computer takes for a number.
LARGEST = 2**63 - 1


def main(port: int, workers: list[int]) -> int:
    """Have Dask do what is asked for until the line to the teacher's computer ends."""
    settings.apply()
    asyncio.run(_lead(port, workers))
    return 0


async def _lead(port: int, workers: list[int]) -> None:
    requests: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    forwarding = Forwarding(heartbeat.send, port, leads=True)

    def receive(facts: dict[str, Any]) -> None:
        loop.call_soon_threadsafe(forwarding.receive if facts["kind"] in KINDS else requests.put_nowait, facts)

    heartbeat.start(receive)
    await forwarding.listen(workers)
    from distributed import Client, Scheduler  # noqa: PLC0415 -- takes a slow board seconds; the line beats meanwhile

    serialization.install()
    scheduler = Scheduler(host=settings.LOCALHOST, port=port, dashboard=False, dashboard_address=settings.NO_PAGES)
    settings.narrow(scheduler, settings.SCHEDULER_DOES, settings.SCHEDULER_HEARS)
    senders.install(scheduler)
    # One after the other: Python 3.9 has no brackets around several.
    async with scheduler:  # noqa: SIM117
        async with Client(scheduler.address, asynchronous=True) as client:
            # Dask 2024.12 would give each worker one, a function of ours or not.
            scheduler.worker_plugins.clear()
            # Nobody else may ask for anything.
            del scheduler.handlers["register-client"]
            heartbeat.send(kind="ready")
            await _serve(client, scheduler, requests)


async def _serve(client: Client, scheduler: Scheduler, requests: asyncio.Queue[dict[str, Any]]) -> None:
    """Carry requests out; a new one ends the one before."""
    done_by = Attribution()
    scheduler.add_plugin(done_by)
    going: asyncio.Task[None] | None = None
    current: SumRequest | None = None

    def erred(key: object = "", worker: str = "", **_: object) -> None:
        if current:
            current.erred(key, worker)

    # No task of ours raises. What a board sends as an error does not come near the client, which it could end.
    scheduler.stream_handlers["task-erred"] = erred
    while True:
        request = await requests.get()
        if going:
            going.cancel()
        current = SumRequest(client, scheduler, done_by, request)
        going = asyncio.ensure_future(current.carry_out())


class Attribution:
    """A plugin of Dask's scheduler that remembers which worker ended a task; what a worker says does not count."""

    name = "pilab-attribution"

    def __init__(self) -> None:
        self.ports: dict[str, int] = {}

    def transition(self, key: str, _start: str, finish: str, *_: object, worker: str = "", **__: object) -> None:
        """Note who ended a task."""
        if finish == "memory" and worker:
            self.ports[key] = _port(worker)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever else a release tells its plugins
        """Hear of the rest and do nothing."""
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *_, **__: None


class SumRequest:
    """One sum, or what is missing of it."""

    def __init__(self, client: Client, scheduler: Scheduler, done_by: Attribution, request: dict[str, Any]) -> None:
        self._client = client
        self._scheduler = scheduler
        self._done_by = done_by
        self._number = request["order"]
        self._patience_s = request["patience_s"]
        self._workers = [settings.address(port) for port in request["ports"]]
        self._sizes = {f"sum-{self._number}-{index}": additions for index, additions in request["chunks"]}
        self._heard_s = time.monotonic()

    async def carry_out(self) -> None:
        """Have Dask spread it, and tell what comes as it comes."""
        began_ns = time.monotonic_ns()
        watching = asyncio.ensure_future(self._watch())
        try:
            await self._take_in()
            heartbeat.send(kind="round", order=self._number, wall_ns=time.monotonic_ns() - began_ns)
        except Exception as error:  # noqa: BLE001 -- whatever Dask may raise, the teacher's computer is told
            heartbeat.send(kind="fault", order=self._number, words=_words(error))
        finally:
            watching.cancel()

    def erred(self, key: object, worker: str) -> None:
        """Tell of a board that sent an error; when its connections are cut, Dask gives its chunks to others."""
        if isinstance(key, str) and key in self._sizes:
            self._done_by.ports[key] = _port(worker)
            self._report(key, "an error")

    async def _take_in(self) -> None:
        from distributed import as_completed  # noqa: PLC0415 -- as above

        keys = list(self._sizes)
        futures = self._client.map(chunk, list(self._sizes.values()), key=keys, workers=self._workers, pure=False)
        coming = as_completed(futures)
        async for future in coming:
            # All that is there at once: each chunk apart could open a connection apart.
            batch = [future, *coming.next_batch(block=False)]
            ended = [each for each in batch if each.status == "finished"]
            for each, answer in zip(ended, await self._client.gather(ended)):
                self._report(each.key, answer)
            for each in batch:
                if each not in ended:
                    self._report(each.key, each.status)
            self._heard_s = time.monotonic()

    def _report(self, key: str, answer: Any) -> None:  # noqa: ANN401 -- whatever a board answers
        about = {"order": self._number, "chunk": int(key.rsplit("-", 1)[-1]), "port": self._done_by.ports.pop(key, 0)}
        if _are_two_numbers(answer):
            heartbeat.send(kind="chunk", sum=answer[0], loop_ns=answer[1], **about)
        else:
            heartbeat.send(kind="odd", words=_words(answer), **about)

    async def _watch(self) -> None:
        """Name the boards that have chunks, where nothing was done for long: one of them does not do its own."""
        while True:
            await asyncio.sleep(MOMENT_S)
            if time.monotonic() - self._heard_s > self._patience_s:
                self._heard_s = time.monotonic()
                heartbeat.send(kind="late", order=self._number, ports=sorted(self._holding()))

    def _holding(self) -> set[int]:
        tasks = [self._scheduler.tasks.get(key) for key in self._sizes]
        holders = [task.processing_on for task in tasks if task is not None and task.processing_on]
        return {_port(each.address) for each in holders}


def _port(address: str) -> int:
    return int(address.rsplit(":", 1)[-1])


def _are_two_numbers(answer: Any) -> bool:  # noqa: ANN401 -- whatever a board answers
    if not (isinstance(answer, list) and [type(each) for each in answer] == [int, int]):
        return False
    return all(-LARGEST <= each <= LARGEST for each in answer)


def _words(answer: object) -> str:
    """Write down what a board answered; some values cannot even be written."""
    try:
        return repr(answer)[:MOST_WORDS]
    except Exception:  # noqa: BLE001 -- numbers of thousands of digits, lists in lists in lists
        return type(answer).__name__
