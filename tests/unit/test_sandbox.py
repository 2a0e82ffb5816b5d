"""How root starts our code on a board: by a Python that nobody else can lead astray, in units that may do little."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.bench.unit import start_command
from agent.board import sandbox
from agent.board.paths import Paths
from agent.commands.camera import command as check_command

CODE = Path(__file__).parents[2]
ROLES = CODE / "ansible" / "roles"
UNITS = "templates/etc/systemd/system"
STAYING = (f"agent/{UNITS}/pilab-bench-restore.service", f"governor/{UNITS}/pilab-governor.service.j2")


def settings(template: Path) -> dict[str, list[str]]:
    """The settings of a unit, each with all its values."""
    found: dict[str, list[str]] = {}
    for line in template.read_text().splitlines():
        name, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("file", STAYING)
def test_a_unit_that_stays_may_do_no_more_than_the_least(file: str) -> None:
    found = settings(ROLES / file)
    for setting, value in sandbox.LEAST.items():
        assert found[setting] == ([value] if isinstance(value, str) else list(value)), setting


def test_everything_that_root_runs_begins_with_the_isolated_python_or_a_program_of_root() -> None:
    isolated = "/usr/bin/python3 -I -B /opt/pilab/agent/__main__.py"
    begun = [
        value.lstrip("-+")
        for template in ROLES.rglob("*.service*")
        for name, values in settings(template).items()
        if name.startswith("Exec")
        for value in values
    ]
    assert begun
    for command in begun:
        assert command.startswith((isolated, "/opt/pilab/bin/set-governor ", "/bin/sh -c ")), command
        assert "python3" not in command.replace(isolated, "")


def test_systemd_run_gets_the_least_once_and_every_value_of_a_list() -> None:
    words = sandbox.properties({"PrivateDevices": "no", "ReadWritePaths": ["/a", "/b"]})
    assert "--property=NoNewPrivileges=yes" in words
    assert [word for word in words if "PrivateDevices" in word] == ["--property=PrivateDevices=no"]
    assert [word for word in words if "ReadWritePaths" in word] == [
        "--property=ReadWritePaths=/a",
        "--property=ReadWritePaths=/b",
    ]


def test_both_transient_units_are_built_on_the_least() -> None:
    bench = start_command("r", Path("/plan"), Path("/records"), Paths())
    for words in (bench, check_command(loop_runs=True)):
        for kept in ("ProtectSystem=strict", "NoNewPrivileges=yes", "PrivateNetwork=yes", "DevicePolicy=closed"):
            assert f"--property={kept}" in words


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A pupil's home with everything in it that a Python of root might take for its own."""
    home = tmp_path / "home"
    planted = "open(__file__ + '.was-run', 'w')\n"
    site = home / f".local/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    for folder in (home, home / "path", home / "agent", site):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("json.py", "argparse.py", "__init__.py", "__main__.py", "sitecustomize.py", "usercustomize.py"):
            (folder / name).write_text(planted)
    return home


def planted_environment(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(home / "path"),
        "PYTHONSTARTUP": str(home / "json.py"),
        "PYTHONUSERBASE": str(home / ".local"),
        "PYTHONINSPECT": "1",
    }


def was_run(home: Path) -> list[Path]:
    return list(home.rglob("*.was-run"))


def asked(command: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, "--help"], cwd=home, env=planted_environment(home), stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip


def test_what_a_pupil_planted_in_home_path_and_environment_is_not_run(home: Path) -> None:
    done = asked(sandbox.python(CODE), home)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: pilab")
    assert was_run(home) == []


def test_the_plants_do_grow_in_a_python_that_is_not_isolated(home: Path) -> None:
    asked([sys.executable, "-m", "agent"], home)
    assert was_run(home)


@pytest.fixture
def wrapper(tmp_path: Path) -> Path:
    """The command of a board, on this checkout's code."""
    program = tmp_path / "pilab"
    template = (ROLES / "agent/templates/opt/pilab/bin/pilab").read_text()
    program.write_text(template.replace("/usr/bin/python3", sys.executable).replace("/opt/pilab", str(CODE)))
    program.chmod(0o755)
    return program


def test_the_command_of_a_board_runs_nothing_that_a_pupil_planted(home: Path, wrapper: Path) -> None:
    done = asked([str(wrapper)], home)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: pilab")
    assert was_run(home) == []


def test_nothing_of_the_caller_s_environment_and_folder_comes_along(home: Path, wrapper: Path, tmp_path: Path) -> None:
    main = tmp_path / "told.py"
    main.write_text("import os\nprint(sorted(os.environ), os.getcwd())\n")
    wrapper.write_text(wrapper.read_text().replace(str(CODE / "agent/__main__.py"), str(main)))
    done = asked([str(wrapper)], home)
    assert done.stdout == "['LANG', 'PATH'] /run\n"


def test_a_checkout_of_the_teacher_runs_as_a_module_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agent", "--help"], cwd=CODE, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.startswith("usage: pilab")
