"""The site's side of the exchange with 1C: who calls, in which session, for what.

Whatever happens, line one of an answer is one of the three words (or, of ``init``, ``query`` and
``info``, the answer that 1C wants instead). While a service behind us is away an import is "not
ready yet", because ``failure`` would end the whole exchange.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

from mostik.commerceml.assembled import looks_complete
from mostik.commerceml.calls import COOKIE, Call, call_of
from mostik.commerceml.filenames import safe_name
from mostik.commerceml.imports import By, ImportRow, Imports, Step, answer_of
from mostik.commerceml.logins import Attempts, Logins
from mostik.commerceml.orders_out import OrdersOut
from mostik.commerceml.outbox import Handovers, Outbox, Paper
from mostik.commerceml.polling import followed
from mostik.commerceml.protocol import Answer, Word, failure, parameters, progress, shown, success
from mostik.commerceml.refusal import Refused
from mostik.commerceml.rules import Rules, agreed_schema
from mostik.commerceml.sessions import SESSION_SECONDS, Session, Sessions, note
from mostik.commerceml.starting import Asking, Starter
from mostik.commerceml.uploads import Uploads
from mostik.errors import ConfigurationError, RejectReason, WebhookRejected
from mostik.ids import RandomBytes
from mostik.inbound.refusals import Refusals
from mostik.inbound.request import InboundRequest
from mostik.ports import Blobs, Busy, Clock, JobQueue, Secrets, Sleep, Table
from mostik.telemetry import Emit, log_line

__all__ = ["COOKIE", "SESSION_SECONDS", "Exchange"]

USUAL_SECONDS = 25.0
_RESERVE_SECONDS = 4.0
"""Of a poll: for reading the session before it and answering after it."""
_BUSY_PAUSE = 3.0
_LOGIN = (("WWW-Authenticate", 'Basic realm="1C exchange", charset="UTF-8"'),)
_NO_SESSION = "Сессия обмена не найдена или истекла: начните обмен заново."
_FORGED = "Ошибка проверки источника запроса: параметр sessid не относится к этой сессии."
_NO_SESSID = (
    "Ошибка проверки источника запроса: не передан sessid. Обновите модуль обмена в 1С или"
    " отключите проверку sessid в настройках подключения."
)


class Exchange:
    """Answers 1C for every connection of the stack.

    Args:
        secrets: door documents: login and password of each connection.
        table: keeps sessions, files, imports.
        blobs: keep the fragments.
        queue: takes the imports.
        refusals: counts refused logins.
        outbox: orders for 1C.
        paper_of: writes them as a connection's 1C wants them.
        rules_of: the settings of a connection's exchange.
        clock: unix seconds.
        monotonic: seconds that never jump.
        sleep: waits.
        random_bytes: for session tokens.
        is_connection_id: the pattern of connection ids.
        emit: writes one line to the function's log.
    """

    def __init__(
        self,
        *,
        secrets: Secrets,
        table: Table,
        blobs: Blobs,
        queue: JobQueue,
        refusals: Refusals,
        outbox: Outbox,
        paper_of: Callable[[str], Paper],
        rules_of: Callable[[str], Rules],
        clock: Clock,
        monotonic: Clock,
        sleep: Sleep,
        random_bytes: RandomBytes,
        is_connection_id: Callable[[str], bool],
        emit: Emit,
    ) -> None:
        self._table = table
        self._blobs = blobs
        self._refusals = refusals
        self._rules_of = rules_of
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._emit = emit
        self._is_connection_id = is_connection_id
        self._logins = Logins(secrets, Attempts(clock), is_connection_id)
        self._sessions = Sessions(table, clock, random_bytes)
        self._uploads = Uploads(table, blobs, clock)
        self._imports = Imports(table, clock)
        self._starter = Starter(self._uploads, self._imports, queue, clock)
        self._orders = OrdersOut(outbox, paper_of, Handovers(table), clock)

    def answer(
        self,
        connection: str,
        request: InboundRequest,
        seconds: float = USUAL_SECONDS,
        trace: str | None = None,
    ) -> Answer:
        """Answers one call. Never raises: line 1 is one of the three words whatever happens.

        Args:
            connection: as the address names it.
            request: the call.
            seconds: that the answer may take.
            trace: the gateway's request id, for the log.
        """
        call: Call | None = None
        try:
            call = call_of(request)
            answer = self._answer(connection, call, seconds)
        except WebhookRejected as rejected:
            answer = self._rejected(rejected, connection, request)
        except Refused as refused:
            answer = failure(refused.text)
        except ConfigurationError as error:
            self._refusals.misconfigured(connection, error)
            answer = failure("Подключение настроено с ошибкой, администратор сервиса её увидит.")
        except Busy:
            self._refusals.unavailable(connection)
            answer = self._busy(call)
        except Exception as error:  # noqa: BLE001 - 1C must read one of three words
            self._defect(error, connection, call)
            answer = failure("Внутренняя ошибка сервиса обмена, она записана в его журнале.")
        self._trace(connection, call, answer, trace)
        return answer

    def late(self, request: InboundRequest) -> Answer:
        """Returns the answer to a call whose real one does not come in time."""
        try:
            mode = call_of(request).mode
        except Refused:
            mode = ""
        if mode == "import":
            return progress("Файл ещё обрабатывается.")
        return failure("Сервис не ответил вовремя, повторите обмен через минуту.")

    # ── who calls ─────────────────────────────────────────────────────────────────────────────

    def _answer(self, connection: str, call: Call, seconds: float) -> Answer:
        modes = self._MODES.get(call.kind)
        if modes is None:
            return failure(f"Неизвестный тип обмена. Допустимы: {', '.join(self._MODES)}.")
        if call.mode == "checkauth":
            return self._check_auth(connection, call)
        if call.mode not in modes:
            known = ", ".join(("checkauth", *modes))
            return failure(f"Неизвестный режим обмена {shown(call.mode)!r}. Допустимы: {known}.")
        session = self._session(connection, call)
        if session is None:
            return failure(_NO_SESSION)
        rules = self._rules_of(connection)
        if call.sessid and not session.knows(call.sessid):
            return failure(_FORGED)
        if rules.sessid_required and not call.sessid:
            return failure(_NO_SESSID)
        return modes[call.mode](self, self._sessions.touch(session), call, rules, seconds)

    def _check_auth(self, connection: str, call: Call) -> Answer:
        """Login and password in, a session out: cookie name, cookie value, sessid, time."""
        key_id = self._logins.verify(connection, call.request)
        opened = self._sessions.open(connection, call.kind, key_id)
        now = self._clock()
        note(self._table, connection, call.kind, now, session=opened.session.upload)
        time = (f"timestamp={int(now)}",) if call.kind != "sale" else ()
        return success(COOKIE, opened.token, f"sessid={opened.sessid}", *time)

    def _session(self, connection: str, call: Call) -> Session | None:
        """The session of the cookie. Clients that keep none send their login with every call."""
        if not self._is_connection_id(connection):
            return None
        if call.token is not None:
            return self._sessions.find(connection, call.token)
        if "authorization" not in call.request.headers:
            return None
        return self._sessions.latest(connection, self._logins.verify(connection, call.request))

    # ── the modes ─────────────────────────────────────────────────────────────────────────────

    def _init(self, session: Session, call: Call, rules: Rules, _seconds: float) -> Answer:
        """Two lines for 1C that names no version, four for 1C that does."""
        schema = agreed_schema(call.version) if call.version else None
        self._uploads.close(session.connection, session.upload)
        session = self._sessions.begin_upload(session, schema)
        zip_word, limit = "yes" if rules.zip else "no", str(rules.file_limit)
        if schema is None:
            return parameters(zip=zip_word, file_limit=limit)
        sessid = call.sessid
        if not sessid:
            session, sessid = self._sessions.new_sessid(session)
        return parameters(zip=zip_word, file_limit=limit, sessid=sessid, version=schema)

    def _file(self, session: Session, call: Call, rules: Rules, _seconds: float) -> Answer:
        name = safe_name(call.filename)
        body = call.request.body
        file = self._uploads.append(session.connection, session.upload, name, body, kind=call.kind)
        may_be_last = bool(file.parts) and len(body) < rules.file_limit
        if may_be_last and self._is_old_orders(session, call) and looks_complete(file, self._blobs):
            # Old modules send orders and never ask for their import.
            self._starter.file(replace(_asking(session, call), by=By.IDLE), name)
        return success()

    def _import(self, session: Session, call: Call, rules: Rules, seconds: float) -> Answer:
        row = self._starter.file(_asking(session, call), safe_name(call.filename))
        row = followed(
            row,
            self._look,
            seconds=min(rules.hold_seconds, seconds - _RESERVE_SECONDS),
            monotonic=self._monotonic,
            sleep=self._sleep,
        )
        return answer_of(row)

    def _deactivate(self, session: Session, call: Call, _rules: Rules, _seconds: float) -> Answer:
        stamp = (call.timestamp or "").strip()
        if not (stamp.isascii() and stamp.isdigit() and 0 < len(stamp) <= 12):
            return failure("Не указано время начала обмена (параметр timestamp).")
        self._starter.end(_asking(session, call), Step.DEACTIVATE, int(stamp))
        return success()

    def _complete(self, session: Session, call: Call, _rules: Rules, _seconds: float) -> Answer:
        self._starter.end(_asking(session, call), Step.COMPLETE)
        return success()

    def _query(self, session: Session, call: Call, rules: Rules, _seconds: float) -> Answer:
        answer = self._orders.query(session, call.version, rules)
        note(self._table, session.connection, "query", self._clock(), session=session.upload)
        return answer

    def _success(self, session: Session, _call: Call, _rules: Rules, _seconds: float) -> Answer:
        answer = self._orders.success(session)
        if answer.word is Word.SUCCESS:
            now = self._clock()
            note(self._table, session.connection, "success", now, session=session.upload)
        return answer

    def _info(self, session: Session, _call: Call, _rules: Rules, _seconds: float) -> Answer:
        return self._orders.info(session)

    _Mode = Callable[["Exchange", Session, Call, Rules, float], Answer]
    _FILES: ClassVar[Mapping[str, _Mode]] = {"init": _init, "file": _file, "import": _import}
    _MODES: ClassVar[Mapping[str, Mapping[str, _Mode]]] = {
        "catalog": {**_FILES, "deactivate": _deactivate, "complete": _complete},
        "sale": {**_FILES, "query": _query, "success": _success, "info": _info},
        "reference": _FILES,
    }

    # ── when something is wrong ───────────────────────────────────────────────────────────────

    def _look(self, row: ImportRow) -> ImportRow:
        """Reads an import again; nobody has taken it up for long: sends it once more."""
        standing = self._imports.get(row.connection, row.session, row.id)
        return row if standing is None else self._starter.carry(standing)

    def _is_old_orders(self, session: Session, call: Call) -> bool:
        return call.kind == "sale" and session.schema is None and not call.version

    def _rejected(
        self, rejected: WebhookRejected, connection: str, request: InboundRequest
    ) -> Answer:
        limited = self._refusals.note(rejected.reason, connection, request)
        if limited or rejected.reason is RejectReason.TOO_MANY_FAILURES:
            text = "Слишком много неудачных попыток входа. Подождите минуту."
            return failure(text, status=429)
        return Answer(Word.FAILURE, ("Неверный адрес обмена, логин или пароль.",), 401, _LOGIN)

    def _busy(self, call: Call | None) -> Answer:
        if call is not None and call.mode == "import":
            self._sleep(_BUSY_PAUSE)
            return progress("Сервис занят, обработка продолжится.")
        return failure("Сервис временно недоступен, повторите обмен через минуту.")

    def _defect(self, error: Exception, connection: str, call: Call | None) -> None:
        """Says where it happened; an error's own words may hold what was sent."""
        frames = traceback.extract_tb(error.__traceback__)[-5:]
        fields = {
            "connection": connection[:39],
            "mode": call.mode[:20] if call else None,
            "error": type(error).__name__,
            "at": [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames],
        }
        self._emit(log_line("ERROR", "the exchange with 1C has a defect", fields))

    def _trace(self, connection: str, call: Call | None, answer: Answer, trace: str | None) -> None:
        if answer.word is Word.PROGRESS or answer.status != 200:
            return  # polls are many, refused logins are counted and sampled
        fields = {
            "connection": connection[:39],
            "type": call.kind[:20] if call else None,
            "mode": call.mode[:20] if call else None,
            "file": shown(call.filename) if call and call.filename else None,
            "word": answer.word.value,
            "text": answer.lines[0] if answer.word is Word.FAILURE and answer.lines else None,
            "trace": trace,
        }
        known = {name: value for name, value in fields.items() if value is not None}
        self._emit(log_line("INFO", "1C called", known))


def _asking(session: Session, call: Call) -> Asking:
    return Asking(session.connection, session.upload, call.kind, session.schema)
