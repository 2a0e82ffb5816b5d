"""Filters that turn the project's folders and settings into what the roles put on a board."""

from __future__ import annotations

import hashlib
import json
import re
import runpy
from pathlib import Path
from typing import Any

import yaml

# Every computer's names for itself and its network (hosts(5), Debian's netbase); no board is told apart by one.
EVERYBODYS = frozenset({
    "broadcasthost", "ip6-allhosts", "ip6-allnodes", "ip6-allrouters", "ip6-localhost", "ip6-localnet", "ip6-loopback",
    "ip6-mcastprefix", "localdomain", "localhost", "localhost4", "localhost6",
})  # fmt: skip
BUILT = frozenset({"__pycache__", "bin", "bin-san"})
# What runs on the boards is no package here; both sides must name a content alike.
content_digest = runpy.run_path(str(Path(__file__).parents[1] / "module_utils" / "board_tree.py"))["digest"]
PLUGIN_UTILS = Path(__file__).parents[1] / "plugin_utils"
cloud_init = runpy.run_path(str(PLUGIN_UTILS / "cloud_init.py"))
first_minute = runpy.run_path(str(PLUGIN_UTILS / "first_minute.py"))
write_protection = runpy.run_path(str(PLUGIN_UTILS / "write_protection.py"))


class FilterModule:
    """Offers the filters to ansible."""

    def filters(self) -> dict[str, Any]:
        """Name the filters."""
        return {
            "digest": digest,
            "digested": digested,
            "tree_digest": tree_digest,
            "with_files": with_files,
            "options_of": options_of,
            "out_of_range": out_of_range,
            "hosts_naming": hosts_naming,
            "is_hostname": is_hostname,
            "cloud_told": cloud_init["told"],
            "cloud_told_again": cloud_init["told_again"],
            "name_note": cloud_init["name_note"],
            "first_minute_note": first_minute["note"],
            "forgetful": write_protection["forgetful"],
            "write_protected": write_protection["write_protected"],
            "as_cores": as_cores,
            "policies_with": policies_with,
            "shared_with": shared_with,
            "duration": duration,
        }


def read_tree(folder: str) -> list[dict[str, str]]:
    """Read the files of a folder as the module board_files takes them; what was built in it stays behind."""
    root = Path(folder)
    paths = sorted(path for path in root.rglob("*") if path.is_file() and not BUILT & set(path.relative_to(root).parts))
    return [describe(path, root) for path in paths if not path.name.startswith(".")]


def describe(path: Path, root: Path) -> dict[str, str]:
    """Describe one file: where it goes, what it holds, whether it may be run."""
    mode = "0755" if path.stat().st_mode & 0o100 else "0644"
    return {"path": str(path.relative_to(root)), "content": path.read_text(encoding="utf-8"), "mode": mode}


def digest(described: Any) -> str:
    """Return a short name for exactly this content."""
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:16]


def digested(description: dict[str, Any]) -> str:
    """Return a description of files as the look compares it: with digests instead of contents.

    As JSON in one string, because Ansible marks every single value of a result with where it is from.
    """
    trees = [{"keep": [], **tree, "files": digests(files_of(tree))} for tree in description.get("trees", [])]
    files = digests(description.get("files", []))
    return json.dumps({"folders": description.get("folders", []), "files": files, "trees": trees})


def digests(files: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return files with digests instead of contents."""
    return [
        {
            "path": file["path"],
            "mode": file.get("mode", "0644"),
            "digest": content_digest(file["content"].encode()),
        }
        for file in files
    ]


def with_files(trees: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return described trees as board_files takes them: with the files of their sources."""
    return [{"path": tree["path"], "keep": tree.get("keep", []), "files": files_of(tree)} for tree in trees]


def files_of(tree: dict[str, Any]) -> list[dict[str, str]]:
    """Return the files of a described tree; one without a source holds only what it keeps."""
    return read_tree(tree["source"]) if "source" in tree else []


def tree_digest(folder: str) -> str:
    """Return a short name for exactly the files of a folder."""
    return digest(read_tree(folder))


def options_of(roles: list[str], folder: str) -> dict[str, Any]:
    """Return the settings of roles as their meta/argument_specs.yml describes them, all together."""
    texts = (Path(folder, role, "meta/argument_specs.yml").read_text(encoding="utf-8") for role in roles)
    return {
        name: option
        for text in texts
        for name, option in yaml.load(text, Loader=yaml.CSafeLoader)["argument_specs"]["main"]["options"].items()
    }


def out_of_range(ranges: dict[str, list[float]], values: list[Any]) -> list[str]:
    """Return a sentence for every setting that lies outside its range."""
    return [
        f"{name} is {value}, which is not between {low} and {high}: correct it in group_vars or host_vars."
        for (name, (low, high)), value in zip(ranges.items(), values, strict=True)
        if not low <= float(value) <= high
    ]


def is_hostname(name: str) -> bool:
    """Tell whether a board can be called so (RFC 1123, without dots; only digits would read as an address).

    Not what every computer calls itself: a list may have `localhost` in it, as that of ansible-pull does.
    """
    if name.lower() in EVERYBODYS:
        return False
    return bool(re.fullmatch(r"(?!\d+$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", name))


def hosts_naming(hosts: str, name: str, old: str = "") -> str:
    """Return an /etc/hosts in which the board finds its own name, at 127.0.1.1 as Debian has it.

    The name takes the place of the old one, which without `old` is the one that the line begins with; the line keeps
    its other names. Where the name is there already, nothing changes.
    """
    lines = hosts.splitlines(keepends=True)
    if is_named(lines, name):
        return hosts
    own = [number for number, line in enumerate(lines) if re.match(r"\s*127\.0\.1\.1\s", line)]
    if not own:
        end = "\r\n" if "\r\n" in hosts else "\n"
        return f"{hosts.rstrip()}{end}127.0.1.1\t{name}{end}".lstrip()
    gone = old or first_name(lines[own[0]])
    changed = [renamed(line, gone, name) if number in own else line for number, line in enumerate(lines)]
    if changed == lines:
        changed[own[0]] = with_name(lines[own[0]], name)
    return "".join(changed)


def is_named(lines: list[str], name: str) -> bool:
    """Tell whether a name stands for the board itself in lines of /etc/hosts, whatever its letters' case."""
    names = {each.lower() for line in lines if re.match(r"\s*127\.", line) for each in names_in(line)}
    return name.lower() in names


def names_in(line: str) -> list[str]:
    """Return the names that a line of /etc/hosts gives to its address."""
    return line.partition("#")[0].split()[1:]


def first_name(line: str) -> str:
    """Return what a line calls the board: its first name, of one with a domain only that name."""
    return next(iter(names_in(line)), "").partition(".")[0]


def renamed(line: str, old: str, name: str) -> str:
    """Return a line of /etc/hosts with a name in the place of another one, if it has that."""
    told, mark, comment = line.partition("#")
    if not old:
        return line
    return re.sub(rf"(?<=\s){re.escape(old)}(?=\s|$)", name, told, flags=re.IGNORECASE) + mark + comment


def with_name(line: str, name: str) -> str:
    """Return a line of /etc/hosts with one name more, before its comment."""
    told, mark, comment = line.partition("#")
    names = told.rstrip()
    return f"{names} {name}{told[len(names) :]}{mark}{comment}"


def as_cores(text: str) -> list[int]:
    """Return the cores of a list as `1-3` or `0,2`; ValueError if it is none."""
    ranges = [part.partition("-") for part in str(text).split(",")]
    return sorted({core for low, _, high in ranges for core in range(int(low), int(high or low) + 1)})


def policies_with(governors: dict[str, Any], cores: str) -> dict[str, Any]:
    """Return the cpufreq policies that have one of the cores, or all for `all`."""
    if cores == "all":
        return governors
    wanted = set(as_cores(cores))
    return {name: policy for name, policy in governors.items() if wanted & set(policy["cores"])}


def shared_with(governors: dict[str, Any], cores: str) -> list[int]:
    """Return the cores that nobody asked for and that change with those asked for, because they share a policy."""
    chosen = policies_with(governors, cores).values()
    together = {core for policy in chosen for core in policy["cores"]}
    return [] if cores == "all" else sorted(together - set(as_cores(cores)))


def duration(seconds: float) -> str:
    """Return a span of time as people say it, in its largest unit."""
    amount = abs(seconds)
    units = [(size, unit) for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")) if amount >= 2 * size]
    size, unit = units[0] if units else (1, "seconds")
    return f"{round(amount / size)} {unit}"
