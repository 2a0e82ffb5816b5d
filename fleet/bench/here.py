"""The same bench on this computer: no ssh, and no root needed; the agent of this checkout does it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from fleet.analysis import records
from fleet.bench.ending import EndReason, ending
from fleet.bench.progress import Progress, advanced
from fleet.bench.record_file import RecordFile
from fleet.boards.inventory import THIS_COMPUTER
from fleet.places import CODE

if TYPE_CHECKING:
    from fleet.bench.progress import Screen
    from fleet.boards.outcome import Outcome
    from fleet.results import Run
    from fleet.suites import Plan

LOOK_S = 0.2
AGENT = (sys.executable, "-m", "agent", "bench")


def bench(plan: Plan, run: Run, screen: Screen) -> list[Outcome]:
    """Bench this computer; Ctrl-C ends it, and what was recorded is kept."""
    with TemporaryDirectory(prefix="pilab-") as folder:
        plan_file, written = Path(folder) / "plan.json", Path(folder) / "records.jsonl"
        plan_file.write_text(json.dumps(plan.as_json()), encoding="utf-8")
        record_file = RecordFile(run.path, THIS_COMPUTER.name, run.manifest.attempt)
        with _start(plan_file, written) as process:
            try:
                reason = _follow(process, written, record_file, screen)
            finally:
                process.terminate()  # it has ended, unless nobody can take in any more what it records
            # Ctrl-C may have come in the middle of a line: what is kept is what the agent wrote.
            if reason is EndReason.STOPPED:
                record_file.begin_again()
            for line in _new_lines(written, record_file):
                record_file.add(line, records.one(line))
            stderr = process.stderr.read().decode(errors="replace") if process.stderr else ""
    outcome = ending(THIS_COMPUTER, record_file.records(), reason, stderr)
    run.finish([record_file.kept(outcome)])
    return run.outcomes


def _start(plan_file: Path, written: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*AGENT, "run", "--plan", str(plan_file), "--records", str(written)],
        cwd=CODE,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us; we pass it on
    )


def _follow(process: subprocess.Popen[bytes], written: Path, record_file: RecordFile, screen: Screen) -> EndReason:
    """Take in records until the bench ends; tell whether somebody ended it."""
    progress = Progress(THIS_COMPUTER.name)
    reason = EndReason.BY_ITSELF
    is_over = False
    while not is_over:
        try:
            is_over = _has_ended(process)  # asked before reading, so that nothing written last is missed
            for line in _new_lines(written, record_file):
                record = records.one(line)
                record_file.add(line, record)
                progress = advanced(progress, record)
                screen.show(progress)
        except KeyboardInterrupt:
            reason = EndReason.STOPPED
            process.terminate()
    return reason


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(LOOK_S)
    except subprocess.TimeoutExpired:
        return False
    return True


def _new_lines(written: Path, record_file: RecordFile) -> list[bytes]:
    """Return the lines that are written to their end and have not arrived."""
    if not written.exists():
        return []
    with written.open("rb") as file:
        file.seek(record_file.size_bytes)
        new = file.read()
    return new[: new.rfind(b"\n") + 1].splitlines(keepends=True)
