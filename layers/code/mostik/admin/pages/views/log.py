"""The request log: one search field, chips, a drawer, what came since."""

from __future__ import annotations

from typing import Any

from mostik.admin.pages import look
from mostik.admin.pages.answers import Told
from mostik.admin.pages.logsearch import FIELDS, chips, parsed, written
from mostik.admin.pages.visit import Go, Outcome, Page, Route, Visit

_PAGE = 50
_ADDED = ("status", "connection", "since", "method", "direction")
_SINCE = ("15m", "1h", "24h", "7d")


def log(visit: Visit) -> Outcome:
    """The list, with one entry beside it."""
    query = visit.query
    filters = parsed(query.get("q", ""))
    added = {name: query[f"add-{name}"] for name in _ADDED if query.get(f"add-{name}")}
    if added or any(name in query for name in FIELDS):
        linked = {name: query[name] for name in FIELDS if query.get(name)}
        return Go(f"log?{look.query(q=written({**filters, **linked, **added}))}")
    entry, problem = None, ""
    if query.get("entry"):
        try:
            entry = visit.api.get(f"/log/{look.part(query['entry'])}")
        except Told as told:
            problem = told.sentence(visit.say.language)
    values: dict[str, Any] = {
        "q": query.get("q", ""),
        "chips": chips(filters),
        "since_choices": _SINCE,
        "entry": entry,
        "entry_problem": problem,
        "problem": "",
        "found": {"entries": [], "cursor": None, "searched_back_to": None},
        "connections": [],
        "slowest": 1,
    }
    if visit.part == "drawer":
        return Page("log.html", values)
    values["connections"] = [one["id"] for one in visit.api.get("/connections")["connections"]]
    try:
        asked = {**filters, "limit": _PAGE, "cursor": query.get("cursor")}
        values["found"] = visit.api.get("/log", asked)
    except Told as told:
        wrong = told.fields(visit.say.language)
        values["problem"] = " ".join([told.sentence(visit.say.language), *wrong.values()])
    values["slowest"] = max([1, *(one["duration_ms"] for one in values["found"]["entries"])])
    return Page("log.html", values)


def news(visit: Visit) -> Page:
    """How many entries have come since the newest that is shown."""
    filters = parsed(visit.query.get("q", ""))
    newest = visit.query.get("newest")
    found = visit.api.get("/log", {**filters, "newer_than": newest, "limit": 100})
    return Page("lognews.html", {"fresh": len(found["entries"]), "q": visit.query.get("q", "")})


def replay(visit: Visit) -> Go:
    """Does again what an entry was about."""
    entry = visit.place["entry"]
    done = visit.api.post(f"/log/{look.part(entry)}/replay", {"reason": visit.form.get("reason")})
    return Go(f"log?{look.query(q=visit.form.get('q'), entry=entry)}", " ".join(done["done"]))


def reveal(visit: Visit) -> Page:
    """An entry as it was kept; the API writes down who has looked."""
    entry = visit.place["entry"]
    shown = visit.api.post(f"/log/{look.part(entry)}/reveal", {"reason": visit.form.get("reason")})
    return Page("revealed.html", {"entry": shown, "q": visit.form.get("q"), "entry_problem": ""})


ROUTES = (
    Route("GET", "/log", log),
    Route("GET", "/log/news", news),
    Route("POST", "/log/<entry>/replay", replay),
    Route("POST", "/log/<entry>/reveal", reveal),
)
