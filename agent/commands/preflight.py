"""What `run` clears up before it touches camera and LED: its settings, who else runs, what there is to play."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.board import units
from agent.board.gpiochip import has_pins
from agent.board.paths import AGENT_CONFIG
from agent.errors import AnotherAgentError, CameraError, ConfigError, PictureError, StatusError
from agent.settings.config import check_config, read_config
from agent.view import place
from agent.view.serving import socket_path

if TYPE_CHECKING:
    import argparse

    from agent.ports import FrameSource
    from agent.settings.config import Config, Table

# What can wait until a frame was looked at; a camera cannot.
PATIENT = ("file", "rendered")


def checked(arguments: argparse.Namespace) -> Config:
    """Return the settings of a run that can begin; one sentence on stderr if its LED is to be a mock.

    ConfigError if a setting or a path does not fit, AnotherAgentError if an agent runs already that it would disturb.
    """
    tables = merged_tables(arguments)
    config = check_config(tables)
    _refuse_second(config, runtime_folder())
    if arguments.path is not None and config.camera.source in {"auto", "file"}:
        _check_path(config)
    return _with_pins(config, insists="pins" in tables["led"])


def runtime_folder() -> Path | None:
    """Return the folder that systemd made for the service; None if something else started it."""
    folder = os.environ.get("RUNTIME_DIRECTORY", "")
    return Path(folder) if folder else None


def _with_pins(config: Config, *, insists: bool) -> Config:
    """Take mock pins on a computer without any, and say so, unless somebody insists on real ones."""
    if insists or has_pins():
        return config
    sys.stderr.write("This computer has no pins: the LED is one that only remembers (mock); --pins auto insists.\n")
    return replace(config, led=replace(config.led, pins="mock"))


def _refuse_second(config: Config, runtime: Path | None) -> None:
    """AnotherAgentError if an agent runs already that this one would disturb, StatusError for its socket's place."""
    path = socket_path(config.status.socket, runtime)
    if path:
        _refuse_place(path, must=bool(config.status.socket))
    if runtime is None and _shares(config) and units.is_active(units.AGENT):
        raise AnotherAgentError(
            f"An agent runs already on this board, as {units.AGENT}, and has its camera and its pins; "
            "end it first with: sudo systemctl stop pilab-agent"
        )


def _refuse_place(path: Path, *, must: bool) -> None:
    """StatusError where the socket cannot be, unless nobody asked for it by name; AnotherAgentError always."""
    try:
        place.refuse(path)
    except AnotherAgentError:
        raise
    except StatusError:
        if must:
            raise


def _shares(config: Config) -> bool:
    """Tell whether this agent uses what a board has only once."""
    is_played = config.camera.source in PATIENT or (config.camera.source == "auto" and config.camera.path)
    return config.led.pins != "mock" or not is_played


def _check_path(config: Config) -> None:
    """ConfigError if there is nothing to play where somebody said so just now; a service waits for it to come."""
    from agent.camera import file  # noqa: PLC0415 -- OpenCV takes seconds on a Pi

    try:
        with closing(file.open_source(replace(config.camera, fps=0.0, loop=False), float, bool)) as source:
            while not _shows(source):
                pass
    except CameraError as error:
        raise ConfigError(str(error)) from error


def _shows(source: FrameSource) -> bool:
    """Tell whether the next frame is one; CameraError if there is none more."""
    try:
        if source.read() is None:
            raise CameraError("There is no frame in it; give another picture, folder of pictures or video.")
    except PictureError:
        return False
    return True


def settings(arguments: argparse.Namespace) -> Config:
    """Return the checked settings; ConfigError for the first that does not fit."""
    return check_config(merged_tables(arguments))


def merged_tables(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what was set: over the file what the command line says; defaults are not among it."""
    tables = _file_tables(arguments.config)
    source = arguments.source or (None if arguments.path is None else "file")
    given = {
        "camera": {"source": source, "path": arguments.path},
        "led": {"pins": arguments.pins},
        "status": {"socket": arguments.socket},
    }
    return {**tables, **{name: _merged(tables.get(name, {}), values) for name, values in given.items()}}


def _file_tables(named: Path | None) -> Table:
    if named is None and not AGENT_CONFIG.exists():
        return {}
    return read_config(named or AGENT_CONFIG)


def _merged(table: Any, given: dict[str, str | None]) -> Any:  # noqa: ANN401 -- the file's word, not yet checked
    """Put what was given over a section of the file; what is no section is left for the check to refuse."""
    values = {key: value for key, value in given.items() if value is not None}
    return {**table, **values} if isinstance(table, dict) else table
