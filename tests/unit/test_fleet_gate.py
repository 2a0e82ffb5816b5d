from __future__ import annotations

import json
import os
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from fleet.analysis import limits, records
from fleet.analysis.attempts import joined
from fleet.analysis.record_types import During
from fleet.errors import RecordError
from fleet.gate import Gate, shown
from tests.unit.fleet_parts import DATA, RECORDED
from tests.unit.fleet_run import ended

if TYPE_CHECKING:
    from pathlib import Path

LINES = RECORDED.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]
BOARD = json.loads(LINES[0])
SAMPLES = [json.loads(line) for line in LINES if '"kind":"sample"' in line]
SAMPLE = SAMPLES[0]
TOUCH = next(each for each in SAMPLES if each["experiment"] == "page-touch")
EVENT = json.loads(LINES[1])


def read(*lines: dict[str, Any] | str) -> records.Records:
    """Read a file with these lines and the end mark that fits."""
    text = [line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines]
    return records.parse(ended(text).encode(), "pi01", "pi01.jsonl")


def refusal(*lines: dict[str, Any] | str) -> str:
    with pytest.raises(RecordError) as raised:
        read(*lines)
    assert len(str(raised.value).splitlines()) == 1
    assert len(str(raised.value)) < 400
    return str(raised.value)


@pytest.mark.parametrize(
    "path", sorted([RECORDED, *(DATA.parent / "verdicts").glob("*.jsonl")]), ids=lambda it: it.stem
)
def test_what_boards_have_recorded_is_let_in(path: Path) -> None:
    assert records.load(path).flaw == ""


def test_what_a_large_board_can_record_in_an_hour_is_let_in() -> None:
    looks = 36_000
    during = {"at_ms": list(range(0, looks * 100, 100)), "clock_khz": [5_000_000] * looks, "load": [999.25] * looks}
    during |= {"temperature_mc": [95_000] * looks, "throttled": [0xF000F] * looks, "cost_ns": 10**12}
    policies = [{**BOARD["policies"][0], "name": f"policy{number}"} for number in range(64)]
    facts = {"cores": 64, "memory_bytes": 2**44, "page_size_bytes": 65536, "policies": policies}
    hour = {"workers": 64, "wall_ns": 3600 * 10**9, "user_ns": 64 * 3600 * 10**9, "size": 10**15, "during": during}
    usual = {"exit_status": 137, "output": None, "clock_before_khz": [None] * 64, "temperature_after_mc": None}
    found = read({**BOARD, **facts}, {**SAMPLE, **hour, **usual})
    assert found.flaw == ""
    assert len(found.samples[0].during.load) == looks


def test_every_program_of_the_longest_suite_under_every_governor_is_let_in() -> None:
    names = [f"program-{number}" for number in range(14)]
    every = product(names, (1, 2, 3, 4, 8), ("performance", "powersave", "ondemand", "conservative", "schedutil"))
    lines = [
        {**SAMPLE, "experiment": name, "workers": workers, "governor": governor} for name, workers, governor in every
    ]
    assert len(read(BOARD, *lines).samples) == 350


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({"planned": 10**400}, "'planned' in line 2 of pi01.jsonl is 1000"),
        ({"workers": 2**31}, "is 2147483648, not a whole number of at most 64"),
        ({"workers": -1}, "is -1, not a whole number of at least 1"),
        ({"size": 0}, "'size' in line 2 of pi01.jsonl is 0, not a whole number of at least 1"),
        ({"wall_ns": 0}, "not a whole number of at least 1"),
        ({"wall_ns": 1.5}, "is 1.5, not a whole number"),
        ({"wall_ns": None}, "is None, not a whole number"),
        ({"user_ns": 10**18}, "not a whole number of at most 1000000000000000"),
        ({"lesson": "x"}, "is 'x', not 'L' and a number"),
        ({"governor": "turbo"}, "is 'turbo', not one of those that Pilab knows"),
        ({"size_unit": "{0}"}, "is '{0}', not one of those that Pilab knows"),
        ({"experiment": "\x1b]0;t\x07"}, "is '\\x1b]0;t\\x07', not a text without control characters"),
        ({"experiment": "x" * 70_000}, "not a text of at most 64 characters"),
        ({"experiment": ""}, "is '', not a text of at least 1 characters"),
        ({"utc": "yesterday"}, "is 'yesterday', not a time of day such as"),
        ({"utc": "2026-02-31T00:00:00+00:00"}, "Line 2 of pi01.jsonl has the time of day '2026-02-31T00:00:00+00:00'"),
        ({"utc": "2026-W01-1"}, "not a time of day such as"),
        ({"clock_after_khz": [1] * 2000}, "not a list of at most 1024 items"),
        ({"busy_before_cores": "x"}, "is 'x', not a number or nothing"),
        ({"during": {}}, "'during.at_ms' in line 2 of pi01.jsonl is missing"),
        ({"output": [1]}, "is [1], not an object with keys and values or nothing"),
        ({"output": {"loop_ns": 0}}, "not a whole number of at least 1 (output.loop_ns)"),
        ({"output": {"steps": [{"touched_bytes": 1}]}}, "'output.steps[0].resident_bytes' in line 2 of pi01.jsonl is"),
    ],
)
def test_a_sample_that_does_not_fit_is_told_with_its_line_its_key_and_what_would(
    changes: dict[str, Any], fits: str
) -> None:
    assert fits in refusal(BOARD, {**SAMPLE, **changes})


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({"policies": 5}, "'policies' in line 1 of pi01.jsonl is 5, not a list"),
        ({"policies": [{**BOARD["policies"][0], "name": "x"}]}, "not 'policy' and a number (policies[0].name)"),
        ({"cores": 0}, "'cores' in line 1 of pi01.jsonl is 0, not a whole number of at least 1"),
        ({"model": "x" * 101}, "not a text of at most 100 characters"),
        ({"os_pretty": "a\nb"}, "is 'a\\nb', not a text without control characters"),
        ({"simulated": 1}, "'simulated' in line 1 of pi01.jsonl is 1, not true or false"),
    ],
)
def test_facts_that_do_not_fit_are_told(changes: dict[str, Any], fits: str) -> None:
    assert fits in refusal({**BOARD, **changes})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "[" * 100_000 + "]" * 100_000 + "\n",
            "Line 2 of pi01.jsonl is not an object with keys and values; the file is damaged",
        ),
        (json.dumps(EVENT)[:-1] + ',"x":' + "[" * 100_000 + "]" * 100_000 + "}\n", "is nested too deep"),
        (json.dumps(EVENT)[:-1] + ',"x":NaN}\n', "Line 2 of pi01.jsonl is not JSON"),
        (json.dumps({**EVENT, "message": "\ud800"}) + "\n", "Line 2 of pi01.jsonl is not JSON"),
        (json.dumps({**EVENT, "message": "x" * 5000}) + "\n", "not a text of at most 4000 characters"),
        (json.dumps({**EVENT, "schema": True}) + "\n", "Line 2 of pi01.jsonl has the schema True; this Pilab reads 1"),
        (json.dumps({**EVENT, "kind": ["event"]}) + "\n", "Line 2 of pi01.jsonl is of the unknown kind ['event']"),
        ("null\n", "Line 2 of pi01.jsonl is None, not an object with keys and values"),
        ("\0\n", "Line 2 of pi01.jsonl is not JSON"),
    ],
)
def test_a_line_that_is_hardly_json_is_told(line: str, told: str) -> None:
    assert told in refusal(BOARD, line)


def test_bytes_that_are_no_utf8_are_told() -> None:
    with pytest.raises(RecordError, match=r"^Line 1 of .* is not JSON"):
        records.parse(
            json.dumps({**BOARD, "model": "A"}).encode().replace(b'"A"', b'"\xff"') + b"\n", "a", "pi01.jsonl"
        )


def test_keys_that_pilab_does_not_know_go_no_further_than_the_file() -> None:
    found = read(BOARD, {**SAMPLE, "output": {**SAMPLE["output"], "more": {"a": 1}}, "more": [[1]]})
    assert found.samples[0].output == {"loop_ns": SAMPLE["output"]["loop_ns"]}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([BOARD, BOARD], "The record of the board is line 2 of pi01.jsonl, not 1"),
        ([EVENT, BOARD], "The record of the board is line 2 of pi01.jsonl, not 1"),
        ([BOARD, SAMPLE, SAMPLE], f"Line 3 of pi01.jsonl repeats a sample of '{SAMPLE['experiment']}'"),
        (
            [BOARD, SAMPLE, {**SAMPLE, "repetition": 9, "lesson": "L99"}],
            f"Line 3 of pi01.jsonl describes '{SAMPLE['experiment']}' otherwise than a line before it",
        ),
        ([ended([LINES[0]]), EVENT], "Line 3 of pi01.jsonl stands behind the end mark"),
        (
            [BOARD, {**TOUCH, "output": {**TOUCH["output"], "steps": TOUCH["output"]["steps"][::-1]}}],
            "Line 2 of pi01.jsonl tells steps of memory that do not grow",
        ),
        (
            [BOARD, {**TOUCH, "output": {"steps": TOUCH["output"]["steps"]}}],
            "Line 2 of pi01.jsonl tells steps of memory and not how large a page is",
        ),
    ],
)
def test_records_that_contradict_each_other_or_themselves_are_told(
    lines: list[dict[str, Any] | str], told: str
) -> None:
    assert told in refusal(*lines)


@pytest.mark.parametrize(
    ("limit", "most", "what"),
    [
        ("MOST_SAMPLES", 4, "4 samples"),
        ("MOST_CONDITIONS", 4, "4 programs, sizes, workers and governors put together"),
        ("MOST_EXPERIMENTS", 1, "1 programs"),
        ("MOST_SEEN", 10, "10 moments and steps"),
    ],
)
def test_more_than_a_run_can_hold_is_refused_at_the_line_that_is_too_many(
    monkeypatch: pytest.MonkeyPatch, limit: str, most: int, what: str
) -> None:
    monkeypatch.setattr(limits, limit, most)
    assert f"is more than a run can hold: {what}" in refusal(BOARD, *SAMPLES)


def test_events_without_end_are_refused() -> None:
    told = refusal(BOARD, *[EVENT] * (limits.MOST_EVENTS + 1))
    assert told.startswith(f"Line {limits.MOST_EVENTS + 2} of pi01.jsonl is one event more than {limits.MOST_EVENTS};")


def test_a_line_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(records, "MOST_LINE_BYTES", 5000)
    path = tmp_path / "pi01.jsonl"
    path.write_text(LINES[0] + "x" * 6000)
    with pytest.raises(RecordError, match=r"^Line 2 of .* is longer than 5000 bytes"):
        records.load(path)
    assert records.one(b" " * 5001) is None


def test_a_file_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_BYTES", 5000)
    with pytest.raises(RecordError, match="is longer than 5000 bytes, which no run is"):
        read(*LINES)


def test_a_pipe_in_a_folder_of_results_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pi01.jsonl")
    with pytest.raises(RecordError, match="is no file; take it out of its folder"):
        records.load(tmp_path / "pi01.jsonl")


def test_attempts_that_together_hold_too_much_are_not_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    one = read(BOARD, *SAMPLES)
    for limit, what in (("MOST_SAMPLES", "samples"), ("MOST_CONDITIONS", "programs"), ("MOST_REPETITIONS", "runs")):
        with monkeypatch.context() as patch:
            patch.setattr(limits, limit, 1)
            with pytest.raises(RecordError, match=f"The attempts of pi01 together hold more than 1 {what}"):
                joined(one, one)


def test_an_end_mark_that_does_not_fit_is_no_end_mark() -> None:
    data = LINES[0].encode() + b'{"schema":1,"kind":"end","status":"done","samples":0,"sha256":"x"}\n'
    with pytest.raises(RecordError, match=r"'sha256' in line 2 of pi01\.jsonl is 'x'"):
        records.parse(data, "pi01", "pi01.jsonl")


def test_what_msgspec_says_in_words_of_its_own_is_passed_on() -> None:
    with pytest.raises(RecordError, match=r"'load' in a line is not as it should be \(Number out of range\)"):
        Gate(During).json(b'{"at_ms":[],"load":[1e400]}', "a line")


def test_a_value_is_shown_shortened_and_harmless() -> None:
    assert len(shown("x" * 70_000)) <= 64
    assert "\x1b" not in shown("\x1b[2J")
