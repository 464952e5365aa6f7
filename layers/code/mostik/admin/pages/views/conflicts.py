"""Conflicts: two values side by side; one side stays, and the next one is shown."""

from __future__ import annotations

from typing import Any

from mostik.admin.pages import look
from mostik.admin.pages.visit import Go, Page, Route, Visit

_NAMES = ("link", "side", "key")
_MATCHES = {"pair": "pair", "make": "make", "leave": "leave"}


def conflicts(visit: Visit) -> Page:
    """What is open of one link; where none is named, of the first that has something open."""
    links = [one["id"] for one in visit.api.get("/links")["links"]]
    counts = {
        one: visit.api.get("/conflicts/count", {"link": one})["open"] for one in links[:_MOST_LINKS]
    }
    first = next((one for one in links if counts.get(one)), links[0] if links else "")
    link = visit.query.get("link", "") or first
    found: Any = {"conflicts": [], "cursor": None}
    if link:
        query = {"link": link, "cursor": visit.query.get("cursor")}
        found = visit.api.get("/conflicts", query)
    return Page("conflicts.html", {"link": link, "counts": counts, "found": found})


_MOST_LINKS = 20


def one(visit: Visit) -> Page:
    """One record: both sides as they are now."""
    place = {name: visit.query.get(name, "") for name in _NAMES}
    found = visit.api.get("/conflicts/one", place)
    return Page("conflict.html", {"one": found, "place": place})


def decide(visit: Visit) -> Go:
    """Keeps what was chosen; then the next one is shown."""
    form = visit.form
    place = {name: form.get(name) for name in _NAMES}
    reason = {"reason": form.get("reason")}
    match = form.get("match")
    if match in _MATCHES:
        more = {"other": form.get("other")} if match == "pair" else {}
        visit.api.post(f"/conflicts/{_MATCHES[match]}", {**place, **reason, **more})
    else:
        choices = [
            {"path": path, "side": side, "mark": mark}
            for path, mark, side in zip(
                form.all("path"), form.all("mark"), _sides(visit), strict=True
            )
            if side
        ]
        visit.api.post("/conflicts/decide", {**place, **reason, "choices": choices})
    return _next(visit, place)


def _sides(visit: Visit) -> list[str]:
    """Whose value stays, path by path; one button says it for all of them."""
    form = visit.form
    count = len(form.all("path"))
    if form.get("all"):
        return [form.get("all")] * count
    return [form.get(f"side.{number}") for number in range(count)]


def _next(visit: Visit, place: dict[str, str]) -> Go:
    said = visit.say("Decided: the record is carried over like that.")
    rest = visit.api.get("/conflicts", {"link": place["link"], "limit": 20})["conflicts"]
    for item in rest:
        waits = item["kind"] != "match" and set(item["paths"]) <= set(item["decided"])
        if not waits and (item["side"], item["key"]) != (place["side"], place["key"]):
            query = look.query(link=item["link"], side=item["side"], key=item["key"])
            return Go(f"sync/conflicts/one?{query}", said)
    return Go(f"sync/conflicts?{look.query(link=place['link'])}", said)


ROUTES = (
    Route("GET", "/sync/conflicts", conflicts),
    Route("GET", "/sync/conflicts/one", one),
    Route("POST", "/sync/conflicts/one", decide),
)
