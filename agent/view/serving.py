"""Letting others look in while the agent runs, without an HTTP server where nobody may."""

from __future__ import annotations

from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agent.errors import AnotherAgentError, StatusError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.ports import EventSink
    from agent.view.server import StatusServer
    from agent.view.status_api import StatusApi


def socket_path(named: str, runtime: Path | None) -> Path | None:
    """Return where the socket is: as named, else in the service's own folder, else nowhere."""
    return Path(named) if named else runtime / "status.sock" if runtime else None


@contextmanager
def status_served(named: str, runtime: Path | None, api: StatusApi, log_event: EventSink) -> Iterator[None]:
    """Let others look in while this lasts, where there is a place for the socket.

    AnotherAgentError if an agent is there already, StatusError if a named socket cannot be made.
    """
    path = socket_path(named, runtime)
    server = _server(path, api, log_event, must=bool(named)) if path else None
    if server is None:
        yield
        return
    with closing(server):
        server.start()
        yield


def _server(path: Path, api: StatusApi, log_event: EventSink, *, must: bool) -> StatusServer | None:
    """Make the server; the LED goes on without it, unless somebody asked for it by name."""
    from agent.view.server import StatusServer  # noqa: PLC0415 -- takes a slow board long, and may not be needed

    try:
        return StatusServer(path, api)
    except AnotherAgentError:
        raise
    except StatusError as error:
        if must:
            raise
        log_event("nobody-can-look-in", message=str(error))
        return None
