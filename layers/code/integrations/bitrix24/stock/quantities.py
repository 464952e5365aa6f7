"""Stock of a portal without inventory management: one quantity of each good, written as it is.

``quantity`` is what can be sold; what is reserved stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from integrations.bitrix24.catalog.directory import Directory, belongs
from integrations.bitrix24.catalog.endpoints import OFFERS, SIMPLE, Methods
from integrations.bitrix24.catalog.lookup import matching, outcome_row
from integrations.bitrix24.catalog.models import GoodRow, read
from integrations.bitrix24.fit import fitted
from integrations.bitrix24.stock.levels import Level, Target
from integrations.bitrix24.transport.batch import Command
from mostik.errors import GiveUp, MostikError, WhoActs

_ROUNDS = 3
"""So often a target is written when orders reserve goods meanwhile."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """The quantity of a good as it stands."""

    methods: Methods
    row: GoodRow

    @property
    def level(self) -> Level:
        """The same as of a warehouse: all that is there, and what of it is promised."""
        reserved = self.row.quantity_reserved or Decimal(0)
        return Level((self.row.quantity or Decimal(0)) + reserved, reserved)


def read_quantities(
    directory: Directory, products: Iterable[int]
) -> tuple[dict[int, Quantity], dict[int, MostikError]]:
    """Reads the quantities of goods; those that are not there are left out. Returns them, and why
    some cannot be read."""
    keys = [str(one) for one in products]
    if not keys:
        return {}, {}
    lists = [directory.search(one, brief=True) for one in directory.kinds(SIMPLE, OFFERS)]
    held: dict[int, Quantity] = {}
    errors: dict[int, MostikError] = {}
    for methods, raw in matching(directory.portal, lists, "id", keys):
        row = fitted(read, GoodRow, raw)
        if isinstance(row, MostikError):
            errors[int(raw["id"])] = row
        elif belongs(methods, row):
            held[row.id] = Quantity(methods, row)
    return held, errors


def write_quantities(
    directory: Directory, targets: Mapping[int, Target]
) -> tuple[dict[int, Quantity], dict[int, MostikError]]:
    """Brings goods to their targets. Returns how they stand now, and what kept some back."""
    errors: dict[int, MostikError] = {}
    held: dict[int, Quantity] = {}
    for _ in range(_ROUNDS):
        held, unread = read_quantities(directory, (one for one in targets if one not in errors))
        errors |= unread
        for product in targets:
            if product not in held and product not in errors:
                errors[product] = GiveUp("The portal has no such good.", who=WhoActs.ADMIN)
        wrong = [
            (product, one, targets[product].within(one.level) - one.level.reserved)
            for product, one in held.items()
            if targets[product].within(one.level) != one.level.amount
        ]
        if not wrong:
            break
        commands = [
            Command(one.methods.update, {"id": product, "fields": {"quantity": quantity}})
            for product, one, quantity in wrong
        ]
        outcomes = directory.portal.batch(commands)
        for (product, _, _), outcome in zip(wrong, outcomes, strict=True):
            row = outcome_row(outcome)
            if isinstance(row, MostikError):
                errors[product] = row
    return held, errors
