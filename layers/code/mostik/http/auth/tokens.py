"""What a token is, how a kind of token is planned, and how the client shows one.

A plan is pure and frozen: it builds the request for a token and reads the answer. Who gets, keeps
and renews tokens is ``connections/tokens.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from requests import PreparedRequest
from requests.auth import AuthBase

from mostik.http.trail import Trail

_AHEAD_SHARE = 0.1
"""Of its life: a token that lives a minute is not renewed at every call."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token.

    Attributes:
        value: what is shown.
        issued_at: unix seconds when it was got.
        expires_at: unix seconds; ``None`` when its end was not said.
        refresh: the refresh token that came with it.
        account: what the token service said of the account, plain facts by name.
    """

    value: str = field(repr=False)
    issued_at: float
    expires_at: float | None = None
    refresh: str | None = field(default=None, repr=False)
    account: Mapping[str, str] | None = None

    def is_due(self, now: float, ahead: float) -> bool:
        """Whether to renew it now.

        Args:
            now: unix seconds.
            ahead: seconds before its end, but never more than a tenth of its life.
        """
        if self.expires_at is None:
            return False
        life = self.expires_at - self.issued_at
        return now >= self.expires_at - min(ahead, life * _AHEAD_SHARE)


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """The call that gets a token. Only one of ``form`` and ``content`` is a body.

    Attributes:
        method: HTTP method.
        url: whole address.
        query: query parameters.
        form: sent URL-encoded.
        content: sent as JSON.
        headers: further headers.
        secrets: values made for this call, which no log may show.
    """

    method: str
    url: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    content: Any = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a request shows its token: in a header, or in a query parameter.

    Attributes:
        header: name of the header.
        prefix: what stands before the token in it.
        query: name of the query parameter; then no header is set.
    """

    header: str = "Authorization"
    prefix: str = "Bearer "
    query: str | None = None

    def put(self, request: PreparedRequest, value: str) -> None:
        """Puts a token into a request."""
        if self.query is not None:
            request.prepare_url(request.url, {self.query: value})
        else:
            request.headers[self.header] = f"{self.prefix}{value}"


@runtime_checkable
class TokenPlan(Protocol):
    """How one kind of token is got and shown."""

    @property
    def url(self) -> str:
        """Address of the token service. The credentials go there and nowhere else."""
        ...

    @property
    def ahead(self) -> float:
        """Seconds before a token's end when it is renewed."""
        ...

    @property
    def shown(self) -> Shown:
        """Where requests show it."""
        ...

    @property
    def first_refresh(self) -> str | None:
        """The refresh token that a person entered; ``None`` when tokens are got without one.

        With one, each renewal may replace it, and an answer that gets lost may take it away.
        """
        ...

    def identity(self) -> tuple[str, ...]:
        """What a stored token belongs to: when any of it changes, the token counts no more."""
        ...

    def request(self, refresh: str | None, at: float) -> TokenRequest:
        """Builds the call.

        Args:
            refresh: the refresh token to use.
            at: unix seconds.
        """
        ...

    def read(self, content: Any, refresh: str | None, at: float) -> Token:
        """Reads a token from the answer.

        Args:
            content: parsed JSON.
            refresh: the refresh token that was used; it stays when the answer brings none.
            at: unix seconds when the call was made.

        Raises:
            ConfigurationError: there is no token where the plan says.
        """
        ...


class TokenAuth(AuthBase):
    """Shows one token. The client asks for a new one of these at every try.

    Attributes:
        token: which.
    """

    def __init__(self, shown: Shown, token: Token) -> None:
        self._shown = shown
        self.token = token

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Signs a request."""
        self._shown.put(r, self.token.value)
        return r


@runtime_checkable
class Renewable(Protocol):
    """Credentials that run out and can be renewed while a call is made. Shared by threads."""

    def current(self, trail: Trail) -> AuthBase:
        """Returns what signs one try, renewed ahead of its end.

        Raises:
            RetryLater: it could not be renewed now; nothing was sent to the API.
            ConfigurationError: a person must authorize the connection anew.
            Busy: an AWS service behind it is away.
        """
        ...

    def renew(self, refused: AuthBase, trail: Trail) -> bool:
        """Renews what was refused. Returns whether another try has other credentials.

        Raises:
            RetryLater: see ``current``.
            ConfigurationError: see ``current``.
            Busy: see ``current``.
        """
        ...
