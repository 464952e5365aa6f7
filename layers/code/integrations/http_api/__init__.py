"""An external REST API, declared by settings: base URL, auth, webhook scheme, endpoints."""

from __future__ import annotations

from collections.abc import Iterable

from requests.auth import AuthBase

from integrations.http_api.client import HttpApi
from integrations.http_api.models import AuthKind, Settings
from integrations.http_api.resources import Orders
from integrations.http_api.sample import sample
from integrations.http_api.webhook import webhook
from mostik.http.auth import ApiKey, Basic, Bearer
from mostik.http.client import Dialect
from mostik.integration import Check, Integration


def _auth(settings: Settings) -> AuthBase:
    credential = settings.credential.get_secret_value()
    match settings.auth:
        case AuthKind.BEARER:
            return Bearer(credential)
        case AuthKind.API_KEY:
            return ApiKey(settings.auth_header, credential)
        case AuthKind.BASIC:
            return Basic(settings.login, credential)


def _check(client: HttpApi, settings: Settings) -> Iterable[Check]:
    """Asks for an order that cannot exist: 404 says that address and credentials are right."""
    del settings
    client.order("mostik-check")
    yield Check("The address and the credentials are accepted", ok=True)


integration: Integration[Settings, HttpApi] = Integration(
    name="http_api",
    title="REST API",
    settings=Settings,
    base_url=lambda settings: settings.base_url,
    auth=_auth,
    dialect=Dialect(errors={}),
    client=HttpApi,
    resources={"orders": Orders},
    check=_check,
    webhook=webhook,
    sample=sample,
)
