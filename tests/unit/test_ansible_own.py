"""What a classroom adds of its own: which settings are refused, and that nothing of it stays when it goes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pilab.classroom.plugins.module_utils import board_own, board_tree
from ansible_collections.pilab.classroom.plugins.plugin_utils import own_things
from ansible_collections.pilab.classroom.plugins.plugin_utils.own_things import OwnThingsError

from tests.unit.ansible_parts import ROOT, loaded, role_file

SCHOOL = {"name": "school", "uri": "https://apt.example.org/debian/", "suite": "stable", "components": ["main"]}


@pytest.fixture(autouse=True)
def _my_own_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a board everything belongs to root; here to whoever runs the tests."""
    monkeypatch.setattr(board_tree, "OWNER", (os.geteuid(), os.getegid()))


def test_files_come_and_go_and_what_they_replaced_is_back(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/motd").write_text("Welcome\n")
    (tmp_path / "etc/motd").chmod(0o600)
    wanted = [own_things.file("/etc/motd", "Desk 7\n"), own_things.file("/srv/lesson/a/plan.txt", "L9\n", "0755")]
    board_own.bring_about(tmp_path, wanted)
    assert (tmp_path / "etc/motd").read_text() == "Desk 7\n"
    assert (tmp_path / "srv/lesson/a/plan.txt").stat().st_mode & 0o777 == 0o755
    assert board_own.differing(tmp_path, wanted) == []
    board_own.bring_about(tmp_path, [])
    assert (tmp_path / "etc/motd").read_text() == "Welcome\n"
    assert (tmp_path / "etc/motd").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "srv").exists()
    assert board_own.noted(tmp_path) == board_own.NOTHING


@pytest.mark.parametrize("text", ["{", "[]", "7", "[" * 100_000, '{"files": 7}', '{"files": [7]}', '{"folders": null}'])
def test_damaged_notes_are_one_sentence_and_stay(tmp_path: Path, text: str) -> None:
    board_own.bring_about(tmp_path, [own_things.file("/etc/new", "n\n")])
    (tmp_path / board_own.NOTES).write_text(text)
    with pytest.raises(SystemExit, match=r"var/lib/pilab/own\.json is damaged: remove it on the board, then run again"):
        board_own.bring_about(tmp_path, [])
    assert (tmp_path / board_own.NOTES).read_text() == text


def test_a_file_that_is_no_longer_wanted_goes_and_the_others_stay(tmp_path: Path) -> None:
    one, two = own_things.file("/a/one", "1"), own_things.file("/a/two", "2")
    board_own.bring_about(tmp_path, [one, two])
    assert board_own.superfluous(tmp_path, [two]) == ["/a/one"]
    board_own.bring_about(tmp_path, [two])
    assert not (tmp_path / "a/one").exists()
    assert (tmp_path / "a/two").read_text() == "2"


def test_a_folder_that_somebody_uses_by_now_stays(tmp_path: Path) -> None:
    board_own.bring_about(tmp_path, [own_things.file("/srv/lesson/plan", "L9")])
    (tmp_path / "srv/lesson/mine").write_text("a pupil's")
    board_own.bring_about(tmp_path, [])
    assert [path.name for path in (tmp_path / "srv/lesson").iterdir()] == ["mine"]


@pytest.mark.parametrize("step", range(1, 9))
def test_a_run_that_is_killed_at_any_step_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """The kill comes before the write of that number: notes, kept files and files are all written by renaming."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/motd").write_text("Welcome\n")
    wanted = [own_things.file("/etc/motd", "Desk 7\n"), own_things.file("/etc/new", "n\n")]
    with monkeypatch.context() as patch:
        killed_at(patch, step)
        with pytest.raises(KeyboardInterrupt):
            back_and_forth(tmp_path, wanted)
    board_own.bring_about(tmp_path, wanted)
    assert (tmp_path / "etc/motd").read_text() == "Desk 7\n"
    board_own.bring_about(tmp_path, [])
    assert (tmp_path / "etc/motd").read_text() == "Welcome\n"
    assert sorted(path.name for path in (tmp_path / "etc").iterdir()) == ["motd"]


def back_and_forth(root: Path, wanted: list[dict[str, str]]) -> None:
    for each in (wanted, [], wanted):
        board_own.bring_about(root, each)


def killed_at(patch: pytest.MonkeyPatch, step: int) -> None:
    left = iter(range(step))
    replace = type(Path()).replace

    def once(self: Path, target: Any) -> Any:  # noqa: ANN401 - as pathlib has it
        if next(left, None) is None:
            raise KeyboardInterrupt
        return replace(self, target)

    patch.setattr(type(Path()), "replace", once)


def test_notes_that_anybody_could_have_written_are_not_obeyed(tmp_path: Path) -> None:
    board_own.bring_about(tmp_path, [own_things.file("/etc/new", "n\n")])
    (tmp_path / board_own.NOTES).chmod(0o666)
    assert board_own.noted(tmp_path) == board_own.NOTHING


def test_a_source_is_a_key_and_a_file_that_trusts_in_it_alone(tmp_path: Path) -> None:
    (tmp_path / "school.asc").write_text(f"{own_things.ARMOR}\nabc\n")
    (source,) = own_things.sources([{**SCHOOL, "key": "school.asc"}], tmp_path)
    key, listed = source.files()
    assert key["content"].startswith(own_things.ARMOR)
    assert f"Signed-By: {key['path']}\n" in listed["content"]
    assert "URIs: https://apt.example.org/debian\n" in listed["content"]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"name": "My school"}, "name in base_extra_sources is 'My school'"),
        ({"name": "../x"}, "name in base_extra_sources is '../x'"),
        ({"uri": "file:/srv"}, "uri in base_extra_sources is 'file:/srv'"),
        ({"uri": "https://a b"}, "uri in base_extra_sources"),
        ({"suite": "stable\nTrusted: yes"}, "suite in base_extra_sources"),
        ({"components": []}, "components of school in base_extra_sources is []"),
        ({"components": ["main", "\nTrusted: yes"]}, "components of school"),
        ({"key": "nowhere.asc"}, "cannot be read (No such file or directory)"),
        ({"key": "binary.gpg"}, "binary.gpg, the key of school in base_extra_sources, is not in ASCII armor"),
        ({"key": "other.asc"}, "is not in ASCII armor"),
    ],
)
def test_a_source_that_is_wrong_is_one_sentence(tmp_path: Path, changed: dict[str, Any], named: str) -> None:
    (tmp_path / "school.asc").write_text(own_things.ARMOR)
    (tmp_path / "other.asc").write_text("abc")
    (tmp_path / "binary.gpg").write_bytes(b"\x99\xff\x00")
    with pytest.raises(OwnThingsError) as error:
        own_things.sources([{**SCHOOL, "key": "school.asc", **changed}], tmp_path)
    assert named in str(error.value)
    assert str(error.value).endswith(".")


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "school.asc").write_text(own_things.ARMOR)
    with pytest.raises(OwnThingsError, match="two sources called 'school'"):
        own_things.sources([{**SCHOOL, "key": "school.asc"}] * 2, tmp_path)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"path": "etc/motd"}, "'etc/motd'"),
        ({"path": "/etc/../opt/pilab/x"}, "'/etc/../opt/pilab/x'"),
        ({"path": "/etc//motd"}, "'/etc//motd'"),
        ({"path": "/opt/pilab/bin/pilab"}, "/opt/pilab"),
        ({"path": "/"}, "'/'"),
        ({"path": "/boot/firmware/config.txt"}, "which Pilab changes itself"),
        ({"path": "/etc/hosts"}, "which Pilab changes itself"),
        ({"path": "/etc/a\nb"}, "base_extra_files"),
        ({"mode": "644"}, "'644'"),
        ({"mode": "4755"}, "'4755'"),
        ({"source": "x"}, "has both"),
        ({"content": None}, "has neither"),
        ({"content": None, "source": "nowhere"}, "cannot be read"),
        ({"content": None, "source": "large"}, "more than 1 MiB"),
    ],
)
def test_a_file_that_is_wrong_is_one_sentence(tmp_path: Path, given: dict[str, Any], named: str) -> None:
    (tmp_path / "large").write_bytes(b"x" * (own_things.MOST_BYTES + 1))
    with pytest.raises(OwnThingsError) as error:
        own_things.files([{"path": "/etc/motd", "content": "x", "mode": "0644", **given}], tmp_path)
    assert named in str(error.value)


def test_a_file_may_have_its_text_from_this_computer(tmp_path: Path) -> None:
    (tmp_path / "motd").write_text("Desk 7\n")
    (found,) = own_things.files([{"path": "/etc/motd", "source": "motd", "mode": "0644"}], tmp_path)
    assert found["content"] == "Desk 7\n"


def test_a_file_on_the_boot_partition_has_the_rights_that_fat_gives_it(tmp_path: Path) -> None:
    """Linux overlooks every other mode there without a word, so that no run would be content with it."""
    wanted = own_things.files([{"path": "/boot/firmware/splash.txt", "content": "x", "mode": "0644"}], tmp_path)
    board_own.bring_about(tmp_path, wanted)
    there = tmp_path / "boot/firmware/splash.txt"
    assert there.stat().st_mode & 0o777 == 0o644
    there.chmod(0o755)
    assert board_own.differing(tmp_path, wanted) == []


@pytest.mark.parametrize("name", ["", "tmux=3.3", "Tmux", "tmux htop", "-y", "tmux*"])
def test_a_word_that_is_no_package_is_named(name: str) -> None:
    with pytest.raises(OwnThingsError, match="base_extra_packages has"):
        own_things.packages([name])


def test_packages_are_taken_once_each() -> None:
    assert own_things.packages(["tmux", "cowsay", "tmux"]) == ["cowsay", "tmux"]


def test_a_file_of_tasks_that_is_not_there_is_refused_before_anything_is_changed(tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text("[]\n")
    own_things.check_tasks({"base_tasks_before": "", "base_tasks_after": "mine.yml"}, tmp_path)
    with pytest.raises(OwnThingsError) as error:
        own_things.check_tasks({"base_tasks_after": "tasks/mine.yml"}, tmp_path)
    assert str(error.value) == (
        f"base_tasks_after is 'tasks/mine.yml', and there is no such file in {tmp_path}: correct it, or take it out."
    )


@pytest.mark.parametrize("name", ["site.yml", "restore.yml"])
def test_files_of_tasks_count_from_where_keys_and_sources_do(name: str) -> None:
    """A play does not see the defaults of roles; in a room, and beside the collection, the playbook is elsewhere."""
    [play] = [each for each in loaded(ROOT / "ansible" / name) if each["hosts"] == "all"]
    default = role_file("base", "defaults/main.yml")["base_extra_folder"].strip("{} ")
    assert play["vars"]["__own_folder"] == f"{{{{ base_extra_folder | default({default}) }}}}"
    included = [
        task["ansible.builtin.include_tasks"] for task in play["tasks"] if "ansible.builtin.include_tasks" in task
    ]
    assert included
    assert all(each["file"].startswith("{{ [__own_folder, base_tasks_") for each in included)
