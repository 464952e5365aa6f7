"""The site's side of the exchange with 1C: who calls, in which session, for what."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from mostik.commerceml.protocol import Answer, Word, failure
from mostik.errors import ConfigurationError, RejectReason, WebhookRejected
from mostik.ids import RandomBytes
from mostik.inbound.door import parse_door
from mostik.inbound.refusals import Refusals
from mostik.inbound.request import InboundRequest
from mostik.ports import Busy, Clock, Secrets, Table

COOKIE = "MostikExchange"
SESSION_SECONDS = 6 * 3_600
TYPES = ("catalog", "sale")
_TOKEN_BYTES = 16


class Exchange:
    """Answers 1C for every connection of the stack.

    Args:
        secrets: door documents: login and password of each connection.
        table: keeps the sessions.
        refusals: counts refused logins and limits their rate.
        clock: unix seconds.
        random_bytes: for session tokens.
        is_connection_id: the pattern of connection ids.
    """

    def __init__(
        self,
        *,
        secrets: Secrets,
        table: Table,
        refusals: Refusals,
        clock: Clock,
        random_bytes: RandomBytes,
        is_connection_id: Callable[[str], bool],
    ) -> None:
        self._secrets = secrets
        self._table = table
        self._refusals = refusals
        self._clock = clock
        self._random_bytes = random_bytes
        self._is_connection_id = is_connection_id

    def answer(self, connection: str, request: InboundRequest) -> Answer:
        """Answers one call. Never raises: line 1 is one of the three words whatever happens."""
        try:
            return self._answer(connection, request)
        except WebhookRejected as rejected:
            if self._refusals.note(rejected.reason, connection, request):
                return failure(
                    "Слишком много неудачных попыток входа. Подождите минуту.", status=429
                )
            challenge = (("WWW-Authenticate", 'Basic realm="1C exchange", charset="UTF-8"'),)
            text = "Неверный адрес обмена, логин или пароль."
            return Answer(Word.FAILURE, (text,), 401, challenge)
        except ConfigurationError as error:
            self._refusals.misconfigured(connection, error)
            return failure("Подключение настроено с ошибкой, администратор сервиса её увидит.")
        except Busy:
            self._refusals.unavailable(connection)
            return failure("Сервис временно недоступен, повторите обмен через минуту.")

    def _answer(self, connection: str, request: InboundRequest) -> Answer:
        query = parse_qs(request.query)
        kind = query.get("type", [""])[0]
        mode = query.get("mode", [""])[0]
        if kind not in TYPES:
            return failure(f"Неизвестный тип обмена. Допустимы: {', '.join(TYPES)}.")
        if mode == "checkauth":
            return self._check_auth(connection, kind, request)
        if not self._has_session(connection, request):
            return failure("Сессия обмена не найдена или истекла: начните обмен заново.")
        return failure("Этот режим обмена не поддерживается установленной версией сервиса.")

    def _check_auth(self, connection: str, kind: str, request: InboundRequest) -> Answer:
        """Login and password in, a session out: cookie name, cookie value, sessid, time."""
        if not self._is_connection_id(connection):
            raise WebhookRejected(RejectReason.UNKNOWN_CONNECTION)
        document = self._secrets.read(f"door/{connection}")
        if document is None:
            raise WebhookRejected(RejectReason.UNKNOWN_CONNECTION)
        try:
            _check_login(document, request)
        except WebhookRejected:
            fresh = self._secrets.refresh(
                f"door/{connection}"
            )  # the password was changed just now?
            if fresh is None or fresh == document:
                raise
            _check_login(fresh, request)
        token = self._random_bytes(_TOKEN_BYTES).hex()
        sessid = self._random_bytes(_TOKEN_BYTES).hex()
        now = self._clock()
        self._table.put(
            {
                "pk": _partition(connection),
                "sk": _hashed(token),
                "sessid": _hashed(sessid),
                "kind": kind,
                "opened_at": now,
                "expires_at": int(now + SESSION_SECONDS),
            }
        )
        time = (f"timestamp={int(now)}",) if kind == "catalog" else ()
        return Answer(Word.SUCCESS, (COOKIE, token, f"sessid={sessid}", *time))

    def _has_session(self, connection: str, request: InboundRequest) -> bool:
        try:
            cookies = SimpleCookie(request.headers.get("cookie", ""))
        except CookieError:
            return False
        token = cookies.get(COOKIE)
        if token is None or not self._is_connection_id(connection):
            return False
        item = self._table.get(_partition(connection), _hashed(token.value))
        return item is not None and float(item["expires_at"]) > self._clock()


def _check_login(document: str, request: InboundRequest) -> None:
    door = parse_door(document)
    if door.scheme_name != "basic":
        raise ConfigurationError("the door of a 1C exchange must have the scheme 'basic'")
    door.scheme.verify(request, door.live_secrets(request.received_at))


def _partition(connection: str) -> str:
    return f"exchange#{connection}"


def _hashed(token: str) -> str:
    """Only a hash of a session token is kept: a read of the table opens no session."""
    return hashlib.sha256(token.encode()).hexdigest()
