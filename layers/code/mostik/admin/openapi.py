"""What Powertools' OpenAPI document does not say by itself: problems, roles, how one signs in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mostik.admin.problems import CONTENT_TYPE
from mostik.admin.roles import Role

_WORDS = {
    "type": "object",
    "required": ["en", "ru"],
    "properties": {"en": {"type": "string"}, "ru": {"type": "string"}},
}
_PROBLEM = {
    "title": "Problem",
    "description": "RFC 9457, with one sentence in each language and a message for each field.",
    "type": "object",
    "required": ["type", "title", "status", "messages", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "messages": _WORDS,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "messages"],
                "properties": {"field": {"type": "string"}, "messages": _WORDS},
            },
        },
    },
}
_ANSWER = {
    "description": "A problem",
    "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_SCHEMES = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-mostik",
        "description": "Set by /admin/login. What changes something needs X-CSRF-Token too.",
    },
    "password": {"type": "http", "scheme": "basic", "description": "For the command line."},
}
_METHODS = ("get", "post", "put", "delete")


def described(document: dict[str, Any], roles: Mapping[tuple[str, str], Role]) -> dict[str, Any]:
    """Returns the document with problems, roles and security.

    Args:
        document: as Powertools makes it.
        roles: by method and path, as routes spell it.
    """
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = _PROBLEM
    components["securitySchemes"] = _SCHEMES
    document["security"] = [{"session": []}, {"password": []}]
    spelled = {
        (method, path.replace("<", "{").replace(">", "}")): role
        for (method, path), role in roles.items()
    }
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                operation = item[method]
                operation["responses"].pop("422", None)
                operation["responses"] |= {"4XX": _ANSWER, "5XX": _ANSWER}
                for parameter in operation.get("parameters", ()):
                    parameter["schema"] = _without_null(parameter["schema"])
                operation["x-role"] = spelled[method.upper(), path].value
    return document


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter may be left out; there is no way to say null in an address or a header."""
    branches = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(branches) != 1:
        return schema
    return {**{name: v for name, v in schema.items() if name != "anyOf"}, **branches[0]}
