"""Overview: is it us or them, since when, what waits, what has changed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mostik.admin.pages.look import seconds_of
from mostik.admin.pages.visit import Page, Route, Visit

_HOURS = 24
_MOST_CALLS = 200


def overview(visit: Visit) -> Page:
    """Everything on one screen."""
    api = visit.api
    health = api.get("/overview")
    failed = api.post("/jobs/failed/count", {})
    counts: Counter[str] = Counter()
    for group in failed["groups"]:
        counts[group["connection"]] += group["jobs"]
    gates = {gate["connection"].partition(":")[0]: gate for gate in health["closed_gates"]}
    lines = [
        {"connection": one, "failed": counts[one["id"]], "gate": gates.get(one["id"])}
        for one in api.get("/connections")["connections"]
    ]
    changed = api.get("/audit", {"limit": 6})["entries"]
    alerts = api.get("/alerts", {"limit": 3})
    return Page(
        "overview.html",
        {
            "health": health,
            "lines": lines,
            "groups": failed["groups"][:8],
            "changed": changed,
            "alerts": alerts,
        },
    )


def pulse(visit: Visit) -> Page:
    """The calls of one connection in the last hours, as far back as the latest of them reach."""
    query = {"connection": visit.place["connection"], "since": "24h", "limit": _MOST_CALLS}
    found = visit.api.get("/log", query)
    entries = found["entries"]
    good = next((one for one in entries if _is_good(one)), None)
    return Page(
        "pulse.html",
        {
            "bars": _bars(entries, visit.now),
            "calls": len(entries),
            "errors": sum(1 for one in entries if one["error"]),
            "last_success": good["at"] if good else None,
            "back_to": entries[-1]["at"] if found["cursor"] and entries else None,
        },
    )


def _is_good(entry: dict[str, Any]) -> bool:
    return entry["error"] is None and entry["direction"] == "out"


def _bars(entries: list[dict[str, Any]], now: float) -> list[dict[str, int]]:
    """One bar an hour, the latest last; heights of 0 to 20."""
    calls, errors = Counter[int](), Counter[int]()
    for entry in entries:
        hour = int((now - (seconds_of(entry["at"]) or now)) // 3_600)
        calls[hour] += 1
        errors[hour] += entry["error"] is not None
    most = max(calls.values(), default=1)
    found = []
    for place in range(_HOURS):
        hour = _HOURS - 1 - place
        height = -(-20 * calls[hour] // most)
        bad = min(height, -(-20 * errors[hour] // most))
        found.append({"x": place * 5, "height": height, "bad": bad})
    return found


ROUTES = (Route("GET", "", overview), Route("GET", "/pulse/<connection>", pulse))
