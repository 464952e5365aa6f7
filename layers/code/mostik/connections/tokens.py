"""Gets, keeps and renews the tokens of connections: one call however many workers need a token.

A token is renewed ahead of its end, and once when it is refused. Who renews holds a lease; the
others wait for what it stores. A new refresh token is stored before anything is done with it. What
no library of the field has: they keep tokens in one process (docs/decisions).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock

from requests.auth import AuthBase

from mostik.connections.connection import Connection
from mostik.connections.tokenbook import Renewal, Standing, TokenBook, fingerprint
from mostik.connections.tokencall import TokenService
from mostik.errors import Busy, ConfigurationError, MostikError, RetryLater, Unknown, WhoActs
from mostik.http.auth import Token, TokenAuth, TokenPlan
from mostik.http.auth.refusals import INVALID_GRANT
from mostik.http.client import TIME_RESERVE, Effects
from mostik.http.redact import Redactor
from mostik.http.session import GuardedSession
from mostik.http.trail import Trail
from mostik.ids import ulid
from mostik.jobs.leases import Leases, LeaseTaken
from mostik.ports import SecretDocuments, Table

LEASE_SECONDS = 30.0
PATIENCE_SECONDS = 12.0
"""How long a call waits for another worker's renewal."""
POLL_SECONDS = 0.5
YOUNG_SECONDS = 60.0
"""A token that is refused so soon has not run out: another one would not help, and a service that
is asked at every refusal blocks us."""
REST_SECONDS = 15.0
"""While a token still serves, a renewal that failed is tried again after so long."""
REFUSAL_SECONDS = 30.0
"""So long a refusal stands without asking again."""
AWAY_SECONDS = 5.0
"""So long a token service that is away is left alone, unless it says itself when to come back. More
than a quick repeat waits: the token call has had its own."""
LONGEST_AWAY_SECONDS = 60.0
SHORTEST_KEPT_LIFE = 900.0
"""Secrets Manager keeps each version for a day and at most a hundred: what is got anew more often
than that lives in memory alone, unless it rotates."""
_STORE_TRIES = 3
_OLD_READS = 5

_LOST = (
    "The answer of the token service was lost, so it is not known which refresh token it takes now;"
    " it is asked again with the last one that is known."
)
_UNSTORED = "A new token could not be stored, so it is not used yet; it is stored in the next run."


class Tokens:
    """Makes the keepers of tokens; one for a container.

    Args:
        documents: where tokens lie.
        table: the state table, for leases and how far a renewal has come.
        effects: clock, sleep, randomness.
    """

    def __init__(self, documents: SecretDocuments, table: Table, effects: Effects) -> None:
        self._book = TokenBook(documents, table)
        self._leases = Leases(table, effects.clock)
        self._effects = effects

    def keeper(
        self,
        connection: Connection,
        plan: TokenPlan,
        session: GuardedSession,
        redactor: Redactor,
    ) -> TokenKeeper:
        """Returns what gets tokens for a connection.

        Raises:
            ConfigurationError: the address of the token service is wrong.
        """
        return TokenKeeper(
            connection,
            plan,
            book=self._book,
            leases=self._leases,
            session=session,
            redactor=redactor,
            effects=self._effects,
        )


class TokenKeeper:
    """``Renewable`` for one connection. Shared by the threads of a container.

    Args:
        connection: whose.
        plan: how its tokens are got.
        book: where they are stored.
        leases: keep other workers away while one renews.
        session: of the connection's client.
        redactor: learns each token.
        effects: clock, sleep, randomness.
    """

    def __init__(
        self,
        connection: Connection,
        plan: TokenPlan,
        *,
        book: TokenBook,
        leases: Leases,
        session: GuardedSession,
        redactor: Redactor,
        effects: Effects,
    ) -> None:
        self._id = connection.id
        self._plan = plan
        self._book = book
        self._leases = leases
        self._effects = effects
        self._clock = effects.clock
        self._service = TokenService(connection, plan, session, redactor, effects)
        self._lock = Lock()
        self._held: Token | None = None
        self._rests_until = float("-inf")
        self._refusal: tuple[ConfigurationError | RetryLater, float] | None = None
        self._unstored: tuple[Token, Standing] | None = None

    def current(self, trail: Trail) -> AuthBase:
        """See ``Renewable.current``."""
        token, now = self._held, self._clock()
        serves = token is not None and not token.is_due(now, 0.0)
        if token is None or not serves or self._is_time(token, now):
            try:
                token = self._another(None, trail, 0.0 if serves else self._patience(trail))
            except (RetryLater, Busy):
                if token is None or not serves:
                    raise
                self._rests_until = now + REST_SECONDS
        return TokenAuth(self._plan.shown, token)

    def renew(self, refused: AuthBase, trail: Trail) -> bool:
        """See ``Renewable.renew``."""
        if not isinstance(refused, TokenAuth):
            return False
        value = refused.token.value
        return self._another(value, trail, self._patience(trail)).value != value

    def adopt(self, refresh: str, trail: Trail) -> Token:
        """Goes on with a refresh token that was handed to us. It is spent at the token service,
        which proves it; the pair that comes back is stored before its first use. Once done, the
        same again is free.

        Raises:
            RetryLater: it could not be done now.
            ConfigurationError: the token service or the plan refuses it.
        """
        with self._alone(self._patience(trail)):
            self._refusal = None
            try:
                with self._leases.hold(f"tokens#{self._id}", ulid(self._clock()), LEASE_SECONDS):
                    return self._adopted(refresh, trail)
            except LeaseTaken as taken:
                wait = max(taken.until - self._clock(), 1.0)
                raise self._later("Another worker renews this token.", wait) from None
            except _Unsure as unsure:
                raise self._later(str(unsure), LEASE_SECONDS) from None

    def _adopted(self, refresh: str, trail: Trail) -> Token:
        mark = fingerprint(refresh)
        renewal = self._book.renewal(self._id)
        standing = self._newest(renewal)
        if standing.spent == mark and standing.current is not None:
            return self._hold(standing.current)
        if self._unstored is not None and self._unstored[1] == standing:
            return self._store(self._unstored[0], standing, mark)
        lost_at = renewal.asked_at if renewal.asked == mark else None
        self._book.note(self._id, Renewal(standing.serial or 0, mark, self._clock()))
        try:
            token = self._service.get(refresh, trail)
        except Unknown:
            raise _Unsure(_LOST) from None
        except ConfigurationError as error:
            raise _in_words(error, lost_at) from None
        return self._store(token, standing, mark)

    def _is_time(self, token: Token, now: float) -> bool:
        return token.is_due(now, self._plan.ahead) and now >= self._rests_until

    def _patience(self, trail: Trail) -> float:
        return max(0.0, min(PATIENCE_SECONDS, trail.remaining() - TIME_RESERVE))

    def _another(self, refused: str | None, trail: Trail, patience: float) -> Token:
        """Returns a token that serves, other than the refused one if any way leads to one."""
        with self._alone(patience):
            if self._held is not None and self._serves(self._held, refused):
                return self._held
            self._repeat_refusal()
            give_up_at = self._clock() + patience
            while True:
                stored = self._book.load(self._id, self._plan).current
                if stored is not None and self._serves(stored, refused):
                    return self._hold(stored)
                try:
                    return self._renewed(refused, trail)
                except LeaseTaken as taken:
                    if self._clock() >= give_up_at:
                        taking_long = self._later(
                            "Another worker renews the token of this connection.",
                            max(taken.until - self._clock(), 1.0),
                        )
                        if patience >= PATIENCE_SECONDS:  # it has most likely died
                            self._remember(taking_long)
                        raise taking_long from None
                self._effects.sleep(POLL_SECONDS * (1.0 + self._effects.random()))

    @contextmanager
    def _alone(self, patience: float) -> Iterator[None]:
        """Lets one thread of this container through."""
        if not self._lock.acquire(timeout=patience):
            raise self._later("The token of this connection is being renewed.", 1.0)
        try:
            yield
        finally:
            self._lock.release()

    def _serves(self, token: Token, refused: str | None) -> bool:
        now = self._clock()
        if token.value == refused:
            return now - token.issued_at < YOUNG_SECONDS
        return not token.is_due(now, self._plan.ahead)

    def _renewed(self, refused: str | None, trail: Trail) -> Token:
        """Renews the token under the lease.

        Raises:
            LeaseTaken: another worker is at it.
        """
        came: Token | MostikError | Busy | None = None
        try:
            with self._leases.hold(f"tokens#{self._id}", ulid(self._clock()), LEASE_SECONDS):
                came = self._under_lease(refused, trail)
        except _Unsure as unsure:
            # The lease runs out: what was asked may still be under way over there.
            lost = self._later(str(unsure), LEASE_SECONDS)
            self._remember(lost)
            raise lost from None
        except Busy:
            if not isinstance(came, Token):
                raise  # else only the lease was not given back
        if isinstance(came, Exception):
            self._remember(came)
            raise came
        assert came is not None  # noqa: S101 - for the type checker: no error, so a token
        return came

    def _under_lease(self, refused: str | None, trail: Trail) -> Token | MostikError | Busy:
        """Returns the token, or an error after which it is certain that nothing has changed."""
        try:
            renewal = self._book.renewal(self._id) if self._rotates else Renewal()
            standing = self._newest(renewal)
            if standing.current is not None and self._serves(standing.current, refused):
                return self._hold(standing.current)
            if self._unstored is not None and self._unstored[1] == standing:
                return self._store(self._unstored[0], standing)
            return self._store(self._ask(standing, renewal, trail), standing)
        except (MostikError, Busy) as error:
            return error

    @property
    def _rotates(self) -> bool:
        return self._plan.first_refresh is not None

    def _newest(self, renewal: Renewal) -> Standing:
        for _ in range(_OLD_READS):
            standing = self._book.load(self._id, self._plan)
            if standing.serial is None or standing.serial >= renewal.serial:
                return standing
            self._effects.sleep(1.0)
        raise self._later("Secrets Manager still shows an older token.", LEASE_SECONDS)

    def _ask(self, standing: Standing, renewal: Renewal, trail: Trail) -> Token:
        if not self._rotates:
            return self._service.get(None, trail)
        known = [token.refresh for token in (standing.current, standing.previous) if token]
        refreshes = list(dict.fromkeys(filter(None, known))) or [self._plan.first_refresh or ""]
        lost_at = None
        for refresh in refreshes:
            if renewal.asked == fingerprint(refresh):
                lost_at = renewal.asked_at
            asked = Renewal(standing.serial or 0, fingerprint(refresh), self._clock())
            self._book.note(self._id, asked)
            try:
                return self._service.get(refresh, trail)
            except Unknown:
                raise _Unsure(_LOST) from None
            except MostikError as error:
                self._book.note(self._id, replace(asked, asked=""))
                if not isinstance(error, ConfigurationError):
                    raise
                refusal = error
                if (error.code or "").casefold() != INVALID_GRANT:
                    break
        raise _in_words(refusal, lost_at)

    def _store(self, token: Token, over: Standing, spent: str = "") -> Token:
        """Stores a token before its first use.

        Raises:
            _Unsure: a rotating one could not be stored; it stays here for the next try.
        """
        life = token.expires_at - token.issued_at if token.expires_at is not None else None
        if not self._rotates and life is not None and life < SHORTEST_KEPT_LIFE:
            return self._hold(token)
        for left in reversed(range(_STORE_TRIES if self._rotates else 1)):
            try:
                self._book.store(self._id, self._plan, token, over, spent)
                break
            except Busy:
                if not left and self._rotates:
                    self._unstored = (token, over)
                    raise _Unsure(_UNSTORED) from None
                if left:
                    self._effects.sleep(1.0)
        self._unstored = None
        if self._rotates:
            with suppress(Busy):  # the document is there; the next renewal only knows less
                self._book.note(self._id, Renewal((over.serial or 0) + 1))
        return self._hold(token)

    def _hold(self, token: Token) -> Token:
        self._service.learn(token)
        self._held = token
        self._refusal = None
        return token

    def _remember(self, error: Exception) -> None:
        """The next calls of this container are told the same for a while, without a token call."""
        if isinstance(error, ConfigurationError):
            self._refusal = (error, self._clock() + REFUSAL_SECONDS)
        elif isinstance(error, RetryLater):
            error.retry_after = max(error.retry_after or 0.0, AWAY_SECONDS)
            rest = min(error.retry_after, LONGEST_AWAY_SECONDS)
            self._refusal = (error, self._clock() + rest)

    def _repeat_refusal(self) -> None:
        if self._refusal is None or self._clock() >= self._refusal[1]:
            return
        known, until = self._refusal
        if isinstance(known, ConfigurationError):
            raise ConfigurationError(known.text, who=known.who, code=known.code, gate=known.gate)
        raise type(known)(
            known.text,
            who=known.who,
            status=known.status,
            code=known.code,
            retry_after=max(until - self._clock(), AWAY_SECONDS),
            gate=known.gate,
        )

    def _later(self, text: str, seconds: float) -> RetryLater:
        return RetryLater(text, who=WhoActs.SYSTEM, retry_after=seconds, gate=self._id)


class _Unsure(Exception):
    """What the token service takes now is not known for certain."""


def _in_words(refusal: ConfigurationError, lost_at: float | None) -> ConfigurationError:
    if lost_at is None:
        return refusal
    moment = datetime.fromtimestamp(lost_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return ConfigurationError(
        f"{refusal.text} The answer to the renewal of {moment} was lost, and the new refresh token"
        " with it; the one before is no longer taken.",
        who=refusal.who,
        code=refusal.code,
        gate=refusal.gate,
    )
