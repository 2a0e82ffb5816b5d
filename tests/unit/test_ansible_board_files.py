from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.ansible_parts import plugin

if TYPE_CHECKING:
    from pathlib import Path

files = plugin("modules", "board_files")
seen = plugin("module_utils", "board_seen")
filters = plugin("plugin_utils", "described")


@pytest.fixture(autouse=True)
def _my_own_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a board everything belongs to root; here to whoever runs the tests."""
    monkeypatch.setattr(files.board_tree, "OWNER", (os.geteuid(), os.getegid()))


def bring_about(**described: Any) -> list[str]:  # noqa: ANN401 - as a playbook has it
    changes = files.board_tree.planned({"folders": [], "files": [], "trees": [], **described})
    for change in changes:
        files.WAYS[change.get("state", "file")](change)
    return [change["path"] for change in changes]


def one(path: str | Path, content: str = "x = 1\n", mode: str = "0644") -> dict[str, str]:
    return {"path": str(path), "content": content, "mode": mode}


def test_what_was_brought_about_once_needs_nothing_the_second_time(tmp_path: Path) -> None:
    described = {
        "folders": [str(tmp_path / "runs")],
        "files": [one(tmp_path / "bin/pilab", mode="0755")],
        "trees": [{"path": str(tmp_path / "agent"), "files": [one("bench/plan.py")], "keep": []}],
    }
    assert bring_about(**described)
    assert (tmp_path / "bin/pilab").stat().st_mode & 0o777 == 0o755
    assert bring_about(**described) == []


def test_a_tree_loses_what_nobody_described(tmp_path: Path) -> None:
    tree = {"path": str(tmp_path), "files": [one("led.py")], "keep": ["bin"]}
    for name in ("stray.py", "old/part.py", "bin/busy", "__pycache__/led.pyc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "bin")
    bring_about(trees=[tree])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["__pycache__", "bin", "led.py"]
    assert (tmp_path / "bin/busy").exists()


@pytest.mark.parametrize("instead", ["link", "folder", "wrong mode", "other text"])
def test_whatever_stands_in_the_place_of_a_file_is_replaced_by_it(tmp_path: Path, instead: str) -> None:
    path = tmp_path / "agent.toml"
    put_there(path, instead)
    assert bring_about(files=[one(path)]) == [str(path)]
    assert path.read_text() == "x = 1\n"
    assert not path.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o644
    assert bring_about(files=[one(path)]) == []


def put_there(path: Path, what: str) -> None:
    if what == "folder":
        (path / "inside").mkdir(parents=True)
        return
    written = path.with_name("elsewhere") if what == "link" else path
    written.write_text("x = 2\n" if what == "other text" else "x = 1\n")
    written.chmod(0o666 if what == "wrong mode" else 0o644)
    if what == "link":
        path.symlink_to(written)


def test_what_a_killed_run_left_beside_a_file_is_gone_after_the_next(tmp_path: Path) -> None:
    (tmp_path / ".led.py.new").write_text("half of i")
    bring_about(trees=[{"path": str(tmp_path), "files": [one("led.py")], "keep": []}])
    assert [path.name for path in tmp_path.iterdir()] == ["led.py"]


def test_without_a_mode_a_file_keeps_its_own(tmp_path: Path) -> None:
    path = tmp_path / "config.txt"
    path.write_text("x = 0\n")
    path.chmod(0o755)
    assert bring_about(files=[one(path, mode="")]) == [str(path)]
    assert path.stat().st_mode & 0o777 == 0o755
    assert bring_about(files=[one(path, mode="")]) == []


def test_looking_and_writing_agree_on_what_differs(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    (source / "led.py").write_text("x = 1\n")
    description = {
        "folders": [str(tmp_path / "runs")],
        "files": [{"path": str(tmp_path / "agent.toml"), "content": "y = 1\n"}],
        "trees": [{"path": str(target), "source": str(source)}],
    }
    assert len(seen.stale(json.loads(filters.digested(description)))) == 4
    bring_about(
        folders=description["folders"],
        files=[one(tmp_path / "agent.toml", "y = 1\n")],
        trees=filters.with_files(description["trees"]),
    )
    assert seen.stale(json.loads(filters.digested(description))) == []
    (target / "led.py").write_text("x = 2\n")
    assert seen.stale(json.loads(filters.digested(description))) == [str(target / "led.py")]


def test_a_difference_shows_what_was_and_what_will_be(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text("x = 0\n")
    shown = files.difference(one(path))
    assert (shown["before"], shown["after"], shown["after_header"]) == ("x = 0\n", "x = 1\n", str(path))
    assert files.difference({"path": str(path), "state": "absent"})["after"] == ""


def test_a_tree_is_read_without_what_was_built_in_it(tmp_path: Path) -> None:
    for name in ("busy.c", "bin/busy", "__pycache__/x.pyc", ".swp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text")
    assert filters.read_tree(str(tmp_path)) == [{"path": "busy.c", "content": "text", "mode": "0644"}]


def test_a_digest_changes_with_any_byte_or_mode() -> None:
    digests = {filters.digest([one("a")]), filters.digest([one("a", "y")]), filters.digest([one("a", mode="0755")])}
    assert len(digests) == 3


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of /opt/pilab, as root made it."""
    folder = tmp_path / "pilab"
    monkeypatch.setattr(files.board_tree, "OWN", (str(folder),))
    bring_about(**of(folder))
    return folder


def of(folder: Path) -> dict[str, Any]:
    return {
        "folders": [str(folder / "runs")],
        "trees": [
            {"path": str(folder / "agent"), "files": [one("bench/plan.py")], "keep": []},
            {"path": str(folder), "files": [], "keep": ["agent", "runs"]},
        ],
    }


@pytest.mark.parametrize("path", [".", "runs", "agent", "agent/bench"])
@pytest.mark.parametrize("mode", [0o777, 0o775, 0o1777, 0o700])
def test_a_folder_of_ours_that_others_can_write_is_seen_and_mended(own: Path, path: str, mode: int) -> None:
    (own / path).chmod(mode)
    assert bring_about(**of(own)) == [str(own / path)]
    assert (own / path).stat().st_mode & 0o7777 == 0o755
    assert bring_about(**of(own)) == []


def test_a_folder_of_ours_that_belongs_to_somebody_else_is_seen(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.board_tree, "OWNER", (os.geteuid() + 1, os.getegid()))
    seen_paths = {change["path"] for change in files.board_tree.planned({"files": [], **of(own)})}
    assert seen_paths >= {str(own), str(own / "runs"), str(own / "agent"), str(own / "agent/bench")}


def test_a_link_in_the_place_of_a_folder_of_ours_becomes_a_folder(own: Path, tmp_path: Path) -> None:
    (own / "agent").rename(tmp_path / "elsewhere")
    (own / "agent").symlink_to(tmp_path / "elsewhere")
    bring_about(**of(own))
    assert not (own / "agent").is_symlink()
    assert (own / "agent/bench/plan.py").read_text() == "x = 1\n"
    assert bring_about(**of(own)) == []


def test_folders_of_the_system_are_left_as_they_are(own: Path, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir(mode=0o700)
    (tmp_path / "etc").chmod(0o777)
    bring_about(files=[one(tmp_path / "etc/unit")], **of(own))
    assert (tmp_path / "etc").stat().st_mode & 0o7777 == 0o777


def test_code_beside_the_packages_that_root_runs_is_removed(own: Path) -> None:
    (own / "json.py").write_text("planted")
    assert bring_about(**of(own)) == [str(own / "json.py")]


@pytest.mark.parametrize("planted", [None, "file", "folder", "link"])
def test_a_cache_stays_only_if_nobody_but_root_can_have_written_it(own: Path, planted: str | None) -> None:
    cache = own / "agent/__pycache__"
    cache.mkdir(mode=0o755)
    (cache / "led.pyc").write_bytes(b"")
    (cache / "led.pyc").chmod(0o666 if planted == "file" else 0o644)
    cache.chmod(0o777 if planted == "folder" else 0o755)
    if planted == "link":
        (cache / "other.pyc").symlink_to("/tmp/other.pyc")  # noqa: S108 (a place on a board)
    assert bring_about(**of(own)) == ([str(cache)] if planted else [])
    assert cache.exists() is (planted is None)


def test_nobody_who_left_a_file_beside_can_go_on_writing_into_the_new_one(tmp_path: Path) -> None:
    with (tmp_path / ".led.py.new").open("w") as left:
        bring_about(files=[one(tmp_path / "led.py")])
        left.write("planted")
    assert (tmp_path / "led.py").read_text() == "x = 1\n"


def test_a_folder_left_beside_a_file_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / ".led.py.new/inside").mkdir(parents=True)
    assert bring_about(files=[one(tmp_path / "led.py")]) == [str(tmp_path / "led.py")]
    assert [path.name for path in tmp_path.iterdir()] == ["led.py"]


def test_a_giant_file_in_the_place_of_ours_differs_unread_and_its_beginning_is_shown(tmp_path: Path) -> None:
    with (tmp_path / "led.py").open("wb") as file:
        file.truncate(1 << 40)
    assert files.board_tree.differs(one(tmp_path / "led.py"))
    assert len(files.text_of(str(tmp_path / "led.py"))) == files.board_look.MOST_BYTES
