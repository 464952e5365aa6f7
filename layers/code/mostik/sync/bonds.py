"""Links that follow from the settings of a connection: kept as they say, removed when they do not
say so any more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from mostik.integration import Integration
from mostik.sync.link import Link, Links, link_of


@dataclass(frozen=True, slots=True)
class Bonds:
    """Keeps them.

    Attributes:
        links: links.
        resources_of: names the resources of a connection.
    """

    links: Links
    resources_of: Callable[[str], Collection[str]]

    def keep(
        self, connection: str, integration: Integration[Any, Any], settings: BaseModel
    ) -> Mapping[str, Link]:
        """Brings the links of a connection up to date.

        Returns:
            Them, by its resources; those whose other side has no such resource are left out. Where
            a person has written one down, it is that one.

        Raises:
            ConfigurationError: the connection at the other end is not set up.
        """
        wanted = {
            bond.resource: self._kept(link_of(bond, connection))
            for bond in integration.bonds(settings, connection)
            if bond.there in self.resources_of(bond.to)
        }
        ids = {link.id for link in wanted.values()}
        for link in self.links.all():
            if link.derived and link.left.connection == connection and link.id not in ids:
                self.links.remove(link.id)
        return wanted

    def _kept(self, link: Link) -> Link:
        """The link as it stands then; a document that a person has put in its place is left
        alone."""
        standing = self.links.get(link.id)
        if standing is not None and standing.document is not None and standing.joins(link):
            return standing
        if standing != link:
            self.links.save(link)
        return link
