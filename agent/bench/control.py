"""What the teacher's side may ask of a board: start a run, stop it, put the board back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.bench import unit
from agent.bench.plan import parse
from agent.bench.records import has_ended
from agent.bench.restore import board_lock, restore
from agent.board.files import close, make_folder, require_room, write_whole
from agent.errors import BusyError, ConfigError

if TYPE_CHECKING:
    from agent.board.paths import Paths


def start(run: str, plan_text: str, paths: Paths) -> None:
    """Begin a run in a unit of its own, which outlives the connection that asked for it.

    ConfigError if its plan cannot be used, BusyError if the board cannot take it now or had it already.
    """
    plan = parse(plan_text)
    if plan.run != run:
        raise ConfigError(f"The plan is for run {plan.run}, not for {run}; give both the same name.")
    _await_turn(paths)
    folder = paths.run_folder(run)
    if paths.records_file(run).exists():
        raise BusyError(f"Run {run} has been on this board already; give the new one a name of its own.")
    for level in (paths.state, folder.parent, folder):
        make_folder(level)
    for each in folder.parent.iterdir():  # an earlier Pilab left its runs readable by everybody
        close(each)
    require_room(folder)
    write_whole(folder / "plan.json", plan_text)
    unit.start(run, folder / "plan.json", paths.records_file(run), paths)


def _await_turn(paths: Paths) -> None:
    """Wait for a run in its very last step; BusyError if one is still measuring."""
    current = unit.current_run()
    if not current:
        return
    if not has_ended(paths.records_file(current)):
        command = f"sudo {paths.code}/bin/pilab bench stop --run {current}"
        ways = f"wait for its end, press Ctrl-C where it was begun, or type on the board: {command}"
        raise BusyError(f"Run {current} is on this board; {ways}")
    unit.wait_until_gone(unit.PUTTING_BACK_LIMIT_S)


def stop(run: str, paths: Paths) -> None:
    """End a run; afterwards the board is as it was before it. BusyError if another one is there."""
    current = unit.current_run()
    if current not in {"", run}:
        raise BusyError(f"Run {current} is on this board, not {run}; stop that one if you mean it.")
    if current:
        unit.stop()
    put_back(paths)


def put_back(paths: Paths) -> None:
    """Restore what a run changed, if any did and it is no longer there to do so."""
    with board_lock(paths):
        restore(paths)
