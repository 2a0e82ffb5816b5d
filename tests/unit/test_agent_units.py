"""What systemd says of a unit, through a systemctl that says it, and what is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.__main__ import main
from agent.board import units

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    States = Callable[..., None]


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
