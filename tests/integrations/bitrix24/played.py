"""A portal's contacts and orders, and an application's, for the acceptance suite."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from zlib import crc32

from local.sandbox.portal import PortalConfig, PortalSandbox
from local.sandbox.portal.crm.fields import COMPANY, CONTACT, DEAL
from local.sandbox.portal.methods import Caller
from local.sandbox.server import Call
from mostik.commerce.catalog import Product
from mostik.commerce.money import Money
from mostik.commerce.order import Order, OrderStatus
from mostik.commerce.parties import Company, Customer
from mostik.commerce.record import Canonical
from tests.integrations.acceptance.played import Clock, Plays, ahead_of
from tests.integrations.bitrix24.trade.orders import BOTH, SALE, a_line

_WRITES = (".add", ".update", ".delete", ".set", ".modify")


def methods_of(call: Call) -> Sequence[str]:
    """The methods that a call runs: its own, or those of its batch."""
    own = call.path.rstrip("/").rpartition("/")[2]
    if own != "batch":
        return [own]
    return [command.partition("?")[0] for command in json.loads(call.body)["cmd"].values()]


class PlayedPortal:
    """See ``Played``: what all resources of a portal have in common."""

    resource = "orders"
    many = 23
    vital = frozenset({"id"})
    required = ""
    nonsense: str | None = None
    listing = ""
    """The method that lists them; the one that makes one ends with ``add`` instead."""
    more_settings: Mapping[str, Any] = {}

    def __init__(self, clock: Clock) -> None:
        self.ahead = 0.0
        self.portal = self.a_portal(ahead_of(clock, self))
        self.sandbox = self.portal
        self.settings: Mapping[str, Any] = self.connected()

    def a_portal(self, clock: Clock) -> PortalSandbox:
        """The portal."""
        return PortalSandbox(PortalConfig(rate_limit=None, clock=clock))

    def connected(self) -> Mapping[str, Any]:
        """The settings of a connection to it."""
        config = self.portal.config
        url = f"https://company.bitrix24.ru/rest/{config.user_id}/{config.secret}/"
        return {"webhook_url": url, **self.more_settings}

    def lists(self, call: Call) -> bool:
        """See ``Played.lists``."""
        return self.listing in methods_of(call)

    def writes(self, call: Call) -> bool:
        """See ``Played.writes``."""
        return any(method.endswith(_WRITES) for method in methods_of(call))

    def creates(self, call: Call) -> bool:
        """See ``Played.creates``."""
        return f"{self.listing.removesuffix('list')}add" in methods_of(call)

    def run(self, method: str, **params: Any) -> Any:
        """A person of the portal does what a method does."""
        with self.portal.lock:
            return self.portal._methods[method](params, Caller(self.portal.config.person_id)).result


class PlayedContacts(PlayedPortal):
    """Contacts; what they say is their comment."""

    resource = "customers"
    listing = "crm.item.list"
    required = "updatedTime"
    nonsense: str | None = "yesterday"
    many = 2_520

    def make(self, text: str) -> str:
        """See ``Played.make``."""
        phone = {"typeId": "PHONE", "valueType": "WORK", "value": _phone_of(text)}
        said = {"name": "Anna", "comments": text, "post": "Director", "fm": [phone]}
        return str(self.portal.seed(CONTACT, [said])[0])

    def edit(self, key: str, text: str) -> None:
        """See ``Played.edit``."""
        self.portal.edit(CONTACT, int(key), {"comments": text})

    def remove(self, key: str) -> None:
        """See ``Played.remove``."""
        self.run("crm.item.delete", entityTypeId=CONTACT, id=key)

    def texts(self) -> Mapping[str, str]:
        """See ``Played.texts``."""
        return {str(one["id"]): one["comments"] for one in self.portal.contacts}

    def besides(self, key: str) -> Mapping[str, Any]:
        """See ``Played.besides``."""
        [one] = [one for one in self.portal.contacts if str(one["id"]) == key]
        return {name: one[name] for name in ("post", "fm", "assignedById")}

    def record(self, key: str, text: str) -> Canonical:
        """See ``Played.record``."""
        return Customer(key=key, name="Anna", comment=text, phone=_phone_of(key))

    def saying(self, record: Canonical, text: str) -> Canonical:
        """See ``Played.saying``."""
        return record.model_copy(update={"comment": text})

    def text_of(self, record: Canonical) -> str:
        """See ``Played.text_of``."""
        assert isinstance(record, Customer)
        return record.comment or ""


class PlayedCompanies(PlayedPortal):
    """Companies; what they say is their comment."""

    resource = "companies"
    listing = "crm.item.list"
    required = "updatedTime"
    nonsense: str | None = "yesterday"

    def make(self, text: str) -> str:
        """See ``Played.make``."""
        phone = {"typeId": "PHONE", "valueType": "WORK", "value": _phone_of(text)}
        said = {"title": "Firm", "comments": text, "industry": "IT", "fm": [phone]}
        return str(self.portal.seed(COMPANY, [said])[0])

    def edit(self, key: str, text: str) -> None:
        """See ``Played.edit``."""
        self.portal.edit(COMPANY, int(key), {"comments": text})

    def remove(self, key: str) -> None:
        """See ``Played.remove``."""
        self.run("crm.item.delete", entityTypeId=COMPANY, id=key)

    def texts(self) -> Mapping[str, str]:
        """See ``Played.texts``."""
        return {str(one["id"]): one["comments"] for one in self._rows()}

    def besides(self, key: str) -> Mapping[str, Any]:
        """See ``Played.besides``."""
        [one] = [one for one in self._rows() if str(one["id"]) == key]
        return {name: one[name] for name in ("title", "industry", "fm", "assignedById")}

    def record(self, key: str, text: str) -> Canonical:
        """See ``Played.record``."""
        return Company(key=key, name="Firm", comment=text, phones=(_phone_of(key),))

    def saying(self, record: Canonical, text: str) -> Canonical:
        """See ``Played.saying``."""
        return record.model_copy(update={"comment": text})

    def text_of(self, record: Canonical) -> str:
        """See ``Played.text_of``."""
        assert isinstance(record, Company)
        return record.comment or ""

    def _rows(self) -> Sequence[Mapping[str, Any]]:
        return list(self.portal.items.stores[COMPANY])


class PlayedDeals(PlayedPortal):
    """Orders that are deals; what they say is their comment."""

    listing = "crm.item.list"
    required = "stageId"

    def make(self, text: str) -> str:
        """See ``Played.make``."""
        said = {"title": f"№ {text}", "comments": text, "opportunity": 100, "probability": 40}
        return str(self.portal.seed(DEAL, [said])[0])

    def edit(self, key: str, text: str) -> None:
        """See ``Played.edit``."""
        self.portal.edit(DEAL, int(key), {"comments": text})

    def remove(self, key: str) -> None:
        """See ``Played.remove``."""
        self.run("crm.item.delete", entityTypeId=DEAL, id=key)

    def texts(self) -> Mapping[str, str]:
        """See ``Played.texts``."""
        return {str(one["id"]): one["comments"] for one in self.portal.deals}

    def besides(self, key: str) -> Mapping[str, Any]:
        """See ``Played.besides``."""
        [one] = [one for one in self.portal.deals if str(one["id"]) == key]
        return {name: one[name] for name in ("title", "probability", "assignedById")}

    def record(self, key: str, text: str) -> Canonical:
        """See ``Played.record``."""
        return a_played_order(key, text)

    def saying(self, record: Canonical, text: str) -> Canonical:
        """See ``Played.saying``."""
        return record.model_copy(update={"comment": text})

    def text_of(self, record: Canonical) -> str:
        """See ``Played.text_of``."""
        return comment_of(record)


class PlayedSaleOrders(PlayedPortal):
    """Orders of the online store; what they say is the buyer's comment."""

    listing = "sale.order.list"
    required = "statusId"
    more_settings: Mapping[str, Any] = SALE

    def make(self, text: str) -> str:
        """See ``Played.make``."""
        fields = {"lid": "s1", "personTypeId": 3, "currency": "RUB", "userDescription": text}
        order = self.run("sale.order.add", fields=fields)["order"]["id"]
        line = {"orderId": order, "productId": 0, "currency": "RUB", "name": "Чайник"}
        self.run("sale.basketitem.add", fields={**line, "quantity": 2, "price": 50})
        return str(order)

    def edit(self, key: str, text: str) -> None:
        """See ``Played.edit``."""
        self.run("sale.order.update", id=int(key), fields={"userDescription": text})

    def remove(self, key: str) -> None:
        """See ``Played.remove``."""
        self.run("sale.order.delete", id=int(key))

    def texts(self) -> Mapping[str, str]:
        """See ``Played.texts``."""
        rows = self.portal.trade.store.orders.rows.values()
        return {str(one["id"]): one["userDescription"] for one in rows}

    def besides(self, key: str) -> Mapping[str, Any]:
        """See ``Played.besides``."""
        store = self.portal.trade.store
        order = store.orders.rows[int(key)]
        own = {name: order[name] for name in ("personTypeId", "responsibleId", "accountNumber")}
        return {**own, "basket": [dict(one) for one in store.baskets.where("orderId", int(key))]}

    def record(self, key: str, text: str) -> Canonical:
        """See ``Played.record``."""
        return a_played_order(key, text)

    def saying(self, record: Canonical, text: str) -> Canonical:
        """See ``Played.saying``."""
        return record.model_copy(update={"comment": text})

    def text_of(self, record: Canonical) -> str:
        """See ``Played.text_of``."""
        return comment_of(record)


class PlayedBoundOrders(PlayedSaleOrders):
    """Orders of the online store that are bound to a deal each."""

    more_settings = BOTH


def a_played_order(key: str, text: str) -> Order:
    """An order that says ``text``."""
    return Order(
        key=key,
        number=f"A-{key}",
        status=OrderStatus.NEW,
        comment=text,
        total=Money(amount=Decimal(100), currency="RUB"),
        lines=(a_line("l1", "Чайник", "2", "50"),),
    )


def comment_of(record: Canonical) -> str:
    """What an order says."""
    assert isinstance(record, Order)
    return record.comment or ""


def _phone_of(text: str) -> str:
    """A phone of one's own: two with one phone are one buyer."""
    return f"8 (903) {crc32(text.encode()) % 10_000_000:07}"


class PlayedGoods(PlayedPortal):
    """Goods; what they say is their name."""

    resource = "products"
    listing = "catalog.product.list"
    required = "timestampX"
    nonsense: str | None = "yesterday"

    def make(self, text: str) -> str:
        """See ``Played.make``."""
        fields = {"iblockId": 23, "name": text, "previewText": "Short", "weight": 300}
        return str(self.run("catalog.product.add", fields=fields)["element"]["id"])

    def edit(self, key: str, text: str) -> None:
        """See ``Played.edit``."""
        self.run("catalog.product.update", id=int(key), fields={"name": text})

    def remove(self, key: str) -> None:
        """See ``Played.remove``."""
        self.run("catalog.product.delete", id=int(key))

    def texts(self) -> Mapping[str, str]:
        """See ``Played.texts``."""
        return {str(one["id"]): one["name"] for one in self.portal.catalog.goods}

    def besides(self, key: str) -> Mapping[str, Any]:
        """See ``Played.besides``."""
        [one] = [one for one in self.portal.catalog.goods if str(one["id"]) == key]
        return {name: one[name] for name in ("previewText", "weight", "active", "sort")}

    def record(self, key: str, text: str) -> Canonical:
        """See ``Played.record``."""
        return Product(key=key, name=text)

    def saying(self, record: Canonical, text: str) -> Canonical:
        """See ``Played.saying``."""
        return record.model_copy(update={"name": text})

    def text_of(self, record: Canonical) -> str:
        """See ``Played.text_of``."""
        assert isinstance(record, Product)
        return record.name


PLAYS: Plays = {
    "contacts": PlayedContacts,
    "companies": PlayedCompanies,
    "goods": PlayedGoods,
    "deals": PlayedDeals,
    "sale orders": PlayedSaleOrders,
    "orders with deals": PlayedBoundOrders,
}
