"""Settings as a form has them and as the API wants them.

A field that is left empty is not sent: the integration's own default counts then, and follows it
when a release changes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mostik.admin.pages.visit import Form

FieldShape = Mapping[str, Any]
_NOTHING = object()


def settings_of(fields: Sequence[FieldShape], form: Form) -> dict[str, Any]:
    """Returns the settings that a form holds; values that are none are left for the API to say."""
    return _group(fields, form, "settings")


def secrets_of(fields: Sequence[FieldShape], form: Form) -> dict[str, str]:
    """Returns the secrets that were entered; those that were not stay as they are."""
    names = [str(field["name"]) for field in fields if field["kind"] == "secret"]
    return {name: value for name in names if (value := form.get(f"secrets.{name}"))}


def _group(fields: Sequence[FieldShape], form: Form, prefix: str) -> dict[str, Any]:
    found = {}
    for field in fields:
        if field["kind"] == "secret":
            continue
        value = _value(field, form, f"{prefix}.{field['name']}")
        if value is not _NOTHING:
            found[str(field["name"])] = value
    return found


def _value(field: FieldShape, form: Form, path: str) -> Any:
    match field["kind"]:
        case "group":
            return _group(field["fields"], form, path) or _NOTHING
        case "switch":
            return form.get(path) == "true" if form.has(path) else _NOTHING
        case "list":
            return _list(field, form.get(path))
        case "table":
            return _table(field, form, path)
        case "json":
            return _json(form.get(path))
        case kind:
            text = form.get(path).strip()
            return _scalar(str(kind), text) if text else _NOTHING


def _list(field: FieldShape, text: str) -> Any:
    item = field["item"]
    if item is None or item["kind"] in ("group", "list", "table", "json"):
        return _json(text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [_scalar(item["kind"], line) for line in lines] if lines else _NOTHING


def _table(field: FieldShape, form: Form, path: str) -> Any:
    item = field["item"]
    kind = item["kind"] if item is not None else "text"
    pairs = zip(form.all(f"{path}.key"), form.all(f"{path}.value"), strict=False)
    found = {
        key.strip(): _cell(kind, value.strip())
        for key, value in pairs
        if key.strip() and value.strip()
    }
    return found or _NOTHING


def _cell(kind: str, text: str) -> Any:
    if kind in ("group", "list", "table", "json"):
        value = _json(text)
        return text if value is _NOTHING else value
    return _scalar(kind, text)


def _scalar(kind: str, text: str) -> Any:
    """A number as a number; what is none stays text, and the API says so."""
    try:
        if kind == "integer":
            return int(text)
        if kind == "number":
            return float(text.replace(",", "."))
    except ValueError:
        return text
    return text == "true" if kind == "switch" else text


def _json(text: str) -> Any:
    if not text.strip():
        return _NOTHING
    try:
        return json.loads(text)
    except ValueError:
        return text
