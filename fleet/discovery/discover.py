"""Looks for the boards of a list in the network, by their keys, and has the list follow those that moved."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.boards import host_key, inventory_file, known_keys
from fleet.boards.inventory import SSH_PORT, Board
from fleet.boards.known_keys import KnownKeys
from fleet.boards.outcome import Outcome, State
from fleet.boards.pool import BoardPool
from fleet.discovery import announced, networks
from fleet.discovery.rows import Expected, Found, Row, Sighting, match
from fleet.errors import InventoryError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleet.discovery.announced import Announcement
    from fleet.discovery.networks import Interface
    from fleet.discovery.rows import Spot

KEYS_AT_ONCE = 32
# Thirty-two at a time, of at most what an announcement or a sweep may name.
KEYS_LIMIT_S = 120.0


@dataclass(frozen=True)
class Discovery:
    """A row for every board and for everybody new, and what there is to know of the network."""

    rows: list[Row]
    notes: list[str]


def discover(boards: Sequence[Board], sweep: str | None) -> Discovery:
    """Look for boards: by announcement, at their addresses and, with a network or "", wherever somebody has ssh.

    PlanError if that network cannot be swept.
    """
    interfaces = networks.own()
    swept = networks.to_sweep(sweep, interfaces) if sweep is not None else []
    with ThreadPoolExecutor(max(1, len(boards)) + 1) as threads:
        listening = threads.submit(_announced, interfaces)
        numbers = dict(zip(boards, threads.map(_numbers, boards), strict=True))
        answering = networks.answering(swept)
        heard, complaint = listening.result()
    expected = [_expected(board, numbers[board]) for board in boards]
    sightings = _sightings(boards, expected, {each.address for each in heard} | set(answering), heard)
    rows = match(expected, sightings)
    if sightings:
        return Discovery(rows, [*complaint, *_hint(rows, swept)])
    asked = [spot[0] for board in expected for spot in board.spots] + [str(each) for each in swept]
    return Discovery(rows, complaint or _reason(asked, interfaces) or _hint(rows, swept))


def _hint(rows: Sequence[Row], swept: Sequence[object]) -> list[str]:
    """Say how boards are found that do not announce themselves, if some were not found and that was not done."""
    if swept or all(row.state is not Found.NOT_FOUND for row in rows):
        return []
    return [lazy("Boards that do not announce themselves are found with --sweep.")]


def _announced(interfaces: Sequence[Interface]) -> tuple[list[Announcement], list[str]]:
    try:
        return announced.listen(interfaces), []
    except OSError as error:
        reason = error.strerror or str(error)
        return [], [lazy("Announcements cannot be heard on this computer ({reason}).", reason=reason)]


def _numbers(board: Board) -> list[str]:
    """List the addresses of a board; what stands between us and it may know others than we do."""
    return [board.address] if board.gateway else networks.resolved(board.address)


def _expected(board: Board, numbers: Sequence[str]) -> Expected:
    return Expected(board.name, board.address, tuple((each, board.port) for each in numbers), tuple(keys_of(board)))


def keys_of(board: Board) -> list[str]:
    """List the keys that a board is known by: under its name beside the list, else under its address as ssh has it."""
    address = board.address if board.port == SSH_PORT else f"[{board.address}]:{board.port}"
    return known_keys.keys_in(Path(board.known_hosts).expanduser(), board.key_alias or address)


def _sightings(
    boards: Sequence[Board], expected: Sequence[Expected], addresses: set[str], heard: Sequence[Announcement]
) -> list[Sighting]:
    """Ask for the keys at all addresses, each once."""
    spots: dict[Spot, Board] = {(address, SSH_PORT): Board(address, address) for address in addresses}
    for board, known in zip(boards, expected, strict=True):
        spots.update(dict.fromkeys(known.spots[:1], board))
    found = _keys(spots)
    names: dict[str, list[str]] = {}
    for each in heard:
        names.setdefault(each.address, []).append(each.name)
    return [Sighting(spot, key, tuple(names.get(spot[0], ()))) for spot, key in found.items()]


def _keys(spots: Mapping[Spot, Board]) -> dict[Spot, str]:
    asked = {f"{address} {port}": (address, port) for address, port in spots}
    boards = {name: spots[spot] for name, spot in asked.items()}
    named = [Board(name, board.address, board.port, gateway=board.gateway) for name, board in boards.items()]
    pool = BoardPool(named, lambda board: Outcome(board.name, State.OK, detail=host_key.ask(board)), KEYS_AT_ONCE)
    pool.start()
    pool.join(KEYS_LIMIT_S)
    return {asked[outcome.board]: outcome.detail for outcome in pool.outcomes() if outcome.is_ok}


def _reason(asked: Sequence[str], interfaces: Sequence[Interface]) -> list[str]:
    """Say why nobody at all was found, as far as that can be told."""
    if networks.is_wsl():
        return [lazy(
            "This is Linux inside Windows, in a network of its own: write networkingMode=mirrored below [wsl2] in "
            ".wslconfig, or name the room's network with --sweep."
        )]  # fmt: skip
    seen = networks.neighbours()
    if networks.is_apart(asked, seen, interfaces):
        return [lazy(
            "Only the router {router} answers: this network seems to keep its computers apart, as guests' Wi-Fi does; "
            "use another network, or cables and a switch.", router=seen.router,
        )]  # fmt: skip
    return []


def follow(boards: Sequence[Board], rows: Sequence[Row]) -> list[str]:
    """Write where the boards are that moved into the lists; return what was done, a sentence for each file.

    A board that was known by its address only is known by its name from then on. InventoryError or DiskError if a
    list cannot be changed; it is as it was then.
    """
    moved = {row.name: row.address for row in rows if row.state is Found.MOVED and not _is_taken(row, boards, rows)}
    told = readdress(moved)
    for board in boards:
        if board.name in moved and board.known_keys and not board.key_alias:
            for key in keys_of(board)[:1]:
                KnownKeys(Path(board.known_keys)).put(board.name, key)
    return told


def readdress(addresses: Mapping[str, str]) -> list[str]:
    """Write the addresses of boards into the lists that have them; return a sentence for each list.

    InventoryError or DiskError if one cannot be changed.
    """
    told = [_write(path, addresses) for path in inventory_file.sources()]
    done = {name for _, names in told for name in names}
    if missing := sorted(addresses.keys() - done):
        raise InventoryError(
            lazy(
                "No list that can be changed names {missing}: write its address there yourself, as "
                "ansible_host={address}.",
                missing=", ".join(missing),
                address=addresses[missing[0]],
            )
        )
    return [sentence for sentence, _ in told if sentence]


def _is_taken(row: Row, boards: Sequence[Board], rows: Sequence[Row]) -> bool:
    """Tell whether a board is where the list has another one, which was not found elsewhere: two would be one."""
    moving = {each.name for each in rows if each.state is Found.MOVED}
    return any(board.address == row.address and board.name not in {*moving, row.name} for board in boards)


def _write(path: Path, moved: Mapping[str, str]) -> tuple[str, list[str]]:
    """Write into one list; return what was done, and the boards whose addresses it has now."""
    text = inventory_file.text_of(path)
    changed = text
    names: list[str] = []
    for name, address in moved.items():
        if (again := inventory_file.readdressed(changed, name, address)) is not None:
            changed, names = again, [*names, name]
    if not names:
        return "", []
    kept = inventory_file.rewrite(path, changed, {name: moved[name] for name in names})
    return lazy(
        "{file}: the address of {names} was written; the old list is {kept}.",
        file=path, names=", ".join(names), kept=kept.name,
    ), names  # fmt: skip
