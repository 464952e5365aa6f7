"""A boxed 1C-Bitrix site: by its REST where that is open, and as 1C where it is not."""

from __future__ import annotations

from integrations.bitrix24.limits import feedback
from integrations.bitrix_site.check import check
from integrations.bitrix_site.client import Site, keeping
from integrations.bitrix_site.discover import discover
from integrations.bitrix_site.errors import ERRORS, code_of
from integrations.bitrix_site.limits import limit
from integrations.bitrix_site.models import Settings
from integrations.bitrix_site.polling import ERRANDS, wakes
from integrations.bitrix_site.resources import RESOURCES
from integrations.bitrix_site.sample import sample
from integrations.bitrix_site.webhook import webhook
from mostik.http.client import Dialect
from mostik.integration import Integration

integration: Integration[Settings, Site] = Integration(
    name="bitrix_site",
    title="1C-Bitrix site",
    settings=Settings,
    base_url=lambda settings: settings.address,
    auth=lambda _settings: None,
    dialect=Dialect(errors=ERRORS, code_of=code_of, feedback=feedback),
    client=Site,
    keeping=keeping,
    resources=RESOURCES,
    errands=ERRANDS,
    wakes=wakes,
    check=check,
    discover=discover,
    webhook=webhook,
    sample=sample,
    most_bytes=64_000_000,  # 2,500 rows, or all orders of a shop that 1C has not taken yet
    longest_request_seconds=180.0,  # what 1C allows an import's step
    unsafe_resources=frozenset(RESOURCES),
    limit=limit,
)
