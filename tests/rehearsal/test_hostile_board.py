"""A pupil is root on a board: whatever its programs answer, it is this board that loses its row, and nobody else."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.rehearsal.hostile import (
    ADD_STRAY,
    HOSTILE,
    IS_LOOK,
    NOTHING,
    OTHERS,
    SHORT,
    others,
    put_file,
    python_of,
)
from tests.rehearsal.playbooks import playbook, rows

if TYPE_CHECKING:
    from tests.rehearsal.conftest import Lab

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """What a board would leave on the teacher's computer."""
    return tmp_path / "a-board-was-here"


def orders(mark: Path) -> dict[str, Any]:
    """Everything by which Ansible might be told to do something, or be broken."""
    command = f"-o ProxyCommand='touch {mark}'"
    variables = {"ansible_port": 4444, "ansible_ssh_common_args": command, "ansible_ssh_executable": str(mark)}
    other = {"host_name": OTHERS[0], "host_vars": variables}
    return {
        "add_host": other,
        "add_group": "lab",
        "parent_groups": ["all"],
        "ansible_facts": {**variables, "agent_led_pin": 99, "board": {"is_configured": True}},
        "ansible_stats": {"data": "data"},
        "_ansible_notify": ["x"],
        "_ansible_delegated_vars": {"ansible_delegated_host": OTHERS[0]},
        "warnings": ["\x1b[2J"],
        "deprecations": [{"msg": "\x1b[2J", "version": 5}],
        "exception": "\x1b[2J",
        "diff": [5, {"before": "\x1b[2J", "after": "x"}],
        "results": [5, {"add_host": other}],
        "__ansible_type": "TrustedAsTemplate",
        "msg": f"{{{{ lookup('pipe', 'touch {mark}') }}}}\x1b[2J\npi02  forged",
    }


@pytest.mark.parametrize("words", [("-v",), ("--check", "--diff", "-v")])
def test_a_board_gives_no_orders_in_its_answer_to_the_look(safe: Lab, mark: Path, words: tuple[str, ...]) -> None:
    put_file(safe, HOSTILE, "/etc/orders.json", json.dumps(orders(mark)))
    add = (
        "import json, sys; f = json.loads(sys.stdin.read()); f.update(json.load(open('/etc/orders.json'))); "
        "print(json.dumps(f))"
    )
    with python_of(safe, HOSTILE, f'{IS_LOOK} || exec REAL "$@"\nREAL -I - | REAL -c "{add}"'):
        status, output = playbook(*words)
    assert not mark.exists()
    assert status != 0
    assert rows(output)[HOSTILE].startswith("[answer-misfit] what it says of itself is not what was asked for: ")
    assert others(output) == NOTHING
    assert "\x1b" not in output


@pytest.mark.parametrize(
    "step", [pytest.param(5, id="some strings"), pytest.param(1, id="all strings", marks=pytest.mark.long)]
)
def test_no_text_of_a_board_is_worked_out_as_a_template(safe: Lab, mark: Path, step: int) -> None:
    """In one string after the other; those that must be words are refused, the others stay text."""
    template = f"{{{{ lookup('pipe', 'touch {mark}') }}}}"
    change = f'''
import json, sys
def strings(value, path=()):
    for key, inside in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inside, str):
            yield (*path, key)
        elif isinstance(inside, (dict, list)):
            yield from strings(inside, (*path, key))
found = json.loads(sys.stdin.read())
paths = list(strings(found))
*way, last = paths[int(open("/etc/number").read()) % len(paths)]
inside = found
for key in way:
    inside = inside[key]
inside[last] = """{template}"""
print(json.dumps(found))
'''
    boards = (HOSTILE, *OTHERS)
    with ExitStack() as hostile:
        for name in boards:
            put_file(safe, name, "/etc/change.py", change)
            hostile.enter_context(
                python_of(safe, name, f'{IS_LOOK} || exec REAL "$@"\nREAL -I - | REAL -I /etc/change.py')
            )
        for first in range(0, 42, len(boards) * step):
            for name, number in zip(boards, range(first, first + len(boards) * step, step), strict=True):
                put_file(safe, name, "/etc/number", str(number))
            _, output = playbook("--check", "--diff", "-v")
            assert set(boards) <= set(rows(output))
            assert not mark.exists(), output


@pytest.mark.parametrize("stray", [True, False])
def test_a_board_gives_no_orders_in_the_answer_of_a_module(safe: Lab, mark: Path, stray: bool) -> None:  # noqa: FBT001 - a case
    """It looks honest, has something to do, and then answers whatever it is asked with orders."""
    safe.say(HOSTILE, ADD_STRAY)
    around = "\x1b]0;owned\x07" if stray else ""
    answer = {"changed": True, **orders(mark)}
    put_file(safe, HOSTILE, "/etc/answer", f"{around}\n{json.dumps(answer)}\n{around}")
    with python_of(safe, HOSTILE, f'{IS_LOOK} && exec REAL "$@"\ncat > /dev/null; cat /etc/answer'):
        status, output = playbook("-v", "--diff")
    assert not mark.exists()
    assert HOSTILE in rows(output)
    assert others(output) == NOTHING
    assert "\x1b" not in output
    assert status in (0, 2)


def test_nothing_in_the_folder_of_the_account_is_run_by_root(safe: Lab) -> None:
    """Neither by the look nor by a module of Ansible, whose first imports these are."""
    names = ("json", "base64", "zipfile", "runpy", "types", "shutil", "tempfile", "sitecustomize", "usercustomize")
    program = "import os\nif os.geteuid() == 0: open('/run/ran-as-root', 'w')\nraise SystemExit(1)"
    for name in names:
        put_file(safe, HOSTILE, f"/home/teacher/{name}.py", program)
    safe.say(HOSTILE, ADD_STRAY)
    _, output = playbook("--limit", HOSTILE)
    safe.say(HOSTILE, "rm -f " + " ".join(f"/home/teacher/{name}.py" for name in names))
    assert rows(output)[HOSTILE] == "changed in agent"
    safe.say(HOSTILE, "! ls /run/ran-as-root")


PIPE, DEVICE, GIANT = "sudo rm -f {0}; sudo mkfifo {0}", "sudo ln -sf /dev/zero {0}", "sudo truncate -s 1T {0}"
# Each in the place of each of two files, two on a board at once. Not of /etc/hosts: sudo itself reads it, so a board
# with such a one cannot be mended from outside.
CONFIG_TXT, HOSTNAME = {"pi01": "/boot/config.txt", "pi03": "/boot/firmware/config.txt"}, "/etc/hostname"
LAID = (
    {"pi01": {CONFIG_TXT["pi01"]: PIPE, HOSTNAME: DEVICE}, "pi03": {CONFIG_TXT["pi03"]: GIANT, HOSTNAME: PIPE}},
    {"pi01": {CONFIG_TXT["pi01"]: DEVICE, HOSTNAME: GIANT}},
)


@pytest.mark.parametrize("laid", LAID, ids=("on two boards", "on one board"))
def test_what_a_pupil_lays_in_the_place_of_a_file_hangs_nobody(safe: Lab, laid: dict[str, dict[str, str]]) -> None:
    for name, files in laid.items():
        for path, what in files.items():
            safe.say(name, f"sudo cp -L {path} /root/kept-{Path(path).name} && {what.format(path)}")
    _, output = playbook(*SHORT, "--check")
    for name, files in laid.items():
        for path in files:
            safe.say(name, f"sudo rm -f {path}; sudo cp /root/kept-{Path(path).name} {path}")
    assert set(laid) < set(rows(output))
    assert rows(output)["pi02"] == "nothing to change"
