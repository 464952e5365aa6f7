"""The two ends of a link as a person needs them, who looks before anything is carried over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from pydantic import ValidationError

from mostik.errors import ConfigurationError, Skip
from mostik.integration import Resource
from mostik.linkdoc.document import LinkDocument
from mostik.ports import RemainingTime
from mostik.sync.link import Link, Links, Side
from mostik.sync.references import References
from mostik.sync.route import Route
from mostik.sync.terms import Terms, shape_of, terms_of
from mostik.sync.xref import Pairs

Ends = Mapping[Side, Resource[Any]]
OpenEnds = Callable[[Link, RemainingTime], AbstractContextManager[Ends]]
"""Opens the resources at both ends of a link for a while; their calls stand in the log."""


def link_named(links: Links, link_id: str) -> Link:
    """Returns a link.

    Raises:
        Skip: there is no such link.
    """
    link = links.get(link_id)
    if link is None:
        known = ", ".join(sorted(one.id for one in links.all())) or "none"
        raise Skip(f"There is no link {link_id!r}. There are: {known}.")
    return link


def terms_between(link: Link, ends: Ends, *, bulk: bool = False) -> Terms:
    """Returns the terms of a link with a document.

    Args:
        link: the link.
        ends: the resources at its ends.
        bulk: a run over many records.

    Raises:
        ConfigurationError: its document is not one of this release.
    """
    try:
        document = LinkDocument.from_item(link.document or {})
    except ValidationError as error:
        raise ConfigurationError(
            f"The link {link.id} says something that this release does not know: apply it again.",
        ) from error
    left, right = (
        shape_of(
            f"{link.end(side).resource} of {link.end(side).connection}",
            ends[side],
            ends[side.other],
        )
        for side in (Side.LEFT, Side.RIGHT)
    )
    return terms_of(document, left, right, bulk=bulk)


def route_between(
    link: Link, side: Side, ends: Ends, links: Sequence[Link], pairs: Pairs, *, bulk: bool = False
) -> Route:
    """Returns a link in one direction, as a worker would take it.

    Args:
        link: the link.
        side: where records come from.
        ends: the resources at its ends.
        links: all links, for references.
        pairs: cross-references.
        bulk: a run over many records.
    """
    here, there = link.end(side).connection, link.end(side.other).connection
    forth = References(links, pairs, here, there)
    back = References(links, pairs, there, here)
    terms = terms_between(link, ends, bulk=bulk) if link.document is not None else None
    return Route(link, side, ends[side], ends[side.other], forth.filled, back.filled, terms)
