"""The sandbox site: a portal without a CRM, with the exchange beside its REST."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from local.sandbox.portal.envelope import Reply, system_error
from local.sandbox.portal.methods import Caller
from local.sandbox.portal.portal import PortalSandbox
from local.sandbox.server import Answer, Call
from local.sandbox.site.config import RestDoor, SiteConfig
from local.sandbox.site.exchange import Exchange, basic_of
from local.sandbox.site.goods import GoodsOfSite
from local.sandbox.site.orders import OrdersOfSite

_ADMIN = 1


class SiteSandbox(PortalSandbox):
    """A boxed 1C-Bitrix site.

    Args:
        site: its settings.
    """

    def __init__(self, site: SiteConfig | None = None) -> None:
        self.site = site or SiteConfig()
        super().__init__(self.site.portal)
        self._methods = {
            name: method
            for name, method in self._methods.items()
            if not name.startswith("crm.") and not name.startswith("userfieldconfig.")
        }
        if self.site.rest is RestDoor.HALF:
            refused = [name for name in self._methods if name.startswith("user.")]
            self._methods |= dict.fromkeys(refused, _refused)
        self.goods = GoodsOfSite(self)
        self.orders = OrdersOfSite(self)
        self.trade.sells(self.goods.as_sold)
        self.exchange = Exchange(self.site, self.clock, self.goods, self.orders)

    # ── for tests and demos ───────────────────────────────────────────────────────────────────

    def run(self, method: str, **params: Any) -> Any:
        """Somebody of the shop does what a REST method does. Returns its result.

        Raises:
            RestError: the site refuses it.
        """
        with self.lock:
            return self._methods[method.lower()](params, Caller(_ADMIN)).result

    @property
    def exchange_url(self) -> str:
        """What somebody types into 1C."""
        return f"{self.url}{self.site.scripts[0]}"

    # ── Sandbox ───────────────────────────────────────────────────────────────────────────────

    def target_of(self, call: Call) -> str:
        """The REST method, or ``1c.<type>.<mode>``."""
        if call.path in self.site.scripts:
            query = parse_qs(call.query)
            return ".".join(("1c", *(query.get(name, [""])[0] for name in ("type", "mode"))))
        return super().target_of(call)

    def answer(self, call: Call) -> Answer:
        """The web server, then the exchange or REST."""
        if self.site.redirects_to is not None:
            location = f"{self.site.redirects_to}{call.path}"
            return Answer(301, b"", "text/html", (("Location", location),))
        if self.site.front is not None and basic_of(call) != self.site.front:
            challenge = (("WWW-Authenticate", 'Basic realm="closed"'),)
            return Answer(401, b"<html>401 Authorization Required</html>", "text/html", challenge)
        if call.path in self.site.scripts:
            return self.exchange.answer(call)
        if self.site.rest is RestDoor.CLOSED:
            return Answer(404, b"<html><body>404 Not Found</body></html>", "text/html")
        return super().answer(call)

    def state(self) -> dict[str, Any]:
        """As a portal, with the exchange's options."""
        return {**super().state(), "options": dict(self.exchange.options)}

    def snapshot(self) -> dict[str, Any]:
        """As a portal, with the exchange's options."""
        return {**super().snapshot(), "options": dict(self.exchange.options)}

    def restore(self, data: Mapping[str, Any]) -> None:
        """As a portal, with the exchange's options."""
        super().restore(data)
        self.exchange.options.update(data.get("options", {}))

    def clear(self) -> None:
        """The first day."""
        super().clear()
        self.exchange.clear()


def _refused(_params: Mapping[str, Any], _caller: Caller) -> Reply:
    raise system_error("insufficient_scope")
