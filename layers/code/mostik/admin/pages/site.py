"""Finds the page of a request, renders it, and says in words what did not work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mostik.admin.pages import look
from mostik.admin.pages.answers import Answers, Told
from mostik.admin.pages.assets import Assets, packed_answer
from mostik.admin.pages.visit import File, Page, Route, Visit
from mostik.admin.pages.words import LANGUAGES, Say, language_of
from mostik.admin.problems import Refused
from mostik.admin.request import Request
from mostik.admin.roles import Caller
from mostik.admin.routing import AdminApi
from mostik.ports import Clock

HOME = "/admin"
LANGUAGE_COOKIE, THEME_COOKIE = "mostik-language", "mostik-theme"
SAID_COOKIE = "__Host-mostik-said"
THEMES = ("auto", "light", "dark")
_YEAR = 365 * 86_400
_SAID_SECONDS = 30
_LONGEST_SAID = 600
NAVIGATION: Sequence[tuple[str, str]] = (
    ("", "Overview"),
    ("connections", "Connections"),
    ("log", "Log"),
    ("jobs", "Jobs"),
    ("record", "Record"),
    ("sync", "Sync"),
    ("mapping", "Mapping"),
    ("exchange", "Exchange 1C"),
    ("audit", "Audit"),
    ("errors", "Errors"),
)


class Site:
    """The pages.

    Args:
        api: the JSON API.
        routes: the pages.
        clock: unix seconds.
    """

    def __init__(self, api: AdminApi, routes: Sequence[Route], clock: Clock) -> None:
        self._api = api
        self._routes = sorted(routes, key=lambda route: "<" in route.path)
        self._clock = clock
        self._assets = Assets()
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.filters.update(
            exact=look.exact, pretty=look.pretty, plain=look.plain, part=look.part
        )
        self._templates.globals.update(params=look.query)

    @property
    def routes(self) -> Sequence[Route]:
        """What the pages answer."""
        return self._routes

    def asset(self, request: Request) -> dict[str, Any] | None:
        """Returns a file of the pages, for anybody; ``None``: the request is for none."""
        name = request.path.removeprefix(f"{HOME}/static/")
        if name == request.path or request.method != "GET":
            return None
        return self._assets.answer(name, request.headers.get("accept-encoding", ""))

    def resolve(self, request: Request, caller: Caller, context: Any) -> dict[str, Any]:
        """Answers a request of somebody who has signed in."""
        visit = self._visit(request, Answers(self._api, caller, context), {})
        path = request.path.removeprefix(HOME).rstrip("/")
        if request.method == "POST" and path == "/look":
            return self._chosen(visit)
        for route in self._routes:
            place = route.match(request.method, path)
            if place is not None:
                visit = self._visit(request, visit.api, place)
                return self._answered(visit, route)
        words = visit.say("There is no such page.")
        return self._page(visit, Page("problem.html", {"sentence": words}, 404))

    def refuse(self, request: Request, refused: Refused) -> dict[str, Any]:
        """Answers somebody who is not let in: they sign in, or read why not."""
        root = _root(request)
        if refused.status == 401:
            place = request.path if request.is_safe else HOME
            if request.query and request.is_safe:
                place = f"{place}?{look.query(**request.query)}"
            address = f"{root}admin/login?to={quote(place, safe='')}"
            if request.headers.get("hx-request") == "true":
                return _bare(401, {"HX-Redirect": f"{root}admin/login"})
            return _bare(303, {"Location": address})
        say = self._say(request)
        sentence = refused.document()["messages"][say.language]
        values = {"sentence": sentence, "_": say, "root": root, "static": self._static(root)}
        values |= {"theme": _theme(request), "again": refused.status != 403}
        text = self._templates.get_template("refused.html").render(values)
        answer = packed_answer(refused.status, _HTML, text.encode(), _accepts(request))
        return {**answer, "headers": {**answer["headers"], **refused.headers}}

    def _visit(self, request: Request, api: Answers, place: Mapping[str, str]) -> Visit:
        return Visit(request, api, self._say(request), place, self._clock())

    def _say(self, request: Request) -> Say:
        cookie = request.cookies.get(LANGUAGE_COOKIE, "")
        return Say(language_of(cookie, request.headers.get("accept-language", "")))

    def _answered(self, visit: Visit, route: Route) -> dict[str, Any]:
        try:
            outcome = route.act(visit)
        except Told as told:
            sentence = told.sentence(visit.say.language)
            wrong = list(told.fields(visit.say.language).values())
            values = {"sentence": " ".join([sentence, *wrong[:3]])}
            outcome = Page("problem.html", values, told.status)
        if isinstance(outcome, Page):
            return self._page(visit, outcome)
        if isinstance(outcome, File):
            return _kept_file(outcome, _accepts(visit.request))
        address = f"{_root(visit.request)}admin{'/' if outcome.place else ''}{outcome.place}"
        cookies = [_said(outcome.said)] if outcome.said else []
        if visit.request.headers.get("hx-request") == "true":
            return {**_bare(204, {"HX-Redirect": address}), "cookies": cookies}
        return {**_bare(303, {"Location": address}), "cookies": cookies}

    def _page(self, visit: Visit, page: Page) -> dict[str, Any]:
        template = self._templates.get_template(page.template)
        values = {**self._values(visit), **page.values}
        block = template.blocks.get(visit.part.replace("-", "_"))
        if visit.part and page.template == "problem.html":
            block = template.blocks["told"]
        if block is not None:
            text = "".join(block(template.new_context(values)))
        else:
            text = template.render(values)
        answer = packed_answer(page.status, _HTML, text.encode(), _accepts(visit.request))
        if visit.request.cookies.get(SAID_COOKIE) and block is None:
            answer["cookies"] = [f"{SAID_COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly"]
        return answer

    def _values(self, visit: Visit) -> dict[str, Any]:
        request, say, root = visit.request, visit.say, _root(visit.request)
        first = request.path.removeprefix(HOME).strip("/").partition("/")[0]
        return {
            "_": say,
            "root": root,
            "admin": f"{root}admin",
            "here": first,
            "address": request.path.rpartition("/")[2],
            "parameters": dict(request.query),
            "navigation": NAVIGATION,
            "static": self._static(root),
            "caller": visit.api.caller,
            "csrf": visit.api.caller.csrf or "",
            "may": visit.api.may,
            "theme": _theme(request),
            "themes": THEMES,
            "languages": LANGUAGES,
            "said": unquote(request.cookies.get(SAID_COOKIE, "")),
            "now": visit.now,
            "back": request.path if request.is_safe else HOME,
            "chip": partial(look.chip, say),
            "ago": partial(look.ago, say, visit.now),
            "milliseconds": partial(look.milliseconds, say),
            "size": partial(look.size, say),
            "span": partial(look.span, say),
        }

    def _static(self, root: str) -> Any:
        return lambda name: f"{root}admin/{self._assets.address(name)}"

    def _chosen(self, visit: Visit) -> dict[str, Any]:
        """Language and theme are kept in the browser, so that the first paint has them."""
        cookies, form = [], visit.form
        if form.get("language") in LANGUAGES:
            cookies.append(_kept(LANGUAGE_COOKIE, form.get("language")))
        if form.get("theme") in THEMES:
            cookies.append(_kept(THEME_COOKIE, form.get("theme")))
        back = form.get("back")
        own = back if back.startswith(HOME) and "//" not in back and "\\" not in back else HOME
        place = own if own.isascii() and own.isprintable() else HOME
        return {**_bare(303, {"Location": f"{_root(visit.request)}{place[1:]}"}),
                "cookies": cookies}  # fmt: skip


_HTML = "text/html; charset=utf-8"


def _root(request: Request) -> str:
    """Where ``/`` is from here: the pages may lie below a stage's or an emulator's prefix, so that
    all their addresses are relative."""
    return "../" * (request.path.count("/") - 1)


def _theme(request: Request) -> str:
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else THEMES[0]


def _accepts(request: Request) -> str:
    return request.headers.get("accept-encoding", "")


def _kept(name: str, value: str) -> str:
    return f"{name}={value}; Path=/; Max-Age={_YEAR}; Secure; SameSite=Lax"


def _said(text: str) -> str:
    value = quote(text[:_LONGEST_SAID], safe="")
    return f"{SAID_COOKIE}={value}; Path=/; Max-Age={_SAID_SECONDS}; Secure; HttpOnly; SameSite=Lax"


def _kept_file(file: File, accepts: str) -> dict[str, Any]:
    answer = packed_answer(200, file.content_type, file.text.encode(), accepts)
    named = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"}
    return {**answer, "headers": {**answer["headers"], **named}}


def _bare(status: int, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "text/plain", "Cache-Control": "no-store", **headers},
        "cookies": [],
        "body": "",
        "isBase64Encoded": False,
    }
