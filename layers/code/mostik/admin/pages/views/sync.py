"""Sync: links, runs with their progress, run now, brakes, quarantine."""

from __future__ import annotations

from typing import Any

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
    wanted: dict[str, Any] = {name: form.get(name) for name in names if form.get(name)}
    if ids := form.get("ids").replace(",", " ").split():
        wanted["ids"] = ids
    run = visit.api.post("/runs", wanted, once=form.get("once"))
    return Go(f"sync/runs/{run['id']}")


def run(visit: Visit) -> Page:
    """One run; of a dry one also what it would change."""
    path = f"/runs/{look.part(visit.place['run'])}"
    found = visit.api.get(path)
    diff: Any = None
    if found["kind"] == "dry" and visit.part != "live":
        asked = {name: visit.query.get(name) for name in ("verdict", "cursor")}
        diff = visit.api.get(f"{path}/diff", asked)
    return Page("run.html", {"run": found, "diff": diff, "verdict": visit.query.get("verdict", "")})


def steer(visit: Visit) -> Go:
    """Approves a held run, pauses one, lets it go on, or ends it."""
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


def steer_link(visit: Visit) -> Go:
    """Pauses a link, or lets it go on."""
    link, action = visit.place["link"], visit.place["action"]
    path = f"/links/{look.part(link)}/{look.part(action)}"
    visit.api.post(path, {"reason": visit.form.get("reason")})
    return Go("sync", visit.say("Done."))


def compare(visit: Visit) -> Page:
    """The latest comparison of both sides, and what differs."""
    link = visit.place["link"]
    found = visit.api.get(f"/links/{look.part(link)}/comparison")["comparison"]
    differences: Any = {"differences": [], "cursor": None}
    if found is not None and visit.part != "live":
        path = f"/comparisons/{look.part(found['id'])}/differences"
        differences = visit.api.get(path, {"cursor": visit.query.get("cursor")})
    return Page("compare.html", {"link": link, "found": found, "differences": differences})


def steer_comparison(visit: Visit) -> Go:
    """Begins a comparison, takes it on, or has what differs repaired."""
    link, form = visit.place["link"], visit.form
    reason = {"reason": form.get("reason")}
    place = f"sync/links/{look.part(link)}/compare"
    if form.get("act") == "repair":
        path = f"/comparisons/{look.part(form.get('comparison'))}/repair"
        return Go(place, " ".join(visit.api.post(path, reason)["done"]))
    name = form.get("comparison")
    if not name:
        name = visit.api.post(f"/links/{look.part(link)}/comparison", reason)["id"]
    done = visit.api.post(f"/comparisons/{look.part(name)}/go-on", {})
    words = visit.say("Not all is compared yet: go on.")
    return Go(place, visit.say("Compared.") if done["part"] == "done" else words)


ROUTES = (
    Route("GET", "/sync", sync),
    Route("POST", "/sync/runs", start),
    Route("GET", "/sync/runs/<run>", run),
    Route("POST", "/sync/runs/<run>/<action>", steer),
    Route("GET", "/sync/links/<link>/compare", compare),
    Route("POST", "/sync/links/<link>/compare", steer_comparison),
    Route("POST", "/sync/links/<link>/steer/<action>", steer_link),
    Route("GET", "/sync/quarantine", quarantine),
    Route("POST", "/sync/quarantine/<action>", settle),
)
