"""The application's tokens: one refresh token after another, renewed only when the portal says so.

Source: apidocs.bitrix24.ru, oauth and oauth/auto-renewal. The first refresh token comes with the
installation (install.py). An access token is shown until it is refused with ``expired_token``:
renewing ahead, by the clock, "may have the application blocked", so its end is not even noted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from integrations.bitrix24.app.models import Access
from mostik.errors import ConfigurationError, WhoActs
from mostik.http.auth import Auth, ClientAuth, OAuth2RefreshToken, Shown, Token
from mostik.http.auth.tokens import TokenRequest


def auth(access: Access) -> Auth | None:
    """An application shows a token; a webhook has its secret in the path of its URL."""
    if access.client_id is None or access.client_secret is None:
        return None
    return AppTokens(
        url=access.token_url,
        client_id=access.client_id,
        client_secret=access.client_secret.get_secret_value(),
        host=access.host,
        member_id=access.member_id,
    )


_FACTS = ("member_id", "client_endpoint", "scope", "status", "user_id")


@dataclass(frozen=True, slots=True)
class AppTokens:
    """The plan for an application's tokens. See ``TokenPlan``.

    Attributes:
        url: the authorization server.
        client_id: the application's code.
        client_secret: its key.
        host: the portal's host, for as long as ``member_id`` is not known.
        member_id: the portal's stable id; tokens of any other are refused.
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    host: str
    member_id: str | None = None

    @property
    def ahead(self) -> float:
        """See ``TokenPlan.ahead``: never."""
        return 0.0

    @property
    def shown(self) -> Shown:
        """See ``TokenPlan.shown``."""
        return Shown(query="auth")

    @property
    def first_refresh(self) -> str | None:
        """See ``TokenPlan.first_refresh``: an installation brings it, nobody enters it."""
        return ""

    def identity(self) -> tuple[str, ...]:
        """See ``TokenPlan.identity``."""
        return (self.url, self.client_id)

    def request(self, refresh: str | None, at: float) -> TokenRequest:
        """See ``TokenPlan.request``.

        Raises:
            ConfigurationError: no installation has brought a refresh token yet.
        """
        if not refresh:
            raise ConfigurationError(
                "The application is not installed on the portal yet: install it there, with the"
                " installation address of this connection.",
                who=WhoActs.EXTERNAL_ADMIN,
            )
        return self._oauth(refresh).request(refresh, at)

    def read(self, content: Any, refresh: str | None, at: float) -> Token:
        """See ``TokenPlan.read``.

        Raises:
            ConfigurationError: there is no token, or it is one of another portal.
        """
        token = self._oauth(refresh or "").read(content, refresh, at)
        account = {name: str(content[name]) for name in _FACTS if name in content}
        self._check(account)
        return replace(token, expires_at=None, account=account)

    def _check(self, account: Mapping[str, str]) -> None:
        if self.member_id is not None:
            same = account.get("member_id", "").casefold() == self.member_id.casefold()
        else:
            endpoint = account.get("client_endpoint", "")
            same = urlsplit(endpoint).netloc.casefold() == self.host
        if not same:
            raise ConfigurationError(
                "The application was installed on another portal than this connection names:"
                " correct the domain and the member id, or install it on the right one.",
                who=WhoActs.ADMIN,
            )

    def _oauth(self, refresh: str) -> OAuth2RefreshToken:
        return OAuth2RefreshToken(
            self.url,
            self.client_id,
            self.client_secret,
            refresh,
            client_auth=ClientAuth.BODY,
            method="GET",
        )
