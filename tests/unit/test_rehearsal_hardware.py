from __future__ import annotations

import difflib
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from skimage import data

from agent.circles.course import CourseDetector
from virtual import frames
from virtual.containers import boards, hardware

if TYPE_CHECKING:
    from pathlib import Path

VERSIONS = {"bullseye": "11", "bookworm": "12", "trixie": "13"}


def system(folder: Path, release: str) -> Path:
    """The files of a board that raspi-config looks at."""
    kind = next(kind for kind in boards.KINDS if kind.release == release)
    (folder / "etc").mkdir()
    (folder / "etc/os-release").write_text(f'VERSION_ID="{VERSIONS[release]}"\n')
    hardware.install_standins(folder, kind)
    return folder / kind.config_txt.lstrip("/")


def raspi_config(folder: Path, *words: str) -> int:
    command = ["sh", str(folder / "usr/bin/raspi-config"), "nonint", *words]
    return subprocess.run(command, env={"REHEARSAL_ROOT": str(folder), "PATH": "/usr/bin:/bin"}, check=False).returncode


def changes(before: str, after: str) -> set[str]:
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return {line[0] + line[2:] for line in lines if line[0] in "+-"}


# What the real raspi-config did to stock files of Raspberry Pi OS.
LEGACY_ON_BULLSEYE = {
    "-camera_auto_detect=1",
    "+start_x=1",
    "-dtoverlay=vc4-kms-v3d",
    "+#dtoverlay=vc4-kms-v3d",
    "+dtoverlay=vc4-fkms-v3d",
    "+gpu_mem=128",
}


def test_legacy_on_edits_config_as_the_real_one_and_only_once(tmp_path: Path) -> None:
    config = system(tmp_path, "bullseye")
    before = config.read_text()
    assert raspi_config(tmp_path, "do_legacy", "0") == 0
    once = config.read_text()
    assert changes(before, once) == LEGACY_ON_BULLSEYE
    raspi_config(tmp_path, "do_legacy", "0")
    assert config.read_text() == once


def test_legacy_off_leaves_the_memory_split_behind_as_the_real_one(tmp_path: Path) -> None:
    config = system(tmp_path, "bullseye")
    before = config.read_text()
    raspi_config(tmp_path, "do_legacy", "0")
    raspi_config(tmp_path, "do_legacy", "1")
    assert changes(before, config.read_text()) == {"+gpu_mem=128"}


def test_both_switches_together_make_the_contradiction_that_the_real_one_makes(tmp_path: Path) -> None:
    config = system(tmp_path, "bullseye")
    raspi_config(tmp_path, "do_legacy", "0")
    raspi_config(tmp_path, "do_camera", "0")
    assert {"start_x=1", "camera_auto_detect=1"} <= set(config.read_text().splitlines())


def test_legacy_on_bookworm_reports_success_and_ruins_the_file_as_the_real_one(tmp_path: Path) -> None:
    config = system(tmp_path, "bookworm")
    assert raspi_config(tmp_path, "do_legacy", "0") == 0
    lines = config.read_text().splitlines()
    assert "camera_auto_detect=1" not in lines
    assert "start_x=1" in lines


def test_trixie_has_no_legacy_switch(tmp_path: Path) -> None:
    config = system(tmp_path, "trixie")
    before = config.read_text()
    assert raspi_config(tmp_path, "do_legacy", "0") != 0
    assert config.read_text() == before


def test_newer_releases_keep_only_a_notice_at_the_old_place(tmp_path: Path) -> None:
    assert system(tmp_path, "bookworm") == tmp_path / "boot/firmware/config.txt"
    assert "has moved to /boot/firmware/config.txt" in (tmp_path / "boot/config.txt").read_text()


@pytest.mark.parametrize("kind", boards.KINDS)
def test_the_four_cores_share_one_policy(tmp_path: Path, kind: boards.Kind) -> None:
    still = tmp_path / "still.jpg"
    cv2.imwrite(str(still), np.full((48, 64), 200, np.uint8))
    hardware.write(tmp_path / "hardware", kind, 1, still)
    cpu = tmp_path / "hardware/cpu"
    (cpu / "cpu3/cpufreq/scaling_governor").write_text("powersave\n")
    assert (cpu / "cpu0/cpufreq/scaling_governor").read_text() == "powersave\n"
    assert kind.model in (tmp_path / "hardware/cpuinfo").read_text()


def test_frames_hold_circles_while_the_coins_are_in_view_and_none_on_the_wall() -> None:
    detector, photograph = CourseDetector(), data.coins()  # type: ignore[no-untyped-call] # scikit-image has no types
    found = [(shot, len(detector.detect(frames.render(shot, photograph)))) for shot in frames.shots()[::4]]
    assert all(count == 0 for shot, count in found if shot is None)
    seen = [count for shot, count in found if shot is not None]
    assert sum(count > 0 for count in seen) > len(seen) / 2
    assert any(shot is None for shot, _ in found)


def test_frames_are_made_whole_and_once(tmp_path: Path) -> None:
    folder = tmp_path / "camera"
    frames.ensure(folder)
    pictures = sorted((folder / "frames").glob("*.pgm"))
    assert len(pictures) == len(frames.shots())
    first = cv2.imread(str(pictures[0]))
    assert first is not None
    assert first.shape == (480, 640, 3)
    assert (folder / "still.jpg").read_bytes()[:2] == b"\xff\xd8"
    shutil.rmtree(folder / "frames")
    frames.ensure(folder)
    assert not (folder / "frames").exists()


def test_rooms_that_make_the_frames_at_once_all_have_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, all_have_made = tmp_path / "camera", Barrier(2)

    def share(made: Path) -> Path:
        all_have_made.wait(60)
        return made

    monkeypatch.setattr(frames, "share", share)
    with ThreadPoolExecutor() as pool:
        list(pool.map(frames.ensure, [folder, folder]))
    assert list(tmp_path.iterdir()) == [folder]
    assert len(list((folder / "frames").iterdir())) == len(frames.shots())


def test_the_simulated_film_is_decoded_frame_by_frame_as_a_real_one(tmp_path: Path) -> None:
    still = tmp_path / "still.jpg"
    still.write_bytes(b"")
    hardware.write(tmp_path / "hardware", boards.KINDS[0], 1, still)
    video, means = cv2.VideoCapture(str(tmp_path / "hardware/video.h264")), []
    while (read := video.read())[0]:
        assert read[1].shape == (112, 160, 3)
        means.append(float(read[1].mean()))
    assert len(means) == 10
    assert means == sorted(means)
