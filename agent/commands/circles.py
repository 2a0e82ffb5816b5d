"""`circles` and `target`: shows what the detector makes of pictures, and prints something for it to find."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.circles.target import PAGES_MM, USUAL_ANGLE_DEG, draw_target, radius_mm
from agent.errors import ConfigError
from agent.settings.circles import PRESETS, make_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from agent.circles.pilab import PilabDetector
    from agent.ports import Grey


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands."""
    look = subparsers.add_parser("circles", help="find the circles in pictures, and say why others fell")
    look.add_argument("path", type=Path, metavar="PICTURE|FOLDER|VIDEO")
    look.add_argument("--out", type=Path, default=Path("circles-seen"), metavar="FOLDER", help="for annotated pictures")
    look.add_argument(
        "--explain", action="store_true", help="also tell and draw edges, votes and the candidates that fell, and why"
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
    r_mm = radius_mm(arguments.radius_px, arguments.distance_mm, arguments.width_px, arguments.angle_deg)
    legend = (
        f"Radius {r_mm:.1f} mm: {arguments.radius_px:g} px at {arguments.distance_mm:g} mm from a camera that sees "
        f"{arguments.angle_deg:g} degrees across {arguments.width_px:g} px. Print at 100 %."
    )
    arguments.file.write_text(draw_target(r_mm, legend, arguments.page), encoding="utf-8")
    _say(f"{arguments.file}: {legend}")
    return 0


def _circles(arguments: argparse.Namespace) -> int:
    from agent.circles.pilab import PilabDetector  # noqa: PLC0415 -- numpy takes a second on a Pi

    try:
        detector = PilabDetector(make_settings(arguments.preset, sensitivity=arguments.sensitivity))
    except OSError as error:
        raise ConfigError(f"The detector's library is not there: {error}. Build it with `make -C native`.") from error
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, grey in _frames(arguments.path):
        _look(detector, name, grey, arguments)
    return 0


def _look(detector: PilabDetector, name: str, grey: Grey, arguments: argparse.Namespace) -> None:
    import cv2  # noqa: PLC0415 -- takes seconds on a Pi

    from agent.circles.explain import annotate, explain, sentences  # noqa: PLC0415 -- the same

    circles, trace = detector.explain(grey)
    _say(f"{name}: {len(circles)} circle{'' if len(circles) == 1 else 's'}")
    for x, y, r, score in circles.tolist():
        _say(f"  x {x:.1f} y {y:.1f} r {r:.1f} px, score {score:.2f}")
    if arguments.explain:
        _say("\n".join("  " + line for line in sentences(trace.report)))
    picture = explain(grey, circles, trace) if arguments.explain else annotate(grey, circles)
    cv2.imwrite(str(arguments.out / f"{name}.png"), picture)


def _frames(path: Path) -> Iterator[tuple[str, Grey]]:
    from agent.camera.file import PICTURE_SUFFIXES  # noqa: PLC0415 -- OpenCV takes seconds on a Pi

    paths = [path]
    if path.is_dir():
        paths = sorted(each for each in path.iterdir() if each.suffix.lower() in PICTURE_SUFFIXES)
    if not paths or not path.exists():
        raise ConfigError(f"'{path}' holds no pictures; give a picture, a folder of pictures or a video.")
    for each in paths:
        yield from _pictures(each)


def _pictures(path: Path) -> Iterator[tuple[str, Grey]]:
    from agent.camera.file import PICTURE_SUFFIXES, read_picture  # noqa: PLC0415 -- OpenCV takes seconds on a Pi

    if path.suffix.lower() in PICTURE_SUFFIXES:
        yield path.stem, read_picture(path)
    else:
        yield from _video(path)


def _video(path: Path) -> Iterator[tuple[str, Grey]]:
    import cv2  # noqa: PLC0415 -- takes seconds on a Pi

    from agent.camera.grey import to_grey  # noqa: PLC0415 -- the same

    video = cv2.VideoCapture(str(path))
    number = 0
    while (read := video.read())[0]:
        yield f"{path.stem}-{number:05}", to_grey(read[1])
        number += 1
    if number == 0:
        raise ConfigError(f"'{path}' is neither a picture nor a video that OpenCV can read; give another.")


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
