"""Everything that is on the disk of a board, to be compared with what was there at another time."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rehearsal.conftest import Lab

# What is no part of a board as it is found: kernel interfaces, what lives until the next start, and simulated hardware.
APART = ("/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp", "/srv")  # noqa: S108 - places on a board
# Logs, and what Debian's own tools keep about their last work.
KEPT_BY_TOOLS = re.compile(r"""
    /var/(log|cache|backups)(/.*)?
    | /var/lib/apt/(lists|periodic|extended_states|daily_lock).*
    | /var/lib/dpkg/(status|available|diversions|statoverride|triggers|lock|alternatives|info)\S*
    | /etc/(passwd|group|shadow|gshadow|subuid|subgid)-
    | /etc/ld\.so\.cache
    | /var/lib/systemd/(random-seed|timers/.*|catalog.*)
    | /(root|home/teacher)/\.(cache|ansible)(/.*)?
    | /etc/g(roup|shadow) # Debian's packages never take their groups back; see groups()
    | /etc/machine-id
    | /usr/(local/)?share/fonts(/.*)? # fontconfig numbers every folder of fonts, and forgets these files when it goes
    | /var/lib/ucf/hashfile.*
    """, re.VERBOSE)  # fmt: skip
# What each room gives a board anew, whatever the board was before: of these the content is not compared.
OF_THE_ROOM = re.compile(
    r"/etc/ssh/ssh_host_ed25519_key(\.pub)?|/etc/systemd/network/10-rehearsal\.network|/home/teacher/\.ssh/authorized_keys"
)


def tree(lab: Lab, name: str) -> dict[str, str]:
    """Every path of a board with its kind, rights, owner, target and content."""
    apart = " -o ".join(f"-path {path}" for path in APART)
    found = f"find / -xdev \\( {apart} \\) -prune -o"
    listed = lab.say(name, f"sudo {found} -printf '%p\\t%y %m %u %g %l\\n'")
    summed = lab.say(name, f'sudo sh -c "{found} -type f -print0 | xargs -0 sha256sum"')
    contents = {path: digest for digest, _, path in (line.partition("  ") for line in summed.splitlines())}
    packages = lab.say(name, "dpkg-query --show --showformat '${Package} ${db:Status-Status}\\n' | grep ' installed$'")
    pairs = (line.split("\t", 1) for line in listed.splitlines())
    contents |= dict.fromkeys(filter(OF_THE_ROOM.fullmatch, contents), "")
    kept = {path: f"{about} {contents.get(path, '')}" for path, about in pairs if not KEPT_BY_TOOLS.fullmatch(path)}
    return {"packages": packages, **kept}


def groups(lab: Lab, name: str) -> list[str]:
    """Every group of a board with its members."""
    return lab.say(name, "cat /etc/group").splitlines()


@dataclass(frozen=True)
class Before:
    """A board before anybody provisioned it."""

    files: dict[str, str]
    groups: list[str]


def keep(lab: Lab, snapshot: Path) -> None:
    """Write down beside a snapshot how its boards were."""
    names = [one.name for one in lab.room.guests]
    found = {name: asdict(Before(tree(lab, name), groups(lab, name))) for name in names}
    (snapshot / "before.json").write_text(json.dumps(found))


def kept(snapshot: Path) -> dict[str, Before]:
    """How the boards of a snapshot were before they were provisioned, by name."""
    found = json.loads((snapshot / "before.json").read_text())
    return {name: Before(**each) for name, each in found.items()}
