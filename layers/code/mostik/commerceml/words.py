"""What the shop calls statuses, pay systems and delivery services: for ``sale/info`` and the way
back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo

from mostik.commerce.order import OrderStatus
from mostik.commerceml.mapping_orders import OrderWords
from mostik.commerceml.ordersettings import OrderSettings
from mostik.commerceml.outbox import SaleInfo
from mostik.ports import Item


@dataclass(frozen=True, slots=True)
class Words:
    """What the shop calls things, and what its statuses stand for.

    Attributes:
        info: ids and names, as ``sale/info`` tells 1C.
        meanings: order statuses by the ids of the shop's.
        learned_at: unix seconds; ``None``: nothing is known yet.
        catalog: key of the only catalogue that 1C's goods are in; empty: none, or several.
    """

    info: SaleInfo = field(default_factory=SaleInfo)
    meanings: Mapping[str, OrderStatus] = field(default_factory=dict)
    learned_at: float | None = None
    catalog: str = ""

    @property
    def statuses(self) -> Mapping[str, str]:
        """Names of the shop's statuses by id."""
        return dict(self.info.statuses)


def order_words(connection: str, zone: tzinfo, settings: OrderSettings, words: Words) -> OrderWords:
    """Returns how a connection says orders to 1C: the door that writes them and the worker that
    reads them back must say the same."""
    return OrderWords(
        system=connection,
        zone=zone,
        statuses=words.statuses,
        site=settings.site,
        with_children=settings.documents,
        known_goods=True,
        catalog=words.catalog or None,
    )


def words_item(words: Words) -> Item:
    """Returns them as a row holds them."""
    info = words.info
    return {
        "statuses": _pairs(info.statuses),
        "pay_systems": _pairs(info.pay_systems),
        "deliveries": _pairs(info.deliveries),
        "meanings": {key: status.value for key, status in words.meanings.items()},
        "at": words.learned_at,
    }


def words_from(item: Item | None) -> Words:
    """Reads them back; without a row nothing is known."""
    if item is None:
        return Words()
    info = SaleInfo(*(tuple((str(key), str(name)) for key, name in item[kind]) for kind in _KINDS))
    known = {one.value for one in OrderStatus}
    meanings = {
        key: OrderStatus(value) for key, value in item["meanings"].items() if value in known
    }
    return Words(info, meanings, item.get("at"))


_KINDS = ("statuses", "pay_systems", "deliveries")


def _pairs(rows: Iterable[tuple[str, str]]) -> list[list[str]]:
    return [[key, name] for key, name in rows]
