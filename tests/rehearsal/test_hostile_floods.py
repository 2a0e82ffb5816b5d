"""A board that floods the teacher's computer or keeps it waiting: it is this board that loses its row, and soon."""

from __future__ import annotations

import re
import sys
from contextlib import ExitStack
from itertools import takewhile
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.conftest import begun, typed
from tests.rehearsal.gates import frozen
from tests.rehearsal.hostile import (
    ADD_STRAY,
    HOSTILE,
    IS_LOOK,
    NOTHING,
    SHORT,
    others,
    python_of,
)
from tests.rehearsal.playbooks import playbook, rows

if TYPE_CHECKING:
    from tests.rehearsal.conftest import Lab

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]


KINDS = {
    "mute": "sleep 100000",
    "drip": "while :; do printf x; sleep 1; done",
    "endless": "yes",
    "one line of 300 MB": "head -c 300000000 /dev/zero | tr '\\0' x",
    "endless errors": "yes >&2",
    "300 MB of lists": "printf '{\"a\":['; yes '[],' | tr -d '\\n' | head -c 300000000; printf '1]}'",
    "a deep list": "printf '{\"a\":'; yes '[' | tr -d '\\n' | head -c 900000",
    "nothing": "true",
}
LOOK, MODULE = "the look", "a module"
# Two boards at once, each in its way, beside an honest one: every kind once in `make test`, and in its other place in
# `make test-long`.
PAIRS = (
    (("mute", MODULE), ("drip", LOOK)),
    (("endless", LOOK), ("endless errors", MODULE)),
    (("one line of 300 MB", MODULE), ("a deep list", LOOK)),
    (("300 MB of lists", LOOK), ("nothing", MODULE)),
)
OTHER_PLACE = {LOOK: MODULE, MODULE: LOOK}
SWAPPED = [tuple((kind, OTHER_PLACE[of]) for kind, of in pair) for pair in PAIRS]
BAD, GOOD = ("pi01", "pi03"), "pi02"
WITH_MEMORY = (
    "import resource, subprocess, sys; status = subprocess.call(sys.argv[1:]); "
    "print('most', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(status)"
)
# Of what would go on for a day; each task has LIMIT_S, and a busy computer takes some time for itself.
SOON_S = 240
MOST_KIB = 250 * 1024  # of the largest process; without limits, a line of 300 MB took 900 MiB


@pytest.mark.parametrize("pair", [*PAIRS, *(pytest.param(pair, marks=pytest.mark.long) for pair in SWAPPED)])
def test_boards_that_flood_drip_or_hang_cost_their_own_rows_only(safe: Lab, pair: tuple[tuple[str, str], ...]) -> None:
    with ExitStack() as hostile:
        for name, (kind, of) in zip(BAD, pair, strict=True):
            is_asked = IS_LOOK if of == LOOK else f"! {IS_LOOK}"
            safe.say(name, ADD_STRAY)
            hostile.enter_context(python_of(safe, name, f'{is_asked} || exec REAL "$@"\n{KINDS[kind]}'))
        command = ("ansible-playbook", "site.yml", *SHORT)
        done = typed(sys.executable, "-c", WITH_MEMORY, *command, timeout_s=SOON_S)
    output = done.stdout + done.stderr
    assert rows(output)[GOOD] == "nothing to change"
    assert not [name for name in BAD if rows(output)[name] == "nothing to change"]
    assert int(re.findall(r"^most (\d+)", output, re.MULTILINE)[0]) < MOST_KIB


def test_others_are_done_while_a_board_hangs(safe: Lab) -> None:
    safe.say("pi02", ADD_STRAY)
    playbook = ("ansible-playbook", "site.yml", "-e", "task_limit_s=600")
    with python_of(safe, HOSTILE, f'{IS_LOOK} || exec REAL "$@"\nsleep 100000'), begun(*playbook) as process:
        assert process.stdout
        before = [*takewhile(lambda line: not is_of_the_agent(line), process.stdout)]
        assert not [line for line in before if line.startswith(HOSTILE)]
        safe.say(HOSTILE, "sudo pkill -f 'sleep 10000[0]'")
        output, _ = process.communicate(timeout=SOON_S)
    assert rows(output)["pi02"] == "changed in agent"
    assert rows(output)[HOSTILE] not in {"nothing to change", "changed in agent"}


def is_of_the_agent(line: str) -> bool:
    return line.startswith("pi02  ") and "Install the code" in line


def test_a_board_that_freezes_is_given_up(safe: Lab) -> None:
    with frozen(safe, HOSTILE):
        _, output = playbook(*SHORT, timeout_s=SOON_S)
    assert others(output) == NOTHING
    assert rows(output)[HOSTILE] != "nothing to change"
