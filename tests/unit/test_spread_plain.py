from __future__ import annotations

import io
import os
import pickle
from typing import Any

import pytest

from agent.spread import serialization, settings
from agent.spread.adding import chunk
from agent.spread.serialization import Refused


class Hostile:
    """A value that runs something where it is read."""

    def __init__(self, *deed: Any) -> None:  # noqa: ANN401 (a function and what it is called with)
        self._deed = deed

    def __reduce__(self) -> Any:  # noqa: ANN401 (as pickle has it)
        return self._deed[0], self._deed[1:]


@pytest.mark.parametrize("value", [5, -(2**70), "x", [5, 7], {"a": (1, None)}, {1, 2}, 0.5, b"x"])
@pytest.mark.parametrize("protocol", range(3, pickle.HIGHEST_PROTOCOL + 1))
def test_plain_values_are_read(value: object, protocol: int) -> None:
    assert serialization.loads(pickle.dumps(value, protocol)) == value


def test_the_one_task_is_read_by_its_name() -> None:
    assert serialization.loads(pickle.dumps(chunk)) is chunk


def test_an_error_of_python_itself_is_read() -> None:
    assert isinstance(serialization.loads(pickle.dumps(OSError("no space"))), OSError)


@pytest.mark.parametrize(
    "deed",
    [
        (os.system, "exit 1"),
        (eval, "1"),
        (exec, "x = 1"),
        (getattr, "x", "upper"),
        (__import__, "os"),
        (open, "/etc/passwd"),
        (io.open_code, "/etc/passwd"),
        (pickle.loads, b"N."),
        (print,),
        (type, "x"),
    ],
    ids=str,
)
def test_what_would_run_something_is_refused_and_does_nothing(deed: tuple[Any, ...]) -> None:
    found = serialization.loads(pickle.dumps(Hostile(*deed)))
    assert isinstance(found, Refused)
    assert not callable(found)


@pytest.mark.parametrize("said", [b"", b"N", b"x" * 100, b"\x80\x05" + b"(" * 10_000 + b"."])
def test_what_is_no_pickle_is_refused_too(said: bytes) -> None:
    assert isinstance(serialization.loads(said), Refused)


def test_everything_in_the_process_reads_so_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickle, "loads", pickle.loads)
    serialization.install()
    assert isinstance(pickle.loads(pickle.dumps(os.system)), Refused)  # noqa: S301 (that is the question)


class Server:
    """What Dask's scheduler and worker have: handlers of requests, and of messages in a stream."""

    def __init__(self) -> None:
        deeds = ("run", "run_function", "upload_file", "identity", "gather", "connection_stream", "anything new")
        self.handlers = dict.fromkeys(deeds, lambda **_: "done")
        self.stream_handlers = {name: lambda **_: "done" for name in ("task-finished", "log-event", "compute-task")}


def test_a_server_of_dask_answers_to_what_a_sum_needs_and_to_nothing_else() -> None:
    server = Server()
    settings.narrow(server, settings.SCHEDULER_DOES, settings.SCHEDULER_HEARS)
    assert set(server.handlers) == {"identity", "gather", "connection_stream"}
    assert server.stream_handlers["task-finished"]() == "done"
    assert server.stream_handlers["log-event"](topic="warn", msg="x") is None
