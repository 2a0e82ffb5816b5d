"""What a newcomer can forget says so: each sentence names the place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from agent.bench.experiments import EXPERIMENTS, Work
from agent.board.paths import Paths
from agent.settings.config import SOURCES
from fleet import suites
from setup import agent_settings, command_table, generate
from setup.agent_settings import ROLE
from tests.unit.ansible_parts import ROOT, role_file

COMMANDS = dict(command_table.docstrings())
# It runs the others.
NO_EXPERIMENTS = {"measure"}


@pytest.mark.parametrize("name", generate.BLOCKS)
def test_what_follows_from_the_code_is_as_the_code_says(name: str) -> None:
    is_current = (ROOT / name).read_text(encoding="utf-8") == generate.current(name)
    assert is_current, f"{name} is not what the code says: type `make generate`."


def test_what_is_not_current_is_written_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    for name in generate.BLOCKS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("above\n# generated: begin (how)\nold\n# generated: end\nbelow\n")
    assert generate.main() == 0
    assert capsys.readouterr().out.splitlines() == list(generate.BLOCKS)
    written = (tmp_path / ROLE / "defaults/main.yml").read_text()
    assert written == f"above\n# generated: begin (how)\n{agent_settings.defaults()}# generated: end\nbelow\n"
    assert generate.main() == 0
    assert capsys.readouterr().out == ""


def test_a_file_without_a_place_for_its_part_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    name = command_table.PAGE
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text("nothing\n")
    with pytest.raises(
        ValueError, match=r"^docs/guide/commands\.md has no lines 'generated: begin' and 'generated: end'$"
    ):
        generate.current(name)


@pytest.mark.parametrize(
    ("value", "written"), [("auto", "auto"), ("", '""'), ("a: b", '"a: b"'), (3.0, "3"), (0.5, "0.5"), (True, "true")]
)
def test_yaml_reads_a_default_as_what_it_is(value: object, written: str) -> None:
    assert agent_settings.as_yaml(value) == written
    assert yaml.safe_load(written) == value


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_for_the_reference_what_happens(name: str) -> None:
    typed = [typed for typed, _ in command_table.rows(COMMANDS[name])]
    assert typed, (
        f"The docstring of {name} in commands/ has no line `invoke {name} ...: what happens` for {command_table.PAGE}."
    )
    strange = [each for each in typed if each.split()[1] != name]
    assert not strange, f"The docstring of {name} in commands/ describes another command: {', '.join(strange)}."


def test_a_meaning_may_go_on_in_the_next_line() -> None:
    docstring = "Do it.\n\n    invoke it --now: does\n    it: now\n    invoke it: waits\n    "
    assert command_table.rows(docstring) == [("invoke it --now", "does it: now"), ("invoke it", "waits")]


def opens(path: Path) -> bool:
    return re.search(r"^def open_source\(", path.read_text(encoding="utf-8"), re.MULTILINE) is not None


@pytest.mark.parametrize("source", [source for source in SOURCES if source != "auto"])
def test_every_source_can_be_opened(source: str) -> None:
    path = ROOT / f"agent/camera/{source}.py"
    is_there = path.exists() and opens(path)
    assert is_there, (
        f"SOURCES in agent/settings/config.py names {source}, but agent/camera/{source}.py has no open_source."
    )


@pytest.mark.parametrize("path", sorted((ROOT / "agent/camera").glob("*.py")), ids=lambda path: path.name)
def test_every_source_can_be_chosen(path: Path) -> None:
    assert path.stem in SOURCES or not opens(path), f"SOURCES in agent/settings/config.py lacks {path.stem}."


@pytest.mark.parametrize("suite", ["course", "full"])
def test_every_experiment_is_in_the_suites_that_have_all(suite: str) -> None:
    missing = set(EXPERIMENTS) - {wish["name"] for wish in suites.load(suite).experiments}
    assert not missing, f"fleet/suites/{suite}.toml does not run {', '.join(sorted(missing))}."


@pytest.mark.parametrize("suite", suites.available())
def test_a_suite_runs_only_what_boards_know(suite: str) -> None:
    unknown = {wish["name"] for wish in suites.load(suite).experiments} - set(EXPERIMENTS)
    assert not unknown, f"agent/bench/experiments.py does not know {', '.join(sorted(unknown))} of {suite}.toml."


def run_by_experiments() -> set[str]:
    """Name every file that an experiment's command has in it."""
    paths = Paths()
    return {Path(word).stem for each in EXPERIMENTS.values() for word in each.command(paths, Work(1))}


@pytest.mark.parametrize("path", sorted((ROOT / "native").glob("*.c")), ids=lambda path: path.name)
def test_every_program_is_an_experiment(path: Path) -> None:
    is_program = re.search(r"^int main\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    is_run = path.stem in run_by_experiments() | NO_EXPERIMENTS
    assert is_run or not is_program, f"No experiment in agent/bench/experiments.py runs native/{path.name}."


@pytest.mark.parametrize("path", sorted(Paths().scripts.glob("python_*.py")), ids=lambda path: path.name)
def test_every_script_is_an_experiment(path: Path) -> None:
    assert path.stem in run_by_experiments(), f"No experiment in agent/bench/experiments.py runs {path.name}."


def test_every_governor_of_the_bench_can_be_set_by_the_playbook() -> None:
    options = role_file("governor", "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    assert set(options["governor_name"]["choices"]) == set(suites.GOVERNORS), (
        "ansible/roles/governor/meta/argument_specs.yml and Governor in fleet/gate.py list other governors."
    )
