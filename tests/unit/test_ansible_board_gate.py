from __future__ import annotations

import ast
import copy
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible import constants  # type: ignore[attr-defined]
from tests.unit.ansible_parts import plugin
from tests.unit.mutations import mutated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

gate = plugin("plugin_utils", "board_gate")
look = plugin("plugin_utils", "look")
connection = plugin("connection", "board_ssh")
ENGINE = Path(constants.__file__).parent
# Where ansible-core reads what a task has returned, and acts on it.
READERS = [
    *ENGINE.glob("plugins/strategy/*.py"),
    *(ENGINE / name for name in ("vars/clean.py", "executor/task_executor.py", "executor/task_result.py")),
]
# What a board answers, in short: each name once.
WANTED = {
    "packages": {"trixie": ["htop", "make"]},
    "units": ["pilab-agent.service"],
    "described": {"agent": ""},
    "imports": ["distributed"],
}
UNIT = {"enabled": True, "state": "active", "stale": False, "deployment": "0a1b"}
HONEST: dict[str, Any] = {
    "release": "trixie", "system": "Raspberry Pi OS 13", "model": "Raspberry Pi 4 Model B Rev 1.4", "userland": "arm64",
    "overlay": False, "overlay_by": "", "boot_is_read_only": False, "bench_runs": False, "has_bundle": False,
    "memory_mib": 3792, "hostname": "pi01",
    "config_txt": {"path": "/boot/firmware/config.txt", "text": "[all]\r\n\tx=1\n", "newer_than_boot": False},
    "hosts": "127.0.1.1\tpi01\n",
    "cloud_init": {"is_used": True, "is_readable": True, "user_data": "hostname: pi01\nfqdn:\tpi01.lan", "ours": ""},
    "wifi": {"devices": ["wlan0"], "has_network_manager": True, "stays_awake": True},
    "before": {
        "schema": 1, "at": "2026-11-26T17:00:00Z", "governors": {"policy0": "ondemand"}, "default_governor": "",
        "hostname": "raspberrypi", "hosts": "", "user_data": "", "had_account": False, "made_groups": ["gpio"],
    },
    "governors": {"policy0": {"governor": "ondemand", "cores": [0, 1, 2, 3], "available": ["ondemand", "powersave"]}},
    "shows_clock": True, "up_s": 300, "default_governor": "ondemand", "own": ["/etc/motd"],
    "lists_age_s": 3600, "native_sources": "0a1b",
    "packages": {"installed": ["htop"], "available": ["make"], "unfinished": ["libc6"], "interrupted": True},
    "units": {"pilab-agent.service": UNIT}, "imports": {"distributed": True}, "groups": ["pilab", "gpio"],
    "stale": {"agent": ["/opt/pilab/agent/led.py"]}, "clock_ahead_s": -2,
}  # fmt: skip


@cache
def obeyed() -> list[str]:
    """Every name that ansible-core looks up in something, where it reads results; more than it obeys, never less."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in READERS]
    names = {name for tree in trees for node in ast.walk(tree) for name in names_at(node)}
    known = {*constants.INTERNAL_RESULT_KEYS, *constants.RESTRICTED_RESULT_KEYS}
    return sorted(name for name in names | known if name)


def names_at(node: ast.AST) -> Iterator[str]:
    """The names of `"x" in result`, `result["x"]`, `result.get("x")` and lists of names."""
    match node:
        case ast.Compare():
            within = [node.left, *node.comparators]
        case ast.Subscript():
            within = [node.slice]
        case ast.Call():
            within = node.args
        case ast.Tuple() | ast.List() | ast.Set():
            within = node.elts
        case _:
            within = []
    yield from (each.value for each in within if isinstance(each, ast.Constant) and isinstance(each.value, str))


KNOWN = {
    "add_host", "add_group", "ansible_facts", "ansible_stats", "_ansible_notify", "_ansible_facts_cacheable", "results",
    "_ansible_item_label", "_ansible_delegated_vars", "ansible_loop_var", "changed", "failed", "skipped", "unreachable",
    "failed_when_result", "diff", "exception", "warnings", "deprecations", "invocation", "_ansible_no_log", "rc",
}  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 (any JSON)
    """The way to every value inside."""
    for key, inside in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield (*path, key)
        yield from places(inside, (*path, key))


def at(whole: Any, path: tuple[Any, ...]) -> Any:  # noqa: ANN401 (any JSON)
    for key in path:
        whole = whole[key]
    return whole


def changed(path: tuple[Any, ...], value: Any) -> str:  # noqa: ANN401 (any JSON)
    answer = copy.deepcopy(HONEST)
    at(answer, path[:-1])[path[-1]] = value
    return json.dumps(answer)


def test_an_honest_answer_passes_unchanged() -> None:
    assert gate.let_in(json.dumps(HONEST), WANTED) == HONEST


def test_a_new_board_has_no_notes_of_how_it_was() -> None:
    assert gate.let_in(changed(("before",), {}), WANTED)["before"] == {}


def test_the_names_that_ansible_obeys_are_found_in_its_sources() -> None:
    assert set(obeyed()) >= KNOWN


def test_no_name_that_ansible_obeys_passes_the_gate_at_any_level() -> None:
    own = {"packages", "units", "hosts", "groups"}  # names of ours that mean something to Ansible elsewhere
    assert obeyed()
    for name in obeyed():
        for path in [(), *places(HONEST)]:
            inside = at(HONEST, path)
            if isinstance(inside, dict) and name not in inside:
                answer = changed((*path, name), {"host_name": "pi02"})
                assert is_refused(look.seen_in, {"rc": 0, "stdout": answer, "stderr": ""}), (name, path)
        assert name not in HONEST or name in own


def is_refused(gate_of: Callable[..., object], answer: object) -> bool:
    try:
        gate_of(answer, WANTED)
    except (look.LookError, gate.GateError) as error:
        return str(error) != ""
    return False


def test_of_a_module_nothing_comes_through_the_connection_that_ansible_takes_orders_from() -> None:
    for name in [*obeyed(), "_ansible_anything", "__ansible_type"]:
        is_order = name in connection.ORDERS or name.startswith(connection.INTERNAL)
        assert is_order or name not in {*constants.INTERNAL_RESULT_KEYS, "ansible_stats", "_ansible_notify"}
        for answer in ({name: "x", "rc": 0}, {"results": [{name: "x"}], name: {}}):
            left = json.loads(connection.without_orders(json.dumps(answer).encode()))
            assert is_order is (name not in left), name


@pytest.mark.parametrize("value", [None, [], {}, {"a": []}, 10**30, -(10**30), 1.5, "x" * 300_000, [[]]])
def test_a_value_of_another_type_or_out_of_range_is_refused(value: Any) -> None:  # noqa: ANN401
    paths = [path for path in places(HONEST) if not isinstance(at(HONEST, path), (dict, list))]
    assert paths
    taken = [path for path in paths if not is_refused(gate.let_in, changed(path, value))]
    assert taken == []


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("release",), "../../etc", "release"),
        (("userland",), "arm64\n", "userland"),
        (("hostname",), "pi\x1b[2J", "hostname"),
        (("config_txt", "path"), "/etc/shadow", "path"),
        (("default_governor",), 'x"; reboot; "', "default_governor"),
        (("packages", "installed"), ["sl"], "packages"),
        (("packages", "available"), ["make", "sl"], "packages"),
        (("packages", "unfinished"), ["--option=x"], "unfinished"),
        (("wifi", "devices"), ["wlan0/.."], "devices"),
        (("wifi", "devices"), [".."], "devices"),
        (("wifi", "devices"), [""], "devices"),
        (("wifi", "devices"), ["wlx0123456789abc"], "devices"),
        (("wifi", "devices"), ["wlan 0"], "devices"),
        (("wifi", "devices"), ["wlan0\n"], "devices"),
        (("wifi", "devices"), ["wlan\u20280"], "devices"),
        (("overlay_by",), "overlayroot=\x1b[2J", "overlay_by"),
        (("boot_is_read_only",), 1, "boot_is_read_only"),
        (("cloud_init", "user_data"), "hostname: a\x00", "user_data"),
        (("cloud_init", "user_data"), "hostname: a\r", "user_data"),
        (("cloud_init", "ours"), "x" * 4001, "ours"),
        (("cloud_init", "is_readable"), "yes", "is_readable"),
        (("wifi", "devices"), ["wlan0"] * 17, "devices"),
        (("governors", "../x"), HONEST["governors"]["policy0"], "governors"),
        (("governors", "policy0", "cores"), [-1], "cores"),
        (("before", "governors"), {"policy0": "a b"}, "governors"),
        (("before", "made_groups"), ["-x"], "made_groups"),
        (("units", "ssh.service"), UNIT, "units"),
        (("imports",), {}, "imports"),
        (("imports", "os"), True, "imports"),
        (("imports", "distributed"), 1, "imports"),
        (("units",), {}, "units"),
        (("stale", "base"), [], "stale"),
        (("stale", "agent"), ["/x"] * 101, "stale"),
        (("stale", "agent"), ["relative"], "stale"),
        (("before",), {"hostname": "x"}, "before"),
        (("memory_mib",), True, "memory_mib"),
        (("shows_clock",), 1, "shows_clock"),
        (("up_s",), True, "up_s"),
    ],
)  # fmt: skip
def test_what_nobody_asked_for_is_refused_by_its_name(path: tuple[Any, ...], value: Any, named: str) -> None:  # noqa: ANN401
    with pytest.raises(gate.GateError, match=named):
        gate.let_in(changed(path, value), WANTED)


def test_an_answer_that_is_too_long_is_refused_unread() -> None:
    with pytest.raises(gate.GateError, match="1048576 are the most"):
        gate.let_in("[" * (gate.MOST_CHARACTERS + 1), WANTED)


def test_what_looks_like_a_template_stays_text() -> None:
    template = "{{ lookup('pipe', 'touch /tmp/x') }}"
    assert gate.let_in(changed(("system",), template), WANTED)["system"] == template


def test_fuzz_no_changed_answer_brings_more_than_a_sentence_or_what_was_promised() -> None:
    passed = longest = 0
    for line in mutated(json.dumps(HONEST).encode() + b"\n", seed=19, count=2000):
        try:
            found = look.seen_in({"rc": 0, "stdout": line.decode("utf-8", "surrogateescape"), "stderr": ""}, WANTED)
        except look.LookError as error:
            longest = max(longest, len(str(error)))
        else:
            passed += 1
            assert set(found) == set(HONEST)
    assert passed
    assert longest < 5000
