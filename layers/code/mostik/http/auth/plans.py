"""The kinds of token: OAuth 2 client credentials, refresh token and JWT bearer, and a login call.

Own code, small and pure: oauthlib raises on a changed scope unless the environment says otherwise,
and every library's client brings its own session, cache and retries (docs/decisions).
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import quote_plus

from mostik.errors import ConfigurationError
from mostik.http.auth.tokens import Shown, Token, TokenRequest

AHEAD_SECONDS = 120.0
"""Longer than a call takes, so that a token does not end on its way."""
_LONGEST_LIFE = 10 * 366 * 86_400.0


class ClientAuth(StrEnum):
    """How the token service learns who asks (RFC 6749, 2.3.1)."""

    BASIC = "basic"
    """Client id and secret as Basic auth."""
    BODY = "body"
    """In the body, or in the query of a GET."""


class Assertion(Protocol):
    """Makes signed JWTs (``jwt_assertion.JwtAssertion``)."""

    @property
    def issuer(self) -> str | None:
        """Who signs."""
        ...

    @property
    def subject(self) -> str | None:
        """For whom."""
        ...

    def made(self, at: float) -> str:
        """Returns a JWT of ``at``."""
        ...


@dataclass(frozen=True, slots=True)
class OAuth2ClientCredentials:
    """RFC 6749, 4.4: client id and secret for an access token.

    Attributes:
        url: the token service.
        client_id: ours.
        client_secret: its secret.
        scope: what to ask for; empty: what the service gives.
        client_auth: where id and secret go.
        extra: further fields, such as ``audience``.
        shown: where the API wants the token.
        ahead: seconds before its end when it is renewed.
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""
    client_auth: ClientAuth = ClientAuth.BASIC
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)
    shown: Shown = field(default_factory=Shown)
    ahead: float = AHEAD_SECONDS

    @property
    def first_refresh(self) -> str | None:
        """See ``TokenPlan.first_refresh``."""
        return None

    def identity(self) -> tuple[str, ...]:
        """See ``TokenPlan.identity``."""
        extra = [part for pair in sorted(self.extra.items()) for part in pair]
        return (self.url, self.client_id, self.client_secret, self.scope, *extra)

    def request(self, refresh: str | None, at: float) -> TokenRequest:
        """See ``TokenPlan.request``."""
        del refresh, at
        form = {"grant_type": "client_credentials", **_scope(self.scope), **self.extra}
        headers, shown = _client(self.client_id, self.client_secret, self.client_auth)
        return TokenRequest("POST", self.url, form=form | shown, headers=headers)

    def read(self, content: Any, refresh: str | None, at: float) -> Token:
        """See ``TokenPlan.read``."""
        del refresh
        return _oauth_token(content, None, at)


@dataclass(frozen=True, slots=True)
class OAuth2RefreshToken:
    """RFC 6749, 6: a refresh token for an access token, and mostly for the next refresh token.

    Attributes:
        url: the token service.
        client_id: ours.
        client_secret: its secret; empty for a public client.
        refresh: the first refresh token, as a person entered it; later ones are kept by the core.
        scope: what to ask for; empty: what was granted.
        client_auth: where id and secret go.
        method: ``GET`` puts everything into the query (Bitrix24 documents it so).
        extra: further fields.
        shown: where the API wants the token.
        ahead: seconds before its end when it is renewed.
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    refresh: str = field(repr=False)
    scope: str = ""
    client_auth: ClientAuth = ClientAuth.BASIC
    method: str = "POST"
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)
    shown: Shown = field(default_factory=Shown)
    ahead: float = AHEAD_SECONDS

    @property
    def first_refresh(self) -> str | None:
        """See ``TokenPlan.first_refresh``."""
        return self.refresh

    def identity(self) -> tuple[str, ...]:
        """See ``TokenPlan.identity``: a new client secret leaves the chain of refresh tokens."""
        return (self.url, self.client_id, self.refresh)

    def request(self, refresh: str | None, at: float) -> TokenRequest:
        """See ``TokenPlan.request``."""
        del at
        fields = {
            "grant_type": "refresh_token",
            "refresh_token": refresh or self.refresh,
            **_scope(self.scope),
            **self.extra,
        }
        headers, shown = _client(self.client_id, self.client_secret, self.client_auth)
        if self.method == "GET":
            return TokenRequest("GET", self.url, query=fields | shown, headers=headers)
        return TokenRequest(self.method, self.url, form=fields | shown, headers=headers)

    def read(self, content: Any, refresh: str | None, at: float) -> Token:
        """See ``TokenPlan.read``."""
        return _oauth_token(content, refresh or self.refresh, at)


@dataclass(frozen=True, slots=True)
class OAuth2JwtBearer:
    """RFC 7523, 2.1: a JWT that we sign for an access token (service accounts).

    Attributes:
        url: the token service.
        assertion: makes the JWT; its audience is mostly ``url``.
        scope: what to ask for.
        extra: further fields.
        shown: where the API wants the token.
        ahead: seconds before its end when it is renewed.
    """

    url: str
    assertion: Assertion
    scope: str = ""
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)
    shown: Shown = field(default_factory=Shown)
    ahead: float = AHEAD_SECONDS

    @property
    def first_refresh(self) -> str | None:
        """See ``TokenPlan.first_refresh``."""
        return None

    def identity(self) -> tuple[str, ...]:
        """See ``TokenPlan.identity``."""
        asks = self.assertion
        return (self.url, asks.issuer or "", asks.subject or "", self.scope)

    def request(self, refresh: str | None, at: float) -> TokenRequest:
        """See ``TokenPlan.request``."""
        del refresh
        assertion = self.assertion.made(at)
        grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        form = {"grant_type": grant, "assertion": assertion, **_scope(self.scope), **self.extra}
        return TokenRequest("POST", self.url, form=form, secrets=(assertion,))

    def read(self, content: Any, refresh: str | None, at: float) -> Token:
        """See ``TokenPlan.read``."""
        del refresh
        return _oauth_token(content, None, at)


@dataclass(frozen=True, slots=True)
class TwoStepLogin:
    """A login call of the API itself, whose answer holds a token for the calls after it.

    Attributes:
        url: address of the login call.
        content: what is sent: login, password and whatever else, by field.
        as_form: sent URL-encoded instead of as JSON.
        method: HTTP method.
        token: dotted path of the token in the answer.
        expires_in: dotted path of its life in seconds; empty: the answer does not say.
        life: its life in seconds when the answer does not say; ``None``: until it is refused.
        shown: where the API wants the token.
        ahead: seconds before its end when it is renewed.
    """

    url: str
    content: Mapping[str, str] = field(repr=False)
    as_form: bool = False
    method: str = "POST"
    token: str = "token"  # noqa: S105 - a path, no token
    expires_in: str = ""
    life: float | None = None
    shown: Shown = field(default_factory=Shown)
    ahead: float = AHEAD_SECONDS

    @property
    def first_refresh(self) -> str | None:
        """See ``TokenPlan.first_refresh``."""
        return None

    def identity(self) -> tuple[str, ...]:
        """See ``TokenPlan.identity``."""
        sent = [part for pair in sorted(self.content.items()) for part in pair]
        return (self.url, self.token, *sent)

    def request(self, refresh: str | None, at: float) -> TokenRequest:
        """See ``TokenPlan.request``."""
        del refresh, at
        if self.as_form:
            return TokenRequest(self.method, self.url, form=dict(self.content))
        return TokenRequest(self.method, self.url, content=dict(self.content))

    def read(self, content: Any, refresh: str | None, at: float) -> Token:
        """See ``TokenPlan.read``."""
        del refresh
        said = _seconds(_at(content, self.expires_in)) if self.expires_in else None
        life = said if said is not None else self.life
        return Token(_text(_at(content, self.token), self.token), at, at + life if life else None)


def _client(client_id: str, secret: str, how: ClientAuth) -> tuple[dict[str, str], dict[str, str]]:
    """The headers and the fields that say who asks."""
    if how is ClientAuth.BASIC and secret:
        # RFC 6749, 2.3.1: each is form-encoded first, so that a colon cannot split the pair.
        pair = f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}, {}
    return {}, {"client_id": client_id} | ({"client_secret": secret} if secret else {})


def _scope(scope: str) -> dict[str, str]:
    return {"scope": scope} if scope else {}


def _oauth_token(content: Any, refresh: str | None, at: float) -> Token:
    life = _seconds(_at(content, "expires_in"))
    new = _at(content, "refresh_token")
    return Token(
        _text(_at(content, "access_token"), "access_token"),
        at,
        at + life if life is not None else None,
        (new if isinstance(new, str) and new else refresh) if refresh is not None else None,
    )


def _text(value: Any, path: str) -> str:
    if isinstance(value, str) and value.isascii() and value.isprintable() and value.strip():
        return value
    raise ConfigurationError(
        f"The answer of the token service holds no token at {path!r}: check its address and its"
        " settings here."
    )


def _seconds(value: Any) -> float | None:
    """A life in seconds, also as text; junk says nothing, and then the token serves until it is
    refused."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return min(seconds, _LONGEST_LIFE) if math.isfinite(seconds) and seconds > 0 else None


def _at(content: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(content, dict):
            return None
        content = content.get(name)
    return content
