"""Record: where is order 1234, what does each side say, and why is it not written."""

from __future__ import annotations

from typing import Any

from mostik.admin.pages import look
from mostik.admin.pages.visit import Go, Page, Route, Visit


def find(visit: Visit) -> Page:
    """The search."""
    q = visit.query.get("q", "").strip()
    found: Any = visit.api.get("/records", {"q": q}) if q else None
    return Page("records.html", {"q": q, "found": found})


def one(visit: Visit) -> Page:
    """Both sides of one record."""
    place = {name: visit.query.get(name, "") for name in ("link", "side", "key")}
    return Page("record.html", {"record": visit.api.get("/records/one", place), "place": place})


def touch(visit: Visit) -> Go:
    """Reads a record again and carries it over."""
    form = visit.form
    place = {name: form.get(name) for name in ("link", "side", "key")}
    visit.api.post("/records/touch", {**place, "reason": form.get("reason")})
    said = visit.say("It is read again and carried over; the trail shows it.")
    return Go(f"record/one?{look.query(**place)}", said)


ROUTES = (
    Route("GET", "/record", find),
    Route("GET", "/record/one", one),
    Route("POST", "/record/touch", touch),
)
