"""`invoke doctor`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.tasks import task

from commands import options
from commands.output import LONGEST_ROW, fail_unless, print_json_lines, told
from fleet.boards import inventory
from fleet.errors import PlanError
from fleet.i18n import ENGLISH, Language, lazy
from fleet.text import visible

if TYPE_CHECKING:
    from invoke.context import Context

    from fleet.doctor.finding import Finding

# As locale(7) has it: language, then the country.
COUNTRY = re.compile(r"[a-z]{2,3}_([A-Z]{2})(\.|@|\Z)")


@task(
    klass=options.RootTask,
    help={
        "hosts": lazy("{hosts}; {default} if not given", hosts=options.HOSTS, default="lab"),
        "report": lazy(
            "write what was found to this file for a bug report, without names, addresses or serial numbers"
        ),
        "card": lazy("look at a card instead: the folder where its first partition (bootfs) is mounted"),
        "here": lazy("look at this computer instead"),
        "json": lazy("print a line of JSON for each board, for other programs"),
        "lang": options.LANG,
        "ask-sudo-password": options.ASK,
    },
)
@told
def doctor(  # noqa: PLR0913 (one argument per option of the command)
    _: Context,
    *,
    hosts: str | None = None,
    report: str = "",
    card: str = "",
    here: bool = False,
    json: bool = False,
    lang: str = "",
    ask_sudo_password: bool = False,
) -> None:
    """Say of every board that it is fine, or what is wrong and what mends it.

    invoke doctor --hosts lab: is every board fine, and if not, what mends it? Also before the first site.yml; `--json`
    invoke doctor --report FILE: the same, written to a file for a bug report, without names, addresses and serials
    invoke doctor --card PATH: why does a board not answer? Looks at its card, in this computer's reader
    invoke doctor --here: is this computer fine: programs, keys, disk, inventory, clock?
    """
    _see_what_is_asked(boards=bool(report) or hosts is not None, card=bool(card), here=here)
    # Programs are spoken to in English, whatever the terminal is set to.
    language = Language(lang or ENGLISH) if json else options.language(lang)
    if card:
        from fleet.doctor import card as cards

        _tell_one(cards.NAME, cards.diagnose(Path(card)), language, json=json)
    elif here:
        from fleet.doctor import here as this_computer

        _tell_one(this_computer.NAME, this_computer.diagnose(), language, json=json)
    else:
        look("lab" if hosts is None else hosts, report, language, options.password(asked=ask_sudo_password), json=json)


def _see_what_is_asked(*, boards: bool, card: bool, here: bool) -> None:
    if boards + card + here > 1:
        raise PlanError("--card and --here look at something else than boards; type them without --hosts and --report.")


def look(hosts: str, report: str, language: Language, sudo_password: str, *, json: bool) -> None:
    """Look at boards and print a row for each; Exit with 1 if one is not fine."""
    from fleet.doctor import examine, rows
    from fleet.doctor import report as reports

    boards = inventory.boards(hosts)
    if report:
        reports.check(Path(report))
    examined = examine.examine(boards, sudo_password, country(os.environ.get("LC_ALL") or os.environ.get("LANG", "")))
    together = examine.together(examined)
    if json:
        print_json_lines(rows.objects(examined, together, language))
    else:
        _print(rows.lines(examined, together, language))
    if report:
        reports.write(Path(report), examined, together)
    fail_unless(all(each.is_fine for each in examined) and not together)


def country(locale: str) -> str:
    """Return the country that a locale names, or nothing."""
    found = COUNTRY.match(locale)
    return found[1] if found else ""


def _tell_one(name: str, findings: list[Finding], language: Language, *, json: bool) -> None:
    """Print what was found of something that is no board."""
    from fleet.doctor import rows

    if json:
        print_json_lines([rows.object_of(name, findings, language)])
    else:
        _print(rows.lines_of(name, findings, language))
    fail_unless(rows.is_fine(findings))


def _print(lines: list[str]) -> None:
    for line in lines:
        print(visible(line, LONGEST_ROW), flush=True)
