"""Says references of a record in the keys of the other side, where a link knows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel

from mostik.commerce.record import Canonical, Ref
from mostik.sync.link import Link, Side
from mostik.sync.xref import Pairs

Fill = Callable[[Ref], Ref]


class References:
    """Fills ``Ref.external_ids`` from the pairs of other links between the same two connections.

    What no link knows is left as it is: the side that is written resolves it by the external key,
    or says ``Pending``.

    Args:
        links: all links.
        pairs: cross-references.
        here: the connection that records are read from.
        there: the connection that they are written to.
    """

    def __init__(self, links: Sequence[Link], pairs: Pairs, here: str, there: str) -> None:
        self._links = links
        self._pairs = pairs
        self._here = here
        self._there = there
        self._known: dict[tuple[str, str], str | None] = {}

    def filled(self, record: Canonical) -> Canonical:
        """Returns the record with the keys there beside its references."""
        for path, resources in type(record).refers.items():
            if any(self._routes(resource) for resource in resources):
                fill = self._filler(resources)
                record = _filled(record, path.split("."), fill)
        return record

    def _filler(self, resources: Sequence[str]) -> Fill:
        def fill(ref: Ref) -> Ref:
            if ref.key_in(self._there) is not None:
                return ref
            for resource in resources:
                key = self._key_there(resource, ref.key)
                if key is not None:
                    external = {**ref.external_ids, self._there: key}
                    return ref.model_copy(update={"external_ids": external})
            return ref

        return fill

    def _key_there(self, resource: str, key: str) -> str | None:
        if (resource, key) not in self._known:
            found: str | None = None
            for link, side in self._routes(resource):
                pair = self._pairs.find(link.id, side, key)
                if pair is not None and pair.is_linked:
                    found = pair.keys[side.other]
                    break
            self._known[resource, key] = found
        return self._known[resource, key]

    def _routes(self, resource: str) -> Sequence[tuple[Link, Side]]:
        return [
            (link, side)
            for link in self._links
            for side in link.sides_of(self._here, resource)
            if link.end(side.other).connection == self._there
        ]


def _filled(value: Any, path: Sequence[str], fill: Fill) -> Any:
    if isinstance(value, tuple | list):
        return tuple(_filled(element, path, fill) for element in value)
    if not path:
        return fill(value) if isinstance(value, Ref) else value
    if not isinstance(value, BaseModel):
        return value
    name, *rest = path
    inner = getattr(value, name, None)
    changed = _filled(inner, rest, fill)
    return value if changed is inner else value.model_copy(update={name: changed})
