"""The terms of links with a document, made once in a container."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mostik.integration import Resource
from mostik.sync.link import Link, Side

if TYPE_CHECKING:
    from mostik.sync.terms import Terms

_MOST = 256


class LinkTerms:
    """Makes terms and remembers them, as long as neither the link nor its resources change."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Terms] = {}

    def of(self, link: Link, ends: Mapping[Side, Resource[Any]], *, bulk: bool) -> Terms:
        """Returns the terms of a link.

        Args:
            link: it has a document.
            ends: the resources at its ends.
            bulk: a run over many records.

        Raises:
            ConfigurationError: its document is not one of this release.
        """
        holds = tuple((type(one), getattr(one, "holds", None)) for one in ends.values())
        place = (link.id, link.version, bulk, tuple(ends), holds)
        found = self._known.get(place)
        if found is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            found = self._known[place] = _made(link, ends, bulk=bulk)
        return found


def _made(link: Link, ends: Mapping[Side, Resource[Any]], *, bulk: bool) -> Terms:
    # Here, so that a worker whose links follow from settings never loads the mapping.
    from mostik.sync.ends import terms_between  # noqa: PLC0415 - loaded when needed

    return terms_between(link, ends, bulk=bulk)
