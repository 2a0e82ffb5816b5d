"""What systemd says of a unit, through a systemctl that says it, and what is made of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.__main__ import main
from agent.board import units

if TYPE_CHECKING:
    from collections.abc import Callable

    States = Callable[..., None]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> States:
    """Have units of a board be in these states; those that are not named are inactive."""

    def set_up(**known: str) -> None:
        cases = "".join(f"pilab-{name}.service) echo {state};;\n" for name, state in known.items())
        program = tmp_path / "systemctl"
        program.write_text(f'#!/bin/sh\ncase "$2" in\n{cases}*) echo inactive;;\nesac\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return set_up


@pytest.mark.parametrize(
    ("state", "active", "present"),
    [
        ("active", True, True),
        ("activating", True, True),
        ("reloading", True, True),
        ("deactivating", False, True),
        ("inactive", False, False),
        ("failed", False, False),
    ],
)
def test_a_unit_in_its_last_step_is_present_but_active_no_more(
    states: States, state: str, *, active: bool, present: bool
) -> None:
    states(bench=state)
    assert units.is_active(units.BENCH) == active
    assert units.is_present(units.BENCH) == units.bench_runs() == present


def test_without_systemd_no_unit_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not units.is_present(units.AGENT)


@pytest.mark.parametrize("state", ["active", "deactivating"])
def test_a_bench_is_not_disturbed_by_a_check_of_the_camera(
    states: States, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    states(bench=state)
    assert main(["camera", "check"]) == 1
    assert capsys.readouterr().err.startswith("A bench runs on this board; wait for its end")


def test_a_camera_is_checked_once_at_a_time(states: States, capsys: pytest.CaptureFixture[str]) -> None:
    states(camera="deactivating")
    assert main(["camera", "check"]) == 1
    assert capsys.readouterr().err.startswith("The camera of this board is being checked already")


@pytest.mark.parametrize("is_the_journal", [True, False])
def test_only_the_journal_is_told_that_a_line_is_an_error(tmp_path: Path, *, is_the_journal: bool) -> None:
    said = tmp_path / "said"
    with said.open("w") as stream:
        place = os.fstat(stream.fileno())
        journal = f"{place.st_dev}:{place.st_ino if is_the_journal else 0}"
        words = [sys.executable, "-m", "agent", "run", "--config", str(tmp_path / "nowhere.toml")]
        subprocess.run(words, cwd=ROOT, env={"JOURNAL_STREAM": journal}, stderr=stream, check=False, timeout=60)
    assert said.read_text().startswith("<3>") == is_the_journal
    assert "nowhere.toml" in said.read_text()
