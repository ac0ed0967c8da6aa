"""A server on the loopback that stands before another and lies as a test tells it to."""

import http.client
import http.server
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import attrs

__all__ = ["Asked", "Lie", "LyingServer"]

_HOP = frozenset({"connection", "keep-alive", "transfer-encoding"})
"""Headers that concern one connection only (RFC 9110, section 7.6.1)."""
_LENGTH = "Content-Length"
_PIECE = b"\0" * 65536


@attrs.frozen
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    number: int
    """How many came before."""


@attrs.frozen(kw_only=True)
class Lie:
    """What is to be wrong with an answer."""

    status: int | None = None
    """Answer this instead of what the other server said."""
    body: bytes | None = None
    """Give these bytes instead."""
    told_nbytes: int | None = None
    """Tell this length, whatever the body has."""
    endless: bool = False
    """The body never ends."""
    reset: bool = False
    """Close the connection without an answer."""
    seconds: float = 0.0
    """Wait before answering."""
    passed_on: bool = True
    """The request reaches the other server nevertheless."""
    without: frozenset[str] = frozenset()
    """Headers of the request that are not passed on, in lower case."""
    headers: Mapping[str, str] = attrs.Factory(dict)
    """Headers of the answer that are added or replaced."""


class LyingServer:
    """Passes requests on to another server, and lies where a function says so.

    Parameters
    ----------
    upstream
        URL of the other server: ``http://host:port``.
    lie
        Given a request, what is to be wrong with its answer; None for nothing.
    """

    def __init__(self, upstream: str, lie: Callable[[Asked], Lie | None]) -> None:
        self.lie = lie
        self.asked: list[Asked] = []
        """All requests, in the order in which they came."""
        self.under_way = 0
        """Requests that were not answered yet."""
        self._upstream = urlsplit(upstream)
        self._counting = threading.Lock()
        self.closing = threading.Event()
        """Set when the server is closed: endless answers end."""
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where the server listens."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def noted(self, method: str, path: str, headers: Mapping[str, str]) -> Asked:
        """A request, counted."""
        with self._counting:
            asked = Asked(method, path, headers, len(self.asked))
            self.asked.append(asked)
            self.under_way += 1
        return asked

    def ended(self) -> None:
        """One request is over."""
        with self._counting:
            self.under_way -= 1

    def fetch(self, asked: Asked, body: bytes, lie: Lie) -> "tuple[int, dict[str, str], bytes]":
        """Status, headers and body of the other server's answer."""
        connection = http.client.HTTPConnection(
            self._upstream.hostname or "127.0.0.1", self._upstream.port, timeout=30
        )
        try:
            passed = {k: v for k, v in asked.headers.items() if k.lower() not in lie.without}
            connection.request(asked.method, asked.path, body or None, passed)
            answer = connection.getresponse()
            headers = {k.title(): v for k, v in answer.getheaders() if k.lower() not in _HOP}
            return answer.status, headers, answer.read()
        finally:
            connection.close()


def _handler_of(server: LyingServer) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            return

        def _answer(self) -> None:
            nbytes = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(nbytes)
            asked = server.noted(self.command, self.path, dict(self.headers.items()))
            try:
                self._lie(asked, body, server.lie(asked) or Lie())
            finally:
                server.ended()

        def _lie(self, asked: Asked, body: bytes, lie: Lie) -> None:
            status, content = 200, b""
            headers: dict[str, str] = {}
            if lie.passed_on:
                status, headers, content = server.fetch(asked, body, lie)
            if lie.seconds:
                server.closing.wait(lie.seconds)
            if lie.reset:
                self.close_connection = True
                return
            if lie.status is not None:
                status, content = lie.status, b""
            content = content if lie.body is None else lie.body
            self._send(status, {**headers, **lie.headers}, content, lie)

        def _send(self, status: int, headers: dict[str, str], content: bytes, lie: Lie) -> None:
            self.send_response(status)
            for name, value in headers.items():
                if name != _LENGTH:
                    self.send_header(name, value)
            told = len(content) if lie.told_nbytes is None else lie.told_nbytes
            if self.command == "HEAD" and lie.told_nbytes is None:
                told = int(headers.get(_LENGTH, 0))
            if lie.endless:
                told = 1 << 50
            self.send_header("Content-Length", str(told))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)
                while lie.endless and not server.closing.is_set():
                    self.wfile.write(_PIECE)
            if told != len(content):
                self.close_connection = True

        def handle(self) -> None:
            try:
                super().handle()
            except (ConnectionError, TimeoutError):  # who asked is gone
                time.sleep(0)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _answer  # noqa: N815 - as http.server has it

    return Handler
