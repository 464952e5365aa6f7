"""What the portal's events mean: they carry ids only, so each is a hint to read the record.

Source: apidocs.bitrix24.ru, events and the pages of the areas. Form-encoded, no delivery id, never
sent twice. A part of a record (a payment, a requisite) names itself and not its record: it is a
hint for the errand that finds out (app/owner.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from integrations.bitrix24.app.names import (
    APP,
    COMPANIES,
    CUSTOMERS,
    FEED,
    ITEMS,
    ORDERS,
    OWNER,
    PRICES,
    PRODUCTS,
    QUEUE,
    STANDING,
    VARIANTS,
)
from integrations.bitrix24.crm.settings import OrderAs
from integrations.bitrix24.models import Settings
from mostik.integration import Finding, Hint, Webhook
from mostik.jobs.message import Receipt

WAKE_UP = "ONOFFLINEEVENT"
LIFE = ("ONAPPINSTALL", "ONAPPUPDATE", "ONAPPUNINSTALL")
"""Events of the application itself."""

_CRM = {"DEAL": ORDERS, "CONTACT": CUSTOMERS, "COMPANY": COMPANIES}
_WHAT = ("ADD", "UPDATE", "DELETE")
_MOVED = "ONCRMDEALMOVETOCATEGORY"
_ORDER = ("ONSALEORDERSAVED", "ONSALEBEFOREORDERDELETE", "ONORDERENTITYSAVED", "ONORDERDELETED")
_PARTS = {
    "PAYMENT": "payment",
    "SHIPMENT": "shipment",
    "PROPERTYVALUE": "property",
}
_VARIANTS = ("4", "5")
"""``TYPE`` of offers in events of goods (catalog.product, types)."""

RECORDS: Mapping[str, str] = {
    **{f"ONCRM{kind}{what}": "crm" for kind in _CRM for what in _WHAT},
    _MOVED: "crm",
    **{f"ONCRMDYNAMICITEM{what}": "crm" for what in _WHAT},
    **{f"ONCRMREQUISITE{what}": "crm" for what in _WHAT},
    **{f"CATALOG.PRODUCT.ON.{what}": "catalog" for what in _WHAT},
    **{f"CATALOG.PRICE.ON.{what}": "catalog" for what in _WHAT},
    **dict.fromkeys(_ORDER, "sale"),
    **{f"ON{part}{what}": "sale" for part in _PARTS for what in ("ENTITYSAVED", "DELETED")},
}
"""Events of records: name -> the right that they need."""

_RECORD = re.compile(r"ONCRM(DEAL|CONTACT|COMPANY)(?:ADD|UPDATE|DELETE)")
_ITEM = re.compile(r"ONCRMDYNAMICITEM(?:ADD|UPDATE|DELETE)(?:_([0-9]+))?")
_PART = re.compile(r"ON(PAYMENT|SHIPMENT|PROPERTYVALUE)(?:ENTITYSAVED|DELETED)")
_MOST_FIELDS = 1_000


def parameters(settings: Settings) -> Mapping[str, Any]:
    """The door's parameters: whose events are taken."""
    expected = {"member_id": settings.member_id, "domain": settings.sender_domain}
    if settings.is_app:
        expected["domain"] = None  # an application is known by its member id, also after a renaming
    return {name: value for name, value in expected.items() if value is not None}


def findings(receipt: Receipt, settings: Settings) -> Sequence[Finding]:
    """Returns the record that an event is about; other events are nothing to us.

    Raises:
        ValueError: the body is not an event.
    """
    text = (receipt.body or b"").decode("utf-8")
    pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    said = dict(pairs)
    event = said.get("event", "").upper()
    if not event:
        raise ValueError("the body has no field 'event'")
    if event in LIFE:
        return [Hint(APP, STANDING)]
    if event == WAKE_UP:
        return [Hint(FEED, QUEUE)]
    prefix, end = "data[FIELDS][", "]"
    fields = {
        name.removeprefix(prefix).removesuffix(end): value
        for name, value in said.items()
        if name.startswith(prefix)
    }
    return hints_of(event, fields, settings)


def hints_of(event: str, fields: Mapping[str, str], settings: Settings) -> Sequence[Hint]:
    """Returns what an event of a record is about; the same for events that were sent and those of
    the offline queue.

    Deals and orders of the store count their ids apart, and ``order_as`` says which of the two an
    order is: events of the other one are nothing to us.

    Raises:
        ValueError: it names no record.
    """
    event = event.upper()
    as_deal = settings.order_as is OrderAs.DEAL
    if event.startswith("ONCRMDEAL") and not as_deal:
        return []
    if match := _RECORD.fullmatch(event):
        return [Hint(_CRM[match[1]], _id_in(fields))]
    if event == _MOVED:
        return [Hint(ORDERS, _id_in(fields))]
    if match := _ITEM.fullmatch(event):
        kind = match[1] or _id_in(fields, "ENTITY_TYPE_ID")
        return [Hint(ITEMS, f"{kind}:{_id_in(fields)}")]
    if event in _ORDER:
        return [] if as_deal else [Hint(ORDERS, _id_in(fields))]
    if event.startswith("CATALOG.PRODUCT.ON."):
        resource = VARIANTS if fields.get("TYPE") in _VARIANTS else PRODUCTS
        return [Hint(resource, _id_in(fields))]
    if event.startswith("CATALOG.PRICE.ON."):
        return [Hint(PRICES, _id_in(fields))]
    if event.startswith("ONCRMREQUISITE") and event in RECORDS:
        return [Hint(OWNER, f"requisite:{_id_in(fields)}")]
    if match := _PART.fullmatch(event):
        if as_deal and not (match[1] == "PAYMENT" and settings.deal_payments):
            return []
        return [Hint(OWNER, f"{_PARTS[match[1]]}:{_id_in(fields)}")]
    return []


def _id_in(fields: Mapping[str, str], name: str = "ID") -> str:
    value = fields.get(name, "")
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"the body has no numeric field 'data[FIELDS][{name}]'")
    return value


webhook: Webhook[Settings] = Webhook(
    scheme=lambda _settings: "bitrix24", parameters=parameters, findings=findings
)
