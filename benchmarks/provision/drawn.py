"""What a room draws from the internet while it is provisioned for the first time, with and without the bundle."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.provision import tools, wanted
from virtual import place
from virtual.commands import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from virtual.state import Room

BUNDLE = place.PROJECT / "bundle"
MB = 1e6
HEAD = "| first run of {boards} boards | MB from the internet | MB a board | s |\n|---|---|---|---|"


def received_bytes() -> int:
    """Return what the way out of this computer, and so of the room behind it, has received since it was switched on.

    SystemExit where there is no way out: then nothing could be drawn.
    """
    routes = json.loads(run("ip", "-4", "-json", "route", "show", "default"))
    if not routes:
        raise SystemExit(
            "This computer has no way to the internet, so nothing can be measured: connect it, then again."
        )
    return int(Path("/sys/class/net", routes[0]["dev"], "statistics", "rx_bytes").read_text())


def compare(boards: int, fresh: Callable[[int], Room], say: Callable[[str], None]) -> None:
    """Print what the first run of so many fresh boards draws; whatever else this computer loads meanwhile counts too.

    The boards that are up at the end have drawn each for itself.
    Virtual Pis find packages of earlier rooms on their disks, which a real one does not have, so they are cleared away.
    """
    kept = BUNDLE.with_name("bundle.kept")
    if BUNDLE.exists():
        BUNDLE.rename(kept)
    try:
        bundled = draw(boards, fresh, tools.bundle(), tools.pilab("-e", "base_from_bundle=true"))
    finally:
        shutil.rmtree(BUNDLE, ignore_errors=True)
        if kept.exists():
            kept.rename(BUNDLE)
    alone = draw(boards, fresh, tools.pilab())
    say(f"\nSimulated boards, real package sources.\n\n{HEAD.format(boards=boards)}")
    for name, (drawn_bytes, took_s) in {"each for itself": alone, "from the bundle": bundled}.items():
        say(f"| {name} | {drawn_bytes / MB:.0f} | {drawn_bytes / MB / boards:.0f} | {took_s:.0f} |")


def draw(boards: int, fresh: Callable[[int], Room], *typed: tools.Tool) -> tuple[int, float]:
    """Return the bytes that commands draw, the one after the other, on fresh boards, and the seconds that they take.

    The boards have no package that an earlier room has left; SystemExit as above.
    """
    room, here = fresh(boards), place.here()
    for one in room.guests:
        wanted.answer(here, one, "sudo apt-get clean")
    before = received_bytes()
    took_s = sum(tool.run().took_s for tool in typed)
    return received_bytes() - before, took_s
