"""Which goods of the catalogue the lines of orders mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from mostik.commerce.order import Order
from mostik.commerce.record import Ref


class Catalogue(Protocol):
    """Resolves references to goods by their external codes."""

    def learn(self, refs: Iterable[Ref | None], system: str) -> None:
        """Looks up what is not known yet, all of it at once."""
        ...

    def id_of(self, ref: Ref, system: str) -> str:
        """Returns the id of the good that a reference means. Raises ``Pending`` without one."""
        ...


class Goods:
    """Finds goods for lines.

    Args:
        connection: id of this connection.
        catalogue: makes what resolves references; ``None``: a line whose good no link knows is
            written by its name, as in a shop that sells what is not in the catalogue.
    """

    def __init__(self, connection: str, catalogue: Callable[[], Catalogue] | None = None) -> None:
        self._connection = connection
        self._make = catalogue
        self._catalogue: Catalogue | None = None

    def learn(self, orders: Iterable[Order], system: str) -> None:
        """Looks up the goods of orders, all of them at once.

        Raises:
            MostikError: what a call raised.
        """
        if self._make is None:
            return
        refs = [line.variant for order in orders for line in order.lines or ()]
        if any(ref is not None and not ref.key_in(self._connection) for ref in refs):
            self._looked_up().learn(refs, system)

    def of(self, order: Order, system: str) -> Mapping[str, int]:
        """Returns the ids of an order's goods by their keys there, as far as they are known.

        Raises:
            Pending: a good is not on the portal yet, and the order is to wait for it.
        """
        found: dict[str, int] = {}
        for line in order.lines or ():
            ref = line.variant
            if ref is None:
                continue
            id_ = id_here(ref, self._connection)
            if id_ is None and self._make is not None:
                id_ = int(self._looked_up().id_of(ref, system))
            if id_ is not None:
                found[ref.key] = id_
        return found

    def _looked_up(self) -> Catalogue:
        if self._catalogue is None:
            assert self._make is not None  # noqa: S101 - for the type checker: asked before
            self._catalogue = self._make()
        return self._catalogue


def id_here(ref: Ref | None, connection: str) -> int | None:
    """Returns the id that a reference has on this portal, when it is known."""
    key = ref.key_in(connection) if ref is not None else None
    return int(key) if key is not None and key.isascii() and key.isdecimal() else None
