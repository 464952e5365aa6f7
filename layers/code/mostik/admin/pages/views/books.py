"""Who did what, and what errors mean."""

from __future__ import annotations

from mostik.admin.pages.visit import Page, Route, Visit


def audit(visit: Visit) -> Page:
    """Actions, newest first."""
    names = ("connection", "action", "who")
    filters = {name: visit.query.get(name, "") for name in names}
    found = visit.api.get("/audit", {**filters, "cursor": visit.query.get("cursor")})
    return Page("audit.html", {"found": found, "filters": filters})


def errors(visit: Visit) -> Page:
    """The book of errors, searchable."""
    q = visit.query.get("q", "")
    return Page("errors.html", {"found": visit.api.get("/errors", {"q": q})["errors"], "q": q})


ROUTES = (Route("GET", "/audit", audit), Route("GET", "/errors", errors))
