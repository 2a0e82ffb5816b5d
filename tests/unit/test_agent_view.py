"""Looking in, through the real socket of a real agent process."""

from __future__ import annotations

import re
import socketserver
import stat
from contextlib import closing, suppress
from threading import Thread
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from agent.errors import StatusError
from agent.loop.histogram import Histogram
from agent.view.client import UnixConnection, ask
from agent.view.pictures import Pictures
from agent.view.server import StatusServer
from agent.view.status import AgentStatus
from agent.view.status_api import StatusApi
from tests.unit.agent_parts import HandClock, disc, save, until, wall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.client import HTTPConnection
    from pathlib import Path

    from tests.unit.agent_process import Agent

SCENE = 'source = "rendered"\nfps = 30'


@pytest.fixture
def socket(tmp_path: Path, start: Callable[..., Agent]) -> Path:
    """The socket of an agent that shows counters, and pictures too."""
    path = tmp_path / "status.sock"
    save(tmp_path / "frames", disc())
    start("--socket", str(path), fps=30, more="[status]\nview = true\n").until("sighting")
    return path


@pytest.fixture
def flooding(tmp_path: Path) -> Iterator[Path]:
    """A socket whose answer has no end."""
    path = tmp_path / "flooding.sock"
    with socketserver.UnixStreamServer(str(path), Flood) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield path
        server.shutdown()


class Flood(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.rfile.readline()
        self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
        with suppress(OSError):
            while True:
                self.wfile.write(bytes(65536))


def test_an_answer_without_end_is_cut_off(flooding: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.view.client.MOST_BYTES", 200_000)
    with pytest.raises(StatusError, match=r"says more than 200000 bytes; restart pilab-agent\.service"):
        ask(flooding, "/status")


class Stranger(socketserver.StreamRequestHandler):
    """Answers like somebody who planted a socket where an agent was expected."""

    answer = b"HTTP/1.0 500 no\r\n\r\n\x1b[2J\r\nevil\x07 words" + b"x" * 5000

    def handle(self) -> None:
        self.rfile.readline()
        self.wfile.write(self.answer)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Stranger.answer, r"^\?\[2J evil\? wordsx{400,490}$"),
        (b"SSH-2.0 \xff\0\r\n", r"is no agent; give the --socket of one\.$"),
    ],
)
def test_a_stranger_at_a_socket_says_one_harmless_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes, sentence: str
) -> None:
    monkeypatch.setattr(Stranger, "answer", answer)
    with socketserver.UnixStreamServer(str(tmp_path / "s"), Stranger) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(StatusError, match=sentence):
            ask(tmp_path / "s", "/status")
        server.shutdown()


def metrics(socket: Path) -> dict[str, float]:
    """Read the text as Prometheus does: a name, perhaps labels, a number."""
    text = ask(socket, "/metrics").decode()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r'[a-z_]+(\{le="[^"]+"\})? [-+0-9.e]+', line) for line in lines), text
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_the_socket_is_for_its_owner_and_group_alone(socket: Path) -> None:
    assert stat.S_IMODE(socket.stat().st_mode) == 0o660


def test_metrics_count_every_frame_in_the_histogram_of_ages(socket: Path) -> None:
    until(lambda: is_of_one_moment(metrics(socket)))
    counted = metrics(socket)
    buckets = [value for name, value in counted.items() if name.startswith("pilab_agent_age_ms_bucket")]
    assert buckets == sorted(buckets)
    assert buckets[-1] == counted["pilab_agent_age_ms_count"] >= counted["pilab_agent_frames_total"] > 0
    assert counted["pilab_agent_led_age_ms_count"] == 1
    assert counted["pilab_agent_sees"] == counted["pilab_agent_lit"] == 1
    until(lambda: metrics(socket)["pilab_agent_frames_total"] > counted["pilab_agent_frames_total"])


def is_of_one_moment(counted: dict[str, float]) -> bool:
    """Tell whether no frame was looked at between counting frames and counting their ages."""
    return counted["pilab_agent_age_ms_count"] == counted["pilab_agent_frames_total"]


def test_a_snapshot_is_the_frame_with_its_circle_drawn_in(socket: Path) -> None:
    picture = cv2.imdecode(np.frombuffer(ask(socket, "/snapshot.jpg"), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (480, 640, 3)
    green = picture[:, :, 1].astype(int) - picture[:, :, 2]
    assert np.count_nonzero(green > 60) > 500


def test_pictures_are_refused_unless_they_are_allowed(tmp_path: Path, start: Callable[..., Agent]) -> None:
    path = tmp_path / "status.sock"
    start("--socket", str(path), camera=SCENE).until("sighting")
    with pytest.raises(StatusError, match="Pictures are not allowed on this board"):
        ask(path, "/snapshot.jpg")
    assert metrics(path)["pilab_agent_frames_total"] > 0


def status(*, sees: bool, words: str = "No circles in sight, LED off") -> AgentStatus:
    """The status of an agent that counted nothing yet."""
    none = Histogram()
    return AgentStatus(words, "v4l2", "pilab", sees, False, 0.0, 0, 0, 0, 0, 0.0, 0, 0, none, none, none, None, None)  # noqa: FBT003 -- in the order of its fields


def asked_for_picture(path: Path, pictures: Pictures, *moments: AgentStatus) -> str:
    """Ask an agent, that goes through these moments, for a picture; return what it says instead."""
    with closing(StatusServer(path, StatusApi(iter(moments).__next__, lambda _: None, pictures))) as server:
        server.start()
        with pytest.raises(StatusError) as caught:
            ask(path, "/snapshot.jpg")
    return str(caught.value)


BLIND = "Sees nothing: the camera is unplugged."


def test_an_agent_that_has_seen_nothing_for_long_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.view.server.LIMIT_S", 0.1)
    sentence = asked_for_picture(tmp_path / "s", Pictures(), status(sees=True), status(sees=True))
    assert sentence == "The agent has looked at no frame for 0.1 s and more; see its log."


def test_a_snapshot_of_a_lost_camera_says_so_instead_of_showing_what_it_saw_before(tmp_path: Path) -> None:
    pictures = Pictures()
    pictures.show(wall(), np.empty((0, 3), np.float32))
    blind = status(sees=False, words=BLIND)
    assert asked_for_picture(tmp_path / "s", pictures, blind, blind) == BLIND
    assert asked_for_picture(tmp_path / "s", pictures, status(sees=True), blind) == BLIND


def test_an_old_picture_is_none_of_now() -> None:
    clock = HandClock()
    pictures = Pictures(clock)
    pictures.show(wall(), np.empty((0, 3), np.float32))
    clock.wait(4)
    assert pictures.latest(0.01)
    clock.wait(2)
    assert pictures.latest(0.01) == b""


def test_a_running_agent_whose_camera_is_lost_gives_no_snapshot(tmp_path: Path, start: Callable[..., Agent]) -> None:
    frames = save(tmp_path / "frames", disc())
    agent = start("--socket", str(tmp_path / "s"), more="[status]\nview = true\n")
    agent.until("sighting")
    assert ask(tmp_path / "s", "/snapshot.jpg")
    frames.rename(tmp_path / "away")
    agent.until("camera-lost")
    with pytest.raises(StatusError, match=r"Sees nothing: .* cannot be read: No such file"):
        ask(tmp_path / "s", "/snapshot.jpg")
    (tmp_path / "away").rename(frames)
    agent.until("camera-back")
    until(lambda: has_snapshot(tmp_path / "s"))


def has_snapshot(path: Path) -> bool:
    """Tell whether there is one; the first frame may be on its way yet."""
    with suppress(StatusError):
        return bool(ask(path, "/snapshot.jpg"))
    return False


def test_other_paths_and_silly_blinks_are_answered_in_a_sentence(socket: Path) -> None:
    with pytest.raises(StatusError, match=r"There are /status, /metrics and /snapshot\.jpg\."):
        ask(socket, "/etc/passwd")
    for what in ("/blink/", "/blink/0", "/blink/601", "/blink/x", "/", "/blink/%C2%B2", f"/blink/{'9' * 5000}"):
        with pytest.raises(StatusError, match="Write /blink/SECONDS, from 1 to 600"):
            ask(socket, what, "POST")


def test_crowds_that_never_ask_anything_do_not_hold_the_loop_up(socket: Path) -> None:
    crowd: list[HTTPConnection] = [UnixConnection(socket) for _ in range(12)]
    for one in crowd:
        one.connect()
    for one in crowd:
        one.close()
    before = 0.0

    def more() -> bool:
        try:
            return metrics(socket)["pilab_agent_frames_total"] > before
        except StatusError:
            return False

    until(more)


def test_blink_flashes_the_led_and_leaves_it_as_the_circles_want_it(
    tmp_path: Path, start: Callable[..., Agent]
) -> None:
    path, pin = tmp_path / "status.sock", tmp_path / "gpio27"
    agent = start("--socket", str(path), camera=SCENE, hold_s=600, PILAB_MOCK_PINS=str(tmp_path))
    agent.until("sighting")
    assert ask(path, "/blink/10", "POST") == b"The LED flashes for 10 s.\n"
    until(lambda: pin.read_text() == "0\n")
    until(lambda: pin.read_text() == "1\n")
    agent.until("blink")


def test_a_digit_that_is_none_is_answered_in_a_sentence(socket: Path) -> None:
    with closing(UnixConnection(socket)) as connection:
        connection.connect()
        connection.sock.sendall("POST /blink/² HTTP/1.0\r\n\r\n".encode("latin-1"))
        assert b"Write /blink/SECONDS, from 1 to 600" in connection.sock.makefile("rb").read()
