from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace as Thing
from typing import Any

import pytest

from agent.spread import lead, senders
from agent.spread.lead import Attribution, SumRequest

ORDER = {"order": 3, "ports": [20001], "patience_s": 60, "chunks": [[0, 5], [1, 4]]}
DEEP: list[Any] = []
for _ in range(100_000):
    DEEP = [DEEP]


@pytest.fixture
def done_by() -> Attribution:
    one = Attribution()
    one.transition("sum-3-1", "processing", "memory", worker="tcp://127.0.0.1:20002", nbytes=8)
    return one


def order(done_by: Attribution, tasks: dict[str, Any] | None = None) -> SumRequest:
    return SumRequest(None, Thing(tasks=tasks or {}), done_by, ORDER)


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_chunk_is_told_with_the_board_that_the_scheduler_had_it_from(
    done_by: Attribution, capsys: pytest.CaptureFixture[str]
) -> None:
    order(done_by)._report("sum-3-1", [4, 7])
    assert told(capsys) == {"kind": "chunk", "sum": 4, "loop_ns": 7, "order": 3, "chunk": 1, "port": 20002}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("no space", "'no space'"),
        ([4], "[4]"),
        ([4, True], "[4, True]"),
        ([4, 7.0], "[4, 7.0]"),
        ((4, 7), "(4, 7)"),
        ([4, 2**63], f"[4, {2**63}]"),
        ([4, -(10**5000)], "list"),
        (DEEP, "list"),
        ("\ud800", "'\\ud800'"),
        ("x" * 10_000, "'" + "x" * 499),
    ],
    ids=lambda each: str(type(each)),
)
def test_whatever_else_a_board_answers_is_told_in_few_words(
    done_by: Attribution, capsys: pytest.CaptureFixture[str], answer: object, words: str
) -> None:
    order(done_by)._report("sum-3-1", answer)
    assert told(capsys) == {"kind": "odd", "words": words, "order": 3, "chunk": 1, "port": 20002}


def test_a_chunk_that_no_board_is_known_to_have_done_is_the_leads_own(
    done_by: Attribution, capsys: pytest.CaptureFixture[str]
) -> None:
    order(done_by)._report("sum-3-0", "error")
    assert told(capsys)["port"] == 0


def test_what_a_task_becomes_on_its_way_is_attributed_to_nobody(done_by: Attribution) -> None:
    done_by.transition("sum-3-0", "released", "waiting", worker="tcp://127.0.0.1:20009")
    done_by.transition("sum-3-0", "processing", "memory")
    assert done_by.ports == {"sum-3-1": 20002}
    assert done_by.remove_worker(scheduler=None, worker="x") is None


def test_an_error_is_told_of_the_board_that_sent_it_and_only_for_a_chunk_that_was_asked_for(
    done_by: Attribution, capsys: pytest.CaptureFixture[str]
) -> None:
    one = order(done_by)
    for key in ("sum-2-0", "x", ["sum-3-0"], None):
        one.erred(key, "tcp://127.0.0.1:20002")
    assert not capsys.readouterr().out
    one.erred("sum-3-0", "tcp://127.0.0.1:20002")
    assert told(capsys) == {"kind": "odd", "words": "'an error'", "order": 3, "chunk": 0, "port": 20002}


class Comm:
    """A connection of Dask with messages that name a sender."""

    peer_address = "tcp://127.0.0.1:1"

    def __init__(self, messages: object) -> None:
        self._messages = messages

    async def read(self) -> object:
        return self._messages


class Reader:
    """What Dask's servers do with a stream: what a message says comes before what is known."""

    async def handle_stream(self, comm: Any, extra: dict[str, str]) -> list[dict[str, str]]:  # noqa: ANN401
        return [{**extra, **message} for message in await comm.read()]


def test_nobody_sends_anything_to_the_scheduler_in_the_name_of_another_board() -> None:
    server = Reader()
    senders.install(server)
    forged = Comm(({"op": "task-finished", "key": "x", "worker": "other"},))
    (message,) = asyncio.run(server.handle_stream(forged, extra={"worker": "sender"}))
    assert message == {"op": "task-finished", "key": "x", "worker": "sender"}


@pytest.mark.parametrize("messages", [(), ("OK",), "close", 5, None])
def test_what_is_no_list_of_messages_is_passed_on_for_dask_to_refuse(messages: object) -> None:
    signed = senders.Signed(Comm(messages), {"worker"})
    assert asyncio.run(signed.read()) == messages
    assert signed.peer_address == "tcp://127.0.0.1:1"


def test_the_boards_that_have_chunks_are_known_by_their_ports(done_by: Attribution) -> None:
    has = Thing(processing_on=Thing(address="tcp://127.0.0.1:20002"))
    assert order(done_by, {"sum-3-0": has, "sum-3-1": Thing(processing_on=None)})._holding() == {20002}


def test_a_number_is_what_the_teachers_computer_takes_for_one() -> None:
    assert lead._are_two_numbers([lead.LARGEST, -lead.LARGEST])
