"""A token service and an API that takes its tokens, in memory, and containers that call them.

Containers share what a stack shares (state table, Secrets Manager) and nothing else.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import HTTPAdapter

from mostik.connections.connection import Connection
from mostik.connections.tokens import TokenKeeper, Tokens
from mostik.http.auth import OAuth2ClientCredentials, OAuth2RefreshToken, TokenPlan
from mostik.http.client import ApiClient, Dialect, Effects
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.redact import Redactor
from mostik.http.session import open_session
from mostik.http.trail import Trail
from mostik.ports import Clock, Sleep
from mostik.requestlog.entry import LogEntry
from tests.support.api_router import Fault, answer
from tests.support.clock import FakeClock
from tests.support.memory import MemorySecrets, MemoryTable, state_table

API_HOST, TOKEN_HOST = "api.example", "id.example"
API = f"https://{API_HOST}/v1/"
TOKEN_URL = f"https://{TOKEN_HOST}/oauth2/token"
FIRST_REFRESH = "refresh-token-number-0"
SECRET = "client-secret-0000"
ORDERS = Endpoint("GET", "orders", Replay.SAFE)
NEW_ORDER = Endpoint("POST", "orders", Replay.UNSAFE)

CREDENTIALS = OAuth2ClientCredentials(TOKEN_URL, "mostik", SECRET, scope="orders")
REFRESHING = OAuth2RefreshToken(TOKEN_URL, "mostik", SECRET, FIRST_REFRESH)


@dataclass
class Services(HTTPAdapter):
    """Both other sides, as an adapter for sessions.

    A refresh token is taken once; after that it is an invalid grant. A new token ends the one
    before it.

    Attributes:
        clock: of the services.
        life: seconds that a token lives; ``None``: the answer does not say.
        faults: what the next token calls meet instead of an answer.
        losing: so many token calls do their work and lose the answer.
        slow: real seconds that a token call takes.
        asked: the fields of every token call.
        shown: what each API call showed as its ``Authorization``.
        orders: how many orders were made.
        refuses: whether the API refuses every token.
    """

    clock: Clock
    life: float | None = 3600.0
    faults: list[Fault] = field(default_factory=list)
    losing: int = 0
    slow: float = 0.0
    asked: list[dict[str, str]] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    orders: int = 0
    refuses: bool = False

    def __post_init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._refresh = FIRST_REFRESH
        self._token = ""
        self._ends_at = 0.0

    def __hash__(self) -> int:
        return id(self)

    @property
    def token(self) -> str:
        """The token that the API takes."""
        return self._token

    def end(self) -> None:
        """The API no longer takes the token, before its time."""
        self._token = ""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Answers one request."""
        address = urlsplit(request.url or "")
        self.hosts.append(address.netloc)
        ours = {TOKEN_HOST: self._issue, API_HOST: self._serve}
        response = ours[address.netloc](request)
        response.request = request
        response.url = request.url or ""
        return response

    def _issue(self, request: requests.PreparedRequest) -> requests.Response:
        body = request.body or b""
        text = body if isinstance(body, str) else body.decode()
        fields = dict(parse_qsl(text) or parse_qsl(urlsplit(request.url or "").query))
        with self._lock:
            self.asked.append(fields)
            if self.faults:
                return self.faults.pop(0)(request)
            time.sleep(self.slow)
            refresh = fields.get("refresh_token")
            if refresh is not None and refresh != self._refresh:
                return answer(400, {"error": "invalid_grant", "error_description": f"no {refresh}"})
            number = len(self.asked)
            self._token = f"access-token-number-{number}"
            self._ends_at = self.clock() + (self.life or 3600.0)
            content: dict[str, Any] = {"access_token": self._token, "token_type": "Bearer"}
            if self.life is not None:
                content["expires_in"] = self.life
            if refresh is not None:
                self._refresh = content["refresh_token"] = f"refresh-token-number-{number}"
            if self.losing:
                self.losing -= 1
                raise requests.ReadTimeout(request=request)
            return answer(200, content)

    def _serve(self, request: requests.PreparedRequest) -> requests.Response:
        shown = str(request.headers.get("Authorization", ""))
        self.shown.append(shown)
        good = shown == f"Bearer {self._token}" and self.clock() < self._ends_at
        if self.refuses or not good:
            return answer(401, {"message": f"not {shown}"})
        self.orders += request.method == "POST"
        return answer(200, {"orders": []})


@dataclass
class Container:
    """One container: its client, its keeper of tokens, and what it has logged."""

    keeper: TokenKeeper
    api: ApiClient
    redactor: Redactor
    entries: list[LogEntry]

    def call(self, endpoint: Endpoint = ORDERS) -> Any:
        """Calls the API for a job."""
        return self.api.request(endpoint).content


@dataclass
class TokenStack:
    """What a stack shares, and both other sides.

    Attributes:
        plan: how tokens are got.
        remaining: seconds that every invocation has left.
    """

    plan: TokenPlan = CREDENTIALS
    clock: FakeClock = field(default_factory=FakeClock)
    table: MemoryTable = field(default_factory=state_table)
    secrets: MemorySecrets = field(default_factory=MemorySecrets)
    remaining: float = 80.0

    def __post_init__(self) -> None:
        self.services = Services(self.clock)

    def container(
        self,
        plan: TokenPlan | None = None,
        *,
        clock: Clock | None = None,
        sleep: Sleep | None = None,
    ) -> Container:
        """A new container."""
        effects = Effects(clock or self.clock, sleep or self.clock.sleep, lambda: 0.5)
        session = open_session(5)
        session.mount("https://", self.services)
        redactor = Redactor([SECRET, FIRST_REFRESH])
        keeper = Tokens(self.secrets, self.table, effects).keeper(
            Connection("shop", "http_api"), plan or self.plan, session, redactor
        )
        entries: list[LogEntry] = []
        api = ApiClient(
            connection="shop",
            base_url=API,
            session=session,
            auth=keeper,
            dialect=Dialect(errors={}),
            redactor=redactor,
            effects=effects,
            trail=Trail(remaining=lambda: self.remaining, record_entry=entries.append, job="job-1"),
        )
        return Container(keeper, api, redactor, entries)

    @property
    def document(self) -> Mapping[str, Any]:
        """What is stored of the tokens."""
        content: Mapping[str, Any] = json.loads(self.secrets.documents["tokens/shop"])
        return content
