from __future__ import annotations

import pytest

from tests.unit.ansible_parts import plugin

rows = plugin("callback", "board_rows")
WHERE = {"address": "10.0.0.7", "user": "anna"}

# As ssh, sudo and apt of bookworm word it.
SAID = {
    "via ssh: @@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@@ Host key verification failed.": (
        "its host key changed: if its card was written anew, forget the old key with `ssh-keygen -R 10.0.0.7`"
    ),
    "Failed to connect to the host via ssh: No ED25519 host key is known for 10.0.0.7. Host key verification failed.": (
        "its host key is not known yet: log in once with `ssh anna@10.0.0.7` and compare the key"
    ),
    "Failed to connect to the host via ssh: anna@10.0.0.7: Permission denied (publickey).": (
        "it refused the ssh key: put yours on it with `ssh-copy-id anna@10.0.0.7`"
    ),
    "Failed to connect to the host via ssh: ssh: connect to host 10.0.0.7 port 22: No route to host": (
        "no answer from 10.0.0.7: is it switched on and on this network?"
    ),
    "Failed to connect to the host via ssh: ssh: connect to host 10.0.0.7 port 22: Connection refused": (
        "nothing answers ssh at 10.0.0.7: switch ssh on with raspi-config"
    ),
    "Failed to connect to the host via ssh: ssh: Could not resolve hostname pi99: Name or service not known": (
        "the name pi99 is not known on this network: give its address as ansible_host in inventory.ini"
    ),
    "Task failed: Missing sudo password": "sudo wants a password: run again with -K",
    "Task failed: Incorrect sudo password": "sudo refused the password: run again with -K",
    "agent : Install the code: /opt/pilab/agent/led.py cannot be written: No space left on device.": (
        "its disk is full: make room with `sudo apt-get clean`, or use a larger card"
    ),
    "'apt-get install htop' failed: E: Failed to fetch http://x/htop.deb  Connection refused": (
        "it cannot reach its package sources: see that there is internet, or use `invoke bundle`; then run again"
    ),
    "Failed to update apt cache: E:Release file for http://deb.debian.org/InRelease is not valid yet": (
        "its clock is slow, so it distrusts its package sources: set the clock, then run again"
    ),
    "Validation of arguments failed:\nvalue of governor_name must be one of: performance, got: fast": (
        "value of governor_name must be one of: performance, got: fast; correct it in group_vars or host_vars"
    ),
    "/bin/sh: 1: /opt/python: not found": (
        "it has no /opt/python: install python3 on it, or correct ansible_python_interpreter"
    ),
}


@pytest.mark.parametrize("said", SAID)
def test_what_a_program_says_becomes_a_sentence_with_a_fix(said: str) -> None:
    assert rows.explain(said, WHERE) == SAID[said]


def test_unknown_words_stay_as_they_are_on_one_line() -> None:
    assert rows.explain("something\n  new", WHERE) == "something new"


def test_a_row_says_first_what_went_wrong_then_what_was_done_then_the_notes() -> None:
    row = rows.Row(areas=["base"], notes=["left out x: gone"], trouble=["its disk is full"])
    assert rows.sentences(row, dry=False) == ["its disk is full", "changed in base", "left out x: gone"]


def test_a_run_that_only_looks_says_would() -> None:
    assert rows.sentences(rows.Row(["agent"], [], []), dry=True) == ["would be changed in agent"]
    assert rows.sentences(rows.Row([], [], []), dry=True) == ["nothing to change"]


def test_the_reason_is_found_in_the_round_of_a_loop_that_failed() -> None:
    result = {
        "msg": "One or more items failed",
        "results": [{"failed": False}, {"failed": True, "msg": "no", "stderr": "disk"}],
    }
    assert rows.reason_in(result) == "no disk"


def test_notes_are_the_messages_of_debug_tasks_in_every_round() -> None:
    assert rows.notes_in({"msg": "one"}) == ["one"]
    assert rows.notes_in({"results": [{"msg": ["one", "two"]}, {"skipped": True, "msg": "not this"}]}) == ["one", "two"]
