from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

import pytest

from agent.commands import preflight, run
from agent.errors import ConfigError
from agent.settings.config import (
    SOURCES,
    CameraConfig,
    CirclesConfig,
    Config,
    LedConfig,
    StatusConfig,
    check_config,
    read_config,
)

if TYPE_CHECKING:
    from pathlib import Path

DEFAULTS = Config(camera=CameraConfig(), circles=CirclesConfig(), led=LedConfig(), status=StatusConfig())


def typed(*words: str) -> Namespace:
    parser = ArgumentParser()
    run.add_arguments(parser.add_subparsers())
    return parser.parse_args(["run", *words])


def write(folder: Path, content: str) -> Path:
    path = folder / "agent.toml"
    path.write_text(content)
    return path


def test_nothing_set_means_the_course_s_own_numbers() -> None:
    assert check_config({}) == DEFAULTS
    assert (DEFAULTS.led.pin, DEFAULTS.led.hold_s, DEFAULTS.camera.width_px, DEFAULTS.camera.height_px) == (
        27,
        3.0,
        640,
        480,
    )


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    path = write(tmp_path, '[camera]\nsource = "v4l2"\nfps = 5\nloop = false\n[led]\nactive_high = false\n')
    config = check_config(read_config(path))
    assert config.camera == CameraConfig(source="v4l2", fps=5.0, loop=False)
    assert isinstance(config.camera.fps, float)
    assert config.led == LedConfig(active_high=False)


@pytest.mark.parametrize(
    ("tables", "sentence"),
    [
        (
            {"camera": {"fps": 0.4}},
            "camera.fps is 0.4; give a number from 0.5 to 120, or 0 for as fast as circles are looked for.",
        ),
        (
            {"camera": {"fps": float("nan")}},
            "camera.fps is nan; give a number from 0.5 to 120, or 0 for as fast as circles are looked for.",
        ),
        (
            {"camera": {"fps": True}},
            "camera.fps is True; give a number from 0.5 to 120, or 0 for as fast as circles are looked for.",
        ),
        (
            {"camera": {"fps": "10"}},
            "camera.fps is '10'; give a number from 0.5 to 120, or 0 for as fast as circles are looked for.",
        ),
        ({"camera": {"device": -1}}, "camera.device is -1; give a whole number from 0 to 63."),
        ({"camera": {"width_px": 640.0}}, "camera.width_px is 640.0; give a whole number from 16 to 7680."),
        ({"camera": {"loop": 1}}, "camera.loop is 1; give true or false."),
        ({"camera": {"path": 7}}, "camera.path is 7; give a text in quotes."),
        (
            {"camera": {"source": "webcam"}},
            f"camera.source is 'webcam'; choose from {', '.join(SOURCES)}.",
        ),
        ({"camera": {"source": []}}, f"camera.source is []; choose from {', '.join(SOURCES)}."),
        ({"camera": 3}, "camera is 3; write it as a section, [camera], with its settings below."),
        ({"led": {"pin": True}}, "led.pin is True; give a whole number from 0 to 27."),
        ({"led": {"pin": 28}}, "led.pin is 28; give a whole number from 0 to 27."),
        ({"led": {"hold_s": 0}}, "led.hold_s is 0; give a number from 0.1 to 600."),
        ({"led": {"seen": 4, "of": 3}}, "led.seen is 4; give a whole number from 1 to led.of, which is 3."),
        ({"status": {"view": "yes"}}, "status.view is 'yes'; give true or false."),
        ({"circles": {"detector": "best"}}, "circles.detector is 'best'; choose from pilab, course."),
        (
            {"led": {"hold": 3}},
            "led.hold is 3, but there is no such setting; known are pin, hold_s, pins, active_high, seen, of.",
        ),
        ({"lamp": {}}, "lamp is {}, but there is no such setting; known are camera, circles, led, status."),
    ],
)
def test_what_does_not_fit_is_named_with_its_value_and_what_would(tables: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=f"^{re.escape(sentence)}$"):
        check_config(tables)


def test_the_source_file_needs_a_path() -> None:
    with pytest.raises(ConfigError, match=r"camera.path is ''; give the picture, folder or video"):
        check_config({"camera": {"source": "file"}})


def test_a_file_that_is_missing_or_not_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone.toml' cannot be read: No such file"):
        read_config(tmp_path / "gone.toml")
    with pytest.raises(ConfigError, match=r"agent.toml' is not TOML: .*line 1"):
        read_config(write(tmp_path, "camera: file\n"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xef\xbb\xbf[led]\npin = 17\n", "begins with a byte order mark; save it again as UTF-8 without one (BOM)."),
        ("[led]\n".encode("utf-16"), "begins with a byte order mark; save it"),
        ("[led]\n".encode("utf-16-be"), "is not TOML: "),
        (b'[camera]\npath = "B\xfccher"\n', "is not UTF-8 in line 2; save it again as UTF-8."),
        (b"[led]\nhold_s = 2,5\n", "line 2 has a comma in a number, write a point."),
        (b"[led]\npin = 27\nhold_s = 1,000.5 # s\n", "line 3 has a comma in a number, write a point."),
        (b"[led]\npin = 1\npin = 2\n", "is not TOML: "),
        (b"a = " + b"[" * 5000, "is not TOML: "),
        (b"[led]\npin = " + b"9" * 5000, "is not TOML: "),
        (b"#" * (2**20 + 1), "has more than 1048576 bytes; give the file of the agent's settings."),
    ],
)
def test_what_an_editor_or_a_habit_put_there_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "agent.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=re.escape(f"agent.toml' {words}" if words[0] in "bih" else words)) as caught:
        read_config(tmp_path / "agent.toml")
    assert len(str(caught.value)) < 400
    assert "comma" not in str(caught.value) or "," in content.decode()


def test_a_list_is_no_number_with_a_comma(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(write(tmp_path, "a = [1,5]\nb = \n"))
    assert "comma" not in str(caught.value)


@pytest.mark.parametrize("value", [16**5000, "9" * 5000, [[1]] * 900, "\x1b[2J\n", "a\0b"], ids=range(5))
def test_a_value_that_is_long_or_acts_on_a_terminal_is_shown_short_and_harmless(value: object) -> None:
    for table in ({"led": {"pin": value}}, {"led": {"pins": value}}, {"status": {"view": value}}, {"x\n": value}):
        with pytest.raises(ConfigError) as caught:
            check_config(table)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 250


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, '[camera]\nsource = "v4l2"\nfps = 5\n')
    config = preflight.settings(
        typed("--config", str(path), "--source", "file", "--path", "/srv/frames", "--pins", "mock")
    )
    assert config.camera == CameraConfig(source="file", path="/srv/frames", fps=5.0)
    assert config.led.pins == "mock"


def test_a_path_alone_means_that_it_is_played(tmp_path: Path) -> None:
    path = write(tmp_path, '[camera]\nsource = "v4l2"\n')
    assert preflight.settings(typed("--config", str(path), "--path", "/srv/frames")).camera.source == "file"


def test_the_command_line_is_checked_like_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"led.pins is 'none'; choose from auto, mock"):
        preflight.settings(typed("--config", str(write(tmp_path, "")), "--pins", "none"))
    with pytest.raises(ConfigError, match="camera is 3; write it as a section"):
        preflight.settings(typed("--config", str(write(tmp_path, "camera = 3\n")), "--path", "x"))
