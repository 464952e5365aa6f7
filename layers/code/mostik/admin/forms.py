"""The form of an integration's settings, from its pydantic model's JSON schema.

A field's title and description are the model's, in English. A model may add Russian ones, the unit,
and the directory that its values come from: ``json_schema_extra={"ru": {"title": ...,
"description": ...}, "unit": "s", "directory": "funnels"}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mostik.integration import Integration, secret_fields


class Kind(StrEnum):
    """How a field is entered."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    SWITCH = "switch"
    CHOICE = "choice"
    LIST = "list"
    TABLE = "table"
    """Pairs of a key and a value; either may be one of fixed options."""
    GROUP = "group"
    SECRET = "secret"  # noqa: S105 - a kind's name
    JSON = "json"


class Label(BaseModel):
    """A text in both languages."""

    model_config = ConfigDict(frozen=True)

    en: str = ""
    ru: str = ""


class FormField(BaseModel):
    """One field of a form."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: Kind
    title: Label
    hint: Label
    required: bool
    nullable: bool = Field(default=False, description="It may be left empty.")
    default: Any = None
    options: list[str] = []
    keys: list[str] = Field(default=[], description="Of a table: the fixed keys.")
    example: str = ""
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    directory: str | None = Field(default=None, description="Discovery lists its values.")
    fields: list[FormField] = Field(default=[], description="Of a group.")
    item: FormField | None = Field(default=None, description="Of a list, or of a table's values.")


def form_of(integration: Integration[Any, Any]) -> list[FormField]:
    """Returns the fields of an integration's settings, in the order of its model."""
    schema = integration.settings.model_json_schema()
    hidden = secret_fields(integration.settings)
    return _fields(schema, schema.get("$defs", {}), hidden)


def _fields(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], hidden: frozenset[str]
) -> list[FormField]:
    required = set(schema.get("required", ()))
    return [
        _field(name, says, definitions, name in required, name in hidden)
        for name, says in schema.get("properties", {}).items()
    ]


def _field(
    name: str,
    says: Mapping[str, Any],
    definitions: Mapping[str, Any],
    required: bool,
    secret: bool,
) -> FormField:
    whole, nullable = _resolved(says, definitions)
    russian = whole.get("ru", {})
    title, hint = str(whole.get("title", name)), str(whole.get("description", ""))
    kind = Kind.SECRET if secret else _kind(whole)
    examples = whole.get("examples", ())
    values = whole.get("additionalProperties")
    keys = whole.get("propertyNames", {})
    item: Mapping[str, Any] | None = None
    if kind is Kind.LIST and isinstance(whole.get("items"), Mapping):
        item = whole["items"]
    elif kind is Kind.TABLE and isinstance(values, Mapping):
        item = values
    return FormField(
        name=name,
        kind=kind,
        title=Label(en=title, ru=russian.get("title", title)),
        hint=Label(en=hint, ru=russian.get("description", hint)),
        required=required,
        nullable=nullable,
        default=None if secret else whole.get("default"),
        options=[str(option) for option in whole.get("enum", ())],
        keys=[str(key) for key in _resolved(keys, definitions)[0].get("enum", ())],
        example=str(examples[0]) if examples and not secret else "",
        unit=str(whole.get("unit", "")),
        minimum=whole.get("minimum", whole.get("exclusiveMinimum")),
        maximum=whole.get("maximum", whole.get("exclusiveMaximum")),
        pattern=whole.get("pattern"),
        directory=whole.get("directory"),
        fields=_fields(whole, definitions, frozenset()) if kind is Kind.GROUP else [],
        item=_field("", item, definitions, True, False) if item is not None else None,
    )


def _resolved(
    says: Mapping[str, Any], definitions: Mapping[str, Any]
) -> tuple[dict[str, Any], bool]:
    """A field's schema with what it refers to, and whether it may be empty."""
    whole, nullable = dict(says), False
    branches = whole.pop("anyOf", None)
    if branches is not None:
        nullable = {"type": "null"} in branches
        others = [branch for branch in branches if branch != {"type": "null"}]
        if len(others) == 1:
            whole = {**others[0], **whole}
    reference = whole.pop("$ref", None)
    if reference is not None:
        whole = {**definitions.get(str(reference).rpartition("/")[2], {}), **whole}
    return whole, nullable


def _kind(whole: Mapping[str, Any]) -> Kind:
    if whole.get("enum"):
        return Kind.CHOICE
    match whole.get("type"):
        case "string":
            return Kind.TEXT
        case "boolean":
            return Kind.SWITCH
        case "integer":
            return Kind.INTEGER
        case "number":
            return Kind.NUMBER
        case "array":
            return Kind.LIST
        case "object":
            return Kind.GROUP if "properties" in whole else Kind.TABLE
        case _:
            return Kind.JSON
