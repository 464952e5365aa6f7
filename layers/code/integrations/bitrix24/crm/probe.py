"""Asks whether external keys can be looked up: without that, no write may be repeated safely."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from integrations.bitrix24.crm.client import Crm, find_items
from integrations.bitrix24.crm.models import EntityType
from integrations.bitrix24.crm.settings import OrderAs, TradeSettings
from integrations.bitrix24.sale.client import find_orders
from integrations.bitrix24.transport.batch import Command, Done, Outcome
from integrations.bitrix24.transport.php import as_list, as_map
from mostik.integration import Check

NOBODY = "mostik-probe"
"""A key that nothing carries."""
_KINDS = {
    EntityType.DEAL: "deals",
    EntityType.CONTACT: "contacts",
    EntityType.COMPANY: "companies",
}


def probe(crm: Crm, settings: TradeSettings) -> Iterator[Check]:
    """Yields a line for each kind of records: asks for a key that nothing carries, and must get
    nothing. A portal that passes over the condition answers with whatever it has."""
    key = {"originatorId": NOBODY, "originId": NOBODY}
    asked: dict[str, tuple[Command, str]] = {
        title: (find_items(kind, key), "items") for kind, title in _KINDS.items()
    }
    if settings.order_as is not OrderAs.DEAL:
        asked["orders"] = (find_orders(f"{NOBODY}:{NOBODY}"), "orders")
    outcomes = crm.portal.batch(
        [replace(command, name=f"probe_{title}") for title, (command, _) in asked.items()]
    )
    for (title, (_, rows)), outcome in zip(asked.items(), outcomes, strict=True):
        yield Check(
            f"External keys of {title} can be looked up",
            _is_empty(outcome, rows),
            f"The portal does not filter {title} by external keys, or its user may not see them:"
            " without that, records could be made twice. Ask the portal's support.",
        )


def _is_empty(outcome: Outcome, rows: str) -> bool:
    if not isinstance(outcome, Done):
        return False
    result: Mapping[str, Any] = as_map(outcome.value)
    return rows in result and not as_list(result[rows])
