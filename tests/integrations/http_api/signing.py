"""An API whose calls show tokens, by each way to get one, for the acceptance suite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from threading import RLock
from typing import Any

from local.sandbox.oddshop import OddConfig, OddShop
from local.sandbox.server import Answer, Call
from tests.integrations.acceptance.played import Clock
from tests.integrations.acceptance.signing import Signings
from tests.integrations.http_api.played import declared

TOKEN_PATH = "/v2/auth/token"  # a path
LIFE_SECONDS = 3_600


class Guarded:
    """The odd shop behind a door that lets tokens in, and the service that gives them."""

    def __init__(self, clock: Clock) -> None:
        self.lock = RLock()
        self.live = ""
        self.given = 0
        self._shop = OddShop(OddConfig(clock=clock, stale_share=0.0))

    def answer(self, call: Call) -> Answer:
        """A token, or what the shop says to whoever shows one."""
        if call.path == TOKEN_PATH:
            self.given += 1
            self.live = f"token-number-{self.given:08}"
            told = {"access_token": self.live, "token": self.live, "expires_in": LIFE_SECONDS}
            return Answer.of_json({**told, "token_type": "bearer"})
        if call.headers.get("authorization") != f"Bearer {self.live}":
            return Answer.of_json({"fault": "who are you"}, 401)
        headers = {**call.headers, "x-token": OddConfig().token}
        return self._shop.answer(replace(call, headers=headers))


class Credentials:
    """OAuth 2 with client credentials. See ``Signing``."""

    resource = "customers"
    refresh: str | None = None
    way: Mapping[str, Any] = {
        "auth": "oauth2_client_credentials",
        "oauth2": {"url": f"https://odd.example{TOKEN_PATH}"},
    }

    def __init__(self, clock: Clock) -> None:
        self.there = Guarded(clock)
        known = {"login": "mostik", "credential": "secret-of-the-client-0000"}
        self.settings: Mapping[str, Any] = declared(**known, **self.way)

    def is_token_call(self, call: Call) -> bool:
        """See ``Signing.is_token_call``."""
        return call.path == TOKEN_PATH

    def end(self) -> None:
        """See ``Signing.end``."""
        self.there.live = "none of them"


class Login(Credentials):
    """A login call that is answered with a token."""

    way: Mapping[str, Any] = {
        "auth": "login",
        "sign_in": {"path": "auth/token", "expires_in": "expires_in"},
    }


SIGNINGS: Signings = {"credentials": Credentials, "login": Login}
