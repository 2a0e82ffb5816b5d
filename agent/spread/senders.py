"""Whatever comes to Dask's scheduler is from the board whose connection it came through, whatever it says of itself."""

from __future__ import annotations

from typing import Any


class Signed:
    """A connection of Dask in whose messages nobody can name the sender; Dask adds that itself."""

    def __init__(self, comm: Any, named: set[str]) -> None:  # noqa: ANN401 -- Dask has no types
        self._comm = comm
        self._named = named

    async def read(self, *words: object, **more: object) -> Any:  # noqa: ANN401 -- a list of messages
        """Read messages and take out what would name their sender."""
        messages = await self._comm.read(*words, **more)
        for message in messages if isinstance(messages, (list, tuple)) else ():
            if isinstance(message, dict):
                for name in self._named & set(message):
                    del message[name]
        return messages

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- the rest is as it was
        return getattr(self._comm, name)


def install(server: Any) -> None:  # noqa: ANN401 -- Dask has no types
    """Have a scheduler read its streams so: by itself it takes the sender from a message that has one."""
    handle_stream = server.handle_stream

    async def handle(comm: Any, extra: Any = None, **more: Any) -> Any:  # noqa: ANN401 -- as Dask has it
        return await handle_stream(comm=Signed(comm, set(extra or ())), extra=extra, **more)

    server.handle_stream = handle
