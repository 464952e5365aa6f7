"""How much lies where, how much should, and the documents that lead from one to the other. Pure,
but for reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.bitrix24.catalog.lookup import chunks, matching
from integrations.bitrix24.catalog.models import Row, read
from integrations.bitrix24.fit import fitted
from integrations.bitrix24.stock.endpoints import LEVELS
from integrations.bitrix24.transport.portal import Portal
from mostik.errors import GiveUp

_PRODUCTS_AT_ONCE = 10
"""Goods of one command: a page holds 50 rows, a row is a good in a warehouse."""

RECEIPT, WRITE_OFF = "S", "D"
"""Kinds of documents: an adjustment adds (a receipt, ``A``, demands a supplier), a write-off
takes."""


class LevelRow(Row):
    """A row of catalog.storeproduct.list."""

    product_id: int
    store_id: int
    amount: Decimal | None = None
    quantity_reserved: Decimal | None = None

    @property
    def level(self) -> Level:
        """What it says."""
        return Level(self.amount or Decimal(0), self.quantity_reserved or Decimal(0))


@dataclass(frozen=True, slots=True)
class Level:
    """What of a good is in a warehouse, and what of it is promised."""

    amount: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)

    @property
    def free(self) -> Decimal:
        """What can be sold."""
        return self.amount - self.reserved


Place = tuple[int, int]
"""A good and a warehouse, by their ids."""


@dataclass(frozen=True, slots=True)
class Target:
    """What should be in a place: so much altogether, or so much that can be sold."""

    on_hand: Decimal | None = None
    available: Decimal | None = None

    def within(self, level: Level) -> Decimal:
        """Returns the amount that should lie there: what is reserved is never taken away, and
        never invented where it is not there.

        Where nothing is reserved, a negative figure stays negative.
        """
        wanted = self.on_hand
        if wanted is None:
            wanted = (self.available or Decimal(0)) + level.reserved
        if level.reserved <= 0:
            return wanted
        return max(wanted, min(level.amount, level.reserved))

    def fits(self, level: Level) -> bool:
        """Whether the target can be kept beside what is reserved."""
        return self.on_hand is None or level.reserved <= 0 or self.on_hand >= level.reserved


@dataclass(frozen=True, slots=True)
class Paper:
    """One document to be made.

    Attributes:
        kind: what it does.
        store: in which warehouse.
        moves: how much of which goods, always positive.
    """

    kind: str
    store: int
    moves: Sequence[tuple[int, Decimal]]

    @property
    def places(self) -> list[Place]:
        """Where it changes something."""
        return [(product, self.store) for product, _ in self.moves]

    def halves(self) -> Sequence[Paper]:
        """Two documents that together do the same."""
        middle = len(self.moves) // 2
        return [
            Paper(self.kind, self.store, moves)
            for moves in (self.moves[:middle], self.moves[middle:])
        ]


def read_levels(
    portal: Portal, products: Sequence[int]
) -> tuple[dict[Place, Level], dict[Place, GiveUp]]:
    """Reads what lies in all warehouses of these goods; a place without a row has nothing. Returns
    the levels, and the places whose row cannot be understood."""
    if not products:
        return {}, {}
    keys = [str(one) for one in products]
    found = matching(portal, [(LEVELS, {}, ())], "productId", keys, size=_PRODUCTS_AT_ONCE)
    levels: dict[Place, Level] = {}
    unread: dict[Place, GiveUp] = {}
    for _, raw in found:
        row = fitted(read, LevelRow, raw)
        if isinstance(row, GiveUp):
            unread[_place_in(raw, row)] = row
        else:
            levels[row.product_id, row.store_id] = row.level
    return levels, unread


def _place_in(raw: Mapping[str, Any], error: GiveUp) -> Place:
    try:
        return int(raw["productId"]), int(raw["storeId"])
    except (KeyError, TypeError, ValueError):
        raise error from None  # it may be about any of them


def papers(
    levels: Mapping[Place, Level], targets: Mapping[Place, Target], most: int
) -> list[Paper]:
    """Returns the documents that bring every place to its target: one for each warehouse and sign.

    Args:
        levels: as they are now.
        targets: as they should be.
        most: goods of one document.
    """
    moves: dict[tuple[int, str], list[tuple[int, Decimal]]] = {}
    for (product, store), target in targets.items():
        level = levels.get((product, store), Level())
        delta = target.within(level) - level.amount
        if delta:
            kind = RECEIPT if delta > 0 else WRITE_OFF
            moves.setdefault((store, kind), []).append((product, abs(delta)))
    return [
        Paper(kind, store, chunk)
        for (store, kind), all_ in sorted(moves.items())
        for chunk in chunks(all_, most)
    ]
