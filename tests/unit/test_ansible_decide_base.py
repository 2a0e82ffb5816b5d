from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.ansible_parts import plugin
from tests.unit.decide_parts import CONFIGURED, board, decide, seen

if TYPE_CHECKING:
    from pathlib import Path

base = plugin("plugin_utils", "decide_base")
table = plugin("module_utils", "table")
WANTED = table.package_names(board().cell().packages, "trixie", "core")
ROWS = [row for row in board().cell().packages if row.get("only") != "base_spread"]
NEEDED = table.package_names(ROWS, "trixie", "core", needed=True)
OPTIONAL = sorted(set(WANTED) - set(table.package_names(board().cell().packages, "trixie", "core", needed=True)))
KEPT = {"base_hostname": "", "base_bundle_folder": "/nowhere"}


def complete(**changes: Any) -> Any:  # noqa: ANN401 (the gate's type)
    packages = {"installed": WANTED, "available": [], **changes.pop("packages", {})}
    return seen(packages=packages, clock_ahead_s=changes.pop("clock_ahead_s", 0), **changes)


def decided(look: Any, description: Any = None, **others: Any) -> Any:  # noqa: ANN401
    return decide("base", look, description, **{**KEPT, **others})


def test_a_board_that_has_all_is_left_alone() -> None:
    found = decided(complete())
    assert (found.differs, found.refusals) == (False, ())


def test_what_is_missing_and_to_be_had_is_installed() -> None:
    found = decided(complete(packages={"installed": WANTED[1:], "available": WANTED[:1]})).plan.packages
    assert (found.missing, found.to_install, found.lacks, found.has_work) == (WANTED[:1], WANTED[:1], [], True)


def test_what_lessons_need_and_no_source_has_is_lacking_and_other_things_are_left_out() -> None:
    without = [name for name in WANTED if name not in {NEEDED[0], OPTIONAL[0]}]
    found = decided(complete(packages={"installed": without}))
    assert (found.plan.packages.to_install, found.plan.packages.lacks) == ([], [NEEDED[0]])
    assert any(OPTIONAL[0] in note and note.endswith("not in this board's package sources") for note in found.notes)


@pytest.mark.parametrize(("age_s", "is_old"), [(86400, False), (86401, True), (-86401, True), (-5, False)])
def test_lists_are_fetched_where_they_are_old_or_from_the_future(age_s: int, is_old: bool) -> None:  # noqa: FBT001 (what is wanted)
    lists = complete(packages={"installed": WANTED[1:]}, lists_age_s=age_s)
    assert decided(lists).plan.packages.lists_are_old is is_old
    assert not decided(complete(lists_age_s=age_s)).plan.packages.lists_are_old


def test_an_installation_that_was_interrupted_is_work() -> None:
    assert decided(complete(packages={"interrupted": True})).differs


def test_dask_comes_only_where_it_is_asked_for() -> None:
    look = complete(packages={"installed": []})
    assert "python3-distributed" not in decided(look).plan.packages.missing
    assert "python3-distributed" in decided(look, base_spread=True).plan.packages.missing


@pytest.mark.parametrize(("memory_mib", "at_once"), [(427, 4), (599, 4), (600, 1000), (3792, 1000)])
def test_a_board_with_little_memory_installs_few_at_once(memory_mib: int, at_once: int) -> None:
    assert decided(complete(memory_mib=memory_mib)).plan.packages.at_once == at_once


def test_without_a_bundle_nothing_can_come_from_it(tmp_path: Path) -> None:
    lacking = complete(packages={"installed": [], "available": WANTED})
    [sentence] = decided(lacking, base_from_bundle=True, base_bundle_folder=str(tmp_path)).refusals
    assert sentence.startswith("there is no bundle for trixie-arm64")
    assert decided(complete(), base_from_bundle=True, base_bundle_folder=str(tmp_path)).refusals == ()


def test_from_a_bundle_comes_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "trixie-arm64.tar").write_bytes(b"12345")
    (tmp_path / "trixie-arm64.json").write_text(json.dumps({"schema": 1, "names": WANTED[:1], "bytes": 5}))
    lacking = complete(packages={"installed": [], "available": []})
    found = decided(lacking, base_from_bundle=True, base_bundle_folder=str(tmp_path)).plan.packages
    assert (found.to_install, found.archive) == (WANTED[:1], str(tmp_path / "trixie-arm64.tar"))


def test_a_board_gets_its_name_everywhere() -> None:
    found = decided(complete(), base_hostname="pi07").plan.name
    assert found.changes
    assert found.hosts == "127.0.1.1\tpi07\n"
    assert ("hostname: pi01", "hostname: pi07") in found.told["lines"]


@pytest.mark.parametrize("name", ["", "localhost", "10.0.0.7", "ip6-loopback"])
def test_a_board_keeps_its_name_where_another_cannot_be_one(name: str) -> None:
    assert not decided(complete(), base_hostname=name).differs


def test_only_a_name_that_somebody_meant_is_a_note() -> None:
    assert not any(
        "its name" in note for name in ("", "localhost") for note in decided(complete(), base_hostname=name).notes
    )
    assert decided(complete(), base_hostname="pi_7").notes[-1].startswith("its name stays pi01: pi_7 is not made of")


def test_a_write_protected_boot_partition_is_refused_where_its_user_data_has_to_change() -> None:
    protected = complete(boot_is_read_only=True)
    assert decided(protected).refusals == ()
    [sentence] = decided(protected, base_hostname="pi07").refusals
    assert sentence.startswith("its boot partition is write-protected")


@pytest.mark.parametrize(
    ("devices", "awake", "differs"), [([], False, False), (["wlan0"], False, True), (["w"], True, False)]
)
def test_wifi_is_kept_awake_where_there_is_one(devices: list[str], awake: bool, differs: bool) -> None:  # noqa: FBT001
    look = complete(wifi={"devices": devices, "stays_awake": awake})
    assert decided(look).plan.changes_wifi is differs


@pytest.mark.parametrize(
    ("ahead_s", "words"), [(61, "its clock is 61 seconds fast"), (-9000, "its clock is 2 hours slow")]
)
def test_a_wrong_clock_is_told(ahead_s: int, words: str) -> None:
    found = decided(complete(clock_ahead_s=ahead_s))
    assert (found.differs, found.plan.clock_is_wrong, found.plan.wrong_clock) == (True, True, words)
    assert not decided(complete(clock_ahead_s=60)).plan.clock_is_wrong


def test_the_name_that_was_found_is_given_back() -> None:
    before = {**CONFIGURED["before"], "hosts": "127.0.1.1\traspberrypi\n"}
    found = base.restore(seen(before=before)).plan
    assert (found.renames, found.hosts) == (True, "127.0.1.1\traspberrypi\n")


def own(*paths: str, packages: list[str] | None = None) -> Any:  # noqa: ANN401
    files = [{"path": path, "content": "x", "mode": "0644"} for path in paths]
    return plugin("plugin_utils", "described").Description(files=files, packages=packages or [])


def test_own_files_are_written_where_they_differ_and_taken_back_where_nobody_wants_them() -> None:
    motd, there = "/etc/motd", complete(own=["/etc/motd"])
    assert not decided(there, own(motd)).differs
    assert decided(complete(own=["/etc/motd"], stale={"base": [motd]}), own(motd)).plan.changes_own
    assert decided(complete(own=[]), own(motd)).plan.changes_own
    assert decided(there, own()).plan.changes_own


def test_an_own_package_is_installed_where_a_source_has_it_and_else_is_a_note() -> None:
    look = complete(packages={"available": ["cowsay"]})
    plan = decided(look, own(packages=["cowsay", "nowhere"]))
    assert plan.plan.packages.to_install == ["cowsay"]
    assert any("nowhere" in note for note in plan.notes)
    assert not decided(complete(), own(packages=["nowhere"])).differs


def test_an_own_source_has_its_lists_fetched_before_its_package_is_missed() -> None:
    source = "/etc/apt/sources.list.d/pilab-school.sources"
    plan = decided(complete(), own(source, packages=["lesson"]))
    assert plan.differs
    assert plan.plan.has_new_source
    assert not decided(complete(), own(source)).plan.has_new_source
