"""The errands of a site: changes are looked for, for it tells of none by itself.

By REST that is the sweep of Bitrix24 (``dateUpdate``, ``timestampX``); by the exchange it is the
question that 1C asks, or beside a 1C the one that a Bitrix24 asks a shop.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from integrations.bitrix24.app.names import CHANGED, RECENT, SWEEP
from integrations.bitrix24.app.sweep import CHANGED_SECONDS, RECENT_SECONDS, look_for_changes
from integrations.bitrix_site.client import Site, rest_of
from integrations.bitrix_site.exchange.orders import ExchangeOrders
from integrations.bitrix_site.models import Settings, Transport
from integrations.bitrix_site.resources import shelf_of
from mostik.commerce.order import ORDERS
from mostik.http.gate import Lane
from mostik.integration import Errand, Hint, Tools

POLL = "poll"


def sweep(site: Site, settings: Settings, tools: Tools, key: str) -> int:
    """Looks for changes by REST. Returns how many records were asked for."""
    if settings.transport is not Transport.REST:
        return 0
    rest = rest_of(site)
    return look_for_changes(rest, rest.settings, tools, key)


def poll(site: Site, settings: Settings, tools: Tools, key: str) -> int:
    """Asks for orders by the exchange. Returns how many have changed."""
    del key
    if settings.transport is not Transport.EXCHANGE or not tools.uses(ORDERS):
        return 0
    orders = ExchangeOrders(site.exchange, shelf_of(site), settings, tools.connection)
    orders.pull()
    count = 0
    while changes := orders.untold():
        count += tools.touch([Hint(ORDERS, one) for one, _ in changes])
        orders.told(changes)
    return count


ERRANDS: Mapping[str, Errand[Settings, Site]] = {
    SWEEP: Errand(sweep, lane=Lane.SYNC),
    POLL: Errand(poll, lane=Lane.SYNC),
}


def wakes(settings: Settings) -> Iterable[tuple[str, str, float]]:
    """What runs again and again."""
    if settings.transport is Transport.REST:
        yield SWEEP, CHANGED, CHANGED_SECONDS
        yield SWEEP, RECENT, RECENT_SECONDS
    else:
        yield POLL, ORDERS, settings.poll_minutes * 60.0
