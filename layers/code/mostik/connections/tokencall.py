"""The call that gets a token: to the token service's own address, with no more than its plan
says."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from mostik.connections.connection import Connection
from mostik.errors import ConfigurationError
from mostik.http.auth import Token, TokenPlan
from mostik.http.auth.refusals import TOKEN_ERRORS, token_code_of
from mostik.http.client import TIME_RESERVE, ApiClient, Dialect, Effects
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.redact import Redactor
from mostik.http.session import GuardedSession
from mostik.http.timeouts import Timeouts
from mostik.http.trail import Trail
from mostik.requestlog.entry import LogEntry

CALL_SECONDS = 10.0
"""The budget of a token call with its repeats: far inside the lease of who makes it."""
_MOST_BYTES = 1_000_000
_NOT_KEPT = b"[not kept: it holds a token]"

_DIALECT = Dialect(errors=TOKEN_ERRORS, code_of=token_code_of)


class TokenService:
    """Calls a token service through an ``ApiClient`` of its own, so its calls are guarded,
    classified and logged like any other.

    Args:
        connection: whose.
        plan: how its tokens are got.
        session: of the connection's client.
        redactor: learns each token.
        effects: clock, sleep, randomness.

    Raises:
        ConfigurationError: the address of the token service is wrong.
    """

    def __init__(
        self,
        connection: Connection,
        plan: TokenPlan,
        session: GuardedSession,
        redactor: Redactor,
        effects: Effects,
    ) -> None:
        self._id = connection.id
        self._plan = plan
        self._redactor = redactor
        self._clock = effects.clock
        address = urlsplit(plan.url)
        self._path = address.path.lstrip("/").replace("{", "{{").replace("}", "}}")
        self._query = dict(parse_qsl(address.query, keep_blank_values=True))
        self._api = ApiClient(
            connection=connection.id,
            base_url=f"{address.scheme}://{address.netloc}/",
            session=session,
            auth=None,
            dialect=_DIALECT,
            redactor=redactor,
            effects=effects,
            timeouts=Timeouts(connect=3.0, read=CALL_SECONDS, total=CALL_SECONDS),
            most_bytes=_MOST_BYTES,
        )

    def get(self, refresh: str | None, trail: Trail) -> Token:
        """Gets a token.

        Args:
            refresh: the refresh token to spend, where the plan has such.
            trail: of the job that needs it; the call is in its log.

        Raises:
            Unknown: a refresh token was sent and the answer was lost.
            CallFailed: nothing has changed over there.
            ConfigurationError: the token service refuses, or it answered without a token.
        """
        now = self._clock()
        replay = Replay.UNSAFE if self._plan.first_refresh is not None else Replay.SAFE
        try:
            request = self._plan.request(refresh, now)
            for secret in request.secrets:
                self._redactor.learn(secret)
            answer = self._api.following(self._within_budget(trail, now)).request(
                Endpoint(request.method, self._path, replay),
                query={**self._query, **request.query},
                form=request.form,
                body=request.content,
                headers=request.headers,
            )
            token = self._plan.read(answer.content, refresh, now)
        except ConfigurationError as error:
            error.gate = self._id
            raise
        self.learn(token)
        return token

    def learn(self, token: Token) -> None:
        """Keeps a token out of everything that is written from now on."""
        for secret in (token.refresh, token.value):
            if secret is not None:
                self._redactor.learn(secret)

    def _within_budget(self, trail: Trail, began: float) -> Trail:
        def remaining() -> float:
            left = CALL_SECONDS + TIME_RESERVE - (self._clock() - began)
            return min(trail.remaining(), left)

        def record(entry: LogEntry) -> None:
            if entry.error is None:
                entry = entry.with_sides(entry.request, replace(entry.response, body=_NOT_KEPT))
            trail.record_entry(entry)

        return replace(trail, remaining=remaining, record_entry=record)
