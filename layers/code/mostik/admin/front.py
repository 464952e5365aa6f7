"""Everything below ``/admin``: which part answers, and what every answer carries."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Protocol

from mostik.admin.problems import BUSY, WRONG_INPUT, FieldProblem, Refused, Words, sent
from mostik.admin.request import Request
from mostik.admin.roles import Caller
from mostik.admin.routing import PREFIX, AdminApi
from mostik.admin.signin.door import AdminDoor
from mostik.admin.signin.flow import HOME
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


class Pages(Protocol):
    """The pages: files for everybody, pages for whoever has signed in, a sentence for the rest."""

    def asset(self, request: Request) -> dict[str, Any] | None:
        """Returns the answer to a request for a file; ``None``: it is for none."""
        ...

    def resolve(self, request: Request, caller: Caller, context: Any) -> dict[str, Any]:
        """Returns a page."""
        ...

    def refuse(self, request: Request, refused: Refused) -> dict[str, Any]:
        """Returns what somebody sees who is not let in."""
        ...


class Front:
    """The admin function.

    Args:
        door: signs in, and says who asks.
        api: makes the JSON API; it is built with its first request.
        older: answers what is neither: health and log behind the generated password.
        site: makes the pages over the API; they are for browsers.
    """

    def __init__(
        self,
        door: AdminDoor,
        api: Callable[[], AdminApi],
        older: Part,
        site: Callable[[AdminApi], Pages],
    ) -> None:
        self._door = door
        self._make_api = api
        self._api: AdminApi | None = None
        self._older = older
        self._make_site = site
        self._site: Pages | None = None

    @property
    def api(self) -> AdminApi:
        """The JSON API."""
        if self._api is None:
            self._api = self._make_api()
        return self._api

    @property
    def site(self) -> Pages:
        """The pages."""
        if self._site is None:
            self._site = self._make_site(self.api)
        return self._site

    def resolve(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Answers one event of API Gateway."""
        request = Request.of(event)
        try:
            answer = self._answer(request, event, context)
        except Refused as refused:
            answer = self._refused(request, refused)
        except ConfigurationError as error:
            answer = self._refused(request, Refused(503, Words(error.text, error.text)))
        except Busy:
            busy = Refused(503, BUSY, headers={"Retry-After": "5"})
            answer = self._refused(request, busy)
        headers = {name: str(value) for name, value in (answer.get("headers") or {}).items()}
        return {**answer, "headers": {**HEADERS, **headers}}

    def _answer(self, request: Request, event: dict[str, Any], context: Any) -> dict[str, Any]:
        page = self._door.page(request)
        if page is not None:
            return page.as_answer()
        if request.path != PREFIX and not request.path.startswith(f"{PREFIX}/"):
            return self._page(request, event, context)
        caller = self._door.caller(request)
        _check_query(request)
        _check_body(request)
        plain = {**event, "rawPath": request.path, "isBase64Encoded": False}
        plain["body"] = request.body or None
        return self.api.resolve(plain, context, caller)

    def _page(self, request: Request, event: dict[str, Any], context: Any) -> dict[str, Any]:
        if request.path.startswith(f"{HOME}/static/"):
            file = self.site.asset(request)
            if file is not None:
                return file
        if not _is_of_browser(request):
            return self._older.resolve(event, context)
        caller = self._door.caller(request)
        _check_query(request)
        if len(request.body) > LARGEST_BODY:
            raise Refused(413, Words("This is too long.", "Слишком большой запрос."))
        return self.site.resolve(request, caller, context)

    def _refused(self, request: Request, refused: Refused) -> dict[str, Any]:
        if _is_of_browser(request) and not request.path.startswith(f"{PREFIX}/"):
            return self.site.refuse(request, refused)
        return sent(refused).as_answer()


def _is_of_browser(request: Request) -> bool:
    """Whether a page is wanted: a tool that asks the same address gets JSON."""
    accepted = request.headers.get("accept", "")
    return "text/html" in accepted or request.headers.get("hx-request") == "true"


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
