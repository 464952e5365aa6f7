"""What a person declares about one resource of an API."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from integrations.http_api.piece import Address, Declared, FixedAddress, UpdateMethod
from mostik.mapping.path import path


def _is_path(text: str) -> str:
    path(text)
    return text


def _listed(value: object) -> object:
    """One path may stand without a list."""
    return [value] if isinstance(value, str) else value


Paths = Annotated[tuple[Annotated[str, AfterValidator(_is_path)], ...], BeforeValidator(_listed)]
FieldPath = Annotated[str, AfterValidator(_is_path)]
Plain = str | bool | int


def _is_path_or_nothing(text: str) -> str:
    return _is_path(text) if text else text


MaybePath = Annotated[str, AfterValidator(_is_path_or_nothing)]


def _names_its_key(text: str) -> str:
    rest = text.replace("{system}", "").replace("{key}", "")
    if "{key}" not in text or "{" in rest or "}" in rest:
        raise ValueError("it must hold {key}, may hold {system}, and no other braces")
    return text


class PagingKind(StrEnum):
    """How the API gives a long list in pieces."""

    SINGLE_PAGE = "single_page"
    PAGE_NUMBER = "page_number"
    OFFSET = "offset"
    KEYSET = "keyset"
    """Each page holds what follows the last key of the one before."""
    CURSOR = "cursor"
    """The answer names the cursor of the next page."""
    HEADER_LINK = "header_link"
    """The answer's ``Link`` header leads to the next page."""
    JSON_LINK = "json_link"
    """The answer holds the address of the next page."""


_ASKS = frozenset({PagingKind.PAGE_NUMBER, PagingKind.OFFSET, PagingKind.KEYSET, PagingKind.CURSOR})
_TELLS = frozenset({PagingKind.CURSOR, PagingKind.JSON_LINK})


class PagingFields(Declared):
    """How a list is walked."""

    kind: PagingKind = Field(default=PagingKind.SINGLE_PAGE, title="Kind")
    parameter: str = Field(default="", title="Query parameter of the page, offset, key or cursor")
    next: str = Field(default="", title="Where the answer names the next cursor or address")
    first: int = Field(default=1, title="Number of the first page", ge=0)
    size_parameter: str = Field(default="", title="Query parameter of the size of a page")
    size: int = Field(default=100, title="Size of a page", ge=1, le=10_000)

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        if self.kind in _ASKS and not self.parameter:
            raise ValueError(f"paging by {self.kind} needs 'parameter'")
        if self.kind in _TELLS and not self.next:
            raise ValueError(f"paging by {self.kind} needs 'next'")
        return self


class MomentFields(Declared):
    """How the API spells times."""

    format: str = Field(default="iso", title="iso, unix, unix_ms or a pattern like %d.%m.%Y %H:%M")
    zone: str = Field(default="UTC", title="Zone of times that tell none")


class SinceFields(MomentFields):
    """How a list is asked for what was changed lately."""

    parameter: str = Field(title="Query parameter", min_length=1)
    offset: bool = Field(default=True, title="An iso time tells its offset")
    days: int | None = Field(
        default=None, title="Days for which changes are remembered; empty: always", ge=1
    )


class ChangedFields(MomentFields):
    """Where a row says when it was changed."""

    field: FieldPath = Field(title="Field")


class ListFields(Declared):
    """The call that lists rows."""

    path: FixedAddress = Field(title="Path", examples=["customers"])
    rows: str = Field(default="", title="Where the rows are; empty: the answer is the list")
    query: dict[str, str] = Field(default_factory=dict, title="Further query parameters")
    whole: bool = Field(default=True, title="Rows are whole; else each is read by 'get'")
    paging: PagingFields = Field(default_factory=PagingFields, title="Paging")
    since: SinceFields | None = Field(default=None, title="Asked for changes; empty: all is listed")


class GetFields(Declared):
    """The call that reads one record."""

    path: Address = Field(title="Path", examples=["customers/{id}"])
    record: str = Field(default="", title="Where the record is in the answer")


class CreateFields(Declared):
    """The call that creates a record."""

    path: FixedAddress = Field(title="Path")
    wrap: str = Field(default="", title="Name that the record is sent under")
    record: str = Field(default="", title="Where the record is in the answer")
    key_header: str = Field(default="", title="Header of an idempotency key, where it takes one")


class UpdateFields(Declared):
    """The call that changes a record."""

    path: Address = Field(title="Path")
    method: UpdateMethod = UpdateMethod.PATCH
    wrap: str = Field(default="", title="Name that the record is sent under")
    record: str = Field(default="", title="Where the record is in the answer")


class DeleteFields(Declared):
    """The call that deletes a record."""

    path: Address = Field(title="Path")


class ExternalKeyFields(Declared):
    """Where a record carries the key that it has elsewhere, and how it is found by that."""

    field: FieldPath = Field(title="Field")
    value: Annotated[str, AfterValidator(_names_its_key)] = Field(
        default="{system}/{key}", title="What stands in it"
    )
    path: FixedAddress = Field(title="Path of the call that finds by it")
    parameter: str = Field(title="Its query parameter", min_length=1)
    rows: str = Field(default="", title="Where the rows are in its answer")


Way = Literal["both", "read", "write"]


class MappedField(Declared):
    """Which field of ours is which of theirs. One of ``by``, ``values`` and ``constant`` at most;
    none: the value is taken as it is."""

    ours: Paths = Field(default=(), title="Our field, or several")
    theirs: Paths = Field(default=(), title="Their field, or several")
    by: str | None = Field(default=None, title="Function")
    options: dict[str, Plain] = Field(default_factory=dict, title="How the API has it")
    ours_options: dict[str, Plain] = Field(default_factory=dict, title="How we have it")
    values: dict[str, str] = Field(default_factory=dict, title="Their value -> ours")
    constant: Plain | None = Field(default=None, title="Constant")
    way: Way = Field(default="both", title="Read and written, only read, or only written")
    required: bool = Field(default=False, title="Without a value there is no record")

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        told = {
            "by": self.by is not None,
            "values": bool(self.values),
            "constant": self.constant is not None,
        }
        given = [name for name, yes in told.items() if yes]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)}: only one of them")
        if (self.options or self.ours_options) and self.by is None:
            raise ValueError("options belong to a function: say which one with 'by'")
        return self


class ResourceFields(Declared):
    """One resource: its calls and its fields."""

    key: FieldPath = Field(default="id", title="Field of the key")
    changed: ChangedFields | None = Field(default=None, title="When a row was changed")
    deleted: MaybePath = Field(default="", title="Field that says that a row is gone")
    read_only: tuple[str, ...] = Field(default=(), title="Fields that a PUT must not send")
    list: ListFields | None = None
    get: GetFields
    create: CreateFields | None = None
    update: UpdateFields | None = None
    delete: DeleteFields | None = None
    external_key: ExternalKeyFields | None = None
    fields: tuple[MappedField, ...] = Field(title="Fields", min_length=1)
