"""What to do when 1C takes orders and never says that it has them. Pure.

1C loads an answer as one transaction: an order that it cannot load, for a reason that we do not
know, keeps all others back. So after some answers in vain fewer are given, at last one alone; one
that is in vain even then lets the others past; when those were taken and it is in vain again, it is
set aside. Where nothing is taken at all, the fault is not an order's, and none is set aside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mostik.commerceml.outbox import Handed

PATIENCE = 3
"""So many answers in vain are taken for bad luck: a lost connection, somebody's browser."""


@dataclass(frozen=True, slots=True)
class Portion:
    """What the next answer may hold.

    Attributes:
        most: orders; ``None``: as many as fit.
        suspect: key and mark of an order that 1C does not take.
    """

    most: int | None = None
    suspect: tuple[str, str] | None = None


def portion(history: Iterable[Handed]) -> Portion:
    """Returns what the next answer may hold.

    Args:
        history: answers that held something or were taken, newest first.
    """
    vain = _in_vain(history)
    if len(vain) < PATIENCE:
        return Portion()
    smallest = min(len(one.given) for one in vain)
    if smallest > 1:
        return Portion(most=smallest // 2)
    last = vain[:PATIENCE]
    same = {one.given for one in last}
    if len(same) == 1 and all(len(one.given) == 1 for one in last):
        return Portion(most=1, suspect=last[0].given[0])
    return Portion(most=1)


def _in_vain(history: Iterable[Handed]) -> Sequence[Handed]:
    found: list[Handed] = []
    for one in history:
        if one.taken:
            break
        if one.given:
            found.append(one)
    return found
