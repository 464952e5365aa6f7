"""Asks the portal whether everything that the integration needs is there."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.bitrix24.client import Bitrix24
from integrations.bitrix24.models import Settings
from mostik.integration import Check

NEEDED_SCOPE = "crm"


def check(client: Bitrix24, settings: Settings) -> Iterable[Check]:
    """Yields one line for each thing that is needed."""
    del settings
    scopes = client.scope().result
    yield Check(
        "The inbound webhook may use CRM",
        NEEDED_SCOPE in scopes,
        "Open the inbound webhook on the portal and tick CRM (crm) under its rights.",
    )
