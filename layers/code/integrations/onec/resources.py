"""What 1C has brought, as resources: read page by page, looked up by key, never written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, NoReturn

from integrations.onec import names
from integrations.onec.client import Onec
from integrations.onec.settings import Settings
from mostik.commerce.catalog import (
    Picture,
    Product,
    ProductType,
    PropertyDef,
    Section,
    Unit,
    Variant,
)
from mostik.commerce.prices import Price, PriceType
from mostik.commerce.stock import Stock, Warehouse
from mostik.commerceml.places import Cursor
from mostik.errors import GiveUp, MostikError, WhoActs
from mostik.http.paging import Page
from mostik.integration import CreateOnce, Misfit, RecordT, Resource


class BroughtRecords(Generic[RecordT]):
    """Records of one kind that 1C has brought.

    Args:
        client: of the connection.
        resource: its name.
        kind: what the records are.
    """

    def __init__(self, client: Onec, resource: str, kind: type[RecordT]) -> None:
        self._pages = client.pages
        self._resource = resource
        self.model = self._kind = kind

    # ── Listed ────────────────────────────────────────────────────────────────────────────────

    def page(self, cursor: str | None, since: datetime | None) -> Page[RecordT | Misfit]:
        """See ``Listed.page``; the cursor names an import."""
        del since  # a run reads what its cursor names
        found = self._pages.page(self._resource, cursor)
        items = [
            self._whole(one) if isinstance(one, self._kind) else one
            for one in found.items
            if isinstance(one, self._kind | Misfit)
        ]
        return Page(items, found.cursor)

    # ── Resource and Bulk ─────────────────────────────────────────────────────────────────────

    def read(self, key: str) -> RecordT | None:
        """See ``Resource.read``: what 1C has said last."""
        return self._said([key]).get(key)

    def find(self, system: str, key: str) -> RecordT | None:
        """See ``Resource.find``: 1C carries no keys of others."""
        del system, key
        return None

    def read_many(self, keys: Sequence[str]) -> Mapping[str, RecordT | MostikError]:
        """See ``Bulk.read_many``."""
        return dict(self._said(keys))

    def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, RecordT | MostikError]:
        """See ``find``."""
        del system, keys
        return {}

    def create(self, record: RecordT, system: str, once: CreateOnce) -> RecordT:
        """Nothing of this kind is written to 1C."""
        del system, once
        self._refuse(record.key)

    def update(self, key: str, record: RecordT, system: str, once: CreateOnce) -> RecordT:
        """Nothing of this kind is written to 1C."""
        del record, system, once
        self._refuse(key)

    def from_state(self, content: Mapping[str, Any]) -> RecordT:
        """1C sends no events."""
        del content
        raise GiveUp("1C sends files, no events.", who=WhoActs.DEVELOPER)

    def _said(self, keys: Sequence[str]) -> Mapping[str, RecordT]:
        found = self._pages.last_said(self._resource, keys)
        return {key: self._whole(one) for key, one in found.items() if isinstance(one, self._kind)}

    def _whole(self, one: RecordT) -> RecordT:
        """Adds what other records say about it."""
        return one

    def _refuse(self, key: str) -> NoReturn:
        raise GiveUp(
            f"1C decides about {self._resource}; nothing writes {key!r} there.",
            who=WhoActs.DEVELOPER,
        )


class BroughtProducts(BroughtRecords[Product]):
    """Goods: whether one of those that waited has variants was perhaps said while its own file was
    read."""

    def page(self, cursor: str | None, since: datetime | None) -> Page[Product | Misfit]:
        """See ``Listed.page``."""
        found = super().page(cursor, since)
        at = Cursor.parsed(cursor or "")
        if not at.new and not at.last:
            return found
        items = [self._told(one) if isinstance(one, Product) else one for one in found.items]
        return Page(items, found.cursor)

    def _told(self, one: Product) -> Product:
        if one.type is not None or not self._pages.knows(names.PARENTS, one.key):
            return one
        return one.model_copy(update={"type": ProductType.WITH_VARIANTS})


class BroughtPrices(BroughtRecords[Price]):
    """Prices: the currency of one that names none is that of its type, whenever that came."""

    def _whole(self, one: Price) -> Price:
        if one.currency is not None:
            return one
        key = one.type.key
        kind = self._pages.last_said(names.PRICE_TYPES, [key]).get(key)
        if not isinstance(kind, PriceType) or kind.currency is None:
            return one
        return one.model_copy(update={"currency": kind.currency})


_KINDS: Mapping[str, type[Any]] = {
    names.SECTIONS: Section,
    names.PROPERTIES: PropertyDef,
    names.UNITS: Unit,
    names.VARIANTS: Variant,
    names.PICTURES: Picture,
    names.PRICE_TYPES: PriceType,
    names.WAREHOUSES: Warehouse,
    names.STOCK: Stock,
}
Factory = Callable[[Onec, Settings, str], Resource[Any]]


def _factory(resource: str, kind: type[Any]) -> Factory:
    return lambda client, _settings, _connection: BroughtRecords(client, resource, kind)


GOODS: Mapping[str, Factory] = {
    **{name: _factory(name, kind) for name, kind in _KINDS.items()},
    names.PRICES: lambda client, _settings, _own: BroughtPrices(client, names.PRICES, Price),
    names.PRODUCTS: lambda client, _settings, _own: BroughtProducts(
        client, names.PRODUCTS, Product
    ),
}
