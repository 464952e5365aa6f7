"""The exchange's HTTP endpoint on loopback: the API Gateway's part between a socket and the
function's own handler. Nothing of the function is left out.
"""

from __future__ import annotations

import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace, TracebackType
from typing import Any, Self

Handler = Callable[[Mapping[str, Any], Any], Mapping[str, Any]]
"""A Lambda function's handler."""

_TEXT = ("text/", "application/json", "application/xml", "application/javascript")
_PREFIX = "/exchange/"


@dataclass(frozen=True, slots=True)
class Shown:
    """One request and what 1C sees of the answer.

    Attributes:
        query: the query string.
        status: of HTTP.
        headers: names in lower case.
        body: the very bytes.
    """

    query: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def lines(self) -> list[str]:
        """The answer's lines, as 1C decodes them."""
        return self.body.decode("windows-1251").split("\n")


@dataclass
class Endpoint:
    """Serves a handler at ``/exchange/{connection}``.

    Attributes:
        handler: the function.
        seconds: that the function has for a call.
        seen: every call and its answer, in order.
    """

    handler: Handler
    seconds: float = 29.0
    seen: list[Shown] = field(default_factory=list)

    def __enter__(self) -> Self:
        endpoint = self

        class Served(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                self._answer(b"")

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

            def _answer(self, body: bytes) -> None:
                shown = endpoint.answered(self.command, self.path, dict(self.headers), body)
                self.send_response(shown.status)
                for name, value in shown.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(shown.body)))
                self.end_headers()
                self.wfile.write(shown.body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Served)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, connection: str = "onec") -> str:
        """Returns what somebody types into 1C."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{_PREFIX}{connection}"

    def answered(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Shown:
        """Has the function answer one request."""
        bare, _, query = path.partition("?")
        left = SimpleNamespace(get_remaining_time_in_millis=lambda: self.seconds * 1_000)
        answer = self.handler(event_of(method, bare, query, headers, body), left)
        assert answer["isBase64Encoded"] is True
        sent = {name.lower(): value for name, value in answer["headers"].items()}
        content = b64decode(answer["body"], validate=True)
        shown = Shown(query, answer["statusCode"], sent, content)
        self.seen.append(shown)
        return shown


def event_of(
    method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> dict[str, Any]:
    """Returns a request as the HTTP API hands it over (payload 2.0): names of headers in lower
    case, cookies apart, a body that is no text in base64."""
    lowered = {name.lower(): value for name, value in headers.items()}
    cookies = [one.strip() for one in lowered.pop("cookie", "").split(";") if one.strip()]
    is_text = lowered.get("content-type", "").startswith(_TEXT)
    event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": lowered,
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "127.0.0.1"},
            "requestId": "request-1",
        },
        "pathParameters": {"connection": path.removeprefix(_PREFIX)},
        "isBase64Encoded": bool(body) and not is_text,
    }
    if cookies:
        event["cookies"] = cookies
    if body:
        event["body"] = body.decode() if is_text else b64encode(body).decode("ascii")
    return event
