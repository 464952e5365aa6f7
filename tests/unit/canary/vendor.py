"""An external API that repeats everything it is sent, in every place where an answer has room."""

from __future__ import annotations

import html
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError, ReadTimeoutError

FRESH = "fresh-secret-of-the-vendor-4711"
"""A secret that the vendor makes up: only its field's or header's name tells what it is."""
ACCESS_TOKEN = "access-token/+of=the-vendor-0815"
REFRESH_TOKEN = "refresh-token-of-the-vendor-0816"


class Mood(StrEnum):
    """What the vendor does with a call."""

    GOOD = "an order that holds everything"
    STATUS = "an order whose status is a secret"
    REFUSES_400 = "400"
    REFUSES_401 = "401"
    REFUSES_403 = "403"
    REFUSES_422 = "422"
    LIMITS = "429"
    FAILS = "500"
    MOVES = "302 to an address that holds everything"
    XML = "400 as XML"
    FORM = "400 as a form"
    TEXT = "400 as text"
    PAGE = "200 with a page"
    BROKEN = "200 with broken JSON"
    TWICE = "400 with JSON inside JSON"
    BIG = "400 with a body for the blobs"
    SILENT = "no answer"
    AWAY = "no connection"
    CRASH = "a defect in the network code"


def secret_names(value: str) -> dict[str, Any]:
    """A made-up secret under every name that says so."""
    return {
        "access_token": value,
        "refreshToken": value,
        "password": value,
        "client_secret": value,
        "apiKey": value,
        "X-Signature": value,
        "auth": {"application_token": value, "sessid": value},
        "list": [{"token": value}],
    }


@dataclass
class Vendor(HTTPAdapter):
    """The API and its token service.

    Attributes:
        mood: what happens to calls of the API.
        echo: whatever else it repeats.
        calls: how many calls it got.
        answers: further answers by path, as they are.
    """

    mood: Mood = Mood.GOOD
    echo: str = ""
    calls: int = 0
    answers: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def __hash__(self) -> int:
        return id(self)

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Answers one request."""
        self.calls += 1
        path = urlsplit(request.url or "").path
        if path.endswith(("/token", "/login")):
            return _json(
                200,
                {"access_token": ACCESS_TOKEN, "token": ACCESS_TOKEN, "expires_in": 3600,
                 "refresh_token": REFRESH_TOKEN},
            )  # fmt: skip
        body = request.body or b""
        text = body if isinstance(body, str) else body.decode()
        seen = f"{request.url} {dict(request.headers)} {text} {self.echo}"
        made: Callable[[str], requests.Response] = _ANSWERS[self.mood]
        response = made(seen)
        response.request = request
        response.url = request.url or ""
        return response


def _order(seen: str, status: str = "new") -> dict[str, Any]:
    return {
        "id": "1001", "number": "A-1001", "status": status, "total": "10.00", "currency": "RUB",
        "comment": "", "seen": seen, **secret_names(FRESH),
    }  # fmt: skip


def _said(seen: str) -> dict[str, Any]:
    return {
        "error": "INVALID", "error_description": seen, "message": seen, "trace": [seen],
        **secret_names(FRESH),
    }  # fmt: skip


def _answer(status: int, body: bytes, kind: str, seen: str = "") -> requests.Response:
    response = requests.Response()
    response.status_code = status
    headers = {
        "Content-Type": kind,
        "Set-Cookie": f"session={FRESH}; HttpOnly",
        "X-Auth-Token": FRESH,
        "WWW-Authenticate": f'Bearer error="invalid_token", error_description="{quote(seen)}"',
        "X-Seen": " ".join(seen.split()),
    }
    response.headers = CaseInsensitiveDict(headers)
    response.raw = io.BytesIO(body)
    return response


def _json(status: int, content: Any, seen: str = "") -> requests.Response:
    return _answer(status, json.dumps(content).encode(), "application/json", seen)


def _moves(seen: str) -> requests.Response:
    query = urlencode({"access_token": FRESH, "seen": seen})
    response = _answer(302, b"", "text/plain", seen)
    response.headers["Location"] = f"https://elsewhere.example/cb?{query}#access_token={FRESH}"
    response.headers["Link"] = f'<https://elsewhere.example/?token={FRESH}>; rel="next"'
    response.headers["Refresh"] = f"0; url=/again?api_key={FRESH}"
    return response


def _xml(seen: str) -> requests.Response:
    fields = "".join(f"<{name}>{FRESH}</{name}>" for name in ("password", "AccessToken"))
    body = (
        f'<error token="{FRESH}" seen="{html.escape(seen)}"><message>{html.escape(seen)}</message>'
        f"<raw><![CDATA[{seen}]]></raw>{fields}</error>"
    )
    return _answer(400, body.encode(), "application/xml", seen)


def _form(seen: str) -> requests.Response:
    body = urlencode({"message": seen, "access_token": FRESH, "auth[token]": FRESH})
    return _answer(400, body.encode(), "application/x-www-form-urlencoded", seen)


def _text(seen: str) -> requests.Response:
    return _answer(400, f"You sent: {seen}".encode(), "text/plain; charset=utf-8", seen)


def _silent(seen: str) -> requests.Response:
    raise requests.ReadTimeout(ReadTimeoutError(_pool(), seen, f"{seen}: timed out"))


def _away(seen: str) -> requests.Response:
    refused = NewConnectionError(HTTPSConnection("api.example"), f"{seen}: refused")
    raise requests.ConnectionError(MaxRetryError(_pool(), seen, refused))


def _crash(seen: str) -> requests.Response:
    raise RuntimeError(f"nobody expected this: {seen}")


def _pool() -> HTTPSConnectionPool:
    return HTTPSConnectionPool("api.example")


_ANSWERS: dict[Mood, Callable[[str], requests.Response]] = {
    Mood.GOOD: lambda seen: _json(200, _order(seen), seen),
    Mood.STATUS: lambda seen: _json(200, _order("", seen), seen),
    Mood.REFUSES_400: lambda seen: _json(400, _said(seen), seen),
    Mood.REFUSES_401: lambda seen: _json(401, _said(seen), seen),
    Mood.REFUSES_403: lambda seen: _json(403, _said(seen), seen),
    Mood.REFUSES_422: lambda seen: _json(422, _said(seen), seen),
    Mood.LIMITS: lambda seen: _json(429, _said(seen), seen),
    Mood.FAILS: lambda seen: _json(500, _said(seen), seen),
    Mood.MOVES: _moves,
    Mood.XML: _xml,
    Mood.FORM: _form,
    Mood.TEXT: _text,
    Mood.PAGE: lambda seen: _answer(200, f"<html>{html.escape(seen)}".encode(), "text/html", seen),
    Mood.BROKEN: lambda seen: _answer(200, f'{{"x": "{seen}'.encode(), "application/json", seen),
    Mood.TWICE: lambda seen: _json(400, {"error": json.dumps(_said(json.dumps(seen)))}, seen),
    Mood.BIG: lambda seen: _json(400, {**_said(seen), "more": [seen, *map(str, range(9000))]}),
    Mood.SILENT: _silent,
    Mood.AWAY: _away,
    Mood.CRASH: _crash,
}
