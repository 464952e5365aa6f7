"""What the resources of a connection to 1C work with: there is nobody to be called."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.onec.settings import Settings
from mostik.commerceml.pages import Pages
from mostik.integration import Storage


@dataclass(frozen=True)
class Onec:
    """What 1C has brought, and what is kept for it.

    Attributes:
        storage: where it lies.
        settings: of the connection.
        pages: records that it has brought.
    """

    storage: Storage
    settings: Settings
    pages: Pages

    @classmethod
    def of(cls, storage: Storage, settings: Settings) -> Onec:
        """Opens it for one job."""
        return cls(storage, settings, Pages.of(storage))
