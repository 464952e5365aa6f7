"""What a run that writes nothing says of a record: its verdict, and what would change, by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mostik.commerce.record import Canonical
from mostik.merge.identity import Systems
from mostik.merge.pointers import pointed
from mostik.merge.values import plain
from mostik.sync.case import Case, would_be
from mostik.sync.decide import Next
from mostik.sync.differences import Disputed, FieldChange, between
from mostik.sync.link import Side
from mostik.sync.route import Route


def foretell(case: Case, route: Route) -> None:
    """Gives a record the verdict that it would have, with what would change on either side."""
    case.settle(*would_be(case))
    if case.result is not None:
        changes = tuple(_changes(case, route))
        disputes = tuple(_disputes(case, route))
        case.result = replace(case.result, changes=changes, disputes=disputes)


def _changes(case: Case, route: Route) -> Iterator[FieldChange]:
    for side, told in _told(case, route):
        before = case.there if side is route.side.other else case.record
        own = route.target if side is route.side.other else route.source
        # What neither side's declaration covers is not written, whatever a record knows of it.
        of = getattr(own, "holds", None) if route.terms is not None else route.of
        ends = Systems(route.link.end(side.other).connection, route.link.end(side).connection)
        if before is not None:  # lines that its parts name are called as in what it is told
            before = pointed(told, before, {}, ends)
        yield from between(side, ends.right, before, told, of)


def _disputes(case: Case, route: Route) -> Iterator[Disputed]:
    system = route.link.left.connection
    for conflict in case.judged.conflicts if case.judged is not None else ():
        yield Disputed(conflict.path, plain(conflict.left), plain(conflict.right, system))


def _told(case: Case, route: Route) -> Iterator[tuple[Side, Canonical]]:
    """What each side would be handed."""
    if case.judged is not None:
        yield from case.judged.told.items()
    elif case.next in (Next.CREATE, Next.UPDATE):
        yield route.side.other, case.told or case.record
    elif case.next is Next.WRITE_BACK and case.there is not None:
        yield route.side, route.back(case.there)
