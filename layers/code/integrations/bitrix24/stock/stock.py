"""Stock of a portal: by documents where it keeps warehouses, else by quantities.

Source: apidocs.bitrix24.ru, catalog/document-mode-status: with inventory management on,
``quantity`` is not editable and stock follows documents; with it off, there are no warehouses to
speak of, and a good has one quantity. A person may switch it at any time, also between our read and
our write, so the mode is asked in every write and again when something was refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from integrations.bitrix24.catalog.directory import Directory
from integrations.bitrix24.catalog.endpoints import OFFERS, SIMPLE, STORES
from integrations.bitrix24.catalog.goods import owners
from integrations.bitrix24.catalog.keys import References
from integrations.bitrix24.catalog.lookup import everything
from integrations.bitrix24.catalog.models import GoodRow, StoreRow, read
from integrations.bitrix24.fit import fitted, listed
from integrations.bitrix24.stock.documents import MOST_GOODS, Documents, Failures
from integrations.bitrix24.stock.endpoints import LEVELS, MODE
from integrations.bitrix24.stock.levels import (
    Level,
    LevelRow,
    Paper,
    Place,
    Target,
    papers,
    read_levels,
)
from integrations.bitrix24.stock.quantities import Quantity, read_quantities, write_quantities
from integrations.bitrix24.stock.records import (
    NOTHING,
    of_good,
    of_place,
    place_of,
    reserved_more,
    second_figure,
    target_of,
)
from integrations.bitrix24.transport.listing import Row
from mostik.commerce import stock
from mostik.commerce.stock import Stock
from mostik.errors import ConfigurationError, GiveUp, MostikError, RetryLater, WhoActs
from mostik.http.paging import Page
from mostik.integration import CreateOnce, Misfit, Write

_ROUNDS = 3
"""So often documents are made when the portal sells meanwhile."""
_BY_DOCUMENTS, _BY_QUANTITY = "d", "q"


class StockLevels:
    """Stock. Its key is ``good@warehouse``, or ``good`` where the portal has one quantity.

    No external key leads to stock: it is found by its good and its warehouse.

    Args:
        directory: the portal's directories.
        connection: id of this connection.
        number: what inventory documents are numbered by: the work that they are made for.
        responsible: id of the user in whose name they are made, where it is known.
    """

    holds = frozenset({"owner", "warehouse", "on_hand", "available"})

    @property
    def shares(self) -> bool:
        """Figures of several warehouses make one quantity, where the settings sum them."""
        return bool(self._settings.summed_warehouses)

    def __init__(
        self, directory: Directory, connection: str, number: str, responsible: int | None
    ) -> None:
        self._directory = directory
        self._portal = directory.portal
        self._settings = directory.settings
        self._connection = connection
        self._documents = Documents(self._portal, number, directory.settings.currency, responsible)
        self._warehouses = References(
            self._portal,
            self._settings,
            connection,
            stock.WAREHOUSES,
            [(STORES, {}, ("xmlId",))],
        )

    # ── Resource ──────────────────────────────────────────────────────────────────────────────

    def read(self, key: str) -> Stock | None:
        """See ``Resource.read``."""
        return _settled(self.read_many([key]).get(key))

    def find(self, system: str, key: str) -> Stock | None:
        """See ``Resource.find``: creating brings about the same state however often."""
        del system, key
        return None

    def create(self, record: Stock, system: str, once: CreateOnce) -> Stock:
        """See ``Resource.create``."""
        return _there(self.write_many([Write(record)], system, once)[0])

    def update(self, key: str, record: Stock, system: str, once: CreateOnce) -> Stock:
        """See ``Resource.update``."""
        return _there(self.write_many([Write(record, key)], system, once)[0])

    def from_state(self, content: Mapping[str, Any]) -> Stock:
        """The portal has no events of stock."""
        del content
        raise GiveUp("A portal's events carry no state.", who=WhoActs.DEVELOPER)

    # ── Listed ────────────────────────────────────────────────────────────────────────────────

    def page(self, cursor: str | None, since: datetime | None) -> Page[Stock | Misfit]:
        """See ``Listed.page``: always everything, for stock has no time of change."""
        del since
        mode = _BY_DOCUMENTS if self._keeps_documents() else _BY_QUANTITY
        begun, _, rest = (cursor or f"{mode}.").partition(".")
        if begun != mode:
            raise GiveUp(
                "Inventory management was switched while the stock was read: read it anew.",
                who=WhoActs.SYSTEM,
            )
        if mode == _BY_DOCUMENTS:
            page = self._portal.rows(LEVELS.listing, {}, cursor=rest or None)
            records = [listed(_key_of(row), fitted(_of_level, row)) for row in page.items]
            return Page(records, f"{mode}.{page.cursor}" if page.cursor is not None else None)
        return self._page_of_quantities(rest)

    def _page_of_quantities(self, rest: str) -> Page[Stock | Misfit]:
        kinds = self._directory.kinds(SIMPLE, OFFERS)
        place, _, after = (rest or "0.").partition(".")
        number = int(place) if place.isdecimal() else len(kinds)
        if number >= len(kinds):
            raise GiveUp(
                "The list cannot go on from this cursor: begin anew.", who=WhoActs.DEVELOPER
            )
        methods, filters, select = self._directory.search(kinds[number], brief=True)
        page = self._portal.rows(methods.listing, filters, select=select, cursor=after or None)
        records: list[Stock | Misfit] = []
        for row in page.items:
            good = fitted(read, GoodRow, row)
            if isinstance(good, MostikError):
                records.append(listed(row["id"], good))
            elif good.type in (None, 1, 4, 5):
                records.append(of_good(Quantity(methods, good)))
        if page.cursor is not None:
            return Page(records, f"{_BY_QUANTITY}.{number}.{page.cursor}")
        more = number + 1 < len(kinds)
        return Page(records, f"{_BY_QUANTITY}.{number + 1}." if more else None)

    # ── Bulk ──────────────────────────────────────────────────────────────────────────────────

    def read_many(self, keys: Sequence[str]) -> Mapping[str, Stock | MostikError]:
        """See ``Bulk.read_many``: keys of the other mode lead to nothing."""
        places = {key: place for key in keys if (place := place_of(key)) is not None}
        held, failed = read_quantities(self._directory, {product for product, _ in places.values()})
        found: dict[str, Stock | MostikError] = {
            key: failed[product] for key, (product, _) in places.items() if product in failed
        }
        if not self._keeps_documents():
            return found | {
                key: of_good(held[product])
                for key, (product, store) in places.items()
                if store is None and product in held
            }
        levels, unread = read_levels(self._portal, list(held))
        return found | {
            key: unread.get((product, store))
            or of_place((product, store), levels.get((product, store), Level()))
            for key, (product, store) in places.items()
            if store is not None and product in held
        }

    def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, Stock | MostikError]:
        """See ``Bulk.find_many`` and ``find``."""
        del system, keys
        return {}

    def write_many(
        self, writes: Sequence[Write[Stock]], system: str, once: CreateOnce
    ) -> Sequence[Stock | MostikError]:
        """See ``Bulk.write_many``: brings about a state, so new and known places are the same."""
        del once
        records = [write.record for write in writes]
        self._owners.learn([record.owner for record in records], system)
        if self._keeps_documents():
            return self._write_by_documents(records, system)
        return self._write_quantities(records, system)

    # ── by documents ──────────────────────────────────────────────────────────────────────────

    def _write_by_documents(
        self, records: Sequence[Stock], system: str
    ) -> Sequence[Stock | MostikError]:
        self._warehouses.learn([record.warehouse for record in records], system)
        places: list[Place | MostikError] = []
        targets: dict[Place, Target] = {}
        for record in records:
            try:
                place = (int(self._owners.id_of(record.owner, system)), self._store(record, system))
                if place in targets:
                    raise second_figure()
                targets[place] = target_of(record)
                places.append(place)
            except MostikError as error:
                places.append(error)
        levels, failures = self._settle(targets)
        answers: list[Stock | MostikError] = []
        for found in places:
            if isinstance(found, MostikError):
                answers.append(found)
                continue
            level = levels.get(found, Level())
            kept_back = failures.get(found) or reserved_more(targets[found], level)
            answers.append(kept_back or of_place(found, level))
        return answers

    def _settle(self, targets: Mapping[Place, Target]) -> tuple[dict[Place, Level], Failures]:
        """Makes documents until every place is at its target, as long as that may help."""
        if self._documents.responsible is None:
            raise ConfigurationError(
                "Enter the user in whose name inventory documents are made: an application has"
                " none."
            )
        self._documents.sweep()
        products = list(dict.fromkeys(product for product, _ in targets))
        levels, failures = self._read(products, targets)
        for _ in range(_ROUNDS):
            open_ = {place: one for place, one in targets.items() if place not in failures}
            made = papers(levels, open_, MOST_GOODS)
            if not made:
                break
            for paper in made:
                failures |= self._carried_out(paper)
            levels, unread = self._read(products, targets)
            failures |= unread
        return levels, failures

    def _read(
        self, products: Sequence[int], targets: Mapping[Place, Target]
    ) -> tuple[dict[Place, Level], Failures]:
        """Of a place whose row cannot be read, nobody knows the difference: it is left alone."""
        levels, unread = read_levels(self._portal, products)
        return levels, {place: error for place, error in unread.items() if place in targets}

    def _carried_out(self, paper: Paper) -> Failures:
        failures = self._documents.carry_out(paper)
        refused = any(isinstance(error, GiveUp) for error in failures.values())
        if refused and not self._keeps_documents():
            raise RetryLater(
                "Inventory management was switched off while stock was written: the next attempt"
                " writes quantities.",
                who=WhoActs.SYSTEM,
            )
        return failures

    def _store(self, record: Stock, system: str) -> int:
        if record.warehouse is not None:
            return int(self._warehouses.id_of(record.warehouse, system))
        if len(self._stores) == 1:
            return self._stores[0]
        raise GiveUp(
            "The portal keeps stock in several warehouses, and this figure names none: let it come"
            " by warehouse.",
            who=WhoActs.ADMIN,
        )

    @cached_property
    def _stores(self) -> list[int]:
        rows = everything(self._portal, STORES.listing, {"active": "Y"})
        return [read(StoreRow, row).id for row in rows]

    # ── by quantity ───────────────────────────────────────────────────────────────────────────

    def _write_quantities(
        self, records: Sequence[Stock], system: str
    ) -> Sequence[Stock | MostikError]:
        products: list[int | MostikError] = []
        by_product: dict[int, list[Stock]] = {}
        for record in records:
            try:
                product = int(self._owners.id_of(record.owner, system))
                by_product.setdefault(product, []).append(record)
                products.append(product)
            except MostikError as error:
                products.append(error)
        errors: dict[int, MostikError] = {}
        targets: dict[int, Target] = {}
        for product, ones in by_product.items():
            try:
                targets[product] = self._sum(ones)
            except MostikError as error:
                errors[product] = error
        held, failed = write_quantities(self._directory, targets)
        errors |= failed
        self._notice_a_switch(targets, held)
        answers: list[Stock | MostikError] = []
        for found in products:
            if isinstance(found, MostikError):
                answers.append(found)
            elif found in errors:
                answers.append(errors[found])
            else:
                one = held[found]
                answers.append(reserved_more(targets[found], one.level) or of_good(one))
        return answers

    def _notice_a_switch(self, targets: Mapping[int, Target], held: Mapping[int, Quantity]) -> None:
        missed = any(
            targets[product].within(one.level) != one.level.amount for product, one in held.items()
        )
        if missed and self._keeps_documents():
            raise RetryLater(
                "Inventory management was switched on while stock was written: the next attempt"
                " makes documents.",
                who=WhoActs.SYSTEM,
            )

    def _sum(self, records: Sequence[Stock]) -> Target:
        """The one quantity that figures of several warehouses make.

        Raises:
            GiveUp: not all of them are here: half a sum would be a wrong quantity.
        """
        if len(records) == 1 and records[0].warehouse is None:
            return target_of(records[0])
        came = [record.warehouse.key for record in records if record.warehouse is not None]
        if len(came) < len(records):
            raise second_figure()
        if sorted(came) != sorted(self._settings.summed_warehouses):
            raise GiveUp(
                "The portal has no warehouses while its inventory management is off: let the sum"
                " come, or enter which warehouses are summed and let them come together.",
                who=WhoActs.ADMIN,
            )
        targets = [target_of(record) for record in records]
        if any(one.on_hand is None for one in targets):
            return Target(
                available=sum((one.available or NOTHING for one in targets), start=NOTHING)
            )
        return Target(on_hand=sum((one.on_hand or NOTHING for one in targets), start=NOTHING))

    # ── both ──────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _owners(self) -> References:
        return owners(self._directory, self._connection)

    def _keeps_documents(self) -> bool:
        return bool(self._portal.call(MODE) == "Y")


def _of_level(row: Row) -> Stock:
    found = read(LevelRow, row)
    return of_place((found.product_id, found.store_id), found.level)


def _key_of(row: Row) -> str:
    """What its record would be called; by its own id where it does not say that."""
    product, store = row.get("productId"), row.get("storeId")
    return f"{product}@{store}" if product and store else f"row {row['id']}"


def _settled(found: Stock | MostikError | None) -> Stock | None:
    if isinstance(found, MostikError):
        raise found
    return found


def _there(written: Stock | MostikError) -> Stock:
    if isinstance(written, MostikError):
        raise written
    return written
