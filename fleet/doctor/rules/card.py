"""What can be wrong with the first partition of a card: what starts the kernel, what is told to the first start."""

from __future__ import annotations

import re
import shlex
import tomllib
from typing import TYPE_CHECKING, Any

import yaml

from fleet.doctor.finding import fault, note, typed
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fleet.doctor.card import Card
    from fleet.doctor.finding import Finding
    from fleet.i18n import LazyText

    Rule = Callable[[Card], Iterator[Finding]]

DONE, SEAT = "pilab/done.txt", "pilab/seat"
FIRSTBOOT = "init=/usr/lib/raspberrypi-sys-mods/firstboot"
KERNEL = re.compile(r"kernel\w*\.img|vmlinuz.*|linux.*\.img", re.IGNORECASE)
# What a repair of FAT leaves of files that it found in pieces (fsck.fat(8), CHKDSK).
PIECES = re.compile(r"(FSCK\d{4}\.REC|FOUND\.\d{3})", re.IGNORECASE)
ID_IN_CMDLINE = re.compile(r"\bds=nocloud[^ ]*;i=([^;\s]+)")
SECRETS = re.compile(r"^\s*(password|passwd|hashed_passwd|psk|ed25519_private)\s*:\s*\S", re.MULTILINE)
# Of honest settings; a network has six.
DEEPEST = 30
MOST_FAILURES = 9
# The words of a first start, as first.sh writes them.
DONE_LINE = re.compile(r"^(seat|time|address|failed): ?(.*)$", re.MULTILINE)
# What it notes where no network came within two minutes; before that there is no such line.
NO_ADDRESS = "none"


def damaged(card: Card) -> Iterator[Finding]:
    """Find what a card that was pulled out too early, or is worn out, looks like."""
    anew = lazy("write the card anew")
    if pieces := sorted(name for name in card.names if PIECES.fullmatch(name)):
        yield fault("card-damaged", lazy("it was damaged and repaired (there is {name})", name=pieces[0]), anew)
    if not any(KERNEL.fullmatch(name) for name in card.names):
        yield fault("card-kernel", lazy("it has no kernel, so nothing starts from it"), anew)
    if "config.txt" not in card.names:
        yield fault("card-config", lazy("it has no config.txt, which the firmware reads first"), anew)


def command_line(card: Card) -> Iterator[Finding]:
    """Find a command line of the kernel that is none: it ends with the first line."""
    lines = [line for line in re.split(r"\r\n|\r|\n", card.text("cmdline.txt")) if line.strip()]
    path = shlex.quote(str(card.folder / "cmdline.txt"))
    if len(lines) > 1:
        join = f"sed -i -e ':a' -e 'N;$!ba' -e 's/\\r*\\n/ /g' {path}"
        yield fault("cmdline-lines", lazy("its cmdline.txt has {count} lines, and only the first counts",
                                          count=len(lines)), typed(join))  # fmt: skip
    elif not lines:
        yield fault("cmdline-empty", lazy("its cmdline.txt is empty or missing"), lazy("write the card anew"))
    if lines and not re.search(r"(^|\s)root=\S", " ".join(lines)):
        yield fault("cmdline-root", lazy("its cmdline.txt does not say where the system is (root=)"),
                    lazy("write the card anew"))  # fmt: skip


def user_data(card: Card) -> Iterator[Finding]:
    """Find settings for cloud-init that it cannot read."""
    text = card.text("user-data")
    if not _settings(text):
        return
    path = str(card.folder / "user-data")
    if not text.lstrip("\ufeff").startswith("#cloud-config"):
        first = f"sed -i '1i #cloud-config' {shlex.quote(path)}"
        yield fault("user-data-first-line", lazy("its user-data does not begin with #cloud-config, so nobody reads it"),
                    typed(first))  # fmt: skip
    for name in ("user-data", "network-config"):
        content, where = _yaml(card.text(name))
        if where or not isinstance(content, dict | None):
            why = where or lazy("it is no list of settings")
            fix = lazy("correct {path}", path=str(card.folder / name))
            yield fault(f"{name}-yaml", lazy("its {name} cannot be understood: {why}", name=name, why=why), fix)


def instance(card: Card) -> Iterator[Finding]:
    """Find settings that cloud-init takes for old: it reads them once for each instance-id (rpi-imager issue 1618)."""
    if not _settings(card.text("user-data")):
        return
    path = card.folder / "meta-data"
    content, _ = _yaml(card.text("meta-data"))
    told = str(content.get("instance-id", "")) if isinstance(content, dict) else ""
    in_cmdline = ID_IN_CMDLINE.search(card.text("cmdline.txt"))
    if not told:
        add = f"printf 'instance-id: pilab-%s\\n' \"$(date +%s)\" >>{shlex.quote(str(path))}"
        yield fault(
            "instance-id", lazy("its meta-data has no instance-id, so its user-data counts once only"), typed(add)
        )
    elif in_cmdline and in_cmdline[1] != told:
        take = f"sed -i 's/;i=[^; ]*/;i={told}/' {shlex.quote(str(card.folder / 'cmdline.txt'))}"
        fix = typed(take) if re.fullmatch(r"[\w.-]{1,64}", told) else _anew(card)
        yield fault("instance-id-two", lazy("its cmdline.txt and its meta-data have two instance-ids"), fix)
    if card.text(DONE):
        yield fault("user-data-late", lazy("its user-data was changed after its first start, when nobody reads it"),
                    _anew(card))  # fmt: skip


def toml(card: Card) -> Iterator[Finding]:
    """Find a custom.toml that is not read, or cannot be: firstboot reads it at the first start, and removes it."""
    text = card.text("custom.toml")
    if not text:
        return
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        why = str(error) or type(error).__name__
        yield fault("custom-toml", lazy("its {name} cannot be understood: {why}", name="custom.toml", why=why),
                    _anew(card))  # fmt: skip
        return
    if content.get("config_version") != 1:
        yield fault("custom-toml-version", lazy("its custom.toml does not say config_version = 1"), _anew(card))
    if FIRSTBOOT not in card.text("cmdline.txt"):
        yield fault("custom-toml-left", lazy("its custom.toml was left over: its first start is past, nobody reads it"),
                    _anew(card))  # fmt: skip


def first_start(card: Card) -> Iterator[Finding]:
    """Say how the first start went, as its own script noted."""
    told = DONE_LINE.findall(card.text(DONE))
    words = {key: value.strip() for key, value in told}
    if not told:
        return
    sentence = lazy(
        "its first start ended at {time}, as {seat}, with the address {address}",
        time=words.get("time", "?"),
        seat=words.get("seat", "?"),
        address=words.get("address") or lazy("(not noted)"),
    )
    yield note("card-started", sentence)
    if words.get("address") == NO_ADDRESS:
        fix = lazy("look at its cable, or at the name and password of the Wi-Fi")
        yield fault("card-no-address", lazy("it had no address at its first start"), fix)
    for why in [value for key, value in told if key == "failed"][:MOST_FAILURES]:
        yield fault("card-failed", lazy("its first start could not do everything: {why}", why=why), _anew(card))


def no_first_start(card: Card) -> Iterator[Finding]:
    """Find a card that no board has come to the end of its first start with, or that nobody prepared."""
    if card.text(DONE):
        return
    if card.text(SEAT):
        fix = lazy("put it back, switch the board on for three minutes, and look at the card again")
        yield fault("card-not-started", lazy("its first start did not come to its end, or never began"), fix)
    elif not _settings(card.text("user-data")) and not card.text("custom.toml") and "firstrun.sh" not in card.names:
        fix = typed(f"invoke cards --onto {shlex.quote(str(card.folder))}")
        yield fault("card-not-prepared", lazy("nobody prepared it: no name, no key, no ssh"), fix)


def left_secrets(card: Card) -> Iterator[Finding]:
    """Find secrets that the first start should have taken away: whoever has the card reads them."""
    if not card.text(DONE):
        return
    left = [name for name in ("user-data", "network-config") if SECRETS.search(card.text(name))]
    left += ["pilab/ssh_host_ed25519_key"] if card.has_secret else []
    for name in left:
        path = shlex.quote(str(card.folder / name))
        yield fault("card-secret", lazy("a secret is still on it, in {name}", name=name), typed(f"shred -u {path}"))


def _settings(text: str) -> str:
    """Return the lines of user-data that say something."""
    return "\n".join(line for line in text.splitlines() if line.strip() and not line.lstrip("\ufeff").startswith("#"))


def _yaml(text: str) -> tuple[Any, str]:
    """Return what YAML says, and where it cannot be understood."""
    try:
        if _is_too_deep(text):
            return None, f"it is nested deeper than {DEEPEST} levels"
        return yaml.load(text, Loader=yaml.CSafeLoader), ""
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return None, f"line {mark.line + 1}: {error.problem}" if mark else str(error.problem)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return None, " ".join(str(error).split())[:200] or type(error).__name__


def _is_too_deep(text: str) -> bool:
    """Tell whether YAML is nested deeper than any settings: libyaml builds it by a recursion in C, which would crash.

    No more is read than tells it, since reading on takes time by the square of the depth.
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            return True
    return False


def _anew(card: Card) -> LazyText:
    """Say how another card comes for the same board."""
    name = next((line.removeprefix("name=") for line in card.text(SEAT).splitlines() if line.startswith("name=")), "")
    known = name if re.fullmatch(r"[A-Za-z0-9-]{1,63}", name) else "BOARD"
    command = f"invoke cards --again {known} --watch"
    return lazy("write its system anew with Raspberry Pi Imager, put it in again and type: {command}", command=command)


RULES: tuple[Rule, ...] = (damaged, command_line, user_data, instance, toml, first_start, no_first_start, left_secrets)
