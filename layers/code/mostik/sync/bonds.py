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
            Them, by its resources; those whose other side has no such resource are left out.

        Raises:
            ConfigurationError: the connection at the other end is not set up.
        """
        wanted = {
            bond.resource: link_of(bond, connection)
            for bond in integration.bonds(settings, connection)
            if bond.there in self.resources_of(bond.to)
        }
        for link in wanted.values():
            if self.links.get(link.id) != link:
                self.links.save(link)
        ids = {link.id for link in wanted.values()}
        for link in self.links.all():
            if link.derived and link.left.connection == connection and link.id not in ids:
                self.links.remove(link.id)
        return wanted
