"""The REST of a box, by the client of Bitrix24: below the site's address, without a CRM.

An endpoint's path stays a template (``rest/{user}/{code}/sale.order.get``), so that neither logs
nor gates ever hold the webhook's secret.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integrations.bitrix_site.models import Settings
from mostik.errors import MostikError, RateLimited
from mostik.http.client import ApiClient
from mostik.http.endpoint import Endpoint
from mostik.http.result import Answer
from mostik.http.trail import Trail

_BELOW = "rest/{user}/{code}/"


class RestApi(ApiClient):
    """A client whose endpoints lie below the inbound webhook of a site.

    Args:
        api: the connection's client, bound to a job.
        settings: of the connection.
    """

    def __init__(self, api: ApiClient, settings: Settings) -> None:
        self._api = api
        self._settings = settings
        self.trail = api.trail
        self.connection = api.connection
        self.memory = api.memory

    def following(self, trail: Trail) -> RestApi:
        """See ``ApiClient.following``."""
        return RestApi(self._api.following(trail), self._settings)

    def request(
        self,
        endpoint: Endpoint,
        *,
        path: Mapping[str, str | int] | None = None,
        query: Mapping[str, str | int] | None = None,
        body: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        link: str | None = None,
    ) -> Answer:
        """See ``ApiClient.request``."""
        return self._api.request(
            _below(endpoint),
            path={**self._settings.rest_place, **(path or {})},
            query=query,
            body=body,
            form=form,
            headers={**front(self._settings), **(headers or {})},
            link=link,
        )

    def parse(self, model: Any, endpoint: Endpoint, content: Any) -> Any:
        """See ``ApiClient.parse``."""
        return self._api.parse(model, endpoint, content)

    def closed(self, endpoint: Endpoint) -> RateLimited | None:
        """See ``ApiClient.closed``."""
        return self._api.closed(_below(endpoint))

    def nested(self, endpoint: Endpoint, status: int, content: Any) -> MostikError | None:
        """See ``ApiClient.nested``."""
        return self._api.nested(_below(endpoint), status, content)

    def pause(self, seconds: float) -> bool:
        """See ``ApiClient.pause``."""
        return self._api.pause(seconds)


def front(settings: Settings) -> Mapping[str, str]:
    """The header for a web server that asks for a login of its own."""
    if settings.front_login is None or settings.front_password is None:
        return {}
    login = f"{settings.front_login}:{settings.front_password.get_secret_value()}"
    return {"Authorization": f"Basic {b64encode(login.encode()).decode()}"}


def _below(endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, path=f"{_BELOW}{endpoint.path}")
