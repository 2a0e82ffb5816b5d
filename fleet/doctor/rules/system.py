"""The system on the card: its clock, its name, its packages, and the service that looks for circles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleet.doctor.finding import configure, fault, mends, note, of_sentence, typed
from fleet.errors import AnswerError
from fleet.i18n import lazy
from fleet.plugins import plugin
from fleet.service.state import parse_status

if TYPE_CHECKING:
    from fleet.doctor.facts import CloudInit
    from fleet.doctor.finding import Finding, Seen

BOARDS: Any = plugin("module_utils", "boards")
CLOUD: Any = plugin("plugin_utils", "cloud_init")
# As in the role base, which refuses a board whose clock is further off: apt allows for seconds.
MOST_WRONG_S = 60
YES = ("true", "yes", "on")


def clock(seen: Seen) -> Finding | None:
    """Find a clock with which the board distrusts its package sources: a Pi has none that goes on without power."""
    ahead_s = seen.facts.clock_ahead_s
    if abs(ahead_s) <= MOST_WRONG_S:
        return None
    amount, unit = BOARDS.duration(ahead_s).split()
    words = lazy("{amount} {unit}", amount=amount, unit=UNITS[unit])
    template = (
        lazy("its clock is {span} fast", span=words) if ahead_s > 0 else lazy("its clock is {span} slow", span=words)
    )
    return fault("clock", template, mends("clock", seen.board))


UNITS = {"days": lazy("days"), "hours": lazy("hours"), "minutes": lazy("minutes"), "seconds": lazy("seconds")}


def name_is_reset(seen: Seen) -> Finding | None:
    """Find a board that cloud-init will give another name at the next start."""
    cloud, now = seen.facts.cloud_init, seen.facts.hostname
    name = name_at_start(cloud) if cloud else ""
    if not name or name.lower() == now.lower():
        return None
    sentence = lazy("its name becomes {name} at the next start, as user-data on its card says", name=name)
    return fault("name-reset", sentence, typed(configure(seen.board)))


def name_at_start(cloud: CloudInit) -> str:
    """Return the name that cloud-init gives a board at each start, or nothing where it leaves the name alone."""
    if not cloud.is_used or cloud.is_off:
        return ""
    told = [
        [found for line in text.splitlines() if (found := CLOUD.LINE.fullmatch(line))]
        for text in (cloud.ours, cloud.user_data)
    ]
    by_key = {found["key"]: found["value"] for lines in told for found in lines}
    if by_key.get("preserve_hostname", "").lower() in YES:
        return ""
    return str(by_key.get("hostname") or by_key.get("fqdn", "")).partition(".")[0]


def unfinished_packages(seen: Seen) -> Finding | None:
    """Find packages that were begun and not ended, as after a power cut; while somebody installs, that is no fault."""
    if not seen.facts.was_interrupted or seen.facts.apt_holder:
        return None
    names = ", ".join(seen.facts.unfinished) or "dpkg"
    sentence = lazy("packages were not installed to their end ({names})", names=names)
    return fault("packages-unfinished", sentence, typed(configure(seen.board)))


def busy_apt(seen: Seen) -> Finding | None:
    """Find a program that keeps others from installing packages."""
    holder = seen.facts.apt_holder
    if not holder:
        return None
    sentence = lazy(
        "another program is installing packages: {program} (process {pid})", program=holder.name, pid=holder.pid
    )
    return fault("packages-busy", sentence, mends("packages-busy", seen.board))


def service(seen: Seen) -> Finding | None:
    """Say of the service that looks for circles what `invoke agent.status` says; a board may not have it yet."""
    try:
        outcome = parse_status(seen.board, seen.facts.units)
    except AnswerError as error:
        return fault("service-untold", str(error))
    if outcome.is_ok:
        return None
    if "LoadState=not-found" in seen.facts.units.partition("\n\n")[0]:
        return note("not-configured", lazy("it is not configured yet"), typed("ansible-playbook site.yml"))
    return of_sentence(outcome.sentence)
