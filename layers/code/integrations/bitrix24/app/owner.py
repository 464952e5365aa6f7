"""The errand ``owner``: finds the record to which a part of one belongs, and asks for that.

An event of a payment, a shipment, a property value or a requisite carries its own id only. One that
is gone cannot be asked any more; the deletion of an order's part comes with an event of the order
itself (on-order-entity-saved), and of the others the sweep says what it can see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.bitrix24.app.models import Access
from integrations.bitrix24.app.names import COMPANIES, CUSTOMERS, ORDERS
from integrations.bitrix24.client import Bitrix24
from integrations.bitrix24.crm.models import EntityType
from integrations.bitrix24.crm.settings import OrderAs
from integrations.bitrix24.transport.php import as_list, as_map
from mostik.errors import GiveUp
from mostik.http.endpoint import Endpoint, Replay
from mostik.integration import Hint, Tools

_CUSTOMERS = {"3": CUSTOMERS, "4": COMPANIES}


@dataclass(frozen=True, slots=True)
class Part:
    """How a part names its record.

    Attributes:
        endpoint: reads the part.
        wrapped: the key around it in the answer; empty: it is the answer.
        listed: the method is a list, for the one that reads a part does not tell its record.
        owners: its record, from its fields; none: not one of ours.
    """

    endpoint: Endpoint
    wrapped: str
    owners: Callable[[Bitrix24, Mapping[str, Any]], Sequence[Hint]]
    listed: bool = False

    def params(self, id_: int) -> Mapping[str, Any]:
        """What is asked for."""
        if not self.listed:
            return {"id": id_}
        return {"filter": {"=id": id_}, "select": ["id", "orderId"]}

    def fields(self, answer: Any, id_: int) -> Mapping[str, Any]:
        """The part in an answer; empty: it is not there."""
        inner = as_map(answer).get(self.wrapped) if self.wrapped else answer
        if not self.listed:
            return as_map(inner)
        rows = [as_map(row) for row in as_list(inner)]
        return next((row for row in rows if str(row.get("id")) == str(id_)), {})


def _get(method: str) -> Endpoint:
    return Endpoint("POST", method, Replay.SAFE)


def _order(client: Bitrix24, fields: Mapping[str, Any]) -> Sequence[Hint]:
    """The order of the store, or the deal that it is bound to: a deal's payments hang on one."""
    order = str(fields.get("orderId") or "")
    if not order:
        return []
    if client.settings.order_as is not OrderAs.DEAL:
        return [Hint(ORDERS, order)]
    return [Hint(ORDERS, deal) for deal in client.sale.deals_of(order, EntityType.DEAL)]


def _customer(_: Bitrix24, fields: Mapping[str, Any]) -> Sequence[Hint]:
    resource = _CUSTOMERS.get(str(fields.get("ENTITY_TYPE_ID", "")))
    return [Hint(resource, str(fields["ENTITY_ID"]))] if resource and "ENTITY_ID" in fields else []


PARTS: Mapping[str, Part] = {
    "payment": Part(_get("sale.payment.get"), "payment", _order),
    "shipment": Part(_get("sale.shipment.get"), "shipment", _order),
    # sale.propertyvalue.get tells no order, as its page shows; the list does
    "property": Part(_get("sale.propertyvalue.list"), "propertyValues", _order, listed=True),
    "requisite": Part(_get("crm.requisite.get"), "", _customer),
}


def ask_for_the_owner(client: Bitrix24, access: Access, tools: Tools, key: str) -> int:
    """Asks for the record of the part ``<kind>:<id>``."""
    del access
    kind, _, id_ = key.partition(":")
    part = PARTS.get(kind)
    if part is None or not id_.isdigit():
        return 0
    try:
        answer = client.portal.call(part.endpoint, part.params(int(id_)))
    except GiveUp:
        return 0  # it is gone
    return tools.touch(part.owners(client, part.fields(answer, int(id_))))
