"""1C:Enterprise, which calls us as it calls a Bitrix site: it brings goods and takes orders."""

from __future__ import annotations

from typing import NoReturn

from integrations.onec.bringing import Bringing
from integrations.onec.check import check
from integrations.onec.client import Onec
from integrations.onec.errands import ERRANDS, KEY, WAKE_SECONDS, WORDS
from integrations.onec.links import links_of
from integrations.onec.orders import ORDERS
from integrations.onec.resources import GOODS
from integrations.onec.sample import sample
from integrations.onec.settings import Settings
from mostik.errors import ConfigurationError, WhoActs
from mostik.http.client import ApiClient, Dialect
from mostik.integration import Integration


def _never_called(_api: ApiClient, _settings: Settings) -> NoReturn:
    raise ConfigurationError("1C is never called.", who=WhoActs.DEVELOPER)


integration: Integration[Settings, Onec] = Integration(
    name="onec",
    title="1C:Enterprise",
    settings=Settings,
    base_url=lambda _settings: "",
    auth=lambda _settings: None,
    dialect=Dialect(errors={}),
    client=_never_called,
    stored=Onec.of,
    resources={**GOODS, **ORDERS},
    bonds=links_of,
    errands=ERRANDS,
    wakes=lambda settings: [(WORDS, KEY, WAKE_SECONDS)] if settings.orders.enabled else [],
    bringer=Bringing,
    check=check,
    sample=sample,
)
