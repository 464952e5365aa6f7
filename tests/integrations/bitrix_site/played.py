"""A boxed site's orders by each of its ways, for the acceptance suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from local.sandbox.server import Call
from local.sandbox.site import SiteConfig, SiteSandbox, a_box
from tests.integrations.acceptance.played import Clock, Plays
from tests.integrations.bitrix24.played import PlayedGoods, PlayedSaleOrders
from tests.integrations.bitrix_site.world import ADDRESS, BY_HAND, CARD, LOGIN, PASSWORD, PERSON


class PlayedSite(PlayedSaleOrders):
    """Orders by REST."""

    def a_portal(self, clock: Clock) -> SiteSandbox:
        """The site."""
        self.site = SiteSandbox(SiteConfig(portal=a_box(clock=clock)))
        return self.site

    def connected(self) -> Mapping[str, Any]:
        """The settings of a connection to it."""
        secret = self.site.config.secret
        return {
            "address": ADDRESS,
            "webhook_url": f"{ADDRESS}/rest/1/{secret}/",
            "exchange_login": LOGIN,
            "exchange_password": PASSWORD,
            "payer_type": PERSON,
            "pay_system": CARD,
            "delivery_service": BY_HAND,
            **self.more_settings,
        }

    more_settings: Mapping[str, Any] = {"transport": "rest"}


class PlayedExchange(PlayedSite):
    """Orders by the exchange, where no 1C is beside us."""

    vital = frozenset[str]()
    required = "Ид"
    asks: Sequence[str] = ("1c.sale.query",)
    more_settings: Mapping[str, Any] = {"transport": "exchange", "one_c": "own"}
    many = 201

    def texts(self) -> Mapping[str, str]:
        """See ``Played.texts``: the site calls ours by the key that we have given."""
        rows = self.portal.trade.store.orders.rows.values()
        return {
            one["id1c"] if one["externalOrder"] == "Y" else str(one["id"]): one["userDescription"]
            for one in rows
        }

    def edit(self, key: str, text: str) -> None:
        """See ``Played.edit``."""
        rows = self.portal.trade.store.orders.rows.values()
        ids = {one["id1c"]: str(one["id"]) for one in rows}
        super().edit(ids.get(key, key), text)

    def besides(self, key: str) -> Mapping[str, Any]:
        """See ``Played.besides``: a file says all lines again, and they are saved anew."""
        found = super().besides(key)
        said = ("name", "price", "quantity", "vatRate", "currency")
        return {**found, "basket": [{name: one[name] for name in said} for one in found["basket"]]}

    def lists(self, call: Call) -> bool:
        """See ``Played.lists``."""
        return self.site.target_of(call).startswith(tuple(self.asks))

    def writes(self, call: Call) -> bool:
        """See ``Played.writes``."""
        return self.site.target_of(call) == "1c.sale.file"

    def creates(self, call: Call) -> bool:
        """See ``Played.creates``."""
        return self.site.target_of(call) == "1c.sale.import"


class PlayedShared(PlayedExchange):
    """Orders by the exchange, beside a 1C that must not notice."""

    vital = frozenset({"DateUpdate"})
    required = "Id"
    asks = ("1c.crm",)
    more_settings: Mapping[str, Any] = {"transport": "exchange", "one_c": "shared"}
    many = 101


class PlayedSiteGoods(PlayedGoods):
    """Goods by the exchange; the site calls them by the codes of 1C."""

    vital = frozenset[str]()
    required = "Ид"
    nonsense: str | None = None
    more_settings: Mapping[str, Any] = {"transport": "exchange", "one_c": "own"}

    def a_portal(self, clock: Clock) -> SiteSandbox:
        """The site, which gives its catalogue in several parts."""
        self.site = SiteSandbox(SiteConfig(portal=a_box(clock=clock), package=10))
        return self.site

    def connected(self) -> Mapping[str, Any]:
        """The settings of a connection to it."""
        return {
            "address": ADDRESS,
            "exchange_login": LOGIN,
            "exchange_password": PASSWORD,
            **self.more_settings,
        }

    def make(self, text: str) -> str:
        """See ``Played.make``."""
        code = f"good-{len(self.portal.catalog.goods) + 1}"
        fields = {"iblockId": 23, "name": text, "xmlId": code, "previewText": "Short"}
        self.run("catalog.product.add", fields=fields)
        return code

    def edit(self, key: str, text: str) -> None:
        """See ``Played.edit``."""
        super().edit(self._id(key), text)

    def remove(self, key: str) -> None:
        """See ``Played.remove``."""
        super().remove(self._id(key))

    def texts(self) -> Mapping[str, str]:
        """See ``Played.texts``."""
        return {one["xmlId"]: one["name"] for one in self.portal.catalog.goods}

    def besides(self, key: str) -> Mapping[str, Any]:
        """See ``Played.besides``."""
        return super().besides(self._id(key))

    def lists(self, call: Call) -> bool:
        """See ``Played.lists``."""
        return self.site.target_of(call).startswith("1c.get_catalog")

    def writes(self, call: Call) -> bool:
        """See ``Played.writes``."""
        return self.site.target_of(call) == "1c.catalog.file"

    def creates(self, call: Call) -> bool:
        """See ``Played.creates``."""
        return self.site.target_of(call) == "1c.catalog.import"

    def _id(self, key: str) -> str:
        goods = self.portal.catalog.goods
        return next(str(one["id"]) for one in goods if one["xmlId"] == key)


PLAYS: Plays = {
    "orders by REST": PlayedSite,
    "orders by exchange": PlayedExchange,
    "orders beside 1C": PlayedShared,
    "goods by exchange": PlayedSiteGoods,
}
