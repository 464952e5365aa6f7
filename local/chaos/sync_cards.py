"""The cards of both sides: how each spells them, and the link between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mostik.commerce.record import Canonical
from mostik.mapping.side import Side

STATUSES = {"N": "new", "P": "packed", "READY": "shipped", "SENT": "shipped", "C": "closed"}
"""What the right side calls a status, and what it is on the left."""
FIELDS = ("title", "note", "remark", "price", "status")
DOCUMENT = """\
id: cards
left: {connection: left, resource: cards}
right: {connection: right, resource: cards}
creates: [left, right]
deletes: {left: delete, right: delete}
owner: left
owners: {note: right, remark: person, price: only_left}
fields:
- {left: title, right: caption}
- {left: price, right: kopecks, by: money, right_options: {as: minor}}
- {left: status, right: stage, dictionary: statuses}
dictionaries:
  statuses:
    noun: status
    entries:
    - {left: new, right: N}
    - {left: packed, right: P}
    - {left: shipped, right: READY}
    - {left: shipped, right: SENT, way: to_left}
    - {left: closed, right: C}
brakes: {creates_percent: 100, deletes_percent: 100}
schedule: {every_minutes: 15, full_at: '03:00', zone: UTC}
"""


class Card(Canonical):
    """A card as the left side has it."""

    code: str = ""
    title: str | None = None
    note: str | None = None
    remark: str | None = None
    price: Decimal | None = None
    status: str | None = None


class Sheet(Canonical):
    """The same as the right side has it: other names, kopecks, several words for one status."""

    code: str = ""
    caption: str | None = None
    note: str | None = None
    remark: str | None = None
    kopecks: int | None = None
    stage: str | None = None


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a side has the fields, written down a second time: the judge must not ask the mapping.

    Attributes:
        model: its kind of record.
        names: what it calls them.
    """

    model: type[Canonical]
    names: Mapping[str, str]

    def said(self, record: Canonical) -> dict[str, Any]:
        """Returns what a record says, in the same terms for both sides."""
        said = {name: getattr(record, own) for name, own in self.names.items()}
        if isinstance(record, Card):
            said["price"] = int(said["price"] * 100)
        else:
            said["status"] = STATUSES[said["status"]]
        return said

    def spelled(self, name: str, value: Any) -> Any:
        """Returns a value as this side has it; a status is given in its own word."""
        if name == "price" and self.model is Card:
            return Decimal(value) / 100
        return value


SPELLINGS = {
    Side.LEFT: Spelling(Card, {name: name for name in FIELDS}),
    Side.RIGHT: Spelling(
        Sheet,
        {
            "title": "caption",
            "note": "note",
            "remark": "remark",
            "price": "kopecks",
            "status": "stage",
        },
    ),
}
