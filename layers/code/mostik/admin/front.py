"""Everything below ``/admin``: which part answers, and what every answer carries."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Protocol

from mostik.admin.problems import BUSY, WRONG_INPUT, FieldProblem, Refused, Words, sent
from mostik.admin.request import Request
from mostik.admin.routing import PREFIX, AdminApi
from mostik.admin.signin.door import AdminDoor
from mostik.errors import ConfigurationError
from mostik.ports import Busy

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    # No inline script or style, nothing from elsewhere, nobody frames us.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';"
        " connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Not no-referrer: a form would then say that it comes from "null".
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
LARGEST_BODY = 1_000_000
"""Characters; an exported stage is far smaller."""


class Part(Protocol):
    """Answers events of API Gateway."""

    def resolve(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Returns the answer."""
        ...


class Front:
    """The admin function.

    Args:
        door: signs in, and says who asks.
        api: makes the JSON API; it is built with its first request.
        older: answers what is neither: health and log behind the generated password.
    """

    def __init__(self, door: AdminDoor, api: Callable[[], AdminApi], older: Part) -> None:
        self._door = door
        self._make_api = api
        self._api: AdminApi | None = None
        self._older = older

    @property
    def api(self) -> AdminApi:
        """The JSON API."""
        if self._api is None:
            self._api = self._make_api()
        return self._api

    def resolve(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Answers one event of API Gateway."""
        request = Request.of(event)
        try:
            answer = self._answer(request, event, context)
        except Refused as refused:
            answer = sent(refused).as_answer()
        except ConfigurationError as error:
            answer = sent(Refused(503, Words(error.text, error.text))).as_answer()
        except Busy:
            answer = sent(Refused(503, BUSY, headers={"Retry-After": "5"})).as_answer()
        headers = {name: str(value) for name, value in (answer.get("headers") or {}).items()}
        return {**answer, "headers": {**HEADERS, **headers}}

    def _answer(self, request: Request, event: dict[str, Any], context: Any) -> dict[str, Any]:
        page = self._door.page(request)
        if page is not None:
            return page.as_answer()
        if request.path != PREFIX and not request.path.startswith(f"{PREFIX}/"):
            return self._older.resolve(event, context)
        caller = self._door.caller(request)
        _check_query(request)
        _check_body(request)
        plain = {**event, "rawPath": request.path, "isBase64Encoded": False}
        plain["body"] = request.body or None
        return self.api.resolve(plain, context, caller)


def _check_query(request: Request) -> None:
    """No route takes a list, and of two values nobody knows which was meant."""
    if not request.repeated:
        return
    twice = Words("This is given twice.", "Указано дважды.")
    fields = [FieldProblem(name, twice) for name in request.repeated]
    raise Refused(400, WRONG_INPUT, fields=fields)


def _check_body(request: Request) -> None:
    """Refuses what no later stage can handle: bodies that are too long, and JSON that is none."""
    if len(request.body) > LARGEST_BODY:
        raise Refused(413, Words("This is too long.", "Слишком большой запрос."))
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
    if not request.body or kind.lower() != "application/json":
        return
    try:
        content = json.loads(request.body, parse_constant=_no_number)
        json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refused(400, Words("This is no JSON.", "Это не JSON.")) from None


def _no_number(_name: str) -> NoReturn:
    raise ValueError("NaN and infinities are no JSON")
