"""Bitrix24: a portal reached through an inbound webhook."""

from __future__ import annotations

from integrations.bitrix24.check import check
from integrations.bitrix24.client import Bitrix24
from integrations.bitrix24.errors import ERRORS, code_of
from integrations.bitrix24.limits import feedback, limit
from integrations.bitrix24.models import Settings
from integrations.bitrix24.resources import Contacts, Deals
from integrations.bitrix24.sample import sample
from integrations.bitrix24.webhook import webhook
from integrations.bitrix24.zones import rename
from mostik.http.client import Dialect
from mostik.integration import Integration

integration: Integration[Settings, Bitrix24] = Integration(
    name="bitrix24",
    title="Bitrix24",
    settings=Settings,
    base_url=lambda settings: settings.webhook_url.get_secret_value(),
    auth=lambda _settings: None,  # the secret is in the path of the webhook URL
    dialect=Dialect(errors=ERRORS, code_of=code_of, feedback=feedback),
    client=lambda api, _settings: Bitrix24(api),
    resources={"deals": Deals, "contacts": Contacts},
    check=check,
    webhook=webhook,
    sample=sample,
    longest_request_seconds=60.0,  # the portal's own limit (limits)
    unsafe_resources=frozenset({"deals", "contacts"}),
    limit=limit,
    rename=rename,
)
