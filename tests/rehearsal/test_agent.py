"""The service as systemd runs it, and what a teacher types about it, on virtual Pis (simulated cameras and pins)."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.rehearsal.checkout import CHECKOUT
from tests.rehearsal.conftest import BOARDS, PATIENCE_S, PID, Lab, ordered, typed, wait_until
from tests.rehearsal.favour import favoured

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1800)]

PIN = "/run/pilab-agent/gpio27"
# Microseconds since the computer started, as /proc/uptime has seconds.
STARTED = "systemctl show --property=ExecMainStartTimestampMonotonic --value pilab-agent"
SHINES = f"grep 1 {PIN}"
# In the two seconds before it is started anew: what starts anew darkens the LED, too.
DARK_WITHOUT_AGENT = f'grep 0 {PIN} && test "$({PID})" = 0'
STATUS = "sudo /opt/pilab/bin/pilab status"
# 6 s until the watchdog notices, 1 s until it is killed, 2 s of pause; the rest is this computer's. Between the last
# two the LED is darkened by a Python, see `darkening_s`.
STUCK_LIMIT_S = 10
RESULTS = CHECKOUT / "results"


@pytest.fixture(autouse=True)
def _as_before(provisioned: Lab, request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test finds the agents at work, also after one that failed."""
    if request.session.testsfailed:
        for name in BOARDS:
            provisioned.say(name, "sudo systemctl start pilab-agent")
    yield
    for path in RESULTS.glob("camera-*.html"):
        path.unlink()


def facts(lab: Lab, name: str) -> dict[str, Any]:
    return dict(json.loads(lab.say(name, STATUS)))


def is_another(before: str) -> str:
    """The question whether another process than before is at work, as the agent."""
    return f'test "$({PID})" != {before} && systemctl is-active pilab-agent'


def end(lab: Lab, name: str, signal_name: str) -> tuple[float, str]:
    """End the agent's process in some way, and see that its LED is dark before another one begins.

    Tells when that was by the board's clock, in seconds since it started, and which process it was. All of it is done
    on the board: to ask by ssh may take longer than the two seconds without an agent.
    """
    dark = f"until {{ {DARK_WITHOUT_AGENT}; }} > /dev/null 2>&1; do sleep 0.1; done"
    script = f'pid=$({PID}); cut -d" " -f1 /proc/uptime; kill -{signal_name} $pid; echo $pid; {dark}'
    words = f"sudo timeout {PATIENCE_S} sh -c {shlex.quote(script)}"
    began_s, before = lab.say(name, words, PATIENCE_S + 60).split()
    return float(began_s), before


def started_s(lab: Lab, name: str, before: str) -> float:
    """Wait until another agent is at work, and tell when it was started, in seconds since this computer was."""
    lab.wait(name, is_another(before))
    return int(lab.say(name, STARTED)) / 1e6


def darkening_s(lab: Lab, name: str) -> float:
    """How long it took to darken the LED after the last agent that died."""
    lines = lab.say(name, "sudo journalctl --unit=pilab-agent --identifier=systemd --output=json").splitlines()
    told = [(str(each["MESSAGE"]), int(each["__MONOTONIC_TIMESTAMP"])) for each in map(json.loads, lines)]
    died_us = max(at_us for words, at_us in told if "Main process exited" in words)
    ended_us = max(at_us for words, at_us in told if "Failed with result" in words)
    assert died_us < ended_us
    return (ended_us - died_us) / 1e6


@pytest.mark.parametrize("name", BOARDS)
def test_the_agent_works_in_its_sandbox(provisioned: Lab, name: str) -> None:
    assert provisioned.say(name, "systemctl show --property=DevicePolicy --value pilab-agent") == "closed"
    before = facts(provisioned, name)["frames"]
    wait_until(lambda: facts(provisioned, name)["frames"] > before)


@pytest.mark.parametrize("name", BOARDS)
def test_a_stopped_process_is_started_anew_within_10_s_and_its_led_goes_off(provisioned: Lab, name: str) -> None:
    provisioned.wait(name, SHINES)
    with favoured(provisioned.place.label):
        began_s, before = end(provisioned, name, "STOP")
        started = started_s(provisioned, name, before)
    assert began_s < started < began_s + STUCK_LIMIT_S + darkening_s(provisioned, name)


def test_a_detector_that_hangs_is_started_anew_within_10_s(provisioned: Lab) -> None:
    """A library that never answers takes the place of the real one."""
    library, name = "/opt/pilab/native/bin/libcircles.so", "pi03"
    source = (CHECKOUT / "tests/data/agent/faulty_circles.c").read_text()
    provisioned.say(
        name, f"cat > /tmp/faulty.c <<'EOF'\n{source}\nEOF\ngcc -shared -fPIC -o /tmp/faulty.so /tmp/faulty.c"
    )
    order = "/var/lib/pilab/standin-detector"
    provisioned.say(
        name,
        f"sudo cp {library} /tmp/real.so && sudo cp /tmp/faulty.so {library}.new && sudo mv {library}.new {library}; "
        f"echo fine | sudo tee {order}",
    )
    try:
        with ordered(provisioned, name, f"Environment=STANDIN_DETECTOR={order}"):
            provisioned.say(name, "sudo systemctl restart pilab-agent")
            provisioned.wait(name, f"{STATUS} | grep -E '\"frames_with_circles\": *[1-9]'")
            before = provisioned.say(name, PID)
            with favoured(provisioned.place.label):
                orders = f"echo hangs | sudo tee {order}.new; sudo mv {order}.new {order}; cut -d' ' -f1 /proc/uptime"
                began_s = float(provisioned.say(name, orders).split()[-1])
                provisioned.wait(name, f'test "$({PID})" != {before} && test "$({PID})" != 0')
                started_us = int(provisioned.say(name, STARTED))
            assert began_s < started_us / 1e6 < began_s + STUCK_LIMIT_S + darkening_s(provisioned, name)
            provisioned.say(name, f"echo fine | sudo tee {order}")
            provisioned.wait(name, is_another(before))
    finally:
        provisioned.say(name, f"sudo mv /tmp/real.so {library}; sudo rm {order}; sudo systemctl restart pilab-agent")


# Each board in one way; `make test-long` has all.
SOME = (("KILL", "pi01"), ("SEGV", "pi02"), ("KILL", "pi03"))
WAYS_TO_DIE = [
    pytest.param(number, name, marks=[] if (number, name) in SOME else [pytest.mark.long])
    for number in ("KILL", "SEGV")
    for name in BOARDS
]


@pytest.mark.parametrize(("number", "name"), WAYS_TO_DIE)
def test_a_killed_agent_leaves_no_led_lit_and_comes_back(provisioned: Lab, number: str, name: str) -> None:
    provisioned.wait(name, SHINES)
    with favoured(provisioned.place.label):
        began_s, before = end(provisioned, name, number)
        assert began_s < started_s(provisioned, name, before) < began_s + STUCK_LIMIT_S


def test_only_root_and_the_agent_s_own_account_may_look_in(provisioned: Lab) -> None:
    for name in BOARDS:
        assert provisioned.say(name, "stat -c '%U %G %a' /run/pilab-agent/status.sock") == "pilab pilab 660"
        refused = provisioned.ssh(name, "/opt/pilab/bin/pilab status")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "ask as root, with sudo" in refused.stderr
        listening = provisioned.say(name, "sudo ss --listening --tcp --udp --numeric --no-header --processes")
        assert "python3" not in listening


@pytest.mark.usefixtures("provisioned")
def test_status_has_the_counters_and_logs_have_the_lines_of_every_board() -> None:
    status = typed("invoke", "agent.status")
    assert status.returncode == 0, status.stderr
    assert [line.split()[0] for line in status.stdout.splitlines()] == list(BOARDS)
    assert all(re.search(r"\d+ frames at \d+\.\d fps", line) for line in status.stdout.splitlines())
    logs = typed("invoke", "agent.logs", "--hosts", "pi01", "--lines", "5")
    assert logs.returncode == 0
    assert all(re.match(r"pi01  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  \S", line) for line in logs.stdout.splitlines())
    raw = typed("invoke", "agent.logs", "--hosts", "pi01", "--lines", "5", "--json")
    assert any(line.startswith('pi01  {"event": ') for line in raw.stdout.splitlines())


def test_logs_are_followed_until_ctrl_c(provisioned: Lab) -> None:
    with subprocess.Popen(
        ["invoke", "agent.logs", "--hosts", "pi03", "--follow", "--lines", "1"],
        cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no threads here
    ) as following:  # fmt: skip
        assert following.stdout is not None
        following.stdout.readline()
        provisioned.say("pi03", "sudo /opt/pilab/bin/pilab blink --seconds 1")
        assert any("The LED flashes for 1 s." in following.stdout.readline() for _ in range(200))
        following.send_signal(signal.SIGINT)
        assert following.wait(PATIENCE_S) == 130


def test_stop_and_start_reach_every_board(provisioned: Lab) -> None:
    assert typed("invoke", "agent.stop").returncode == 0
    assert [provisioned.ssh(name, "systemctl is-active pilab-agent").returncode for name in BOARDS] == [3, 3, 3]
    stopped = typed("invoke", "agent.status")
    assert stopped.returncode == 1
    assert stopped.stdout == "".join(f"{name}  stopped\n" for name in BOARDS)
    assert stopped.stderr.startswith("[service-stopped] pi01: stopped by you, or by somebody on the board, at 2")
    assert stopped.stderr.endswith("\n  The same of 2 more boards: pi02, pi03\n")
    assert typed("invoke", "agent.start").returncode == 0
    assert [provisioned.ssh(name, "systemctl is-active pilab-agent").returncode for name in BOARDS] == [0, 0, 0]


@pytest.mark.parametrize("running", [True, False])
def test_blink_flashes_the_led_and_the_agent_is_as_it_was(provisioned: Lab, *, running: bool) -> None:
    name = "pi02"
    if not running:
        provisioned.say(name, "sudo systemctl stop pilab-agent")
    before = provisioned.say(name, PID)
    done = typed("invoke", "blink", "--hosts", name, "--seconds", "2")
    assert (done.returncode, done.stdout) == (0, "pi02  The LED flashes for 2 s.\n"), done.stderr
    assert provisioned.say(name, PID) == before
    provisioned.say(name, "sudo systemctl start pilab-agent")


@pytest.fixture
def sheet() -> Path:
    """The page of the literal command for all boards."""
    done = typed("invoke", "camera", "--hosts", "lab")
    assert done.returncode == 0, done.stdout + done.stderr
    return CHECKOUT / done.stdout.splitlines()[0].split(": ")[1]


def test_the_cameras_of_all_boards_are_checked_on_one_page_and_the_agents_come_back(
    provisioned: Lab, sheet: Path
) -> None:
    page = sheet.read_text()
    for name in BOARDS:
        assert page.count(f'alt="{name}, still (L3)"') == page.count(f'alt="{name}, OpenCV (L6)"') == 1
        assert page.count(f'alt="{name}, video (L4)"') == 3
        provisioned.wait(name, "systemctl is-active pilab-agent")
    assert page.count("(simulated)") == len(BOARDS)


def test_a_board_whose_files_are_not_what_they_claim_fails_and_the_others_do_not(provisioned: Lab) -> None:
    provisioned.say(
        "pi03", "cp /srv/pilab-hardware/still.jpg . && echo no picture | sudo tee /srv/pilab-hardware/still.jpg"
    )
    try:
        done = typed("invoke", "camera", "--hosts", "pi01,pi03")
    finally:
        provisioned.say("pi03", "sudo cp still.jpg /srv/pilab-hardware/still.jpg")
    assert done.returncode == 1
    assert "pi03: still: the file of 11 bytes is no picture." in done.stderr
    assert "pi01" not in done.stderr


def test_the_agent_comes_back_when_the_teacher_s_command_dies_in_the_middle(provisioned: Lab) -> None:
    with subprocess.Popen(["invoke", "camera", "--hosts", "pi03"], cwd=CHECKOUT, stdin=subprocess.DEVNULL) as checking:
        provisioned.wait("pi03", "systemctl is-active pilab-camera")
        checking.send_signal(signal.SIGKILL)
    provisioned.wait("pi03", "systemctl is-active pilab-agent")
    assert provisioned.ssh("pi03", "systemctl is-active pilab-camera").returncode != 0


def test_a_check_that_is_killed_on_the_board_gives_the_camera_back(provisioned: Lab) -> None:
    with subprocess.Popen(
        ["invoke", "camera", "--hosts", "pi02"],
        cwd=CHECKOUT, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as checking:  # fmt: skip
        provisioned.wait("pi02", "systemctl kill --signal=KILL pilab-camera")
        assert checking.wait(PATIENCE_S) == 1
        assert checking.stderr is not None
        assert "pi02" in checking.stderr.read()
    provisioned.wait("pi02", "systemctl is-active pilab-agent")
