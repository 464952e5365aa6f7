"""Sync: links, runs with their progress, run now, brakes, quarantine."""

from __future__ import annotations

from mostik.admin.pages import look
from mostik.admin.pages.visit import Go, Page, Route, Visit

KINDS = ("incremental", "full", "dry", "manual", "backfill")


def sync(visit: Visit) -> Page:
    """Links and the latest runs."""
    links = visit.api.get("/links")["links"]
    runs = visit.api.get("/runs", {"limit": 20})["runs"]
    return Page("sync.html", {"links": links, "runs": runs, "kinds": KINDS})


def start(visit: Visit) -> Go:
    """Starts a run."""
    form = visit.form
    names = ("link", "kind", "side", "since", "reason")
    wanted = {name: form.get(name) for name in names if form.get(name)}
    run = visit.api.post("/runs", wanted, once=form.get("once"))
    return Go(f"sync/runs/{run['id']}")


def run(visit: Visit) -> Page:
    """One run."""
    return Page("run.html", {"run": visit.api.get(f"/runs/{look.part(visit.place['run'])}")})


def steer(visit: Visit) -> Go:
    """Approves a held run, or ends one."""
    name, action = visit.place["run"], visit.place["action"]
    path = f"/runs/{look.part(name)}/{look.part(action)}"
    visit.api.post(path, {"reason": visit.form.get("reason")})
    return Go(f"sync/runs/{name}", visit.say("Done."))


def quarantine(visit: Visit) -> Page:
    """Records of a link that are not carried over."""
    query = {"link": visit.query.get("link", "-"), "cursor": visit.query.get("cursor")}
    return Page("quarantine.html", {"found": visit.api.get("/quarantine", query), **query})


def settle(visit: Visit) -> Go:
    """Tries a record again, or takes it out."""
    form = visit.form
    wanted = {name: form.get(name) for name in ("link", "side", "key", "reason")}
    done = visit.api.post(f"/quarantine/{look.part(visit.place['action'])}", wanted)
    return Go(f"sync/quarantine?{look.query(link=wanted['link'])}", " ".join(done["done"]))


ROUTES = (
    Route("GET", "/sync", sync),
    Route("POST", "/sync/runs", start),
    Route("GET", "/sync/runs/<run>", run),
    Route("POST", "/sync/runs/<run>/<action>", steer),
    Route("GET", "/sync/quarantine", quarantine),
    Route("POST", "/sync/quarantine/<action>", settle),
)
