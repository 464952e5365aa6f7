"""The form of a connection: made from the schema, checked field by field, shown as a difference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mostik.admin.pages import look
from mostik.admin.pages.answers import Told
from mostik.admin.pages.formdata import secrets_of, settings_of
from mostik.admin.pages.visit import Form, Go, Outcome, Page, Route, Visit


def fresh(visit: Visit) -> Page:
    """An empty form."""
    return _form(visit, visit.query.get("integration", ""), None)


def edit(visit: Visit) -> Page:
    """The form of a standing connection."""
    standing = visit.api.get(f"/connections/{look.part(visit.place['connection'])}")
    return _form(visit, standing["integration"], standing)


def _form(
    visit: Visit,
    integration: str,
    shown: Mapping[str, Any] | None,
    *,
    problems: Mapping[str, str] | None = None,
    changes: Any = None,
    name: str = "",
) -> Page:
    known = visit.api.get("/integrations")["integrations"]
    found = next((one for one in known if one["name"] == integration), known[0])
    return Page(
        "settings.html",
        {
            "integration": found,
            "integrations": known,
            "shown": shown or {"id": "", "settings": {}, "version": 0, "networks": []},
            "is_new": shown is None or not shown.get("version"),
            "name": name or (shown or {}).get("id", ""),
            "problems": problems or {},
            "diff": changes,
        },
        422 if problems and not visit.part else 200,
    )


def _wanted(form: Form, integration: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """What the form says, over everything that it does not ask for."""
    kept = (
        "ports", "limit_share", "calls_per_second", "schedule", "retention_days", "mask_fields",
        "keep_personal",
    )  # fmt: skip
    version = form.get("version")
    return {
        **{name: shown[name] for name in kept if name in shown},
        "integration": integration["name"],
        "version": int(version) if version.isdecimal() else 0,
        "settings": settings_of(integration["form"], form),
        "secrets": secrets_of(integration["form"], form),
        "networks": form.get("networks").split(),
        "reason": form.get("reason"),
    }


def save(visit: Visit) -> Outcome:
    """Saves; with htmx, first shows what would change."""
    form = visit.form
    name = visit.place.get("connection") or form.get("id").strip()
    known = visit.api.get("/integrations")["integrations"]
    integration = next((i for i in known if i["name"] == form.get("integration")), known[0])
    standing: Mapping[str, Any] = {}
    if visit.place:
        standing = visit.api.get(f"/connections/{look.part(name)}")
    wanted = _wanted(form, integration, standing)
    shown = {"id": name, **wanted, "secrets": {}}
    path = f"/connections/{look.part(name or '-')}"
    try:
        if visit.part == "review":
            would = visit.api.post(f"{path}/validate", wanted)
            secrets = [{"field": f"secrets.{one}", "before": None, "after": "•••"}
                       for one in wanted["secrets"]]  # fmt: skip
            return _form(
                visit, integration["name"], shown, changes=[*would["changes"], *secrets], name=name
            )
        visit.api.put(path, wanted)
    except Told as told:
        problems = told.fields(visit.say.language)
        problems = problems or {"": told.sentence(visit.say.language)}
        return _form(visit, integration["name"], shown, problems=problems, name=name)
    return Go(f"connections/{name}", visit.say("Saved."))


ROUTES = (
    Route("GET", "/connections/new", fresh),
    Route("POST", "/connections/new", save),
    Route("GET", "/connections/<connection>/settings", edit),
    Route("POST", "/connections/<connection>/settings", save),
)
