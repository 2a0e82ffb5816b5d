"""Looks a board up in the table of releases and models (roles/base/vars/main/table.yml)."""

from __future__ import annotations

import re
from typing import Any

Row = dict[str, Any]


def cell(tables: Row, release: str, userland: str, model: str, installed: list[str]) -> Row:
    """Return what a board becomes; of a board that `refusal` refuses, what can be said of it.

    `tables` is the whole table, `installed` are the packages that the board has.
    """
    of_release = tables["releases"].get(release, {})
    of_model = model_row(tables["models"], model) or {}
    cameras = of_release.get("cameras", {}).get(userland, [])
    library = gpio_library(tables["gpio"], of_release, of_model, installed)
    package = tables["gpio"].get(library, {}).get("package")
    return {
        "model": of_model.get("name", ""),
        "filters": of_model.get("filters", []),
        "cameras": cameras,
        "no_legacy": no_legacy(of_release, of_model, cameras),
        "config_txt": of_release.get("config_txt", ""),
        "edits": {stack: of_release[stack] for stack in ("legacy", "libcamera") if stack in of_release},
        "gpio": library,
        "packages": [*tables["packages"], *([{"name": package, "optional": True}] if package else [])],
    }


def model_row(models: list[Row], model: str) -> Row | None:
    """Return the row of a model, by what the board calls itself."""
    return next((row for row in models if re.search(row["pattern"], model)), None)


def no_legacy(of_release: Row, of_model: Row, cameras: list[str]) -> str:
    """Return why a board cannot have the legacy camera; an empty reason means that it can."""
    if "legacy" not in cameras:
        return str(of_release.get("no_legacy", "nobody has written down which cameras it has"))
    return str(of_model.get("no_legacy", ""))


def gpio_library(libraries: Row, of_release: Row, of_model: Row, installed: list[str]) -> str:
    """Return the library for the pins: the model's, else the release's, or an older one that is there and works."""
    library = str(of_model.get("gpio", of_release.get("gpio", "")))
    instead = libraries.get(library, {}).get("instead")
    if instead and "gpio" not in of_model and libraries[instead]["package"] in installed:
        return str(instead)
    return library


def refusal(tables: Row, release: str, userland: str, model: str, system: str) -> str:
    """Return why a board is left as it is, or nothing."""
    of_release, of_model = tables["releases"].get(release), model_row(tables["models"], model)
    if of_release is None:
        known = ", ".join(tables["releases"])
        return f"{system} is none of {known}, so nothing was changed: write one of these on its card."
    if of_model is None:
        called = f"calls itself '{model}'" if model else "does not say which Raspberry Pi it is"
        return (
            f"it {called}, which nobody has tried, so nothing was changed: set board_model in its host_vars to the "
            "model that it resembles, as 'Raspberry Pi 4 Model B'."
        )
    return contradiction(list(tables["releases"]), of_release, of_model, release, userland)


def contradiction(releases: list[str], of_release: Row, of_model: Row, release: str, userland: str) -> str:
    """Return why release, userland and model cannot be together, or nothing."""
    name, system = of_model["name"], of_release["system"]
    if releases.index(release) < releases.index(of_model["since"]):
        return f"{system} does not start on a {name}, so nothing was changed: is board_model right?"
    if userland not in of_model["userlands"] or userland not in of_release["userlands"]:
        whose = name if userland not in of_model["userlands"] else system
        return f"there is no {userland} system for {whose}, so nothing was changed: are board_userland and model right?"
    return ""


def names_by_release(tables: Row) -> dict[str, list[str]]:
    """Return every name that a package of the table may have on each release."""
    libraries = {library["package"] for library in tables["gpio"].values()}
    packages = tables["packages"]
    return {
        release: sorted(libraries | {name for row in packages if (name := name_on(row, release))})
        for release in tables["releases"]
    }


def package_names(table: list[Row], release: str, mode: str, *, needed: bool = False) -> list[str]:
    """Return the packages that a release should have; with needed, only those without which a lesson fails."""
    wanted = [row for row in table if is_wanted(row, mode) and not (needed and row.get("optional"))]
    return sorted({name for row in wanted if (name := name_on(row, release))})


def left_out(table: list[Row], release: str, mode: str, absent: list[str]) -> list[str]:
    """Return a sentence per reason for what a board does not get, and for what it gets under another name."""
    names: dict[str, list[str]] = {}
    for row in table:
        names.setdefault(why_not(row, release, mode, absent), []).append(row["name"])
    left = [f"left out {', '.join(names[reason])}: {reason}" for reason in names if reason]
    return left + [f"{row['name']} comes as {name_on(row, release)}" for row in table if is_renamed(row, release, mode)]


def is_wanted(row: Row, mode: str) -> bool:
    """Tell whether a row of the table counts: the whole course's list, or what is of use today."""
    return mode == "course" or "unneeded" not in row


def name_on(row: Row, release: str) -> str:
    """Return what a package is called on a release, or nothing where it is gone."""
    name: str = row.get("on", {}).get(release, "" if "gone" in row else row["name"])
    return name


def why_not(row: Row, release: str, mode: str, absent: list[str]) -> str:
    """Return why a board does not get a package, or nothing if it does."""
    name = name_on(row, release)
    if not name:
        return str(row["gone"])
    if not is_wanted(row, mode):
        return str(row["unneeded"])
    return "not in this board's package sources" if name in absent else ""


def is_renamed(row: Row, release: str, mode: str) -> bool:
    """Tell whether a board gets a package under another name."""
    return is_wanted(row, mode) and name_on(row, release) not in {"", row["name"]}
