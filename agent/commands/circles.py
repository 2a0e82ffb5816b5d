"""`circles` and `target`: shows what the detector makes of pictures, and prints something for it to find."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from agent.circles.target import PAGES_MM, USUAL_ANGLE_DEG, draw_target, radius_mm
from agent.errors import AgentError, CameraError, ConfigError, DetectionError, OutputError
from agent.settings.circles import PRESETS, make_settings
from agent.settings.rules import Number

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from agent.circles.pilab import PilabDetector, Trace
    from agent.ports import Circles, Grey

# What a camera, a classroom and a page of paper can have.
RANGES = {
    "--distance-mm": Number(1, 100_000),
    "--radius-px": Number(1, 8192),
    "--width-px": Number(16, 8192),
    "--angle-deg": Number(1, 179),
}


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands."""
    look = subparsers.add_parser("circles", help="find the circles in pictures, and say why others fell")
    look.add_argument("path", type=Path, metavar="PICTURE|FOLDER|VIDEO")
    look.add_argument("--out", type=Path, metavar="FOLDER", help="write annotated pictures there; else none is written")
    look.add_argument(
        "--explain", action="store_true", help="also tell (and draw) edges, votes and the candidates that fell, and why"
    )
    look.add_argument("--preset", choices=PRESETS, default="course")
    look.add_argument("--sensitivity", type=float, default=0.5, help="0 to 1; more finds fainter circles")
    target = subparsers.add_parser("target", help="write a page to print with a disc for the camera (SVG)")
    target.add_argument("file", type=Path, metavar="FILE.svg")
    target.add_argument("--distance-mm", type=float, default=500)
    target.add_argument("--radius-px", type=float, default=80)
    target.add_argument("--width-px", type=float, default=640, help="of the camera's frame")
    target.add_argument("--angle-deg", type=float, default=USUAL_ANGLE_DEG, help="that the camera sees across")
    target.add_argument("--page", choices=PAGES_MM, default="a4")


def main(arguments: argparse.Namespace) -> int:
    """Do either."""
    return _target(arguments) if arguments.command == "target" else _circles(arguments)


def _target(arguments: argparse.Namespace) -> int:
    for option, rule in RANGES.items():
        rule.check(option, getattr(arguments, option[2:].replace("-", "_")))
    r_mm = radius_mm(arguments.radius_px, arguments.distance_mm, arguments.width_px, arguments.angle_deg)
    legend = (
        f"Radius {r_mm:.1f} mm: {arguments.radius_px:g} px at {arguments.distance_mm:g} mm from a camera that sees "
        f"{arguments.angle_deg:g} degrees across {arguments.width_px:g} px. Print at 100 %."
    )
    page = draw_target(r_mm, legend, arguments.page).encode()
    if not _write_new(arguments.file, page):
        raise ConfigError(f"'{arguments.file}' is there already, and stays; give another name.")
    _say(f"{arguments.file}: {legend}")
    return 0


def _circles(arguments: argparse.Namespace) -> int:
    from agent.circles.pilab import PilabDetector  # noqa: PLC0415 -- numpy takes a second on a Pi

    try:
        detector = PilabDetector(make_settings(arguments.preset, sensitivity=arguments.sensitivity))
    except OSError as error:
        raise ConfigError(str(error)) from error
    if arguments.out:
        _make_folder(arguments.out)
    return _look_at_all(detector, arguments)


def _look_at_all(detector: PilabDetector, arguments: argparse.Namespace) -> int:
    """Look at each frame; what cannot be used is told once on stderr, stepped over, and makes the status 1."""
    complaints: set[str] = set()
    for label, frame in _frames(arguments.path):
        complaint = frame if isinstance(frame, AgentError) else _look(detector, label, frame, arguments)
        if complaint and str(complaint) not in complaints:
            complaints.add(str(complaint))
            sys.stderr.write(f"{complaint}\n")
    return int(bool(complaints))


def _look(detector: PilabDetector, label: str, grey: Grey, arguments: argparse.Namespace) -> DetectionError | None:
    """Tell of one frame; return why not, if the detector does not take it."""
    from agent.circles.explain import sentences  # noqa: PLC0415 -- OpenCV takes seconds on a Pi

    try:
        circles, trace = detector.explain(grey)
    except DetectionError as error:
        return DetectionError(f"{label}: {error}")
    _say(f"{label}: {len(circles)} circle{'' if len(circles) == 1 else 's'}")
    for x, y, r, score in circles.tolist():
        _say(f"  x {x:.1f} y {y:.1f} r {r:.1f} px, score {score:.2f}")
    if arguments.explain:
        _say("\n".join("  " + line for line in sentences(trace.report)))
    if arguments.out:
        _say(f"  drawn in {_draw(grey, circles, trace if arguments.explain else None, arguments.out / label)}")
    sys.stdout.flush()
    return None


def _draw(grey: Grey, circles: Circles, trace: Trace | None, path: Path) -> Path:
    """Write what was seen beside what is there already, never over it; return where. OutputError if that fails."""
    import cv2  # noqa: PLC0415 -- takes seconds on a Pi

    from agent.circles.explain import annotate, explain  # noqa: PLC0415 -- the same

    drawn = explain(grey, circles, trace) if trace and trace.edges.size else annotate(grey, circles)
    _, png = cv2.imencode(".png", drawn)
    names = (path.with_name(f"{path.name}{'' if number == 1 else f'-{number}'}.png") for number in count(1))
    return next(each for each in names if _write_new(each, png.tobytes()))


def _make_folder(path: Path) -> None:
    """OutputError if there can be no such folder."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise OutputError(f"'{path}' is no folder, and stays; give another --out.") from error
    except OSError as error:
        raise OutputError(f"The folder '{path}' cannot be made: {error.strerror}; give another --out.") from error


def _write_new(path: Path, content: bytes) -> bool:
    """Write a file that was not there; False if it was, OutputError, and no half of it, if it cannot be written."""
    try:
        file = path.open("xb")
    except FileExistsError:
        return False
    except OSError as error:
        raise OutputError(f"'{path}' cannot be written: {error.strerror}; give another place.") from error
    try:
        with file:
            file.write(content)
    except OSError as error:
        path.unlink()
        raise OutputError(f"'{path}' cannot be written: {error.strerror}; make room, or give another place.") from error
    return True


def _frames(path: Path) -> Iterator[tuple[str, Grey | CameraError]]:
    """Yield each frame with its label, or why there is none; ConfigError if there is nothing to look at."""
    from agent.camera.file import PICTURE_SUFFIXES, list_pictures  # noqa: PLC0415 -- OpenCV takes seconds on a Pi

    try:
        if path.is_dir():
            yield from _folder(list_pictures(path))
        elif path.suffix.lower() in PICTURE_SUFFIXES and path.exists():
            yield path.stem, _picture(path)
        elif path.is_file():
            yield from _video(path)
        else:
            raise ConfigError(f"'{path}' holds no pictures; give a picture, a folder of pictures or a video.")
    except OSError as error:
        raise ConfigError(str(error) if isinstance(error, AgentError) else f"'{path}': {error.strerror}.") from error


def _folder(paths: list[Path]) -> Iterator[tuple[str, Grey | CameraError]]:
    stems = [path.stem for path in paths]
    for path in paths:
        yield path.stem if stems.count(path.stem) == 1 else path.name, _picture(path)


def _picture(path: Path) -> Grey | CameraError:
    from agent.camera.file import read_picture  # noqa: PLC0415 -- OpenCV takes seconds on a Pi

    try:
        return read_picture(path)
    except CameraError as error:
        return error


def _video(path: Path) -> Iterator[tuple[str, Grey]]:
    from agent.camera.file import open_video  # noqa: PLC0415 -- OpenCV takes seconds on a Pi
    from agent.camera.grey import to_grey  # noqa: PLC0415 -- the same

    video = open_video(path)
    for number in count():
        whole, bgr = video.read()
        if not whole:
            return
        yield f"{path.stem}-{number:05}", to_grey(bgr)


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
