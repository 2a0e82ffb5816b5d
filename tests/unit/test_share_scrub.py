"""No name, address, number or key of a room leaves it, wherever a board or this computer put it."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agent.bench.experiments import EXPERIMENTS
from fleet.analysis import records
from fleet.analysis.record_types import BoardFacts, Event, Sample
from fleet.boards.outcome import Outcome, State
from fleet.errors import RecordError
from fleet.share import key, parcel
from fleet.share.scrub import HAPPENED
from fleet.tokens import Tokens
from tests.unit.fleet_parts import PI4
from tests.unit.share_parts import LINES, changed, packed, run_of, small

if TYPE_CHECKING:
    from pathlib import Path as FolderPath

ROOT = Path(__file__).parents[2]
BOARD, EVENT, SAMPLE = (
    next(each for each in LINES if f'"kind":"{kind}"' in each) for kind in ("board", "event", "sample")
)
RUN = "20261101T081500Z-3f9a"
# Each is put wherever a text may stand.
SECRETS = {
    "name": "kim-minsu",
    "korean name": "\uae40\ubbfc\uc218",
    "host": "pi07.school.example",
    "address": "192.168.7.131",
    "short address": "10.0.0.2",
    "address of six": "fd00:7::ba27:ebff:fe12:3456",
    "mac": "b8:27:eb:12:34:56",
    "serial": "10000000a1b2c3d4",
    "host key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDm7Qk9",
    "fingerprint": "SHA256:zH4mFjVq0aN3c5kQ7Lr1",
    "path": "/home/minsu/secret.py",
    "camera": "Minsu's camera at /dev/video0",
    "machine-id": "9f2c4d1be07a4c52a3d6e8f901b2c3d4",
    "model of somebody": "Raspberry Pi 4 Model B of Minsu",
    "kernel of somebody": "6.12.47-minsu",
}


def let_in(line: str) -> bool:
    """Tell whether the gate takes a record."""
    try:
        records.record(line.encode(), "the line")
    except RecordError:
        return False
    return True


def poisoned(line: str, kind: type[Any], secret: str) -> str:
    """A record with the secret in every field where a text may stand, known or not, and deep inside."""
    content = json.loads(line)
    for field in fields(kind):
        if let_in(changed(line, **{field.name: secret})):
            content[field.name] = secret
    content |= {"hostkey": secret, "extra": {secret: [secret]}}
    if content.get("output"):
        content["output"] |= {"host": secret, secret: 1}
    if content.get("policies"):
        content["policies"] = [{**each, "governor": secret, "owner": secret} for each in content["policies"]]
    made = json.dumps(content) + "\n"
    return made if let_in(made) else line


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_nothing_that_names_a_board_or_a_person_leaves_the_room(tmp_path: FolderPath, secret: str) -> None:
    board = re.sub(r"[/ ]+", "-", secret).strip("-")
    hostile = small(
        poisoned(BOARD, BoardFacts, secret), poisoned(EVENT, Event, secret), poisoned(SAMPLE, Sample, secret)
    )
    assert secret in json.loads(hostile.splitlines()[0])["hostname"]
    run = run_of(tmp_path, RUN, [board], hostile)
    run.manifest.command = f"invoke bench --hosts {secret}"
    run.manifest.plan |= {"suite": secret, "owner": secret}
    run.finish([Outcome(board, State.FAILED, f"{secret} does not answer at {secret}.", records=f"{board}.jsonl")])
    left = packed(run, key.tokens(tmp_path)).decode()
    assert '"kind":"sample"' in left, "the records themselves are there"
    for hidden in (secret, board):
        assert hidden not in left
        assert json.dumps(hidden)[1:-1] not in left
    assert secret.encode().hex() not in left


def test_every_text_that_a_record_may_have_was_poisoned() -> None:
    """Fields that can hold a name are found by the gate itself, so one that is added is looked at, too."""
    free = {
        field.name
        for line, kind in ((BOARD, BoardFacts), (EVENT, Event), (SAMPLE, Sample))
        for field in fields(kind)
        if let_in(changed(line, **{field.name: "kim-minsu"}))
    }
    assert free == {
        *("hostname", "model", "release", "os_pretty", "kernel", "machine", "userland", "gcc", "python", "opencv"),
        *("virtualization", "serial", "what", "message", "experiment"),
    }


def test_a_name_of_a_run_or_a_program_that_somebody_made_up_stays(tmp_path: FolderPath) -> None:
    run = run_of(tmp_path, "minsus-run")
    run.manifest.plan["experiments"] = [{"name": "minsus-race", "workers": [1]}]
    run.save()
    assert b"minsu" not in packed(run, key.tokens(tmp_path))


def test_what_tells_boards_apart_stays_and_numbers_are_what_they_were(tmp_path: FolderPath) -> None:
    run = run_of(tmp_path, RUN, ["pi01", "pi02"])
    words = key.tokens(tmp_path)
    made = parcel.pack(run, parcel.scrub(words))
    data = tmp_path / "data"
    data.write_bytes(made.data)
    (tmp_path / "back").mkdir()
    found, complaints = parcel.unpack(data, made.address, tmp_path / "back").records()
    assert complaints == []
    before = records.load(run.path / "pi01.jsonl")
    assert list(found) == sorted(words("board", name) for name in ("pi01", "pi02"))
    after = found[words("board", "pi01")]
    assert after.samples == before.samples
    assert (after.flaw, before.flaw) == ("", "")
    assert after.board
    assert before.board
    assert (after.board.model, after.board.cores) == (before.board.model, before.board.cores)
    assert after.board.serial == words("serial", before.board.serial)


def test_the_order_of_the_boards_does_not_tell_which_is_which(tmp_path: FolderPath) -> None:
    words = key.tokens(tmp_path)
    one = run_of(tmp_path / "one", RUN, ["pi01", "pi02", "pi03"])
    other = run_of(tmp_path / "other", RUN, ["pi03", "pi01", "pi02"])
    for run in (one, other):
        run.manifest.started_utc = run.manifest.finished_utc = "2026-11-01T08:15:00+00:00"
    assert packed(one, words) == packed(other, words)


def test_words_are_the_same_in_all_runs_of_a_room_and_others_in_another_room(tmp_path: FolderPath) -> None:
    assert key.tokens(tmp_path)("board", "pi01") == key.tokens(tmp_path)("board", "pi01")
    (tmp_path / "other").mkdir()
    assert key.tokens(tmp_path)("board", "pi01") != key.tokens(tmp_path / "other")("board", "pi01")
    assert key.room_word(key.tokens(tmp_path)) != key.room_word(key.tokens(tmp_path / "other"))


def test_a_real_pi_is_told_as_it_is() -> None:
    told = parcel.scrub(Tokens()).facts(PI4)
    for name in (
        "model",
        "release",
        "os_pretty",
        "kernel",
        "machine",
        "userland",
        "gcc",
        "python",
        "opencv",
        "virtualization",
    ):
        assert getattr(told, name) == getattr(PI4, name), name


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("opencv", "4.10.0+dfsg-5+rpt1"), ("opencv", "4.9.0.80"), ("opencv", "4.5.1+dfsg-5"), ("python", "3.13.5"),
        ("python", "3.14.0rc2"), ("os_pretty", "Raspbian GNU/Linux 11 (bullseye)"), ("os_pretty", "Ubuntu 24.04.3 LTS"),
        ("model", "Raspberry Pi Compute Module 4 Rev 1.1"), ("model", "Raspberry Pi Zero 2 W Rev 1.0"),
        ("gcc", "14.2.0"), ("kernel", "6.12.34+rpt-rpi-2712"), ("release", "trixie"),
    ],
)  # fmt: skip
def test_what_makers_write_is_told(field: str, value: str) -> None:
    from dataclasses import replace  # noqa: PLC0415

    told = parcel.scrub(Tokens()).facts(replace(PI4, **{field: value}))  # type: ignore[arg-type]
    assert getattr(told, field) == value


def test_every_program_of_the_course_is_told_by_its_name() -> None:
    scrubber = parcel.scrub(Tokens())
    assert {name for name in EXPERIMENTS if scrubber.program(name) != name} == set()


def test_all_that_an_agent_says_has_happened_is_known() -> None:
    said = {
        node.args[0].value
        for path in (ROOT / "agent" / "bench").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "event"
        if node.args and isinstance(node.args[0], ast.Constant)
    }
    assert said
    assert said <= HAPPENED
