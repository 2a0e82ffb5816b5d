"""Each role alone in a playbook of somebody else, and somebody else's tasks behind ours; on one board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml

from tests.rehearsal.checkout import CHECKOUT
from tests.rehearsal.conftest import AT_WORK, GOVERNOR, PLAYBOOK_TIMEOUT_S, Lab, room_apart, typed
from tests.rehearsal.playbooks import rows
from virtual.containers import room

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]
BOARD = "pi01"
LED = "grep '^pin ' /etc/pilab/agent.toml"
BUILT = "/opt/pilab/native/bin/SOURCES"  # names what the programs were built from


class Scenario(NamedTuple):
    """A role alone: its settings, what is broken on the board, and what shows that the work is done and taken back."""

    role: str
    given: dict[str, Any]
    question: str
    answer: str
    answer_after_restore: str
    broken_by: str = "true"


SCENARIOS = [
    Scenario("governor", {"governor_name": "powersave"}, f"cat {GOVERNOR}", "powersave", "ondemand"),
    Scenario("agent", {"agent_led_pin": 17, "agent_view": True}, f"{LED} || echo gone", "pin = 17", "gone"),
    Scenario(
        "native", {}, f"test -e {BUILT} && echo there || echo gone", "there", "gone",
        broken_by=f"sudo rm {BUILT}",
    ),
    Scenario("camera", {"camera_stack": "libcamera"}, "grep -c ^start_x=1 /boot/config.txt || true", "0", "0"),
    Scenario("base", {"base_hostname": "card7"}, "cat /etc/hostname", "card7", "pi01"),
]  # fmt: skip


@pytest.fixture(scope="module")
def lab(snapshot: Path) -> Iterator[Lab]:
    """One provisioned board in a room of its own."""
    with room_apart("o") as here:
        one = Lab(here, room.up(1, print, snapshot))
        one.wait(BOARD, AT_WORK)
        yield one


def run(folder: Path, play: dict[str, Any], *words: str, more: Sequence[dict[str, Any]] = ()) -> str:
    """What a playbook of somebody else prints, that ends well; it lies outside of the checkout."""
    path = folder / "own.yml"
    plays = [{"hosts": "all", "become": True, "gather_facts": False, **each} for each in (play, *more)]
    path.write_text(yaml.safe_dump(plays))
    done = typed("ansible-playbook", str(path), *words, timeout_s=PLAYBOOK_TIMEOUT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_pictures_are_refused_until_the_teacher_allows_them(lab: Lab) -> None:
    assert lab.room.guests
    refused = typed("invoke", "agent.snapshot")
    assert refused.returncode == 1
    assert "agent_view=true" in refused.stderr


def alone(case: Scenario) -> dict[str, Any]:
    """A play with one role."""
    return {"roles": [{"role": case.role, "vars": case.given}]}


@pytest.mark.parametrize("case", SCENARIOS, ids=lambda case: case.role)
def test_a_role_alone_does_its_work(lab: Lab, tmp_path: Path, case: Scenario) -> None:
    lab.say(BOARD, case.broken_by)
    assert rows(run(tmp_path, alone(case)))[BOARD] == f"changed in {case.role}"
    assert lab.say(BOARD, case.question) == case.answer


def test_a_role_alone_does_its_work_once(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each in a play of its own, as somebody else may write it."""
    assert lab.room.guests
    monkeypatch.setenv("ANSIBLE_PRIVATE_ROLE_VARS", "1")
    first, *more = ({**alone(case), "gather_facts": True, "strategy": "host_pinned"} for case in SCENARIOS)
    assert rows(run(tmp_path, first, more=more))[BOARD] == "nothing to change"


def test_pictures_are_given_when_the_teacher_has_allowed_them(lab: Lab) -> None:
    """By the settings of the agent's role above."""
    allowed = typed("invoke", "agent.snapshot")
    assert allowed.returncode == 0, allowed.stderr
    picture = CHECKOUT / allowed.stdout.split()[-1]
    assert picture.read_bytes().startswith(b"\xff\xd8")
    picture.unlink()
    picture.parent.rmdir()
    assert lab.say(BOARD, "sudo find /run/pilab-agent /var/lib/pilab /tmp -name '*.jp*g'") == ""


OWN = {
    "roles": ["pilab.classroom.governor"],
    "tasks": [
        {
            "name": "Own task",
            "ansible.builtin.copy": {"content": "{{ now() }}\n", "dest": "/root/own"},
            "notify": "own handler",
            "tags": "own",
        }
    ],
    "handlers": [{"name": "own handler", "ansible.builtin.command": "touch /root/handled"}],
}


@pytest.fixture(scope="module")
def settled(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """The board, on which our role has nothing to change."""
    run(tmp_path_factory.mktemp("settled"), {"roles": ["governor"]})
    return lab


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--tags", "own"),
        ("--start-at-task", "Own task"),
        pytest.param(("--limit", BOARD), marks=pytest.mark.long),
    ],
)
def test_own_tasks_and_handlers_run_on_a_board_that_has_nothing_to_change(
    settled: Lab, tmp_path: Path, words: tuple[str, ...]
) -> None:
    settled.say(BOARD, "sudo rm -f /root/own /root/handled")
    assert rows(run(tmp_path, OWN, *words))[BOARD] == "changed in Own task, own handler"
    assert settled.say(BOARD, "sudo ls /root/own /root/handled") == "/root/handled\n/root/own"


def test_a_tag_of_ours_runs_that_role_only(lab: Lab) -> None:
    lab.say(BOARD, f"sudo rm -f {BUILT}")
    words = ("--tags", "governor", "-e", "governor_name=performance")
    done = typed("ansible-playbook", "site.yml", *words, timeout_s=PLAYBOOK_TIMEOUT_S)
    assert rows(done.stdout)[BOARD] == "changed in governor"


def test_each_role_alone_is_taken_back(lab: Lab, tmp_path: Path) -> None:
    """Each in a play of its own, where it did its work before."""
    roles = [case.role for case in SCENARIOS]
    back = [{"name": f"pilab.classroom.{role}", "tasks_from": "restore"} for role in roles]
    first, *more = ({"tasks": [{"ansible.builtin.include_role": each}]} for each in back)
    run(tmp_path, first, more=more)
    answers = [lab.say(BOARD, case.question) for case in SCENARIOS]
    assert answers == [case.answer_after_restore for case in SCENARIOS]
