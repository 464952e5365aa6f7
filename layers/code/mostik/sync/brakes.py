"""Brakes: what a run may not do without a person. Pure.

All of a run is listed before anything of it is written, so a brake sees the whole run. What it
counts is the most that may happen: a record without a pair may yet be found on the other side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Brakes:
    """Limits of one run. A share counts once the number is reached; 100 switches a brake off.

    Attributes:
        deletes_percent: of the linked records.
        deletes_from: so many deletes are never held.
        creates_percent: of the listed records.
        creates_from: so many creates are never held.
        price_percent: a price that changes by more is strange, as is one that becomes zero.
        prices_percent: strange prices of the listed ones.
        prices_from: so many strange prices are never held.
    """

    deletes_percent: int = 10
    deletes_from: int = 20
    creates_percent: int = 50
    creates_from: int = 500
    price_percent: int = 50
    prices_percent: int = 5
    prices_from: int = 10

    def as_item(self) -> dict[str, int]:
        """Returns what differs from the defaults, as a row holds it."""
        usual = asdict(Brakes())
        return {name: value for name, value in asdict(self).items() if value != usual[name]}

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Reads it back; limits of a later release are ignored."""
        known = {declared.name for declared in fields(cls)}
        return cls(**{name: int(value) for name, value in item.items() if name in known})

    def is_strange(self, before: Decimal, now: Decimal) -> bool:
        """Whether a price changes so that a person should look."""
        if before == now:
            return False
        if before == 0 or now == 0:
            return now == 0
        return abs(now - before) * 100 > abs(before) * self.price_percent


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is about to do at the most.

    Attributes:
        listed: records that it has listed.
        linked: linked records of the link, where they were counted.
        creates: records without a pair.
        deletes: records that are gone.
        strange: prices that change strangely.
        vanished: price types or warehouses that a complete scan no longer has.
    """

    listed: int
    linked: int | None
    creates: int
    deletes: int
    strange: int
    vanished: Sequence[str] = ()


def held_for(plan: Plan, brakes: Brakes) -> Sequence[str]:
    """Returns why a run must wait for a person, in sentences; empty: it may go on."""
    reasons: list[str] = []
    linked = plan.linked if plan.linked is not None else plan.listed
    if _beyond(plan.deletes, linked, brakes.deletes_percent, brakes.deletes_from):
        reasons.append(f"It would delete {plan.deletes} of {linked} records.")
    if _beyond(plan.creates, plan.listed, brakes.creates_percent, brakes.creates_from):
        reasons.append(f"It would create up to {plan.creates} of {plan.listed} records.")
    if _beyond(plan.strange, plan.listed, brakes.prices_percent, brakes.prices_from):
        reasons.append(
            f"{plan.strange} of {plan.listed} prices become zero or change by more than"
            f" {brakes.price_percent} %."
        )
    reasons += [f"{name} has vanished with all that was in it." for name in plan.vanished]
    return reasons


def _beyond(number: int, of: int, percent: int, spared: int) -> bool:
    return percent < 100 and number > spared and number * 100 > of * percent
