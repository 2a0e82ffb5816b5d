"""How Dask is set up on a board: it does what a sum needs and nothing else, and notices soon what is gone."""

from __future__ import annotations

from typing import Any

from agent.spread.heartbeat import DEAF_LIMIT_S

LOCALHOST = "127.0.0.1"
# Its pages of diagnosis, which it will not go without: any free port of the sandbox's own network.
NO_PAGES = f"{LOCALHOST}:0"
MEMORY_LIMIT_BYTES = 128 * 1024 * 1024
# The one folder in which the sandbox may write (agent.spread.unit).
FOLDER = "/mnt"
DASK = {
    # A chunk on a board that is pulled is not to blame for it, however many boards are pulled.
    "distributed.scheduler.allowed-failures": 1000,
    # The teacher's computer ends the connections of a board that is gone; until then nobody is.
    "distributed.scheduler.worker-ttl": f"{DEAF_LIMIT_S:g} s",
    "distributed.comm.timeouts.connect": f"{DEAF_LIMIT_S:g} s",
    "distributed.comm.timeouts.tcp": f"{DEAF_LIMIT_S:g} s",
    "distributed.admin.tick.limit": "1 hour",
    "distributed.worker.preload": [],
    "distributed.scheduler.preload": [],
    "temporary-directory": FOLDER,
    # A line on stderr for whatever it does would only be thrown away.
    "logging": {"distributed": "error"},
}
# Dask that has this switch reads no pickle in its scheduler; newer ones (2023.4 on) refuse to start with it.
NO_PICKLE = {"distributed.scheduler.pickle": False}
# All that Dask 2021.01, 2022.12 and 2024.12 ask of each other for a sum; the rest is not answered: `run`,
# `run_function`, `upload_file`, plugins, actors, whatever a newer release may add.
SCHEDULER_DOES = {"register-worker", "register-client", "heartbeat_worker", "unregister", "gather", "identity"}
SCHEDULER_HEARS = {
    *("task-finished", "task-erred", "long-running", "reschedule", "keep-alive", "steal-response", "add-keys"),
    *("release", "release-worker-data", "missing-data", "worker-status-change", "request-refresh-who-has"),
    *("update-graph", "update-graph-hlg", "client-desires-keys", "client-releases-keys", "heartbeat-client"),
    *("close-client", "subscribe-topic", "unsubscribe-topic"),
}
WORKER_DOES = {"get_data", "identity", "ping"}
WORKER_HEARS = {
    *("compute-task", "cancel-compute", "steal-request", "free-keys", "delete-data", "release-task", "close"),
    *("remove-replicas", "refresh-who-has", "worker-status-change"),
}
# Of every server of Dask.
ALWAYS = {"connection_stream"}


def apply() -> None:
    """Set Dask up; first of all, since its parts read the settings as they are loaded."""
    import dask  # noqa: PLC0415 -- takes a slow board a second

    dask.config.set(DASK)
    if int(dask.__version__.split(".")[0]) < 2023:  # noqa: PLR2004 -- a year
        dask.config.set(NO_PICKLE)


def narrow(server: Any, does: set[str], hears: set[str]) -> None:  # noqa: ANN401 -- Dask has no types
    """Have a server of Dask answer to nothing but these requests, and act on nothing but these messages."""
    for name in set(server.handlers) - does - ALWAYS:
        del server.handlers[name]
    for name in set(server.stream_handlers) - hears:
        server.stream_handlers[name] = _ignored


def _ignored(**_: object) -> None:
    """Do nothing: an honest board may send what a sum does not need, and a missing handler would end its stream."""


def address(port: int) -> str:
    """Write an address on this board as Dask does."""
    return f"tcp://{LOCALHOST}:{port}"
