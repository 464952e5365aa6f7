"""The errand ``owner``: finds the record to which a part of one belongs, and asks for that.

An event of a payment, a shipment, a property value or a requisite carries its own id only. One that
is gone cannot be asked any more; the deletion of an order's part comes with an event of the order
itself (on-order-entity-saved), and of the others the sweep says what it can see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.bitrix24.app.models import Access
from integrations.bitrix24.app.names import COMPANIES, CONTACTS, ORDERS
from integrations.bitrix24.client import Bitrix24
from integrations.bitrix24.transport.php import as_map
from mostik.errors import GiveUp
from mostik.http.endpoint import Endpoint, Replay
from mostik.integration import Hint, Tools

_CUSTOMERS = {"3": CONTACTS, "4": COMPANIES}


@dataclass(frozen=True, slots=True)
class Part:
    """How a part names its record.

    Attributes:
        endpoint: reads the part.
        wrapped: the key around it in the answer; empty: it is the answer.
        hint: its record, from its fields; ``None``: not one of ours.
    """

    endpoint: Endpoint
    wrapped: str
    hint: Callable[[Mapping[str, Any]], Hint | None]


def _get(method: str) -> Endpoint:
    return Endpoint("POST", method, Replay.SAFE)


def _order(fields: Mapping[str, Any]) -> Hint | None:
    return Hint(ORDERS, str(fields["orderId"])) if fields.get("orderId") else None


def _customer(fields: Mapping[str, Any]) -> Hint | None:
    resource = _CUSTOMERS.get(str(fields.get("ENTITY_TYPE_ID", "")))
    return Hint(resource, str(fields["ENTITY_ID"])) if resource and "ENTITY_ID" in fields else None


PARTS: Mapping[str, Part] = {
    "payment": Part(_get("sale.payment.get"), "payment", _order),
    "shipment": Part(_get("sale.shipment.get"), "shipment", _order),
    "property": Part(_get("sale.propertyvalue.get"), "propertyValue", _order),
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
        answer = as_map(client.portal.call(part.endpoint, {"id": int(id_)}))
    except GiveUp:
        return 0  # it is gone
    hint = part.hint(as_map(answer.get(part.wrapped)) if part.wrapped else answer)
    return tools.touch([hint] if hint is not None else [])
