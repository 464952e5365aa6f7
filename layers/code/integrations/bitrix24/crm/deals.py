"""Reads deals with what belongs to them: each with its goods in one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.bitrix24.crm.client import (
    ITEM_GET,
    Crm,
    get_item,
    is_absent,
    is_id,
    item_of,
    list_rows,
    of_one,
    rows_in,
)
from integrations.bitrix24.crm.models import DealPayment, EntityType, Item, ProductRow
from integrations.bitrix24.crm.payments import list_payments, payments_in
from integrations.bitrix24.transport.batch import Command, Outcome, Refused
from integrations.bitrix24.transport.php import Ref
from mostik.errors import MostikError

KIND = EntityType.DEAL


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal with what belongs to it."""

    item: Item
    rows: Sequence[ProductRow]
    payments: Sequence[DealPayment] | None = None


class DealReader:
    """Reads deals.

    Args:
        crm: the gateway.
        payments: their payments too.
    """

    def __init__(self, crm: Crm, *, payments: bool) -> None:
        self._crm = crm
        self._payments = payments

    def deal(self, key: str) -> Deal | None:
        """Returns a deal, ``None`` when there is none of this id."""
        if not is_id(key):
            return None
        deal = self.deals([key]).get(key)
        if isinstance(deal, MostikError):
            raise deal
        return deal

    def deals(self, keys: Sequence[str]) -> Mapping[str, Deal | MostikError]:
        """Deals by their ids, with their goods; those that do not exist are left out."""
        known = [key for key in dict.fromkeys(keys) if is_id(key)]
        single = len(known) == 1
        commands: list[Command] = []
        for key in known:
            # Of a deal that is gone the portal would say that its rows are forbidden.
            name = "deal" if single else f"deal{key}"
            commands.append(get_item(KIND, key, name))
            commands += self._parts(Ref(name, "item", "id"), single)
        outcomes = self._crm.portal.batch(commands) if commands else []
        size = len(commands) // len(known) if known else 1
        found: dict[str, Deal | MostikError] = {}
        for place, key in enumerate(known):
            item = item_of(outcomes[place * size], ITEM_GET)
            if isinstance(item, MostikError):
                if not is_absent(item):
                    found[key] = item
                continue
            found[key] = self._assembled(item, outcomes[place * size + 1 : (place + 1) * size])
        return found

    def whole(self, item: Item) -> Deal:
        """Returns a deal that was listed, with its goods."""
        deal = self.wholes([item])[0]
        if isinstance(deal, MostikError):
            raise deal
        return deal

    def wholes(self, items: Sequence[Item]) -> Sequence[Deal | MostikError]:
        """Deals that were listed, with their goods."""
        single = len(items) == 1
        commands = [part for item in items for part in self._parts(item.id, single)]
        outcomes = self._crm.portal.batch(commands) if commands else []
        size = len(commands) // len(items) if items else 1
        return [
            self._assembled(item, outcomes[place * size : (place + 1) * size])
            for place, item in enumerate(items)
        ]

    def _parts(self, key: int | Ref, single: bool) -> Sequence[Command]:
        commands = [list_rows(key, "rows" if single else None)]
        if self._payments:
            commands.append(list_payments(key, "payments" if single else None))
        return commands

    def _assembled(self, item: Item, outcomes: Sequence[Outcome]) -> Deal | MostikError:
        values: list[Any] = []
        for outcome in outcomes:
            if isinstance(outcome, Refused):
                return of_one(outcome.error, f"deal {item.id}")
            values.append(outcome.value)
        try:
            rows = self._crm.rows_behind(str(item.id), rows_in(values[0])) if values[0] else ()
            payments = payments_in(values[1]) if self._payments else None
        except MostikError as error:
            return error
        return Deal(item, rows, payments)
