"""HTTP on a socket in the file system, which only root and the agent's own account may open."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingMixIn, UnixStreamServer
from threading import BoundedSemaphore, Thread
from time import sleep
from typing import TYPE_CHECKING, Any

from agent.errors import StatusError
from agent.view import place
from agent.view.client import LONGEST_BLINK_S
from agent.view.status import as_json, as_prometheus

if TYPE_CHECKING:
    from pathlib import Path

    from agent.view.pictures import Pictures
    from agent.view.status_api import StatusApi

ACCESS = 0o660
MOST_AT_ONCE = 8
LIMIT_S = 10.0
PAUSE_S = 0.5
BLINK = re.compile("/blink/([0-9]{1,4})")
FORBIDDEN = "Pictures are not allowed on this board; allow them with agent_view=true (status.view in agent.toml).\n"


class StatusServer(ThreadingMixIn, UnixStreamServer):
    """Answers a few at once, in threads that never hold the agent up."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def __init__(self, path: Path, api: StatusApi) -> None:
        """StatusError if it cannot be at this path, AnotherAgentError if an agent is there already."""
        self.api = api
        self._path = path
        self._slots = BoundedSemaphore(MOST_AT_ONCE)
        place.check_length(path)
        try:
            with place.made_free(path):
                super().__init__(str(path), Handler)
                self._identity = place.identity(path)
        except StatusError:
            raise
        except OSError as error:
            raise StatusError(
                f"The socket '{path}' cannot be made: {error.strerror or error}; correct status.socket."
            ) from error

    def server_bind(self) -> None:
        """Make the socket with its access from the first moment on: a name that is changed later may be another's."""
        before = os.umask(ACCESS ^ 0o777)
        try:
            super().server_bind()
        finally:
            os.umask(before)

    def start(self) -> None:
        """Answer from now on."""
        Thread(target=self.serve_forever, name="view", daemon=True).start()

    def close(self) -> None:
        """Answer no more; a socket that another agent has made in the same place stays."""
        self.shutdown()
        self.server_close()
        if place.identity(self._path) == self._identity:
            with suppress(OSError):
                self._path.unlink()

    def get_request(self) -> tuple[Any, Any]:
        """Take the next one in; where no more files can be opened, not at once again, since it goes on waiting."""
        try:
            return super().get_request()
        except OSError:
            sleep(PAUSE_S)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 -- as socketserver has them
        """Turn away who comes when there are too many."""
        if self._slots.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 -- as above
        """Answer one."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 -- as above
        """Say nothing of those who went away in the middle."""


class Handler(BaseHTTPRequestHandler):
    """One question and its answer."""

    server: StatusServer
    timeout = LIMIT_S

    def do_GET(self) -> None:
        """Show."""
        api = self.server.api
        if self.path == "/status":
            self._answer(HTTPStatus.OK, "application/json", as_json(api.status()).encode())
        elif self.path == "/metrics":
            self._answer(HTTPStatus.OK, "text/plain; version=0.0.4", as_prometheus(api.status()).encode())
        elif self.path == "/snapshot.jpg":
            self._picture(api.pictures)
        else:
            self._say(HTTPStatus.NOT_FOUND, "There are /status, /metrics and /snapshot.jpg.\n")

    def do_POST(self) -> None:
        """Flash the LED for the seconds that stand behind /blink/."""
        asked = BLINK.fullmatch(self.path)
        seconds = int(asked[1]) if asked else 0
        if not 1 <= seconds <= LONGEST_BLINK_S:
            self._say(HTTPStatus.BAD_REQUEST, f"Write /blink/SECONDS, from 1 to {LONGEST_BLINK_S}.\n")
            return
        self.server.api.blink(seconds)
        self._say(HTTPStatus.OK, f"The LED flashes for {seconds} s.\n")

    def _picture(self, pictures: Pictures | None) -> None:
        if pictures is None:
            self._say(HTTPStatus.FORBIDDEN, FORBIDDEN)
            return
        jpeg = pictures.latest(LIMIT_S) if self.server.api.status().sees else b""
        status = self.server.api.status()
        if jpeg and status.sees:
            self._answer(HTTPStatus.OK, "image/jpeg", jpeg)
        else:
            blind = f"The agent has looked at no frame for {LIMIT_S:g} s and more; see its log."
            self._say(HTTPStatus.SERVICE_UNAVAILABLE, f"{blind if status.sees else status.status}\n")

    def _say(self, status: HTTPStatus, sentence: str) -> None:
        self._answer(status, "text/plain; charset=utf-8", sentence.encode())

    def _answer(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def address_string(self) -> str:
        """Name the other side; it has no address."""
        return "local"

    def log_message(self, *_words: object) -> None:
        """Write nothing: the journal is for circles."""
