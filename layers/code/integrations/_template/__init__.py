"""Template: orders of one external API."""

from __future__ import annotations

from collections.abc import Iterable

from integrations._template.client import Client
from integrations._template.models import Settings
from integrations._template.resources import Orders
from integrations._template.sample import sample
from integrations._template.webhook import webhook
from mostik.http.auth import Bearer
from mostik.http.client import Dialect
from mostik.integration import Check, Integration


def _check(client: Client, settings: Settings) -> Iterable[Check]:
    """Asks for an order that cannot exist: 404 says that address and key are right."""
    del settings
    client.order_get("mostik-check")
    yield Check("The address and the API key are accepted", ok=True)


integration: Integration[Settings, Client] = Integration(
    name="_template",
    title="Template",
    settings=Settings,
    base_url=lambda settings: settings.base_url,
    auth=lambda settings: Bearer(settings.api_key.get_secret_value()),
    dialect=Dialect(errors={}),
    client=lambda api, _settings: Client(api),
    resources={"orders": Orders},
    check=_check,
    webhook=webhook,
    sample=sample,
    unsafe_resources=frozenset({"orders"}),
)
