"""Bitrix24: a portal reached through an inbound webhook or as an application."""

from __future__ import annotations

from integrations.bitrix24.app.errands import ERRANDS, wakes
from integrations.bitrix24.app.tokens import auth
from integrations.bitrix24.catalog.resources import CATALOG_RESOURCES, UNSAFE
from integrations.bitrix24.check import check
from integrations.bitrix24.client import Bitrix24
from integrations.bitrix24.discover import discover
from integrations.bitrix24.errors import ERRORS, code_of
from integrations.bitrix24.limits import feedback, limit
from integrations.bitrix24.models import Settings
from integrations.bitrix24.resources import TRADE
from integrations.bitrix24.sample import sample
from integrations.bitrix24.webhook import webhook
from integrations.bitrix24.zones import rename
from mostik.http.client import Dialect
from mostik.integration import Integration

integration: Integration[Settings, Bitrix24] = Integration(
    name="bitrix24",
    title="Bitrix24",
    settings=Settings,
    base_url=lambda settings: settings.address,
    auth=auth,
    dialect=Dialect(errors=ERRORS, code_of=code_of, feedback=feedback),
    client=Bitrix24,
    resources={**TRADE, **CATALOG_RESOURCES},
    errands=ERRANDS,
    wakes=wakes,
    check=check,
    discover=discover,
    webhook=webhook,
    sample=sample,
    most_bytes=64_000_000,  # 2,500 rows of a portal with many user fields of its own
    longest_request_seconds=60.0,  # the portal's own limit (limits)
    unsafe_resources=frozenset(TRADE) | UNSAFE,
    limit=limit,
    rename=rename,
)
