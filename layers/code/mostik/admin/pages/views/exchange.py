"""Exchange 1C: sessions and their files, which call took which order; import and give again."""

from __future__ import annotations

from typing import Any

from mostik.admin.pages import look
from mostik.admin.pages.visit import Go, Page, Route, Visit

_SHOWN = 30


def _chosen(visit: Visit) -> tuple[list[Any], Any]:
    """The connections that 1C calls, and the one that is looked at."""
    found = visit.api.get("/exchange")["exchanges"]
    name = visit.query.get("connection", "")
    chosen = next((one for one in found if one["connection"] == name), None)
    return found, chosen or (found[0] if found else None)


def sessions(visit: Visit) -> Page:
    """The latest sessions of one connection."""
    exchanges, chosen = _chosen(visit)
    found: Any = {"sessions": [], "cursor": None}
    if chosen is not None:
        path = f"/exchange/{look.part(chosen['connection'])}/sessions"
        found = visit.api.get(path, {"limit": _SHOWN, "cursor": visit.query.get("cursor")})
    values = {"exchanges": exchanges, "chosen": chosen, "found": found, "tab": "sessions"}
    return Page("exchange.html", values)


def orders(visit: Visit) -> Page:
    """Orders that wait for 1C, or one by its number; the calls that took orders."""
    exchanges, chosen = _chosen(visit)
    number = visit.query.get("number", "").strip()
    values: dict[str, Any] = {
        "exchanges": exchanges, "chosen": chosen, "tab": "orders", "number": number,
        "orders": [], "calls": [],
    }  # fmt: skip
    if chosen is not None:
        path = f"/exchange/{look.part(chosen['connection'])}"
        values["orders"] = visit.api.get(f"{path}/orders", {"number": number})["orders"]
        values["calls"] = visit.api.get(f"{path}/calls", {"limit": _SHOWN})["calls"]
    return Page("exchangeorders.html", values)


def session(visit: Visit) -> Page:
    """One session."""
    place = visit.place
    found = visit.api.get(_path(place["connection"], place["session"]))
    return Page("exchangesession.html", {"session": found, "connection": place["connection"]})


def again(visit: Visit) -> Go:
    """Imports a session again."""
    connection, session = visit.place["connection"], visit.place["session"]
    done = visit.api.post(
        f"{_path(connection, session)}/again",
        {"reason": visit.form.get("reason")},
        once=visit.form.get("once"),
    )
    place = f"exchange/{look.part(connection)}/sessions/{look.part(session)}"
    return Go(place, visit.say("{n} files are imported again.", n=len(done["done"])))


def give_again(visit: Visit) -> Go:
    """Gives orders to 1C once more."""
    connection, form = visit.place["connection"], visit.form
    wanted = {
        "numbers": form.get("numbers").replace(",", " ").split(),
        "reason": form.get("reason"),
        **({"since": form.get("since")} if form.get("since") else {}),
    }
    path = f"/exchange/{look.part(connection)}/orders/again"
    done = visit.api.post(path, wanted, once=form.get("once"))
    said = visit.say("{n} orders wait for 1C.", n=len(done["done"]))
    return Go(f"exchange/orders?{look.query(connection=connection)}", said)


def _path(connection: str, session: str) -> str:
    return f"/exchange/{look.part(connection)}/sessions/{look.part(session)}"


ROUTES = (
    Route("GET", "/exchange", sessions),
    Route("GET", "/exchange/orders", orders),
    Route("GET", "/exchange/<connection>/sessions/<session>", session),
    Route("POST", "/exchange/<connection>/sessions/<session>/again", again),
    Route("POST", "/exchange/<connection>/orders/again", give_again),
)
