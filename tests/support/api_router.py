"""A fake API: a ``requests`` adapter that answers from a table of routes and keeps what was asked.

Mounted on the session of an ``ApiClient`` it replaces the network and nothing else: guard, auth,
timeouts, repeats, classification, redaction and the log are the real ones.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError, ReadTimeoutError

EVERY_ROUTE = "*"


@dataclass(frozen=True, slots=True)
class Call:
    """One request that reached the fake API.

    Attributes:
        route: ``"METHOD path"``, the path below the base URL, decoded.
        url: as sent.
        headers: as sent.
        content: the parsed JSON body, any other as it is, ``None`` when there was none.
    """

    route: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    content: Any


Fault = Callable[[requests.PreparedRequest], requests.Response]
"""What happens instead of the answer: another answer, or a raised ``RequestException``."""


def answer(
    status: int, content: Any = None, headers: Mapping[str, str] | None = None
) -> requests.Response:
    """A response with a JSON body, or with ``content`` as it is when that is bytes."""
    response = requests.Response()
    response.status_code = status
    response.headers = CaseInsensitiveDict({"Content-Type": "application/json", **(headers or {})})
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    response.raw = io.BytesIO(b"" if content is None else body)
    return response


def says(status: int, content: Any = None, headers: Mapping[str, str] | None = None) -> Fault:
    """A fault that is an answer."""
    return lambda _request: answer(status, content, headers)


def shows_a_page(_request: requests.PreparedRequest) -> requests.Response:
    """200 with HTML: a maintenance page, a captive portal, a proxy."""
    return answer(
        200, b"<!doctype html><title>Be right back</title>", {"Content-Type": "text/html"}
    )


def echoes(status: int) -> Fault:
    """A refusal that repeats everything it was sent, credentials included."""

    def repeat(request: requests.PreparedRequest) -> requests.Response:
        sent = f"{request.url} {dict(request.headers)}"
        return answer(
            status,
            {"error": sent, "error_description": sent, "message": sent, "seen": sent},
            {"X-Seen": str(request.headers.get("Authorization", request.url))},
        )

    return repeat


def times_out(request: requests.PreparedRequest) -> requests.Response:
    """No answer after the request was sent."""
    text = f"{request.url}: Read timed out."
    raise requests.ReadTimeout(ReadTimeoutError(_pool(), request.url or "", text), request=request)


def refuses_to_connect(request: requests.PreparedRequest) -> requests.Response:
    """The port is closed, so that not a byte was sent."""
    refused = NewConnectionError(HTTPSConnection("fake.invalid"), f"{request.url}: refused")
    raise requests.ConnectionError(
        MaxRetryError(_pool(), request.url or "", refused), request=request
    )


def _content_of(request: requests.PreparedRequest) -> Any:
    if not request.body:
        return None
    is_json = "json" in str(request.headers.get("Content-Type", ""))
    return json.loads(request.body) if is_json else request.body


def _pool() -> HTTPSConnectionPool:
    return HTTPSConnectionPool("fake.invalid")


class ApiRouter(HTTPAdapter):
    """The fake API.

    Args:
        base_url: of the connection.
        answers: JSON by ``"METHOD path"``; any other route answers 404.
    """

    def __init__(self, base_url: str, answers: Mapping[str, Any]) -> None:
        super().__init__()
        self._base = urlsplit(base_url).path.rstrip("/") + "/"
        self._answers = dict(answers)
        self._faults: list[tuple[str, Fault]] = []
        self.calls: list[Call] = []

    def break_route(self, route: str, fault: Fault) -> None:
        """Lets every further call of ``route`` (or of ``EVERY_ROUTE``) meet ``fault``."""
        self._faults.append((route, fault))

    def mend(self) -> None:
        """Takes all faults away."""
        self._faults.clear()

    def made(self, route: str) -> list[Call]:
        """The calls of one route."""
        return [call for call in self.calls if call.route == route]

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Answers one request."""
        assert timeout is not None, "a call without a timeout"
        assert verify is True, "a call that does not check the certificate"
        del stream, cert, proxies
        url = request.url or ""
        path = unquote(urlsplit(url).path.removeprefix(self._base))
        route = f"{request.method} {path}"
        content = _content_of(request)
        self.calls.append(Call(route, url, dict(request.headers), content))
        response = self._respond(route, request)
        response.request = request
        response.url = url
        return response

    def _respond(self, route: str, request: requests.PreparedRequest) -> requests.Response:
        for broken, fault in self._faults:
            if broken in (route, EVERY_ROUTE):
                return fault(request)
        if route in self._answers:
            return answer(200, self._answers[route])
        return answer(404, {"message": "no such route"})
