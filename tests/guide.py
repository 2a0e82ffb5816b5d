"""The commands of the guide: what stands in its blocks of code and in its sentences, and whether each can be typed."""

from __future__ import annotations

import re
import shlex
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from ansible.cli.adhoc import AdHocCLI
from ansible.cli.playbook import PlaybookCLI
from invoke.exceptions import ParseError
from invoke.parser.context import ParserContext
from invoke.parser.parser import Parser

from agent.__main__ import _parser as agent_parser
from tasks import namespace

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs/guide"
# As a teacher goes through it; pages that are not named come last.
ORDER = ("before-the-term", "first-hour", "lessons", "pupils", "room", "trouble", "school-it")
READMES = (ROOT / "README.md", ROOT / "README.ko.md")
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\S*)\n(?P<code>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
GENERATED = re.compile(r"generated: begin.*?generated: end", re.DOTALL)
INLINE = re.compile(r"(?<!`)`((?:sudo |\.venv/bin/)*(?:invoke|ansible|ansible-playbook|make|python -m agent) [^`]+)`")
# What a person puts a name of their own for.
MISSING = ("did not receive required positional arguments", "needed value and was not given one")
# Programs of Debian's, or of the shell, on the teacher's computer.
USUAL = {
    ".", "apt-get", "cd", "chmod", "chown", "du", "git", "pip", "printf", "raspi-config", "sed", "shred", "ssh",
    "ssh-add", "ssh-copy-id", "ssh-keygen", "timedatectl",
}  # fmt: skip
# Programs of Raspberry Pi OS.
ON_BOARDS = {
    "apt-cache", "cat", "cd", "dpkg", "libcamera-hello", "libcamera-still", "libcamera-vid", "ls", "python3",
    "raspistill", "raspivid", "rpicam-hello", "rpicam-still", "rpicam-vid", "vcgencmd",
}  # fmt: skip
EXTRA_VARS = {"task_limit_s", "ansible_host"}


@dataclass(frozen=True)
class Command:
    """A command of the guide: where it stands, who types it, and what is said to come."""

    page: str
    typed: str
    on_board: bool = False
    # Within a sentence, words that must be given may be left out.
    is_mention: bool = False
    shows: tuple[str, ...] = field(default=())


def pages() -> list[Path]:
    """List the pages in the order in which a teacher types what they say."""
    places = {name: number for number, name in enumerate(ORDER)}
    return sorted(GUIDE.glob("*.md"), key=lambda path: (places.get(path.stem, len(ORDER)), path.stem))


def in_blocks(path: Path, *, is_own: bool = False) -> list[Command]:
    """List what is typed in the blocks of a page; what comes then stands in a block of text after the last of it.

    If `is_own`, only those that were written for the page, not those that follow from the code.
    """
    found: list[Command] = []
    text = path.read_text(encoding="utf-8")
    for block in FENCE.finditer(GENERATED.sub("", text) if is_own else text):
        lines = [line.removeprefix(block["indent"]) for line in block["code"].splitlines()]
        if block["language"] == "text" and found:
            found[-1] = replace(found[-1], shows=tuple(lines))
        on_board = block["language"] == "console"
        found += [Command(path.stem, typed, on_board) for typed in _typed(block["language"], lines)]
    return found


def _typed(language: str, lines: list[str]) -> list[str]:
    """List what is typed in a block."""
    if language == "sh":
        return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return [line[2:] for line in lines if language == "console" and line.startswith("$ ")]


def programs(path: Path) -> list[str]:
    """List the programs in Python that a page has pupils write."""
    return [
        block["code"] for block in FENCE.finditer(path.read_text(encoding="utf-8")) if block["language"] == "python"
    ]


def in_sentences(path: Path) -> list[Command]:
    """List the commands that stand in the sentences of a page."""
    words = FENCE.sub("", path.read_text(encoding="utf-8"))
    return [Command(path.stem, typed, is_mention=True) for typed in INLINE.findall(words)]


def commands() -> list[Command]:
    """List all commands of the guide and of the front page."""
    return [each for path in (*pages(), *READMES) for each in (*in_blocks(path), *in_sentences(path))]


def fault(command: Command) -> str:
    """Say why a command cannot be typed; nothing if it can."""
    check = _on_board if command.on_board else _here
    try:
        check(command)
    except WrongCommandError as error:
        return f"{command.page}: '{command.typed}': {error}"
    return ""


class WrongCommandError(Exception):
    """A command of the guide cannot be typed."""


def _here(command: Command) -> None:
    words = shlex.split(command.typed)
    while words and (words[0] == "sudo" or re.match(r"\w+=", words[0])):
        words = words[1:]
    program = words[0].removeprefix(".venv/bin/")
    checks = {"invoke": _invoke, "ansible-playbook": _playbook, "ansible": _adhoc, "make": _make, "python": _agent}
    if program in checks:
        checks[program](words[1:], command)
    elif program not in USUAL:
        raise WrongCommandError(f"nobody knows {program}")


def _invoke(words: list[str], command: Command) -> None:
    """Have invoke read it as it would, against the tasks that there are."""
    with _as_typed(["invoke", *words]):
        parser = Parser(contexts=namespace.to_contexts(), initial=ParserContext())
        try:
            parser.parse_argv(words)
        except ParseError as error:
            if not (command.is_mention and any(words in str(error) for words in MISSING)):
                raise WrongCommandError(str(error)) from error


@contextmanager
def _as_typed(words: list[str]) -> Iterator[None]:
    """Have what looks at the command line find this one."""
    before, sys.argv = sys.argv, words
    try:
        yield
    finally:
        sys.argv = before


def _playbook(words: list[str], _: Command) -> None:
    found = _ansible(PlaybookCLI, "ansible-playbook", words)
    for name in found.args:
        if not (ROOT / name).is_file():
            raise WrongCommandError(f"there is no playbook {name}")
    for given in found.extra_vars:
        name = given.partition("=")[0]
        if name not in settings() | EXTRA_VARS:
            raise WrongCommandError(f"there is no setting {name}")


def _adhoc(words: list[str], _: Command) -> None:
    _ansible(AdHocCLI, "ansible", words)


def _ansible(cli: Any, name: str, words: list[str]) -> Any:  # noqa: ANN401 (Ansible has no types)
    """Have Ansible's own parser read the words."""
    try:
        return _parser_of_ansible(cli, name).parse_args(words)
    except SystemExit as error:
        raise WrongCommandError("Ansible does not know these options") from error


@cache
def _parser_of_ansible(cli: Any, name: str) -> Any:  # noqa: ANN401 (as above)
    made = cli([name])
    made.init_parser()
    return made.parser


def _make(words: list[str], _: Command) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    wrong = [word for word in words if "=" not in word and word not in targets]
    if wrong:
        raise WrongCommandError(f"the Makefile has no {wrong[0]}")


def _agent(words: list[str], _: Command) -> None:
    if words[:2] != ["-m", "agent"]:
        raise WrongCommandError("only the agent is started by hand")
    try:
        agent_parser(words[2:]).parse_args(words[2:])
    except SystemExit as error:
        raise WrongCommandError("the agent does not know this") from error


def _on_board(command: Command) -> None:
    for part in re.split(r"\|\||&&|\|", command.typed):
        words = shlex.split(part)
        words = words[1:] if words[0] in ("time", "sudo") else words
        _program_of_board(words)


def _program_of_board(words: list[str]) -> None:
    program = words[0]
    if program == "/opt/pilab/bin/pilab":
        _agent(["-m", "agent", *words[1:]], Command("", ""))
    elif program.startswith("/opt/pilab/native/bin/"):
        _exists(f"native/{Path(program).name}.c")
    elif words[:2] == ["python3", "-m"]:
        _exists(f"{words[2].replace('.', '/')}.py")
    elif program not in ON_BOARDS:
        raise WrongCommandError(f"no board has {program}")


def _exists(name: str) -> None:
    if not (ROOT / name).is_file():
        raise WrongCommandError(f"there is no {name}")


@cache
def settings() -> frozenset[str]:
    """Name every setting that a role has."""
    found: set[str] = set()
    for path in (ROOT / "ansible/roles").glob("*/meta/argument_specs.yml"):
        for entry in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["argument_specs"].values():
            found |= set(entry.get("options", {}))
    return frozenset(found)
