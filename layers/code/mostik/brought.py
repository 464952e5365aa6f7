"""Connections whose other side is never called: it brings (files) and takes (orders).

Part of the contract of an integration; integrations import it from ``integration``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from mostik.commerce.record import Canonical
from mostik.errors import MostikError
from mostik.ports import Blobs, Clock, Table


@dataclass(frozen=True, slots=True)
class Misfit:
    """A row of a list that is no record of the trade: it goes into quarantine, the list goes on.

    Attributes:
        key: its key there.
        error: what is wrong with it, and who must act.
    """

    key: str
    error: MostikError


@dataclass(frozen=True, slots=True)
class Storage:
    """What a connection works on whose other side is never called: it brings and takes.

    Attributes:
        connection: its id.
        table: the state table.
        blobs: what was brought.
        clock: unix seconds.
    """

    connection: str
    table: Table
    blobs: Blobs
    clock: Clock


@dataclass(frozen=True, slots=True)
class Bond:
    """A link that follows from a connection's settings, so that nobody has to make it by hand.

    Its left end is the connection itself.

    Attributes:
        id: of the link.
        resource: of the connection.
        to: the connection at its right end.
        there: the resource of that.
        creates_here: records that are only there are created here.
        creates_there: records that are only here are created there.
        updates_here: what is changed there is changed here; else the other side gets back what
            it knew from here.
        restores_there: see above; ``False``: what is changed there is left alone.
        owned_there: the other side wins when both were changed.
        news_alone: the records here say what is new and nothing else (``sync.link.Link.news``).
        deletes_there: what is gone here is deleted there.
        retires_there: it is switched off there instead.
        brakes: limits of its runs that are not the usual ones, by name (``sync.brakes.Brakes``).
    """

    id: str
    resource: str
    to: str
    there: str
    creates_here: bool = False
    creates_there: bool = True
    updates_here: bool = False
    restores_there: bool = True
    owned_there: bool = False
    news_alone: bool = False
    deletes_there: bool = False
    retires_there: bool = False
    brakes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Content:
    """A file that was brought beside the records: a picture.

    Attributes:
        hash: SHA-256, hex.
        size: bytes.
        blob: where it lies.
    """

    hash: str
    size: int
    blob: str


class Surroundings(Protocol):
    """What is known where one import is read."""

    @property
    def connection(self) -> str:
        """Id of the connection."""
        ...

    def known(self, resource: str, key: str) -> Canonical | None:
        """Returns what was brought before under a key."""
        ...

    def knows(self, resource: str, key: str) -> bool:
        """Whether anything was brought before under a key; asking costs less."""
        ...

    def knew(self, resource: str, key: str) -> bool:
        """Whether another import has brought anything under a key: what the first of two passes
        over this one has found does not count."""
        ...

    def content(self, path: str) -> Content | None:
        """Returns the file that a record names by its path; ``None``: it did not come."""
        ...


class Bringer(Protocol):
    """Makes records of what one import brought, piece by piece and in one pass.

    What it is given are the pieces of the format (``commerceml.models``).
    """

    @property
    def looks_back(self) -> bool:
        """Whether something was used before it was defined, so that a second pass over all of it,
        with what has been learned, says more."""
        ...

    @property
    def held(self) -> int:
        """How many pieces wait for those behind them."""
        ...

    def learn(self, piece: Any) -> None:
        """Takes note of a piece whose records were made before."""
        ...

    def take(self, piece: Any) -> Iterable[tuple[str, Canonical | Misfit]]:
        """Yields the records of a piece, each with its resource. Learns from it, too."""
        ...

    def rest(self) -> Iterable[tuple[str, Canonical | Misfit]]:
        """Yields what has waited for pieces behind it: there are none any more."""
        ...

    def sentences(self) -> Sequence[str]:
        """Returns what the people on the other side should know, in their words."""
        ...
