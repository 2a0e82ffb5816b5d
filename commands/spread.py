"""`invoke spread`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from invoke.exceptions import Exit
from invoke.tasks import task

from commands import options
from commands.output import console, say_line, tell, told
from fleet.boards import alike, inventory
from fleet.boards.cause import code_of
from fleet.boards.messages import WORDS
from fleet.i18n import lazy, of_terminal
from fleet.spread import DEFAULT_ROUNDS
from fleet.text import visible

if TYPE_CHECKING:
    from invoke.context import Context

    from fleet.doctor.why import Asked
    from fleet.spread.run import SpreadResult


@task(
    klass=options.RootTask,
    help={
        "hosts": options.HOSTS,
        "rounds": lazy("how often each number of boards is tried; {default} if not given", default=DEFAULT_ROUNDS),
        "additions": lazy("how many ones are added up; as many as take one board 5 s if not given"),
        "ask-sudo-password": options.ASK,
    },
)
@told
def spread(
    _: Context, hosts: str = "lab", *, rounds: str = "", additions: str = "", ask_sudo_password: bool = False
) -> None:
    """Add the same sum up on 1, 2, ... all boards together and show what that gains.

    invoke spread --hosts lab: the same sum on 1, 2, ... all boards together; `--rounds`, `--additions`
    """
    from fleet.doctor.why import Asked
    from fleet.spread import ask as asking
    from fleet.spread import run as spreading

    language = of_terminal()
    times = options.number("--rounds", spreading.bounded("--rounds", rounds, spreading.MOST_ROUNDS)) or DEFAULT_ROUNDS
    size = options.number("--additions", spreading.bounded("--additions", additions, spreading.MOST_ADDITIONS))
    asked = Asked("spread", inventory.boards(hosts), options.password(asked=ask_sudo_password))
    chosen = asking.ask(asked.boards)
    for its in alike.groups((left.board, left.sentence) for left in chosen.left_out.values()):
        first, *rest = alike.told(its)
        say_line(lazy("Left out: {sentence}", sentence=WORDS.marked(code_of(first), language(first))))
        for words in rest:
            say_line(words)
    if chosen.members:
        say_line(asking.disturbed(chosen.members))
    wanted = spreading.SpreadRequest(times, size, asked.sudo_password)
    show_gain(spreading.spread(asked.boards, chosen, options.RESULTS, wanted, say_line), asked)


def show_gain(ran: SpreadResult, asked: Asked) -> None:
    """Print what spreading gained, and a row for every board; Exit if it failed."""
    from fleet.spread import table as gains

    simulated, say = any(each.is_simulated for each in ran.members), of_terminal()
    console().print(gains.table(gains.rows(ran.done, ran.members), say, simulated=simulated))
    right, count = sum(one.is_right for one in ran.done), len(ran.done)
    told = lazy("{right} of {count} sums are right. Records: {path}", right=right, count=count, path=ran.path)
    for sentence in (gains.LEGEND, *([gains.SIMULATED] if simulated else []), told):
        say_line(sentence)
    if ran.failure:
        print(visible(say(ran.failure)), file=sys.stderr)
    tell(ran.outcomes, asked)
    if ran.failure:
        raise Exit(code=1)
