"""The authorization server and the portal's side of it: codes, tokens, rotation.

Source: b24restdocs ``settings/oauth/index.md``, ``auto-renewal.md``, ``error-codes.md``. A code
lives 30 seconds and serves once, an access token an hour, a refresh token 180 days, and each
renewal replaces it. Ours, where the documentation is silent: the HTTP status of a refusal is 400,
and a replaced refresh token is refused at once (``spare_refresh`` lets it live on for a while).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from local.sandbox.portal.config import PortalApp, PortalConfig
from local.sandbox.portal.phpform import decode
from local.sandbox.server import Answer, Call

CODE_SECONDS = 30
ACCESS_SECONDS = 3_600
REFRESH_SECONDS = 180 * 86_400
SERVER_ENDPOINT = "https://oauth.bitrix.info/rest/"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code or a token stands for.

    Attributes:
        user_id: whose rights it gives.
        until: unix seconds.
    """

    user_id: int
    until: float


class TokenServer:
    """Issues the tokens of the portal's one application.

    Args:
        config: the portal's settings; ``app`` is the application.
        clock: unix seconds.
        address: domain and client endpoint of the portal.
    """

    def __init__(
        self,
        config: PortalConfig,
        clock: Callable[[], float],
        address: Callable[[], tuple[str, str]],
    ) -> None:
        self.config = config
        self._clock = clock
        self._address = address
        self._made = 0
        self.codes: dict[str, Grant] = {}
        self.access: dict[str, Grant] = {}
        self.refresh: dict[str, Grant] = {}
        self.renewals = 0

    def forget(self) -> None:
        """Takes every code and token back, as the removal of an application does."""
        self.codes.clear()
        self.access.clear()
        self.refresh.clear()

    def expire(self) -> None:
        """Ends every access token now; refresh tokens stay."""
        now = self._clock()
        self.access = {
            token: Grant(grant.user_id, min(grant.until, now))
            for token, grant in self.access.items()
        }

    def caller(self, token: str) -> Grant | None:
        """What an access token stands for, also when it has run out; ``None``: never issued."""
        return self.access.get(token)

    def is_over(self, grant: Grant) -> bool:
        """Whether a grant has run out."""
        return self._clock() >= grant.until

    def code_for(self, user_id: int) -> str:
        """A code as a user's consent gives it."""
        code = self._new("code")
        self.codes[code] = Grant(user_id, self._clock() + CODE_SECONDS)
        return code

    def pair(self, user_id: int) -> dict[str, Any]:
        """New tokens of a user, as the token server's answer and an installation name them."""
        app = self.config.app or PortalApp()
        now = self._clock()
        access, refresh = self._new("access"), self._new("refresh")
        self.access[access] = Grant(user_id, now + ACCESS_SECONDS)
        self.refresh[refresh] = Grant(user_id, now + REFRESH_SECONDS)
        return {
            "access_token": access,
            "client_endpoint": self._address()[1],
            "domain": "oauth.bitrix.info",
            "expires": int(now + ACCESS_SECONDS),
            "expires_in": ACCESS_SECONDS,
            "member_id": self.config.member_id,
            "refresh_token": refresh,
            "scope": ",".join(app.scopes),
            "server_endpoint": SERVER_ENDPOINT,
            "status": app.status,
            "user_id": user_id,
        }

    def access_for(self, user_id: int) -> str:
        """A fresh access token, as events carry one."""
        access = self._new("access")
        self.access[access] = Grant(user_id, self._clock() + ACCESS_SECONDS)
        return access

    def authorize(self, call: Call) -> Answer:
        """``/oauth/authorize/``: sends the browser back with a code. The consent of the portal's
        own user is taken for granted."""
        query = decode(call.query)
        app = self.config.app
        if app is None or query.get("client_id") != app.client_id or not app.redirect_uri:
            return Answer(404, b"<html><body>Application not found</body></html>", "text/html")
        back = {
            "code": self.code_for(app.user_id),
            "state": query.get("state", ""),
            "domain": self._address()[0],
            "member_id": self.config.member_id,
            "scope": ",".join(app.scopes),
            "server_domain": "oauth.bitrix.info",
        }
        location = f"{app.redirect_uri}?{urlencode(back)}"
        return Answer(302, b"", "text/html", (("Location", location),))

    def token(self, call: Call) -> Answer:
        """``/oauth/token/``: a pair of tokens for a code or for a refresh token."""
        asked = {**decode(call.query), **decode(call.body.decode("utf-8", "replace"))}
        app = self.config.app
        if app is None or (asked.get("client_id"), asked.get("client_secret")) != (
            app.client_id,
            app.client_secret,
        ):
            return _refused("invalid_client", "Invalid client")
        if app.unpaid:
            return _refused("PAYMENT_REQUIRED", "Payment required")
        match asked.get("grant_type"):
            case "authorization_code":
                grant = self._take(self.codes, asked.get("code"))
            case "refresh_token":
                grant = self._take(self.refresh, asked.get("refresh_token"))
                self.renewals += grant is not None
            case _:
                return _refused("invalid_request", "Invalid request")
        if grant is None:
            return _refused("invalid_grant", "Invalid grant")
        return Answer.of_json(self.pair(grant.user_id))

    def _take(self, kept: dict[str, Grant], name: object) -> Grant | None:
        grant = kept.pop(str(name), None)
        if grant is None or self.is_over(grant):
            return None
        spare = self.config.app.spare_refresh if self.config.app else 0.0
        if kept is self.refresh and spare:
            kept[str(name)] = Grant(grant.user_id, min(grant.until, self._clock() + spare))
        return grant

    def _new(self, kind: str) -> str:
        """A token that is different each time and the same in each run of a test."""
        self._made += 1
        text = f"{kind}/{self._made}/{self.config.member_id}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def _refused(code: str, text: str) -> Answer:
    return Answer.of_json({"error": code, "error_description": text}, 400)
