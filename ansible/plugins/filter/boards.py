"""Filters that turn the project's folders and settings into what the roles put on a board."""

from __future__ import annotations

import hashlib
import json
import re
import runpy
from pathlib import Path
from typing import Any

import yaml

BUILT = frozenset({"__pycache__", "bin", "bin-san"})
# What runs on the boards is no package here; both sides must name a content alike.
content_digest = runpy.run_path(str(Path(__file__).parents[1] / "module_utils" / "board_tree.py"))["digest"]


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
    """Tell whether a board can be called so (RFC 1123, without dots; only digits would read as an address)."""
    return bool(re.fullmatch(r"(?!\d+$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", name))


def hosts_naming(hosts: str, name: str) -> str:
    """Return an /etc/hosts in which the board finds its own name, at 127.0.1.1 as Debian has it."""
    line = f"127.0.1.1\t{name}"
    if re.search(rf"^127\.0\.1\.1[ \t]+{re.escape(name)}([ \t]|$)", hosts, re.MULTILINE):
        return hosts
    changed, count = re.subn(r"^127\.0\.1\.1[ \t].*$", line, hosts, count=1, flags=re.MULTILINE)
    return changed if count else f"{hosts.rstrip()}\n{line}\n".lstrip()


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
