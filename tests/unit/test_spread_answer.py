from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from fleet.spread import answer, choose
from fleet.spread.answer import InvalidAnswerError
from tests.unit.mutations import mutated

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK = {
    "hostname": "pi02", "model": "Raspberry Pi 4 Model B Rev 1.4", "serial": "51b0a7ed00000002", "revision": "c03114",
    "cores": 4, "memory_bytes": 2**30, "page_size_bytes": 4096,
    "policies": [{"name": "policy0", "cpus": [0, 1, 2, 3], "governor": "ondemand", "available": ["powersave"],
                  "min_khz": 600000, "max_khz": 1800000}],
    "release": "bookworm", "os_pretty": "Debian GNU/Linux 12 (bookworm)", "kernel": "6.6.1", "machine": "aarch64",
    "userland": "arm64", "gcc": "12.2.0", "python": "3.11.2", "opencv": "4.6.0", "virtualization": "none",
    "simulated": False, "dask": "2022.12.1+ds.1", "available_bytes": 2**29, "agent_runs": False, "bench_runs": False,
    "additions_per_s": 1337052236,
}  # fmt: skip
WORDS: tuple[dict[str, Any], ...] = (
    {"kind": "beat"},
    {"kind": "ready"},
    {"kind": "chunk", "order": 1, "chunk": 0, "port": 20001, "sum": 5, "loop_ns": 7},
    {"kind": "odd", "order": 1, "chunk": 0, "port": 20001, "words": "no space"},
    {"kind": "late", "order": 1, "ports": [20001, 20002]},
    {"kind": "round", "order": 1, "wall_ns": 7},
    {"kind": "fault", "order": 1, "words": "x"},
    {"kind": "open", "peer": 20001, "stream": 2},
    {"kind": "data", "peer": 20001, "stream": 2, "bytes": b64encode(bytes(16384)).decode()},
    {"kind": "ack", "peer": 20001, "stream": 2},
    {"kind": "shut", "peer": 20001, "stream": 2},
)
LOOKED = json.dumps(LOOK).encode() + b"\n"
LINES = b"".join(json.dumps(each).encode() + b"\n" for each in WORDS)


def test_an_honest_look_passes_with_all_that_is_kept_of_it() -> None:
    found = answer.look(json.dumps(LOOK))
    assert found.cores == 4
    assert found.policies[0].max_khz == 1800000


@pytest.mark.parametrize(
    "changes",
    [
        {"cores": 0},
        {"cores": 10**400},
        {"cores": "4"},
        {"dask": ["2022"]},
        {"dask": "2022.12\x1b[2J"},
        {"dask": "2022.12\n"},
        {"additions_per_s": -1},
        {"available_bytes": None},
        {"simulated": 1},
        {"model": "x" * 201},
        {"policies": [{}] * 65},
    ],
)
def test_a_look_with_what_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidAnswerError):
        answer.look(json.dumps(LOOK | changes))


@pytest.mark.parametrize(
    "said", ["", "{}", "[]", "null", "[" * 60_000, '{"a":' * 10_000, "NaN", " " * 70_000, "\udcff"]
)
def test_what_is_no_look_at_all_is_refused(said: str) -> None:
    with pytest.raises(InvalidAnswerError):
        answer.look(said)


def test_whatever_else_a_look_says_is_left_out() -> None:
    found = answer.look(json.dumps(LOOK | {"add_host": {"x": 1}, "schema": 2}))
    assert not hasattr(found, "add_host")


@pytest.mark.parametrize("word", WORDS, ids=lambda each: each["kind"])
def test_every_word_of_an_honest_board_passes_and_none_with_something_more(word: dict[str, Any]) -> None:
    answer.message(json.dumps(word).encode())
    with pytest.raises(InvalidAnswerError):
        answer.message(json.dumps(word | {"more": 1}).encode())


def test_a_line_that_is_too_long_is_not_even_read() -> None:
    with pytest.raises(InvalidAnswerError, match="more than 65536 bytes"):
        answer.message(b'{"kind":"beat"}' + b" " * answer.MOST_LINE_BYTES)


def passes(read: Callable[[Any], object], said: Any) -> Any:  # noqa: ANN401 (whatever it reads)
    """What the gate lets through; nothing if it is refused in a sentence."""
    try:
        return read(said)
    except InvalidAnswerError as error:
        return None if len(str(error)) <= 200 else pytest.fail(str(error))


def test_fuzz_a_look_either_passes_and_can_be_judged_or_is_refused_in_a_sentence() -> None:
    seen = [passes(answer.look, said.decode(errors="replace")) for said in mutated(LOOKED, seed=19, count=2000)]
    passed = [each for each in seen if each is not None]
    assert 0 < len(passed) < len(seen)
    for found in passed:
        assert isinstance(choose.unfit("pi01", found), str)
        assert choose.version({"pi01": found, "pi02": found}) == found.dask


def test_fuzz_every_line_either_passes_or_is_refused_in_a_sentence() -> None:
    lines = [line for said in mutated(LINES, seed=19, count=2000) for line in said.split(b"\n")]
    passed = [line for line in lines if passes(answer.message, line)]
    assert 0 < len(passed) < len(lines)
