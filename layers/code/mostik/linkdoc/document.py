"""What a person writes down about a link."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from mostik.mapping.condition import Asked
from mostik.mapping.dictionary import Unknown
from mostik.mapping.path import path
from mostik.mapping.side import Side, Way
from mostik.mapping.table import Rest
from mostik.merge.policy import ABSENT_IS_NOT_DELETED, ONLY_GROW, Owner

FORMAT: Literal[1] = 1
LINK_ID = r"^[a-z0-9][a-z0-9_-]{0,62}$"
CONNECTION_ID = r"^[a-z0-9][a-z0-9-]{0,38}$"
_VERSION_DIGITS = 12


def _is_path(text: str) -> str:
    path(text)
    return text


def _listed(value: Any) -> Any:
    """One path may stand without a list."""
    return [value] if isinstance(value, str) else value


PathText = Annotated[str, AfterValidator(_is_path)]
Paths = Annotated[tuple[PathText, ...], BeforeValidator(_listed)]
Plain = str | bool | int
"""A plain value; with a fraction it is a text."""
Sides = Annotated[tuple[Side, ...], BeforeValidator(_listed)]


class _Piece(BaseModel):
    """A piece of a document: frozen, and it refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class ConditionPart(_Piece):
    """Which records are taken: all conditions must hold."""

    field: PathText = Field(title="Field")
    test: Asked = Field(title="Test")
    values: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(default=(), title="Values")


class Contract(StrEnum):
    """What happens with a field that a side sends and the trade's model has no place for."""

    EVOLVE = "evolve"
    """It is wanted: the mapping is to name it."""
    FREEZE = "freeze"
    """A record that carries it goes into quarantine."""
    DISCARD = "discard"
    """It is not wanted, and no report names it any more."""


class EndPart(_Piece):
    """One end of a link."""

    connection: str = Field(title="Connection", pattern=CONNECTION_ID)
    resource: str = Field(title="Resource", min_length=1)
    only: tuple[ConditionPart, ...] = Field(default=(), title="Takes only")
    news: bool = Field(default=False, title="Its records say what is new and nothing else")
    drift: dict[str, Contract] = Field(
        default_factory=dict, title="What happens with fields that it sends beside"
    )


class FieldPart(_Piece):
    """Which field becomes which. One of ``by``, ``dictionary``, ``template`` and ``constant`` at
    the most; none: the value goes over as it is."""

    left: Paths = Field(default=(), title="Left field, or several")
    right: Paths = Field(default=(), title="Right field, or several")
    by: str | None = Field(default=None, title="Function")
    left_options: dict[str, Plain] = Field(default_factory=dict, title="How the left side has it")
    right_options: dict[str, Plain] = Field(default_factory=dict, title="How the right side has it")
    dictionary: str | None = Field(default=None, title="Dictionary")
    template: str | None = Field(default=None, title="Template")
    constant: Plain | None = Field(default=None, title="Constant")
    way: Way = Field(default=Way.BOTH, title="Which way it holds")
    required: bool = Field(default=False, title="Without a value the record is not carried over")

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        how = ("by", "dictionary", "template", "constant")
        given = [name for name in how if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)}: only one of them")
        if (self.left_options or self.right_options) and self.by is None:
            raise ValueError("options belong to a function: say which one with by")
        if not self.left and not self.right:
            raise ValueError("it names no field: say left, right or both")
        return self


class EntryPart(_Piece):
    """A value of the left side and the one of the right side that it stands for."""

    left: str = Field(title="Left value")
    right: str = Field(title="Right value")
    way: Way = Field(default=Way.BOTH, title="Which way it holds")
    after: dict[Side, Annotated[tuple[str, ...], BeforeValidator(_listed)]] = Field(
        default_factory=dict, title="Only after"
    )
    sets: dict[Side, dict[PathText, Plain]] = Field(default_factory=dict, title="Sets as well")
    notifies: Sides = Field(default=(), title="Tells the customer on")


class DictionaryPart(_Piece):
    """Values that stand for values, in the order in which a record goes through them."""

    noun: str = Field(default="value", title="What its values are called")
    back: bool = Field(default=True, title="A value may go back in that order")
    unknown: Unknown = Field(default=Unknown.MISFIT, title="A value that is not in it")
    entries: tuple[EntryPart, ...] = Field(title="Entries", min_length=1)


class Direction(StrEnum):
    """Which way records go."""

    BOTH = "both"
    TO_RIGHT = "to_right"
    TO_LEFT = "to_left"

    def leads_to(self, side: Side) -> bool:
        """Whether records go to a side."""
        return Way(self.value).leads_to(side)


class Gone(StrEnum):
    """What happens to a record whose other end is gone."""

    KEEP = "keep"
    DEACTIVATE = "deactivate"
    DELETE = "delete"


class DeletesPart(_Piece):
    """What happens to a record whose other end is gone."""

    left: Gone = Field(default=Gone.KEEP, title="On the left side")
    right: Gone = Field(default=Gone.KEEP, title="On the right side")

    def on(self, side: Side) -> Gone:
        """What happens on a side."""
        return self.left if side is Side.LEFT else self.right


Percent = Annotated[int, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=0)]


class BrakesPart(_Piece):
    """What holds a run until a person approves it; 100 % switches a brake off."""

    deletes_percent: Percent = Field(default=10, title="Deletes, % of the linked records")
    deletes_from: Count = Field(default=20, title="So many deletes are never held")
    creates_percent: Percent = Field(default=50, title="Creates, % of the listed records")
    creates_from: Count = Field(default=500, title="So many creates are never held")
    price_percent: Percent = Field(default=50, title="A price that changes by more % is strange")
    prices_percent: Percent = Field(default=5, title="Strange prices, % of the listed ones")
    prices_from: Count = Field(default=10, title="So many strange prices are never held")


class SchedulePart(_Piece):
    """When runs are made. Where a webhook brings hints, they are made all the same."""

    every_minutes: int | None = Field(
        default=15, title="Minutes between two runs over what has changed; empty: none", ge=1
    )
    full_at: str | None = Field(
        default="03:00",
        title="When everything is compared, each night; empty: never",
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
    )
    full_on: tuple[Annotated[int, Field(ge=1, le=7)], ...] = Field(
        default=(), title="On which days of the week (1 is Monday); empty: each day"
    )
    zone: str = Field(default="Europe/Moscow", title="In which time zone")


class LinkDocument(_Piece):
    """One link."""

    mostik: Literal[1] = Field(default=FORMAT, title="Version of the format")
    id: str = Field(title="Id", pattern=LINK_ID)
    title: str = Field(default="", title="Title")
    left: EndPart = Field(title="Left end")
    right: EndPart = Field(title="Right end")
    direction: Direction = Field(default=Direction.BOTH, title="Which way records go")
    creates: Sides = Field(default=(Side.RIGHT,), title="Creates on")
    deletes: DeletesPart = Field(default_factory=DeletesPart, title="Deletes")
    owner: Owner = Field(default=Owner.LEFT, title="Who wins where both sides changed a field")
    owners: dict[str, Owner] = Field(default_factory=dict, title="Who wins, by field")
    keeps: tuple[str, ...] = Field(
        default=tuple(sorted(ABSENT_IS_NOT_DELETED)),
        title="Lists in which what is absent is not deleted",
    )
    grows: tuple[str, ...] = Field(
        default=tuple(sorted(ONLY_GROW)), title="Lists that are united, never replaced"
    )
    rest: Rest = Field(default=Rest.CARRY, title="Fields that are not named")
    fields: tuple[FieldPart, ...] = Field(default=(), title="Fields")
    dictionaries: dict[str, DictionaryPart] = Field(default_factory=dict, title="Dictionaries")
    schedule: SchedulePart = Field(default_factory=SchedulePart, title="Schedule")
    lag_seconds: int = Field(
        default=300, title="Seconds before the watermark that are listed again", ge=0, le=86_400
    )
    notify: bool = Field(default=False, title="Runs may tell customers")
    brakes: BrakesPart = Field(default_factory=BrakesPart, title="Brakes")

    def end(self, side: Side) -> EndPart:
        """Returns the end of a side."""
        return self.left if side is Side.LEFT else self.right

    def as_item(self) -> dict[str, Any]:
        """Returns it as JSON has it; what is as usual is left out."""
        said = self.model_dump(mode="json", exclude_defaults=True)
        return {"mostik": FORMAT, **said}

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Reads it back.

        Raises:
            ValidationError: it is none; ``yamlfile`` says why in words.
        """
        return cls.model_validate(item)

    @property
    def version(self) -> str:
        """A hash of its content: equal documents have equal versions, however they are written."""
        text = json.dumps(self.as_item(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:_VERSION_DIGITS]
