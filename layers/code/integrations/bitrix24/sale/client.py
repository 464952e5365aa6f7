"""The API gateway layer of the online store: one method per REST method (version 2).

Sources: apidocs.bitrix24.ru, sale, crm/universal/order-entity; for ``vatRate`` the tutorial
"add-basket-item-to-order" (0.2 is 20 %; the older pages of basket items call it a percentage). Not
tried on a real portal yet. Everything but lists needs an administrator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.bitrix24.crm.client import is_absent, is_id
from integrations.bitrix24.crm.models import understood
from integrations.bitrix24.sale.models import OrderEnvelope, OrderResult, OrderWords, Property
from integrations.bitrix24.transport.batch import Command, Done, Outcome, Refused
from integrations.bitrix24.transport.listing import Listing
from integrations.bitrix24.transport.php import as_list, as_map
from integrations.bitrix24.transport.portal import Portal
from mostik.errors import GiveUp, MostikError, WhoActs
from mostik.http.endpoint import Endpoint, Replay

ORDER_ADD = Endpoint("POST", "sale.order.add", Replay.UNSAFE)
ORDER_UPDATE = Endpoint("POST", "sale.order.update", Replay.SAFE)
ORDER_GET = Endpoint("POST", "sale.order.get", Replay.SAFE)
ORDER_LIST = Endpoint("POST", "sale.order.list", Replay.SAFE)
ORDER_DELETE = Endpoint("POST", "sale.order.delete", Replay.SAFE)
BASKET_ADD = Endpoint("POST", "sale.basketitem.add", Replay.UNSAFE)
BASKET_UPDATE = Endpoint("POST", "sale.basketitem.update", Replay.SAFE)
BASKET_DELETE = Endpoint("POST", "sale.basketitem.delete", Replay.SAFE)
PAYMENT_ADD = Endpoint("POST", "sale.payment.add", Replay.UNSAFE)
PAYMENT_UPDATE = Endpoint("POST", "sale.payment.update", Replay.SAFE)
SHIPMENT_ADD = Endpoint("POST", "sale.shipment.add", Replay.UNSAFE)
SHIPMENT_UPDATE = Endpoint("POST", "sale.shipment.update", Replay.SAFE)
SHIPMENT_ITEM_ADD = Endpoint("POST", "sale.shipmentitem.add", Replay.SAFE)
"""A line is in a shipment once: a repeat is refused and changes nothing."""
SHIPMENT_ITEM_UPDATE = Endpoint("POST", "sale.shipmentitem.update", Replay.SAFE)
VALUES_MODIFY = Endpoint("POST", "sale.propertyvalue.modify", Replay.SAFE)
PROPERTY_LIST = Endpoint("POST", "sale.property.list", Replay.SAFE)
LINK_LIST = Endpoint("POST", "crm.orderentity.list", Replay.SAFE)
LINK_ADD = Endpoint("POST", "crm.orderentity.add", Replay.SAFE)
"""One link of a pair: a repeat is refused and changes nothing."""

LINK_EXISTS = "201650000001"
ORDERS = Listing(ORDER_LIST, "orders", select=("id", "xmlId", "dateUpdate"))


def get_order(key: str, name: str | None = None) -> Command:
    """sale.order.get as a command."""
    return Command(ORDER_GET, {"id": int(key)}, name)


def find_orders(code: str) -> Command:
    """sale.order.list as a command: who carries an external id."""
    return Command(
        ORDER_LIST,
        {"filter": {"=xmlId": code, ">id": 0}, "order": {"id": "ASC"}, "select": ["id", "xmlId"]},
    )


class Sale:
    """Calls the online store of one portal.

    Args:
        portal: carries the calls.
    """

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self._properties: Sequence[Property] | None = None

    def get(self, key: str) -> OrderWords | None:
        """sale.order.get: an order with its parts, ``None`` when there is none of this id."""
        if not is_id(key):
            return None
        try:
            found = self.portal.fetch(OrderEnvelope, ORDER_GET, {"id": int(key)})
        except GiveUp as error:
            if is_absent(error):
                return None
            raise
        return found.result.order

    def get_many(self, keys: Sequence[str]) -> Mapping[str, OrderWords | MostikError]:
        """sale.order.get of many; those that do not exist are left out."""
        known = [key for key in dict.fromkeys(keys) if is_id(key)]
        outcomes = self.portal.batch([get_order(key) for key in known]) if known else []
        read = {key: order_in(outcome) for key, outcome in zip(known, outcomes, strict=True)}
        return {
            key: one
            for key, one in read.items()
            if not (isinstance(one, MostikError) and is_absent(one))
        }

    def add(self, fields: Mapping[str, Any]) -> OrderWords:
        """sale.order.add: creates an order without parts. A repeat creates another one."""
        return self.portal.fetch(OrderEnvelope, ORDER_ADD, {"fields": fields}).result.order

    def update(self, key: str, fields: Mapping[str, Any]) -> OrderWords:
        """sale.order.update: sets an order's own fields."""
        params = {"id": int(key), "fields": fields}
        return self.portal.fetch(OrderEnvelope, ORDER_UPDATE, params).result.order

    def delete(self, key: str) -> None:
        """sale.order.delete: with its parts; one that is not there is no error."""
        try:
            self.portal.call(ORDER_DELETE, {"id": int(key)})
        except GiveUp as error:
            if not is_absent(error):
                raise

    def with_code(self, codes: Sequence[str]) -> Mapping[str, str | MostikError]:
        """sale.order.list: ids of the orders that carry external ids; others are left out."""
        found: dict[str, str | MostikError] = {}
        outcomes = self.portal.batch([find_orders(code) for code in codes]) if codes else []
        for code, outcome in zip(codes, outcomes, strict=True):
            try:
                id_ = _one_with(code, outcome)
            except MostikError as error:
                found[code] = error
            else:
                if id_ is not None:
                    found[code] = id_
        return found

    def properties(self) -> Sequence[Property]:
        """sale.property.list: the properties that orders have; read once a job."""
        if self._properties is None:
            rows: list[Any] = []
            cursor: str | None = None
            while True:
                page = self.portal.rows(Listing(PROPERTY_LIST, "properties"), cursor=cursor)
                rows += page.items
                cursor = page.cursor
                if cursor is None:
                    break
            self._properties = [understood(Property, row, PROPERTY_LIST) for row in rows]
        return self._properties

    def deals_of(self, order: str, deal_type: int) -> Sequence[str]:
        """crm.orderentity.list: ids of the deals that an order is bound to."""
        filters = {"=orderId": int(order), "=ownerTypeId": deal_type}
        result = self.portal.call(LINK_LIST, {"filter": filters, "start": -1})
        rows = as_list(as_map(result).get("orderEntity"))
        return [str(row["ownerId"]) for row in rows if isinstance(row, Mapping)]

    def bind(self, order: str, deal_type: int, deal: str) -> None:
        """crm.orderentity.add: binds an order to a deal; a link that is there is no error."""
        fields = {"orderId": int(order), "ownerTypeId": deal_type, "ownerId": int(deal)}
        try:
            self.portal.call(LINK_ADD, {"fields": fields})
        except GiveUp as error:
            if error.code != LINK_EXISTS:
                raise


def order_in(outcome: Outcome, endpoint: Endpoint = ORDER_GET) -> OrderWords | MostikError:
    """Reads the outcome of sale.order.get, add or update; an error is an answer."""
    match outcome:
        case Refused(error):
            return error
        case Done(value):
            try:
                return understood(OrderResult, value, endpoint).order
            except MostikError as error:
                return error


def _one_with(code: str, outcome: Outcome) -> str | None:
    if isinstance(outcome, Refused):
        raise outcome.error
    rows = [row for row in as_list(as_map(outcome.value).get("orders")) if row]
    carriers = [str(row["id"]) for row in rows if row.get("xmlId") == code]
    if len(carriers) < len(rows):
        raise GiveUp(
            "The portal does not filter by external keys: nothing can be looked up safely.",
            who=WhoActs.DEVELOPER,
        )
    if len(carriers) > 1:
        raise GiveUp(
            f"Several orders of the portal carry the same external id {code}"
            f" (ids {', '.join(carriers[:5])}): clear it in all but one.",
            who=WhoActs.ADMIN,
        )
    return carriers[0] if carriers else None
