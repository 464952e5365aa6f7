"""``ApiClient``: the one HTTP client that every integration calls through.

In order: guard -> gate -> auth -> time budget -> send -> read (capped) -> classify -> gate learns
-> log. One call of ``request`` is one attempt of a job with at most two quick repeats, each through
the gate; each exchange is one log entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import requests
from pydantic import BaseModel, ValidationError
from requests.auth import AuthBase

from mostik.errors import MostikError, RateLimited, RetryLater, WhoActs
from mostik.http.auth import Renewable
from mostik.http.classify import (
    NO_ANSWER,
    NOT_CONNECTED,
    NOT_UNDERSTOOD,
    TOO_LARGE,
    UNEXPECTED_SHAPE,
    Verdict,
    error_for,
    verdict_for,
)
from mostik.http.content import read_content
from mostik.http.dialect import Dialect, Effects
from mostik.http.drift import unknown_fields
from mostik.http.endpoint import Endpoint
from mostik.http.gate import CallGate, Fate, OpenGate, parked_name
from mostik.http.guard import AddressRefused, check_base_url
from mostik.http.limiter import CROWDED_SECONDS
from mostik.http.memory import Memory
from mostik.http.outgoing import add_key, outgoing
from mostik.http.paging import cursor_of_link
from mostik.http.record import entry_of
from mostik.http.redact import Redactor
from mostik.http.rename import Base, Home, Rename, followed
from mostik.http.result import Answer, Result
from mostik.http.retry import QUICK_SECONDS, quick_retries, read_retry_after, weightier
from mostik.http.session import GuardedSession, never_connected, pieces
from mostik.http.timeouts import Timeouts
from mostik.http.trail import Trail
from mostik.ids import ulid

__all__ = ["ApiClient", "Dialect", "Effects"]

Model = TypeVar("Model", bound=BaseModel)

TIME_RESERVE = 3.0
"""Seconds kept for writing the outcome when a call runs into the end of the invocation."""
_SHORTEST_CALL, _LATER_SECONDS = 1.0, 5.0
_LONGEST_DETAIL, _LONGEST_CODE = 300, 100


class ApiClient:
    """Calls one connection's API. Shared by threads; ``following`` binds it to a job (``trail``).

    Args:
        connection: id of the connection; its gate.
        base_url: everything before the endpoint's path.
        session: from ``open_session``; it knows where this connection may call.
        auth: signs each try anew; what is ``Renewable`` is renewed once when it is refused.
        dialect: what the integration knows about errors.
        redactor: the connection's secrets.
        effects: clock, sleep, randomness.
        gate: admits each exchange.
        timeouts: see ``Timeouts``.
        most_bytes: a longer answer is refused.
        rename: redirects that are followed; none where it is not said.
        moved: takes the new host when one was followed.
    """

    def __init__(
        self,
        *,
        connection: str,
        base_url: str,
        session: GuardedSession,
        auth: AuthBase | Renewable | None,
        dialect: Dialect,
        redactor: Redactor,
        effects: Effects,
        gate: CallGate | None = None,
        timeouts: Timeouts | None = None,
        most_bytes: int = 5_000_000,
        rename: Rename | None = None,
        moved: Callable[[str], None] = lambda _host: None,
        trail: Trail | None = None,
    ) -> None:
        check_base_url(base_url, session.reach)
        self._home = Home(Base.of(base_url))
        self.connection = connection
        self._session = session
        self._renewable = auth if isinstance(auth, Renewable) else None
        self._auth = None if isinstance(auth, Renewable) else auth
        self._dialect = dialect
        self._redactor = redactor
        self._effects = effects
        self._gate: CallGate = gate or OpenGate()
        self._timeouts = timeouts or Timeouts()
        self._most_bytes = most_bytes
        self._rename = rename
        self._moved = moved
        self.memory = Memory(effects.clock)  # from one job to the next
        self.trail = trail or Trail()

    def following(self, trail: Trail) -> ApiClient:
        """Returns this client bound to one job: its log entries and its time budget."""
        bound = object.__new__(ApiClient)
        bound.__dict__.update(self.__dict__, trail=trail)
        return bound

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
        """Calls an endpoint.

        Args:
            endpoint: which.
            path: values of the path's template.
            query: query parameters.
            body: sent as JSON unless it is ``None``; bytes go as they are.
            form: sent URL-encoded instead of a body.
            headers: further request headers.
            link: a cursor from ``cursor_of``, called instead of the endpoint's path.

        Raises:
            CallFailed: by what happens next (errors.py).
            ConfigurationError: the other side does not let us in, or the address is wrong.
        """
        base = self._home.base
        request = outgoing(
            base.url, endpoint, path=path, query=query, body=body, form=form, headers=headers,
            link=link,
        )  # fmt: skip
        if not base.holds(request.url):
            raise ValueError(f"the call of {endpoint.path!r} leaves the connection's address")
        add_key(request, endpoint, self.trail.ask or ulid(self._effects.clock()))
        retries = quick_retries(
            clock=self._effects.clock,
            sleep=self._effects.sleep,
            random=self._effects.random,
            remaining=self.trail.remaining,
            quick=self.trail.quick,
        )
        earlier: MostikError | None = None
        for attempt in retries:
            with attempt:
                number = attempt.retry_state.attempt_number
                exchange = partial(self._exchange, endpoint, request, base, number)
                try:
                    return self._gate.guarded(exchange)
                except MostikError as error:
                    earlier = weightier(earlier, error)
                    raise earlier from None
        raise AssertionError("tenacity returns or raises")

    def fetch(self, model: type[Model], endpoint: Endpoint, **call: Any) -> Model:
        """Calls an endpoint and reads its answer into a model.

        Raises:
            CallFailed: also when the answer lacks what the model needs.
        """
        return self.parse(model, endpoint, self.request(endpoint, **call).content)

    def parse(self, model: type[Model], endpoint: Endpoint, content: Any) -> Model:
        """Reads (a part of) an answer into a model.

        Raises:
            CallFailed: the content lacks what the model needs; names the fields, never their
            values.
        """
        try:
            read = model.model_validate(content)
        except ValidationError as error:
            fields = ", ".join(".".join(map(str, e["loc"])) or "body" for e in error.errors()[:5])
            raise error_for(
                UNEXPECTED_SHAPE, endpoint.replay, gate=self.connection, detail=fields
            ) from None
        if unknown := [self._redactor.text(name) for name in unknown_fields(read)]:
            self.trail.drift(f"{self.connection} {endpoint.path}", unknown)
        return read

    def closed(self, endpoint: Endpoint) -> RateLimited | None:
        """Returns why a call would be refused now whatever the limiter says: the connection is
        paused, or the endpoint is parked. For calls that travel inside of another."""
        return self._gate.closed(endpoint)

    def nested(self, endpoint: Endpoint, status: int, content: Any) -> MostikError | None:
        """Returns what an answer says of a call that travelled inside of another, ``None`` when
        it was good. The gate learns from it as if the call had been made alone.

        Args:
            endpoint: of the inner call.
            status: that the inner call's own answer would have had, as far as it is known: it
                counts where the code does not.
            content: the inner call's error, or its budget, as the dialect reads them.
        """
        code, words = self._dialect.code_of(content)
        answer = Result(200, {}, content=content)
        if code is not None:
            verdict = verdict_for(status, code, self._dialect.errors)
            answer = self._failed(answer, verdict, endpoint, code, words)
        fate = Fate(200, answer.error, self._dialect.feedback(content))
        self._gate.learn(endpoint, fate)
        return answer.error

    def pause(self, seconds: float) -> bool:
        """Waits, unless the job would then lack the time for a call. Returns whether it waited."""
        if self.trail.remaining() - seconds < TIME_RESERVE + QUICK_SECONDS:
            return False
        self._effects.sleep(seconds)
        return True

    def cursor_of(self, answer: Answer, link: str | None) -> str | None:
        """Returns the cursor for a link to the next page, from an answer's header (``link_in``) or
        body; ``None`` without one.

        Raises:
            GiveUp: the link leads elsewhere.
        """
        if not link:
            return None
        return cursor_of_link(self._home.base.url, answer.url, link, self._redactor.holds_secret)

    def _exchange(
        self, endpoint: Endpoint, request: requests.Request, base: Base, attempt: int
    ) -> Answer:
        result = self._try(endpoint, request, base, attempt)
        host = result.moved_to
        if host is not None:
            base, request = base.at(host), base.moved(request, host)
            result = self._try(endpoint, request, base, attempt)
        refused, renewable = request.auth, self._renewable
        if (
            result.stale  # refused for its credentials, so it had no effect
            and renewable is not None
            and isinstance(refused, AuthBase)
            and renewable.renew(refused, self.trail)
        ):
            result = self._try(endpoint, request, base, attempt)
        if result.error is not None:
            raise result.error
        if host is not None:
            self._home.base = base
            self._moved(host)
        return Answer(result.status or 0, result.headers, result.content, request.url)

    def _try(
        self, endpoint: Endpoint, request: requests.Request, base: Base, attempt: int
    ) -> Result:
        self._wait_at_the_gate(endpoint)
        request.auth = self._renewable.current(self.trail) if self._renewable else self._auth
        prepared = self._session.prepare_request(request)  # signs anew on every try
        if not base.holds(prepared.url):  # whatever signed it
            raise ValueError(f"the call of {endpoint.path!r} leaves the connection's address")
        timeouts = self._cut_timeouts()
        started = self._effects.clock()
        result: Result
        try:
            result = self._send(prepared, endpoint, timeouts, started)
        except AddressRefused as error:
            error.gate = self.connection
            result = Result(None, {}, error=error)
        except requests.exceptions.ConnectTimeout:
            result = self._no_answer(NOT_CONNECTED, endpoint)
        except requests.exceptions.ConnectionError as error:
            verdict = NOT_CONNECTED if never_connected(error) else NO_ANSWER
            result = self._no_answer(verdict, endpoint)
        except requests.exceptions.RequestException:
            # Timeouts, cut or broken answers: the request was sent.
            result = self._no_answer(NO_ANSWER, endpoint)
        self._gate.learn(endpoint, Fate(result.status, result.error, result.feedback))
        self._log(endpoint, prepared, result, started, attempt)
        return result

    def _wait_at_the_gate(self, endpoint: Endpoint) -> None:
        began = self._effects.clock()
        self._gate.admit(endpoint, self.trail.lane, self.trail.remaining)
        if self._effects.clock() - began > CROWDED_SECONDS:
            self.trail.crowded(self.connection)

    def _send(
        self,
        prepared: requests.PreparedRequest,
        endpoint: Endpoint,
        timeouts: Timeouts,
        started: float,
    ) -> Result:
        with self._session.send(
            prepared,
            stream=True,
            allow_redirects=False,
            timeout=(timeouts.connect, timeouts.read),
            verify=True,
        ) as response:
            body = bytearray()
            for chunk in pieces(response):
                body += chunk
                if len(body) > self._most_bytes:
                    result = Result(response.status_code, dict(response.headers))
                    return self._failed(result, TOO_LARGE, endpoint, None, None)
                if self._effects.clock() - started > timeouts.total:
                    raise requests.exceptions.ReadTimeout("the whole answer took too long")
        result = self._classified(response, bytes(body), endpoint)
        if self._rename is None:
            return result
        return followed(self._rename, result, prepared.url or "", self.connection)

    def _classified(self, response: requests.Response, body: bytes, endpoint: Endpoint) -> Result:
        result = Result(response.status_code, dict(response.headers), body)
        readable = True
        if body.strip():
            try:
                kind = response.headers.get("content-type", "")
                result = replace(result, content=read_content(endpoint.answers, body, kind))
            except (ValueError, RecursionError):
                readable = False
        code, words = self._dialect.code_of(result.content) if readable else (None, None)
        if response.ok and not 300 <= response.status_code < 400 and code is None:
            if readable:
                return replace(result, feedback=self._dialect.feedback(result.content))
            return self._failed(result, NOT_UNDERSTOOD, endpoint, None, None)
        verdict = verdict_for(response.status_code, code, self._dialect.errors)
        return self._failed(result, verdict, endpoint, code, words)

    def _failed(
        self,
        result: Result,
        verdict: Verdict,
        endpoint: Endpoint,
        code: str | None,
        words: str | None,
    ) -> Result:
        code = self._quoted(code, _LONGEST_CODE)
        detail = self._quoted(words, _LONGEST_DETAIL) or code
        header = {name.lower(): value for name, value in result.headers.items()}
        own_limit = verdict.parks_method
        error = error_for(
            verdict,
            endpoint.replay,
            gate=parked_name(self.connection, endpoint) if own_limit else self.connection,
            status=result.status,
            code=code,
            detail=detail,
            retry_after=read_retry_after(header.get("retry-after"), self._effects.clock()),
        )
        return replace(result, error=error, stale=verdict.renews)

    def _quoted(self, text: str | None, most: int) -> str | None:
        """What the other side says, fit for rows and logs: without our secrets, short, plain."""
        if not text:
            return None
        return self._redactor.text(text)[:most].encode("utf-8", "replace").decode()

    def _no_answer(self, verdict: Verdict, endpoint: Endpoint) -> Result:
        return Result(None, {}, error=error_for(verdict, endpoint.replay, gate=self.connection))

    def _cut_timeouts(self) -> Timeouts:
        """Cuts the timeouts to what the invocation still has, less a reserve for the outcome."""
        budget = self.trail.remaining() - TIME_RESERVE
        if budget < _SHORTEST_CALL:
            raise RetryLater(
                "There was no time left for this call; it is made in the next run.",
                who=WhoActs.SYSTEM,
                retry_after=_LATER_SECONDS,
                gate=self.connection,
            )
        return self._timeouts.within(budget)

    def _log(
        self,
        endpoint: Endpoint,
        prepared: requests.PreparedRequest,
        result: Result,
        started: float,
        attempt: int,
    ) -> None:
        took = self._effects.clock() - started
        self.trail.record_entry(
            entry_of(
                endpoint, prepared, result, attempt, started, took,
                connection=self.connection, redactor=self._redactor, trail=self.trail,
            )
        )  # fmt: skip
