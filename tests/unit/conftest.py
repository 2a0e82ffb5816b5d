"""What unit tests of several files share."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Any

import pytest
from invoke.program import Program

import tasks
from fleet.bench import here
from tests.unit.agent_process import PACKAGES, Agent
from tests.unit.bench_board import Board
from tests.unit.fleet_sshd import Sshd, sshd_program

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

# Files of tests with a browser, decoders, sanitizers, full disks, drawn pictures, agents and programs in processes of
# their own, dozens of Ansible's starts, or inputs by the hundred: three quarters of the processor time.
SLOW = frozenset(
    {
        "test_agent_by_hand", "test_agent_faults", "test_agent_place", "test_agent_run", "test_agent_view",
        "test_ansible_board_ssh", "test_bench_detect", "test_bench_failures", "test_bench_interrupted",
        "test_bench_needs", "test_bench_programs", "test_bench_runner", "test_bundle_boards", "test_cards_command",
        "test_circles_native", "test_csi", "test_csi_limits", "test_discover", "test_disk", "test_enrol",
        "test_experiments", "test_fleet_camera_gate", "test_fleet_decoder", "test_fleet_inventory", "test_fuzz_records",
        "test_inventory_file", "test_inventory_plugin", "test_native_programs", "test_report_browser",
        "test_room_folder", "test_share_fetch", "test_share_s3", "test_share_send", "test_wheel",
    }
)  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make unit` leaves to `make test`."""
    for item in items:
        if item.path.stem in SLOW:
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave what is loaded for all tests out of every look for garbage: it is there to stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_unconfigure() -> None:
    """DuckDB takes what is never looked through for a leak, and says so."""
    gc.unfreeze()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even load what is left out: each process of `make unit` would."""
    return True if collection_path.stem in SLOW and "not slow" in config.option.markexpr else None


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    """A real OpenSSH server on a port of its own, as the user who runs the tests."""
    if not sshd_program():
        pytest.skip("sshd is missing; install it with: apt-get install openssh-server")
    server = Sshd(tmp_path / "sshd")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def this_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer in a folder: a bench of the real one would be disturbed by, and disturb, whatever else goes on."""
    board = Board(tmp_path / "computer")
    monkeypatch.setenv("PATH", board.environment["PATH"])
    monkeypatch.setattr(here, "AGENT", tuple(board.command()))


@pytest.fixture
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without what takes longest of them, where something else is tested."""
    monkeypatch.setattr("fleet.report.figures.pictures", lambda *_: [])


@pytest.fixture
def agents() -> Iterator[list[Agent]]:
    """Agents that are running; none of them outlives its test."""
    started: list[Agent] = []
    yield started
    for agent in started:
        agent.process.kill()
        agent.process.communicate()


@pytest.fixture
def start(tmp_path: Path, agents: list[Agent]) -> Callable[..., Agent]:
    """Start an agent that plays the folder `frames` of the test."""

    def start(*words: str, **how: Any) -> Agent:  # noqa: ANN401 -- as Agent takes them
        agents.append(Agent(tmp_path, *words, **how))
        return agents[-1]

    return start


@pytest.fixture
def camera_agent(tmp_path: Path, start: Callable[..., Agent]) -> Callable[..., Agent]:
    """Start an agent with a simulated CSI camera, which does what the test writes into the file `camera`."""
    (tmp_path / "camera").write_text("fine")

    def start_with(source: str, size: tuple[int, int] = (640, 480), *, packages: bool = True, **how: Any) -> Agent:  # noqa: ANN401 -- as Agent takes them
        camera = f'source = "{source}"\nwidth_px = {size[0]}\nheight_px = {size[1]}'
        path = {"PYTHONPATH": str(PACKAGES)} if packages else {}
        return start(camera=camera, STANDIN_CAMERA=str(tmp_path / "camera"), **path, **how)

    return start_with


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """Types a command of invoke at an English terminal; returns its status and what it said."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def do(*words: str) -> tuple[int, str, str]:
        status = 0
        monkeypatch.setattr(sys, "argv", ["invoke", *words])
        try:
            Program(namespace=tasks.namespace).run(["invoke", *words])
        except SystemExit as end:
            status = int(end.code or 0)
        said = capsys.readouterr()
        return status, said.out, said.err

    return do
