"""Jobs: what failed, waits or is held; one again, or many in four steps."""

from __future__ import annotations

from typing import Any

from mostik.admin.pages import look
from mostik.admin.pages.visit import Go, Page, Route, Visit

_FILTERS = ("connection", "family", "resource", "since", "because", "text")


def _filters(given: Any) -> dict[str, str]:
    return {name: value for name in _FILTERS if (value := given.get(name))}


def jobs(visit: Visit) -> Page:
    """The list of one state; of failed jobs with their count, which is step two."""
    state = visit.query.get("state", "failed")
    filters, cursor = _filters(visit.query), visit.query.get("cursor")
    values: dict[str, Any] = {"state": state, "filters": filters, "count": None, "gates": []}
    health = visit.api.get("/overview")
    values["health"] = health
    if state == "waiting":
        values["found"] = visit.api.get("/jobs/waiting", {"cursor": cursor})
    elif state == "held":
        values["gates"] = health["closed_gates"]
        names = [gate["connection"] for gate in health["closed_gates"]]
        gate = visit.query.get("gate") or (names[0] if names else "")
        values["found"] = {"jobs": [], "cursor": None}
        if gate:
            values["found"] = visit.api.get("/jobs/held", {"gate": gate, "cursor": cursor})
    else:
        values["found"] = visit.api.get("/jobs/failed", {**filters, "cursor": cursor})
        values["count"] = visit.api.post("/jobs/failed/count", filters)
        values["replays"] = visit.api.get("/jobs/replays")["replays"][:5]
    return Page("jobs.html", values)


def one(visit: Visit) -> Page:
    """One job with its payload."""
    return Page("job.html", {"job": visit.api.get("/jobs/one", {"id": visit.query.get("id")})})


def replay_one(visit: Visit) -> Go:
    """Tries one job again."""
    form = visit.form
    done = visit.api.post("/jobs/replay", {"id": form.get("id"), "reason": form.get("reason")})
    return Go("jobs", " ".join(done["done"]))


def replay_many(visit: Visit) -> Go:
    """Step three: the number that was shown, and a reason."""
    form = visit.form
    matching = form.get("matching")
    run = visit.api.post(
        "/jobs/replays",
        {
            "filter": _filters(form),
            "matching": int(matching) if matching.isdecimal() else matching,
            "reason": form.get("reason"),
        },
    )
    return Go(f"jobs/replays/{run['id']}")


def progress(visit: Visit) -> Page:
    """Step four: progress, and what came of it."""
    replay = visit.api.get(f"/jobs/replays/{look.part(visit.place['replay'])}")
    return Page("replay.html", {"replay": replay})


def cancel(visit: Visit) -> Go:
    """Stops a replay."""
    replay = visit.place["replay"]
    visit.api.post(f"/jobs/replays/{look.part(replay)}/cancel", {})
    return Go(f"jobs/replays/{replay}", visit.say("Stopped."))


ROUTES = (
    Route("GET", "/jobs", jobs),
    Route("GET", "/jobs/one", one),
    Route("POST", "/jobs/replay", replay_one),
    Route("POST", "/jobs/replays", replay_many),
    Route("GET", "/jobs/replays/<replay>", progress),
    Route("POST", "/jobs/replays/<replay>/cancel", cancel),
)
