"""Matching: read both bases, decide about what is not sure, approve; as a table or as CSV."""

from __future__ import annotations

from typing import Any

from mostik.admin.pages import look
from mostik.admin.pages.visit import File, Go, Page, Route, Visit

STATES = ("ambiguous", "matched", "only left", "only right")
_SHOWN = 50


def matching(visit: Visit) -> Page:
    """Where it stands, and the rows of one state."""
    link = visit.place["link"]
    found = visit.api.get(_path(link))
    state = visit.query.get("state", "ambiguous")
    rows: Any = {"rows": [], "cursor": None}
    shows = bool(found["version"]) and visit.api.may("GET", f"{_path(link)}/rows")
    if shows:
        query = {"state": state, "limit": _SHOWN, "cursor": visit.query.get("cursor")}
        rows = visit.api.get(f"{_path(link)}/rows", query)
    values = {"found": found, "rows": rows, "state": state, "states": STATES, "shows": shows}
    return Page("matching.html", {**values, "link": link})


def match(visit: Visit) -> Go:
    """Reads both bases."""
    link = visit.place["link"]
    visit.api.post(_path(link), {"reason": visit.form.get("reason")})
    return Go(_place(link), visit.say("Both bases are read; look at what is not sure."))


def decide(visit: Visit) -> Go:
    """Keeps a decision about one row."""
    link, form = visit.place["link"], visit.form
    verdict, _, key = form.get("decision").partition(":")
    place = form.get("place")
    wanted: dict[str, Any] = {
        "version": form.get("version"), "place": int(place) if place.isdecimal() else place,
    }  # fmt: skip
    if verdict:
        wanted |= {"verdict": verdict, "key": key}
    visit.api.post(f"{_path(link)}/rows", wanted)
    query = look.query(state=form.get("state"), cursor=form.get("cursor"))
    return Go(f"{_place(link)}?{query}", visit.say("Kept; it counts with the approval."))


def sheet(visit: Visit) -> File:
    """The table as a file."""
    found = visit.api.get(f"{_path(visit.place['link'])}/sheet")
    return File(found["name"], "text/csv; charset=utf-8", found["sheet"])


def take(visit: Visit) -> Go:
    """Takes a file that was filled in."""
    link = visit.place["link"]
    found = visit.api.post(f"{_path(link)}/sheet", {"sheet": visit.upload("sheet")})
    return Go(_place(link), visit.say("{n} decisions are kept.", n=found["decided"]))


def approve(visit: Visit) -> Go:
    """Writes the pairs down, as far as the time allows."""
    link, form = visit.place["link"], visit.form
    wanted = {"version": form.get("version"), "reason": form.get("reason")}
    found = visit.api.post(f"{_path(link)}/approve", wanted)
    if found["matched"]:
        return Go(_place(link), visit.say("The link may write."))
    return Go(_place(link), visit.say("Not all is written yet: go on."))


def waive(visit: Visit) -> Go:
    """Lets the link write without a matching."""
    link = visit.place["link"]
    visit.api.post(f"{_path(link)}/waive", {"reason": visit.form.get("reason")})
    return Go(_place(link), visit.say("The link may write."))


def _path(link: str) -> str:
    return f"/links/{look.part(link)}/matching"


def _place(link: str) -> str:
    return f"sync/links/{look.part(link)}/matching"


ROUTES = (
    Route("GET", "/sync/links/<link>/matching", matching),
    Route("POST", "/sync/links/<link>/matching", match),
    Route("POST", "/sync/links/<link>/matching/rows", decide),
    Route("GET", "/sync/links/<link>/matching/sheet", sheet),
    Route("POST", "/sync/links/<link>/matching/sheet", take),
    Route("POST", "/sync/links/<link>/matching/approve", approve),
    Route("POST", "/sync/links/<link>/matching/waive", waive),
)
