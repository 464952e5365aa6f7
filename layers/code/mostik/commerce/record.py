"""What every canonical record has, and how two records are compared.

``None`` in a field means that the side does not know it, or cannot hold it. That is not a value:
it neither counts as a change nor overwrites what the other side knows. An empty text or an empty
tuple is a value ("there is none").
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from mostik.commerce.spelling import spelled, spelled_by_field


def no_float(value: Any) -> Any:
    """Refuses floats where money and quantities stand: 0.1 + 0.2 would not be 0.3."""
    if isinstance(value, float):
        raise ValueError("money and quantities must not be floats")
    return value


Amount = Annotated[Decimal, BeforeValidator(no_float)]
"""A sum or a quantity; keeps the scale that it came with."""


class Model(BaseModel):
    """A value of the trade: frozen, and it refuses fields that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Ref(Model):
    """Points at another record by its key on the side that it was read from.

    A plain text stands for its key. Before a record is written elsewhere the core adds the key
    there to ``external_ids`` where a link knows it. A side resolves a reference by
    ``key_in(its connection)``, else by the external key ``key`` of the system that it came from,
    and raises ``Pending`` when there is no such record yet.

    Attributes:
        key: the record's key on the side that it was read from.
        external_ids: its keys elsewhere, by connection id.
        name: what it is called there, for people; never compared.
    """

    key: str
    external_ids: Mapping[str, str] = Field(default_factory=dict)
    name: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"key": value} if isinstance(value, str) else value

    def key_in(self, connection: str) -> str | None:
        """Returns the record's key in another connection, where it is known."""
        return self.external_ids.get(connection)


class Part(Model):
    """A piece of a record that has a key of its own there: a line, a payment, an enum's value.

    The key is no content: a side may give a line another one when it rewrites it.

    Attributes:
        key: its key on the side that it was read from.
        external_ids: its keys elsewhere, by connection id.
        extra: fields of the source that this model has no place for.
    """

    uncompared: ClassVar[frozenset[str]] = frozenset({"key", "external_ids", "extra"})
    """Fields that are no content of it."""

    key: str | None = None
    external_ids: Mapping[str, str] = Field(default_factory=dict)
    extra: Mapping[str, Any] = Field(default_factory=dict)

    @classmethod
    def compared(cls) -> frozenset[str]:
        """The fields that are content."""
        return frozenset(cls.model_fields) - cls.uncompared


class Canonical(BaseModel):
    """A canonical record.

    Attributes:
        key: its key in the system it was read from.
        external_ids: its keys elsewhere, by connection id.
        version: the source's own version (1C ``DataVersion``, a revision); equal or not, no order.
        changed_at: when the source says that it was changed.
        deleted: it no longer exists there; unlike ``active``, which says whether it is in use.
        active: it is in use (shown, sold).
        origin: the connection that it was first made in.
        extra: fields of the source that this model has no place for, kept for the mapping.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    references: ClassVar[frozenset[str]] = frozenset()
    """Fields that are not compared: they point at other records, or never change."""
    refers: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Where references stand (dotted paths), and in which resources the records may be."""
    pointers: ClassVar[Mapping[str, str]] = {}
    """Where a part names another part of the same record by its key (dotted paths), and in which
    list that one stands."""
    pieces: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Fields that say in pieces what another one says as a whole."""
    meta: ClassVar[frozenset[str]] = frozenset(
        {"key", "external_ids", "version", "changed_at", "deleted", "origin", "extra"}
    )
    """Fields that say something about the record, not what it says."""

    key: str
    external_ids: Mapping[str, str] = Field(default_factory=dict)
    version: str | None = None
    changed_at: AwareDatetime | None = None
    deleted: bool = False
    active: bool | None = None
    origin: str | None = None
    extra: Mapping[str, Any] = Field(default_factory=dict)

    @classmethod
    def compared(cls) -> frozenset[str]:
        """The fields that are content."""
        return frozenset(cls.model_fields) - cls.meta - cls.references

    def content(
        self, of: frozenset[str] | None = None, *, system: str | None = None
    ) -> Mapping[str, Any]:
        """Returns what the record says, in plain values: equal content is equal text.

        Fields that are not known are left out, so a model may grow without every record seeming
        changed. Keys of parts are left out, and their order.

        Args:
            of: the fields that count, dotted for those inside of parts; ``None``: all.
            system: a connection in whose keys references are said, where those are known.
        """
        texts = spelled_by_field(self, of, system)
        return {name: json.loads(text) for name, text in texts.items()}

    def fingerprint(self, of: frozenset[str] | None = None) -> str:
        """Returns a hash of the content alone: two reads are equal when nothing that matters
        changed.

        Args:
            of: see ``content``.
        """
        return hashlib.sha256(spelled(self, of, None).encode()).hexdigest()[:32]

    def differs_from(
        self,
        other: Canonical,
        of: frozenset[str] | None = None,
        *,
        system: str | None = None,
    ) -> frozenset[str]:
        """Returns the fields of which this record knows something else than ``other``.

        A field that this record does not know is no difference.

        Args:
            other: a record of the same kind, mostly of the other side.
            of: the fields that both sides can hold.
            system: the connection that ``other`` was read from.
        """
        theirs = spelled_by_field(other, of, None)
        ours = spelled_by_field(self, of, system)
        return frozenset(name for name, text in ours.items() if theirs.get(name) != text)

    def measure(self) -> Decimal | None:
        """Returns the figure whose jumps a brake watches (a price); ``None``: it has none."""
        return None

    def group(self) -> str | None:
        """Returns what the record belongs to, where a whole group that vanishes is suspicious (a
        price type, a warehouse)."""
        return None
