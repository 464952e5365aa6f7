"""Mapping: what a link says of fields and dictionaries, tried on a real record as it is written."""

from __future__ import annotations

from typing import Any

from mostik.admin.pages import look
from mostik.admin.pages.answers import Told
from mostik.admin.pages.visit import Go, Outcome, Page, Route, Visit


def links(visit: Visit) -> Page:
    """The links that a person can say something about."""
    return Page("mappings.html", {"links": visit.api.get("/links")["links"]})


def mapping(visit: Visit) -> Page:
    """One link: fields, dictionaries, its text, and a preview beside it."""
    query = visit.query
    values: dict[str, Any] = {"side": query.get("side", "left"), "key": query.get("key", "")}
    return _shown(visit, None, **values)


def change(visit: Visit) -> Outcome:
    """Tries the text on a record, shows what keeping it would change, or keeps it."""
    link, form = visit.place["link"], visit.form
    text = form.get("text").replace("\r\n", "\n")
    values: dict[str, Any] = {"side": form.get("side", "left"), "key": form.get("key")}
    path = f"/links/{look.part(link)}/document"
    wanted = {"text": text, "reason": form.get("reason")}
    try:
        if form.get("act") == "keep":
            kept = visit.api.put(path, wanted)
            said = " ".join(kept["changes"]) or visit.say("Nothing would change.")
            return Go(f"mapping/{look.part(link)}", f"{visit.say('Saved.')} {said}")
        if form.get("act") == "review":
            values["review"] = visit.api.post(f"{path}/check", wanted)
    except Told as told:
        return _shown(visit, text, told=told, **values)
    return _shown(visit, text, **values)


def _shown(
    visit: Visit,
    text: str | None,
    *,
    side: str,
    key: str,
    review: Any = None,
    told: Told | None = None,
) -> Page:
    link = visit.place["link"]
    language = visit.say.language
    wrong = list(told.fields(language).values()) or [told.sentence(language)] if told else []
    tried: Any = None
    missing = ""
    if key:
        wanted = {"side": side, "key": key, **({"text": text} if text is not None else {})}
        try:
            tried = visit.api.post(f"/links/{look.part(link)}/preview", wanted)
        except Told as refused:
            lines = list(refused.fields(language).values())
            missing = " ".join(lines[:5]) or refused.sentence(language)
    values: dict[str, Any] = {
        "link": link, "side": side, "key": key, "tried": tried, "missing": missing,
        "review": review, "wrong": wrong, "text": text,
    }  # fmt: skip
    if visit.part != "preview":
        values["found"] = visit.api.get(f"/links/{look.part(link)}/document")
    return Page("mapping.html", values, 422 if told is not None and not visit.part else 200)


ROUTES = (
    Route("GET", "/mapping", links),
    Route("GET", "/mapping/<link>", mapping),
    Route("POST", "/mapping/<link>", change),
)
