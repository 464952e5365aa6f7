"""Connections: list, state, check, discovery, secrets, mode, test event."""

from __future__ import annotations

from typing import Any

from mostik.admin.pages import look
from mostik.admin.pages.answers import Told
from mostik.admin.pages.visit import Go, Outcome, Page, Route, Visit

_DAY = 86_400


def connections(visit: Visit) -> Page:
    """The list."""
    found = visit.api.get("/connections")["connections"]
    integrations = visit.api.get("/integrations")["integrations"]
    return Page("connections.html", {"found": found, "integrations": integrations})


def one(visit: Visit) -> Page:
    """One connection."""
    return _shown(visit)


def _shown(visit: Visit, **more: Any) -> Page:
    name = visit.place["connection"]
    base = f"/connections/{look.part(name)}"
    connection = visit.api.get(base)
    integrations = visit.api.get("/integrations")["integrations"]
    values: dict[str, Any] = {
        "connection": connection,
        "integration": next(i for i in integrations if i["name"] == connection["integration"]),
        "secrets": visit.api.get(f"{base}/secrets")["secrets"],
        "door": visit.api.get(f"{base}/door"),
        "versions": visit.api.get(f"{base}/versions", {"limit": 8})["versions"],
        "checks": None,
        "discovery": None,
        "asked_problem": "",
    }
    return Page("connection.html", {**values, **more})


def check(visit: Visit) -> Page:
    """Asks the other side whether all is there."""
    return _asked(visit, "check", "checks")


def discover(visit: Visit) -> Page:
    """Looks what there is."""
    return _asked(visit, "discover", "discovery")


def _asked(visit: Visit, what: str, name: str) -> Page:
    try:
        found = visit.api.post(f"/connections/{look.part(visit.place['connection'])}/{what}")
    except Told as told:
        return _shown(visit, asked_problem=told.sentence(visit.say.language))
    return _shown(visit, **{name: found})


def mode(visit: Visit) -> Outcome:
    """Live, dry or paused."""
    wanted = {"mode": visit.form.get("mode"), "reason": visit.form.get("reason")}
    changed = visit.api.post(f"/connections/{look.part(visit.place['connection'])}/mode", wanted)
    said = visit.say("The connection is now: {mode}.", mode=visit.say(changed["mode"]))
    return Go(f"connections/{changed['id']}", said)


def open_gates(visit: Visit) -> Outcome:
    """Lets held jobs go."""
    name = visit.place["connection"]
    visit.api.post(f"/connections/{look.part(name)}/open", {})
    return Go(f"connections/{name}", visit.say("What kept it back is opened."))


def test(visit: Visit) -> Outcome:
    """Sends an event through queue and worker, and shows its calls."""
    name, form = visit.place["connection"], visit.form
    wanted = {"resource": form.get("resource"), "key": form.get("key")}
    sent = visit.api.post(f"/connections/{look.part(name)}/test", wanted)
    said = visit.say("The event is on its way; its calls appear here.")
    return Go(f"log?{look.query(q='event:' + sent['event'])}", said)


def secret(visit: Visit) -> Outcome:
    """Exchanges a secret; the one before goes on working for a day."""
    name, form = visit.place["connection"], visit.form
    grace = _DAY if form.get("grace") == "day" else 0
    wanted = {"value": form.get("value"), "grace_seconds": grace}
    path = f"/connections/{look.part(name)}/secrets/{look.part(form.get('name'))}"
    visit.api.put(path, wanted)
    return Go(f"connections/{name}", visit.say("The secret is exchanged."))


ROUTES = (
    Route("GET", "/connections", connections),
    Route("GET", "/connections/<connection>", one),
    Route("POST", "/connections/<connection>/check", check),
    Route("POST", "/connections/<connection>/discover", discover),
    Route("POST", "/connections/<connection>/mode", mode),
    Route("POST", "/connections/<connection>/open", open_gates),
    Route("POST", "/connections/<connection>/test", test),
    Route("POST", "/connections/<connection>/secret", secret),
)
