"""The board itself: which one it is, its memory, its pins, its clocks."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from fleet.doctor.finding import configure, fault, note, on_board, typed
from fleet.doctor.rules.table import filters, is_real_pi, model_row
from fleet.i18n import lazy
from fleet.plugins import plugin, table

if TYPE_CHECKING:
    from fleet.doctor.finding import Finding, Seen

CONFIG: Any = plugin("module_utils", "config_txt")
# A board of 512 MB whose firmware keeps 76 MB, and 64 more for an old camera, leaves more than this to Linux.
LEAST_MEMORY_MIB = 340
USUAL_PAGE_BYTES = 4096
# Pi 5, 500 and Compute Module 5: RPi.GPIO does not know their chip of pins.
OF_PI_5 = "pi5"
OLD_GPIO, NEW_GPIO = "python3-rpi.gpio", "python3-rpi-lgpio"
KERNEL_OF_64_BITS, USERLANDS_OF_32 = "aarch64", ("armhf", "armel")


def unknown_release(seen: Seen) -> Finding | None:
    """Find a system that nobody has tried."""
    known = table()["releases"]
    if seen.facts.release in known:
        return None
    sentence = lazy("its system ({system}) is none of {known}", system=seen.facts.system, known=", ".join(known))
    return fault("release-unknown", sentence, lazy("write one of these on its card"))


def unknown_model(seen: Seen) -> Finding | None:
    """Find a model that nobody has tried; the list of boards may say which one it resembles."""
    if model_row(seen.facts):
        return None
    called = (
        lazy("calls itself '{model}'", model=seen.facts.model) if seen.facts.model else lazy("does not say what it is")
    )
    fix = lazy("set board_model in host_vars/{board}.yml to the model that it resembles, as 'Raspberry Pi 4 Model B'",
               board=seen.board.name)  # fmt: skip
    return fault("model-unknown", lazy("it {called}, which nobody has tried", called=called), fix)


def mixed_bits(seen: Seen) -> Finding | None:
    """Tell of a 32-bit system on a 64-bit kernel: its timings are not those of a 64-bit system."""
    if seen.facts.machine != KERNEL_OF_64_BITS or seen.facts.userland not in USERLANDS_OF_32:
        return None
    return note(
        "userland-32-bit", lazy("its system has 32 bits and its kernel 64: compare its times only with such boards")
    )


def large_pages(seen: Seen) -> Finding | None:
    """Tell of pages that are larger than those that the course counts with."""
    kib = seen.facts.page_bytes // 1024
    if seen.facts.page_bytes <= USUAL_PAGE_BYTES:
        return None
    return note("pages-large", lazy("its pages of memory have {kib} KiB, so it counts fewer page faults", kib=kib))


def little_memory(seen: Seen) -> Finding | None:
    """Find a board with less memory than the smallest that Pilab is made for."""
    mib = seen.facts.memory_mib
    if not 0 < mib < LEAST_MEMORY_MIB:
        return None
    fix = lazy("take gpu_mem out of its config.txt, or use a board of 512 MB")
    return fault("memory-little", lazy("Linux has only {mib} MiB of memory there", mib=mib), fix)


def gpio_library(seen: Seen) -> Finding | None:
    """Find the library for the pins that a Pi 5 cannot use."""
    if OLD_GPIO not in seen.facts.gpio_packages or OF_PI_5 not in filters(seen.facts):
        return None
    sentence = lazy("it has {package}, which does not know the pins of a Pi 5", package=OLD_GPIO)
    return fault("gpio-library", sentence, typed(on_board(seen.board, f"apt-get install --yes {NEW_GPIO}")))


def pins(seen: Seen) -> Finding | None:
    """Find a kernel that does not show the pins of the header, found by the label of their chip."""
    if seen.facts.header_chip or not is_real_pi(seen.facts):
        return None
    if seen.facts.chips_are_closed:
        account = shlex.quote(seen.board.user) if seen.board.user else "$SUDO_USER"
        sentence = lazy("its account may not use the pins of the header")
        return fault("pins-closed", sentence, typed(on_board(seen.board, f"usermod -aG gpio {account}")))
    command = on_board(seen.board, "apt-get update && apt-get full-upgrade --yes && systemctl reboot")
    fix = lazy("bring its kernel up to date; type: {command}", command=command)
    return fault("pins-none", lazy("its kernel does not show the pins of the header"), fix)


def forced_turbo(seen: Seen) -> Finding | None:
    """Find clocks that the firmware holds high, whatever the governor says (L10)."""
    config = seen.facts.config_txt
    lines = CONFIG.read(config.text, filters(seen.facts)) if config else []
    if not config or not any(each.counts and each.key == "force_turbo" and CONFIG.number(each.value) for each in lines):
        return None
    undo = f"sed -i s/^[[:blank:]]*force_turbo/#force_turbo/ {config.path} && systemctl reboot"
    return fault("turbo-forced", lazy("force_turbo in its config.txt overrules every governor"),
                 typed(on_board(seen.board, undo)))  # fmt: skip


def governor(seen: Seen) -> Finding | None:
    """Find a governor that is not the one that was set; a bench sets its own and puts it back."""
    wanted, policies = seen.facts.governor_set, seen.facts.governors or {}
    if not wanted or seen.facts.bench_runs:
        return None
    wrong = {
        each.governor
        for each in policies.values()
        if each.governor != wanted.name and _is_meant(each.cores, wanted.cores)
    }
    if not wrong:
        return None
    sentence = lazy("its governor is {now} and was set to {wanted}", now=", ".join(sorted(wrong)), wanted=wanted.name)
    return fault("governor", sentence, typed(on_board(seen.board, "systemctl restart pilab-governor")))


def _is_meant(cores: list[int], wanted: str) -> bool:
    """Tell whether one of some cores is in a list as `all`, `1-3` or `0,2`."""
    ranges = [part.partition("-") for part in wanted.split(",")] if wanted != "all" else []
    return not ranges or any(int(low) <= core <= int(high or low) for core in cores for low, _, high in ranges)


def untold(seen: Seen) -> Finding | None:
    """Find a board that is broken in such a way that a part of it could not be looked at."""
    if not seen.facts.untold:
        return None
    fix = lazy("configure it; type: {command}", command=configure(seen.board))
    return fault("untold", lazy("it could not be asked everything ({why})", why="; ".join(seen.facts.untold)), fix)
