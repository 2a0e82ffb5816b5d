from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fleet.analysis import records
from fleet.bench import preflight
from fleet.bench.job import BoardJob
from fleet.boards.outcome import Outcome, State
from fleet.boards.ssh import Link
from fleet.boards.stream import Limits
from tests.unit.fleet_parts import RECORDED
from tests.unit.fleet_run import LINES, PLAN, Clock, Told, context, end_mark, ended

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.analysis.record_types import Record
    from fleet.bench.job_context import JobContext
    from tests.unit.fleet_sshd import Sshd


PASSWORD = "secret"  # noqa: S105 (the stand-in's)


def benched(sshd: Sshd, made: JobContext, password: str = "") -> Outcome:
    return BoardJob(Link(sshd.board(), password), made).run()


def test_a_run_comes_home_whole_and_unchanged(sshd: Sshd, tmp_path: Path) -> None:
    sshd.lay("records.jsonl", "".join(LINES))
    told = Told()
    assert benched(sshd, context(tmp_path, told)) == Outcome("pi01", State.OK, records="pi01.jsonl")
    assert (tmp_path / "pi01.jsonl").read_bytes() == RECORDED.read_bytes()
    assert [path.name for path in tmp_path.glob("*.jsonl")] == ["pi01.jsonl"]
    assert told.words == ["connecting", "starting", "making ready", "measuring", "ok"]
    assert (told.steps[-1].done, told.steps[-1].planned) == (54, 54)


def test_what_a_board_says_after_its_last_record_is_nothing_to_its_run(sshd: Sshd, tmp_path: Path) -> None:
    sshd.lay("records.jsonl", "".join(LINES))
    sshd.lay("after-the-end", LINES[1] * 3)
    assert benched(sshd, context(tmp_path)) == Outcome("pi01", State.OK, records="pi01.jsonl")
    assert (tmp_path / "pi01.jsonl").read_bytes() == RECORDED.read_bytes()


def test_a_record_is_parsed_once_when_it_arrives(sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: Counter[bytes] = Counter()
    parse = records.record

    def counted(line: bytes, place: str) -> Record:
        parsed[line] += 1
        return parse(line, place)

    monkeypatch.setattr(records, "record", counted)
    sshd.lay("records.jsonl", "".join(LINES))
    assert benched(sshd, context(tmp_path)).is_ok
    assert [parsed[line.encode()] for line in LINES[:-1]] == [1] * (len(LINES) - 1)


def test_the_board_gets_the_plan_as_it_is(sshd: Sshd, tmp_path: Path) -> None:
    sshd.lay("records.jsonl", "".join(LINES))
    benched(sshd, context(tmp_path))
    assert json.loads((sshd.standin / "plan.json").read_text()) == PLAN.as_json()


def test_a_network_that_breaks_in_the_middle_costs_nothing(sshd: Sshd, tmp_path: Path) -> None:
    sshd.lay("records.jsonl", "".join(LINES))
    sshd.lay("cut-after", "30")
    told = Told()
    assert benched(sshd, context(tmp_path, told)).state is State.OK
    assert (tmp_path / "pi01.jsonl").read_bytes() == RECORDED.read_bytes()
    assert "reconnecting" in told.words


def test_a_network_that_breaks_after_the_last_record_is_not_even_noticed(sshd: Sshd, tmp_path: Path) -> None:
    sshd.lay("records.jsonl", "".join(LINES))
    sshd.lay("cut-after", str(len(LINES)))
    told = Told()
    assert benched(sshd, context(tmp_path, told)).state is State.OK
    assert "reconnecting" not in told.words


def test_a_board_that_stays_away_is_given_up_after_growing_pauses(sshd: Sshd, tmp_path: Path) -> None:
    sshd.lay("records.jsonl", "".join(LINES))
    sshd.lay("cut-after", "30")
    clock = Clock()
    outcome = benched(sshd, context(tmp_path, Told({"reconnecting": sshd.stop}), clock))
    assert outcome.state is State.UNREACHABLE
    assert outcome.sentence.startswith("Lost pi01 for 120 s; its run ends by itself. When it is on again: invoke bench")
    assert clock.slept_s[:6] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    assert outcome.records == "pi01.partial.jsonl"
    assert (tmp_path / "pi01.partial.jsonl").read_text() == "".join(LINES[:30])


def test_a_board_that_restarted_in_the_middle_gives_what_it_has(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "BOOT_ID", f"cat {sshd.standin / 'boot-id'}")
    sshd.lay("boot-id", "first\n")
    sshd.lay("records.jsonl", "".join(LINES[:40]))
    sshd.lay("cut-after", "30")

    def restart() -> None:
        sshd.lay("boot-id", "second\n")
        sshd.lay("lost", "yes")

    outcome = benched(sshd, context(tmp_path, Told({"reconnecting": restart})))
    assert outcome.state is State.FAILED
    assert outcome.sentence.startswith("pi01 restarted in the middle of the run; samples kept: 32.")
    assert (tmp_path / outcome.records).read_text() == "".join(LINES[:40])
    assert outcome.records == "pi01.partial.jsonl"


def test_a_run_that_died_on_the_board_is_told_in_the_boards_words(sshd: Sshd, tmp_path: Path) -> None:
    sshd.lay("records.jsonl", "".join(LINES[:40]))
    sshd.lay("lost", "yes")
    outcome = benched(sshd, context(tmp_path))
    assert outcome.sentence == "pi01: The run ended without its last record."
    assert outcome.records == "pi01.partial.jsonl"


def test_what_arrived_damaged_is_fetched_again(sshd: Sshd, tmp_path: Path) -> None:
    damaged = "".join(LINES).replace('"exit_status":0', '"exit_status":1', 1)
    sshd.lay("records.jsonl", damaged)
    told = Told({"measuring": lambda: sshd.lay("records.jsonl", "".join(LINES))})
    outcome = benched(sshd, context(tmp_path, told))
    assert outcome.state is State.OK
    assert (tmp_path / "pi01.jsonl").read_bytes() == RECORDED.read_bytes()


def test_what_is_damaged_on_the_board_itself_is_kept_and_said(sshd: Sshd, tmp_path: Path) -> None:
    sshd.lay("records.jsonl", "".join(LINES).replace('"exit_status":0', '"exit_status":1', 1))
    outcome = benched(sshd, context(tmp_path))
    assert outcome.state is State.FAILED
    assert outcome.sentence == "pi01.jsonl is not as the board wrote it: its checksum does not fit."
    assert outcome.records == "pi01.partial.jsonl"


def test_a_board_that_is_told_to_stop_brings_its_last_records(sshd: Sshd, tmp_path: Path) -> None:
    sshd.lay("records.jsonl", "".join(LINES[:40]))
    sshd.lay("last-record", end_mark(LINES[:40], "stopped"))
    told = Told()
    made = context(tmp_path, told)
    told.at["measuring"] = made.stop.set
    outcome = benched(sshd, made)
    assert outcome == Outcome("pi01", State.STOPPED, "pi01 was stopped; samples kept: 32.", records="pi01.jsonl")
    assert told.words[-2:] == ["stopping", "stopped"]


def test_a_stop_that_comes_before_the_run_is_there_is_asked_for_again(sshd: Sshd, tmp_path: Path) -> None:
    sshd.lay("records.jsonl", "".join(LINES[:40]))
    sshd.lay("last-record", end_mark(LINES[:40], "stopped"))
    sshd.lay("too-early", "yes")
    told = Told()
    made = context(tmp_path, told, Clock(step_s=1))
    told.at["measuring"] = made.stop.set
    assert benched(sshd, made).state is State.STOPPED
    assert not (sshd.standin / "too-early").exists()


def test_a_run_that_was_stopped_before_its_first_record_was_stopped(sshd: Sshd, tmp_path: Path) -> None:
    told = Told()
    made = context(tmp_path, told)
    told.at["starting"] = made.stop.set
    told.at["stopping"] = lambda: sshd.lay("lost", "yes")
    sshd.lay("records.jsonl", "")
    outcome = benched(sshd, made)
    assert (outcome.state, outcome.sentence) == (State.STOPPED, "pi01 was stopped; samples kept: 0.")


def test_a_board_that_does_not_stop_is_left_with_a_sentence(sshd: Sshd, tmp_path: Path) -> None:
    sshd.lay("records.jsonl", "".join(LINES[:40]))
    told = Told()
    made = context(tmp_path, told, Clock(step_s=20))
    told.at["measuring"] = made.stop.set
    outcome = benched(sshd, made)
    assert outcome.state is State.TIMED_OUT
    assert outcome.sentence.startswith("pi01 was told to stop its run and does not")


def test_a_board_that_records_nothing_for_long_is_stopped(sshd: Sshd, tmp_path: Path) -> None:
    sshd.lay("records.jsonl", "".join(LINES[:40]))
    sshd.lay("last-record", end_mark(LINES[:40], "stopped"))
    clock = Clock()
    told = Told({"measuring": lambda: setattr(clock, "step_s", 30)})
    outcome = benched(sshd, context(tmp_path, told, clock))
    assert outcome.state is State.TIMED_OUT
    assert outcome.sentence == "pi01 recorded nothing for so long that it was stopped; samples kept: 32."


def test_a_board_that_has_not_begun_when_the_stop_comes_does_not_begin(sshd: Sshd, tmp_path: Path) -> None:
    made = context(tmp_path)
    made.stop.set()
    assert benched(sshd, made) == Outcome("pi01", State.STOPPED, "pi01 was not started.")
    assert not (sshd.standin / "plan.json").exists()


def test_a_board_that_refuses_the_run_says_why(sshd: Sshd, tmp_path: Path) -> None:
    sshd.lay("refusal", "The disk of /var/lib/pilab has 3 MiB free and a run needs 16 MiB; make room.\n")
    outcome = benched(sshd, context(tmp_path))
    assert outcome.state is State.FAILED
    assert outcome.sentence == "pi01: The disk of /var/lib/pilab has 3 MiB free and a run needs 16 MiB; make room."
    assert outcome.records == ""


def test_what_could_not_be_measured_is_said_although_the_rest_is_home(sshd: Sshd, tmp_path: Path) -> None:
    failed = '{"schema":1,"kind":"event","run":"r","what":"failed","message":"busy took longer than 120 s."}\n'
    skipped = '{"schema":1,"kind":"event","run":"r","what":"skipped","message":"No ondemand."}\n'
    sshd.lay("records.jsonl", ended([*LINES[:-1], failed, skipped]))
    outcome = benched(sshd, context(tmp_path))
    assert outcome == Outcome(
        "pi01", State.FAILED, "pi01: busy took longer than 120 s. (and 1 more)", records="pi01.jsonl"
    )


def test_an_unprovisioned_board_is_told_how_to_be_provisioned(sshd: Sshd, tmp_path: Path) -> None:
    made = context(tmp_path, pilab="/opt/nothing/pilab")
    outcome = benched(sshd, made)
    assert outcome.sentence == "pi01 is not configured yet; type: ansible-playbook site.yml --limit pi01"


def test_a_sudo_that_wants_a_password_is_told_how_to_get_it(sshd: Sshd, tmp_path: Path) -> None:
    sshd.lay("password", PASSWORD)
    outcome = benched(sshd, context(tmp_path))
    assert outcome.state is State.REFUSED
    assert outcome.sentence.startswith("sudo on pi01 wants a password: add -K")


def test_a_wrong_sudo_password_is_noticed_before_anything_is_started(sshd: Sshd, tmp_path: Path) -> None:
    sshd.lay("password", PASSWORD)
    outcome = benched(sshd, context(tmp_path), PASSWORD[1:])
    assert outcome.state is State.REFUSED
    assert outcome.sentence.startswith("sudo on pi01 does not take this password")
    assert not (sshd.standin / "plan.json").exists()


def test_the_right_sudo_password_starts_the_run_and_stays_out_of_the_plan(sshd: Sshd, tmp_path: Path) -> None:
    sshd.lay("password", PASSWORD)
    sshd.lay("records.jsonl", "".join(LINES))
    assert benched(sshd, context(tmp_path), PASSWORD).state is State.OK
    assert json.loads((sshd.standin / "plan.json").read_text()) == PLAN.as_json()


def not_one_more(sshd: Sshd, tmp_path: Path, lines: list[str], **limits: Any) -> Outcome:  # noqa: ANN401 (of the context)
    """Bench a board that says these lines; whatever is wrong with them, it is told to stop."""
    sshd.lay("records.jsonl", "".join(lines))
    sshd.lay("last-record", "stop was asked for\n")
    outcome = benched(sshd, replace(context(tmp_path), **limits))
    assert (sshd.standin / "records.jsonl").read_text(errors="surrogateescape").endswith("stop was asked for\n")
    return outcome


@pytest.mark.parametrize("line", ["null\n", "[1]\n", "hello\n", '{"schema":1}\n', '{"schema":1,"kind":"x"}\n', "\n"])
def test_a_line_that_is_no_record_ends_the_run_and_what_came_before_is_kept(
    sshd: Sshd, tmp_path: Path, line: str
) -> None:
    outcome = not_one_more(sshd, tmp_path, [*LINES[:30], line, *LINES[30:]])
    assert outcome.state is State.FAILED
    assert outcome.sentence == (
        "pi01 sent something that is no record, as line 31 of its run; what came before it is kept."
    )
    assert (tmp_path / outcome.records).read_text() == "".join(LINES[:30])


EVENT = '{"schema":1,"kind":"event","what":"x","message":"y"}\n'


def test_more_records_than_a_run_can_have_end_it(sshd: Sshd, tmp_path: Path) -> None:
    outcome = not_one_more(sshd, tmp_path, [LINES[0], *[EVENT] * 500], most_events=20)
    most = context(tmp_path).most_records - 10_000 + 20
    assert outcome.sentence.startswith(f"pi01 sent more than the {most} records that its run can have")
    assert len((tmp_path / outcome.records).read_text().splitlines()) == most


def test_more_bytes_than_a_run_can_have_end_it(sshd: Sshd, tmp_path: Path) -> None:
    outcome = not_one_more(sshd, tmp_path, [*LINES[:30], "x" * 30_000, "\n"], limits=Limits(20_000, 30_000))
    assert outcome.sentence.startswith("pi01 sent more than 19.5 KiB")
    assert sum(path.stat().st_size for path in tmp_path.glob("*.jsonl")) <= 20_000


def test_a_disk_that_takes_no_records_is_a_row_and_the_board_is_stopped(sshd: Sshd, tmp_path: Path) -> None:
    sshd.lay("records.jsonl", "".join(LINES[:40]))
    sshd.lay("last-record", "stop was asked for\n")
    partial = tmp_path / "pi01.partial.jsonl"
    outcome = benched(sshd, context(tmp_path, Told({"starting": lambda: partial.symlink_to("/dev/full")})))
    assert (outcome.board, outcome.state) == ("pi01", State.FAILED)
    assert outcome.sentence.startswith(f"{partial} cannot be used: the disk is full; make room")
    assert (sshd.standin / "records.jsonl").read_text().endswith("stop was asked for\n")


def test_a_line_longer_than_a_record_ends_the_run(sshd: Sshd, tmp_path: Path) -> None:
    outcome = not_one_more(sshd, tmp_path, [LINES[0], "x" * 90_000], limits=Limits(100_000, 5_000))
    assert outcome.sentence.startswith("pi01 sent more than 4.88 KiB in one line")
    assert (tmp_path / outcome.records).read_text() == LINES[0]


def test_a_run_that_goes_on_for_longer_than_it_can_is_ended(sshd: Sshd, tmp_path: Path) -> None:
    sshd.lay("records.jsonl", "".join(LINES[:40]))
    sshd.lay("last-record", end_mark(LINES[:40], "stopped"))
    clock = Clock()
    made = context(tmp_path, Told({"measuring": lambda: clock.sleep(made.longest_s + 1)}), clock)
    outcome = benched(sshd, made)
    assert outcome.state is State.TIMED_OUT
    assert outcome.sentence.startswith(f"pi01 went on for more than the {made.longest_s:.0f} s that its run can take")


def test_a_board_that_breaks_every_connection_without_a_word_is_not_followed_for_ever(
    sshd: Sshd, tmp_path: Path
) -> None:
    sshd.lay("records.jsonl", "".join(LINES[:30]))
    clock = Clock(step_s=5)
    steps = iter(range(1000))

    def cut_again() -> None:
        assert next(steps) < 900
        told.at["reconnecting"] = cut_again
        sshd.lay("cut-after", "30")

    told = Told({"measuring": lambda: sshd.lay("cut-after", "30"), "reconnecting": cut_again})
    outcome = benched(sshd, context(tmp_path, told, clock))
    assert not outcome.is_ok


@pytest.mark.parametrize("boot", ["", "\x1b[2J", "x" * 65, "a b c"])
def test_a_boot_that_has_no_name_is_an_answer_of_nobody(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, boot: str
) -> None:
    sshd.lay("boot-id", boot)
    monkeypatch.setattr(preflight, "BOOT_ID", f"cat {sshd.standin / 'boot-id'}; exit")
    outcome = benched(sshd, context(tmp_path))
    assert not outcome.is_ok
    odd, absent = "What pi01 answered about its boot cannot be understood", "pi01 is not configured"
    assert outcome.sentence.startswith((odd, absent))
