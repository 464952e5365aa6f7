"""Prices of goods, variations and services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from integrations.bitrix24.catalog.directory import Directory
from integrations.bitrix24.catalog.endpoints import PRICE_DELETE, PRICE_TYPES, PRICES, Methods
from integrations.bitrix24.catalog.goods import owners
from integrations.bitrix24.catalog.keys import References
from integrations.bitrix24.catalog.lookup import Searched, matching
from integrations.bitrix24.catalog.models import PriceRow, read
from integrations.bitrix24.catalog.priceplan import Plan, Wanted, plan, rounded, standing
from integrations.bitrix24.catalog.rowwise import Rowwise
from integrations.bitrix24.transport.batch import Command, Done, Outcome
from integrations.bitrix24.transport.listing import Row
from integrations.bitrix24.transport.php import as_list, as_map
from mostik.commerce import prices
from mostik.commerce.prices import Price
from mostik.commerce.record import Ref
from mostik.errors import GiveUp, MostikError, WhoActs
from mostik.integration import CreateOnce, Write

_PRODUCTS_AT_ONCE = 10
"""Goods whose prices are read by one command: a page holds 50 rows."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a price belongs."""

    product: int
    wanted: Wanted


class Prices(Rowwise[Price]):
    """Prices. A price has no external key: it is the one of its type that its good has."""

    holds = frozenset({"owner", "type", "amount", "currency", "min_quantity", "max_quantity"})
    time_field = "timestampX"

    def __init__(self, directory: Directory, connection: str) -> None:
        super().__init__(directory, connection)
        self._types = References(
            self.portal,
            self.settings,
            connection,
            prices.PRICE_TYPES,
            [(PRICE_TYPES, {}, ("xmlId",))],
        )
        self._connection = connection

    @cached_property
    def _owners(self) -> References:
        return owners(self.directory, self._connection)

    def lists(self) -> Sequence[Searched[Methods]]:
        """See ``Rowwise``."""
        return [(PRICES, {}, ())]

    def code_of(self, system: str, key: str) -> str | None:
        """See ``Rowwise``."""
        del system, key
        return None

    def record_of(self, methods: Methods, row: Row) -> Price | None:
        """See ``Rowwise``."""
        del methods
        return _record(read(PriceRow, row))

    def commands(
        self, writes: Sequence[Write[Price]], system: str, once: CreateOnce
    ) -> Sequence[Command | MostikError]:
        """Not used: several prices may take one call (``write_many``)."""
        raise NotImplementedError

    def write_many(
        self, writes: Sequence[Write[Price]], system: str, once: CreateOnce
    ) -> Sequence[Price | MostikError]:
        """See ``Bulk.write_many``."""
        del once
        self._owners.learn([write.record.owner for write in writes], system)
        self._types.learn([write.record.type for write in writes], system)
        answers: list[Price | MostikError | None] = [None] * len(writes)
        by_product: dict[int, list[tuple[int, Wanted]]] = {}
        for number, write in enumerate(writes):
            try:
                place = self._place(write.record, system)
                others = by_product.setdefault(place.product, [])
                if any(other.type == place.wanted.type for _, other in others):
                    raise GiveUp(
                        "Two prices of one type for one good came together: the portal keeps one.",
                        who=WhoActs.ADMIN,
                    )
                others.append((number, place.wanted))
            except MostikError as error:
                answers[number] = error
        rows = self._rows(list(by_product))
        plans = {
            product: plan(product, rows.get(product, ()), [one for _, one in wanted])
            for product, wanted in by_product.items()
        }
        outcomes = self._outcomes(plans)
        for product, wanted in by_product.items():
            for (number, one), at in zip(wanted, plans[product].of, strict=True):
                held = standing(rows.get(product, ()), one.type)
                if at is not None:
                    answers[number] = _written(outcomes[product][at], one)
                elif held is not None:
                    answers[number] = _record(held)
        return [answer for answer in answers if answer is not None]

    def delete(self, key: str) -> None:
        """See ``Deletable``."""
        if self.read(key) is not None:
            self.portal.call(PRICE_DELETE, {"id": int(key)})

    def _place(self, record: Price, system: str) -> _Place:
        if record.min_quantity is not None or record.max_quantity is not None:
            raise GiveUp(
                "The portal keeps one price of a type for every quantity: prices by quantity cannot"
                " be written.",
                who=WhoActs.ADMIN,
            )
        amount = record.amount
        if record.coefficient is not None and record.coefficient not in (0, 1):
            amount /= record.coefficient  # of a pack: the portal prices the good's own unit
        currency = record.currency or self.settings.currency
        product = int(self._owners.id_of(record.owner, system))
        type_ = int(self._types.id_of(record.type, system))
        return _Place(product, Wanted(type_, rounded(amount), currency))

    def _rows(self, products: Sequence[int]) -> Mapping[int, list[PriceRow]]:
        found: dict[int, list[PriceRow]] = {}
        if products:
            keys = [str(one) for one in products]
            lists = self.lists()
            for _, raw in matching(self.portal, lists, "productId", keys, size=_PRODUCTS_AT_ONCE):
                row = read(PriceRow, raw)
                found.setdefault(row.product_id, []).append(row)
        return found

    def _outcomes(self, plans: Mapping[int, Plan]) -> Mapping[int, list[Outcome]]:
        flat = [(product, one) for product, made in plans.items() for one in made.commands]
        found: dict[int, list[Outcome]] = {product: [] for product in plans}
        outcomes = self.portal.batch([command for _, command in flat])
        for (product, _), outcome in zip(flat, outcomes, strict=True):
            found[product].append(outcome)
        return found


def _record(row: PriceRow) -> Price:
    return Price(
        key=str(row.id),
        changed_at=row.timestamp_x,
        owner=Ref(key=str(row.product_id)),
        type=Ref(key=str(row.catalog_group_id)),
        amount=row.price,
        currency=row.currency,
        min_quantity=row.quantity_from,
        max_quantity=row.quantity_to,
    )


def _written(outcome: Outcome, wanted: Wanted) -> Price | MostikError:
    """The price in the answer: alone of ``add`` and ``update``, among the others of ``modify``."""
    if not isinstance(outcome, Done):
        return outcome.error
    result = as_map(outcome.value)
    rows = as_list(result.get("prices")) or [result.get("price")]
    for raw in rows:
        row = read(PriceRow, as_map(raw))
        if row.catalog_group_id == wanted.type:
            return _record(row)
    return GiveUp("The portal's answer to a change holds no such price.", who=WhoActs.DEVELOPER)
