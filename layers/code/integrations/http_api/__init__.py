"""An external REST API, declared by settings: base URL, auth, webhook scheme, endpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from integrations.http_api.client import HttpApi
from integrations.http_api.declared.mapping import MODELS
from integrations.http_api.declared.resources import declared
from integrations.http_api.models import AuthKind, OAuth2Fields, Settings, SignInFields
from integrations.http_api.resources import orders
from integrations.http_api.sample import sample
from integrations.http_api.webhook import webhook
from mostik.commerce.order import ORDERS
from mostik.http.auth import (
    ApiKey,
    Auth,
    Basic,
    Bearer,
    OAuth2ClientCredentials,
    QueryKey,
    Shown,
    TwoStepLogin,
)
from mostik.http.client import Dialect
from mostik.http.limiter import Limit
from mostik.integration import Check, Integration, Listed, Misfit, Resource


def _auth(settings: Settings) -> Auth:
    credential = settings.credential.get_secret_value()
    match settings.auth, settings.oauth2, settings.sign_in:
        case AuthKind.API_KEY, _, _:
            return ApiKey(settings.auth_header, credential)
        case AuthKind.API_KEY_QUERY, _, _:
            return QueryKey(settings.auth_query, credential)
        case AuthKind.BASIC, _, _:
            return Basic(settings.login, credential)
        case AuthKind.OAUTH2_CLIENT_CREDENTIALS, OAuth2Fields() as oauth2, _:
            return OAuth2ClientCredentials(
                oauth2.url,
                settings.login,
                credential,
                scope=oauth2.scope,
                client_auth=oauth2.client_auth,
                extra={"audience": oauth2.audience} if oauth2.audience else {},
            )
        case AuthKind.LOGIN, _, SignInFields() as call:
            return TwoStepLogin(
                f"{settings.base_url.rstrip('/')}/{call.path.lstrip('/')}",
                {call.login: settings.login, call.password: credential},
                as_form=call.as_form,
                token=call.token,
                expires_in=call.expires_in,
                life=call.life,
                shown=Shown(call.header, call.prefix),
            )
    return Bearer(credential)


def _check(client: HttpApi, settings: Settings) -> Iterable[Check]:
    """Asks for an order that cannot exist: 404 says that address and credentials are right. Of
    what can be listed the first page is read, each row."""
    if settings.orders is not None:
        client.order("mostik-check")
        yield Check("The address and the credentials are accepted", ok=True)
    for name in sorted(settings.resources):
        resource = declared(name, client, settings, "mostik-check")
        if not isinstance(resource, Listed):
            resource.read("mostik-check")
            yield Check(f"The address of {name} and the credentials are accepted", ok=True)
            continue
        items = resource.page(None, None).items
        misfits = [item for item in items if isinstance(item, Misfit)]
        advice = f"Correct resources.{name}.fields. {misfits[0].error}" if misfits else ""
        yield Check(f"The first page of {name} can be read", ok=not misfits, advice=advice)


def _resource(name: str) -> Callable[[HttpApi, Settings, str], Resource[Any]]:
    """Builds a resource as the settings declare it."""

    def build(client: HttpApi, settings: Settings, connection: str) -> Resource[Any]:
        if name == ORDERS and settings.orders is not None:
            return orders(client, settings, connection)
        return declared(name, client, settings, connection)

    return build


def _limit(settings: Settings) -> Limit | None:
    if settings.calls_per_second is None:
        return None
    host = urlsplit(settings.base_url).netloc.casefold()
    return Limit(f"http_api:{host}", settings.calls_per_second, settings.burst)


integration: Integration[Settings, HttpApi] = Integration(
    name="http_api",
    title="REST API",
    settings=Settings,
    base_url=lambda settings: settings.base_url,
    auth=_auth,
    dialect=Dialect(errors={}),
    client=HttpApi,
    resources={name: _resource(name) for name in MODELS},
    check=_check,
    webhook=webhook,
    sample=sample,
    limit=_limit,
    unsafe_resources=frozenset(MODELS),
)
