"""``1c_exchange.php``: the site's side of the exchange with 1C.

As Bitrix' server components have it (facts on the exchange protocol). Two things that bite whoever
shares the script's address with 1C: ``checkauth`` writes the session's id, and ``query`` the time,
into options of the *site* that are named by the first 22 signs of the script's path; ``success``
commits that time if the session is the one that logged in last, and says ``error`` otherwise. A
login for goods writes no option, nor does the question of a Bitrix24 (``type=crm``); a session is
one of all types.
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Protocol
from urllib.parse import parse_qs

from local.sandbox.server import Answer, Call
from local.sandbox.site.config import SiteConfig
from local.sandbox.site.paper import Unreadable

OPTION_SIGNS = 22
SCHEMA = "2.09"
"""The newest that the site writes."""
_COOKIE = "PHPSESSID"
_KINDS = ("sale", "catalog", "get_catalog", "crm")
_OF_ORDERS = ("sale", "crm")


class Goods(Protocol):
    """The site's goods, for the exchange."""

    def taken(self, content: bytes, step: int) -> Iterator[str]:
        """Works off a file in steps; yields what is done so far."""
        ...

    def given(self, encoding: str, after: int, count: int) -> tuple[bytes, int]:
        """Writes a package of goods. Returns it and where the next one begins, 0: nowhere."""
        ...


class Orders(Protocol):
    """The site's orders, for the exchange."""

    def taken(self, content: bytes, step: int, *, whole: bool) -> Iterator[str]:
        """Works off a file in steps; ``whole``: what it lacks of an order is deleted."""
        ...

    def given(self, encoding: str, since: float, schema: str | None) -> bytes:
        """Writes the orders that were changed at that time or later."""
        ...

    def told_abroad(self, after: float, most: int, key: str | None) -> bytes:
        """Writes orders for a Bitrix24: those that were changed after a moment (seconds of the
        clock on the wall), the oldest change first, or the one of a key."""
        ...

    def info(self, encoding: str) -> bytes:
        """Writes the lists of statuses, pay systems and delivery services."""
        ...


@dataclass
class Session:
    """One login.

    Attributes:
        id: value of its cookie.
        schema: that it has named.
        archive: name of the archive that its upload is.
        work: imports under way.
        place: how far ``get_catalog`` has got.
    """

    id: str
    schema: str | None = None
    archive: str | None = None
    work: dict[str, Iterator[str]] = field(default_factory=dict)
    place: int = 0

    @property
    def sessid(self) -> str:
        """The token against forged requests."""
        return hashlib.md5(f"sessid{self.id}".encode()).hexdigest()  # noqa: S324 - as the site does


class Exchange:
    """Answers the exchange.

    Args:
        config: the site's settings.
        clock: unix seconds.
        goods: the site's goods.
        orders: the site's orders.

    Attributes:
        options: of the site, kept over a restart.
        said_success: how often a watermark was committed, by option.
    """

    def __init__(
        self, config: SiteConfig, clock: Callable[[], float], goods: Goods, orders: Orders
    ) -> None:
        self._config = config
        self._clock = clock
        self._goods = goods
        self._orders = orders
        self.options: dict[str, str] = {}
        self.clear()

    def clear(self) -> None:
        """No sessions, no options, no uploads."""
        self.options.clear()
        self.sessions: dict[str, Session] = {}
        self.said_success: dict[str, int] = {}
        self._uploads: dict[str, dict[str, bytearray]] = {}
        self._logins = 0

    # ── a call ────────────────────────────────────────────────────────────────────────────────

    def answer(self, call: Call) -> Answer:
        """Answers one call; refusals are words, with status 200."""
        query = {name: values[0] for name, values in parse_qs(call.query).items()}
        kind, mode = query.get("type", ""), query.get("mode", "")
        if kind not in _KINDS or (kind == "crm" and not self._config.tells_abroad):
            return self._words("failure", "Unknown command type.")
        if kind == "get_catalog" and not self._config.gives_catalog:
            return self._words("failure", "Модуль выгрузки каталога не настроен.")
        if mode == "checkauth":
            return self._checkauth(call, kind, call.path[:OPTION_SIGNS])
        session = self._session_of(call)
        if session is None:
            return self._words("failure", "Ошибка авторизации. Неверное имя пользователя.")
        if self._config.sessid and query.get("sessid") != session.sessid:
            return self._words(
                "failure", "Ошибка проверки источника запроса. Обновите модуль обмена."
            )
        return self._served(session, kind, mode, query, call)

    def _served(
        self, session: Session, kind: str, mode: str, query: Mapping[str, str], call: Call
    ) -> Answer:
        name, option = _name(query.get("filename", "")), call.path[:OPTION_SIGNS]
        served: dict[tuple[str, str], Callable[[], Answer]] = {
            ("sale", "query"): lambda: self._query(session, option),
            ("sale", "success"): lambda: self._success(session, option),
            ("crm", "query"): lambda: self._abroad(query),
            ("sale", "info"): lambda: self._xml(self._orders.info(self._config.encoding)),
            ("get_catalog", "query"): lambda: self._catalog(session),
            ("catalog", "complete"): lambda: self._words("success"),
        }
        for one in _KINDS:
            served[one, "init"] = lambda: self._init(session, kind, query.get("version"))
        for one in ("sale", "catalog"):
            served[one, "file"] = lambda: self._file(session, kind, name, call.body)
            served[one, "import"] = lambda: self._import(session, kind, name)
        unknown = (kind, mode) not in served
        refusal = f"Неизвестная команда {mode}."
        return self._words("failure", refusal) if unknown else served[kind, mode]()

    def _checkauth(self, call: Call, kind: str, option: str) -> Answer:
        if basic_of(call) != (self._config.login, self._config.password):
            return self._words("failure", "Ошибка авторизации. Неверное имя пользователя.")
        self._logins += 1
        session = Session(hashlib.sha256(f"login {self._logins}".encode()).hexdigest()[:26])
        self.sessions[session.id] = session
        if kind in _OF_ORDERS:
            self.options[f"export_session_id_{option}"] = session.id
        lines = ["success", _COOKIE, session.id]
        if self._config.sessid:
            lines.append(f"sessid={session.sessid}")
            if kind != "sale":
                lines.append(f"timestamp={int(self._clock())}")
        return self._words(*lines)

    def _session_of(self, call: Call) -> Session | None:
        cookies: SimpleCookie = SimpleCookie(call.headers.get("cookie", ""))
        found = cookies.get(_COOKIE)
        return self.sessions.get(found.value) if found is not None else None

    # ── files ─────────────────────────────────────────────────────────────────────────────────

    def _init(self, session: Session, kind: str, version: str | None) -> Answer:
        """Also clears what any other session has sent: there is one directory."""
        self._uploads[kind] = {}
        session.work.clear()
        session.archive = None
        lines = [f"zip={'yes' if self._config.zip else 'no'}"]
        lines.append(f"file_limit={self._config.file_limit}")
        if version and self._config.modern:
            session.schema = min(version, SCHEMA, key=lambda text: [*map(int, text.split("."))])
            lines += [f"sessid={session.sessid}", f"version={session.schema}"]
        return self._plain("\n".join(lines))

    def _file(self, session: Session, kind: str, name: str, body: bytes) -> Answer:
        if not name:
            return self._words("failure", "Не указано имя файла.")
        kept = self._uploads.setdefault(kind, {}).setdefault(name, bytearray())
        kept += body
        if self._config.zip and name.lower().endswith(".zip"):
            session.archive = name
        if kind == "sale" and session.schema is None:
            # The branch for old clients: a file is worked off as soon as it is there.
            return self._at_once(session, kind, name)
        return self._words("success")

    def _at_once(self, session: Session, kind: str, name: str) -> Answer:
        self._unpack(session, kind)
        try:
            for text in self._orders.taken(self._content(kind, name), 1_000_000, whole=False):
                del text
        except Unreadable as error:
            return self._words("failure", str(error))
        return self._words("success")

    def _import(self, session: Session, kind: str, name: str) -> Answer:
        if session.archive is not None:
            self._unpack(session, kind)
            return self._words("progress", "Распаковка завершена.")
        content = self._content(kind, name)
        if not content:
            return self._words("failure", f"Файл {name} не найден.")
        if name not in session.work:
            session.work[name] = (
                self._goods.taken(content, self._config.step)
                if kind == "catalog"
                else self._orders.taken(
                    content, self._config.step, whole=session.schema is not None
                )
            )
        try:
            return self._words("progress", next(session.work[name]))
        except StopIteration:
            del session.work[name]
            return self._words("success", "Импорт успешно завершен.")
        except Unreadable as error:
            del session.work[name]
            return self._words("failure", str(error))

    def _content(self, kind: str, name: str) -> bytes:
        files = self._uploads.get(kind, {})
        return bytes(files.get(name) or b"")

    def _unpack(self, session: Session, kind: str) -> None:
        files = self._uploads.get(kind, {})
        if session.archive is None or session.archive not in files:
            return
        with zipfile.ZipFile(BytesIO(bytes(files[session.archive]))) as archive:
            for entry in archive.infolist():
                files[entry.filename] = bytearray(archive.read(entry))
        session.archive = None

    # ── orders and goods that are given ───────────────────────────────────────────────────────

    def _query(self, session: Session, option: str) -> Answer:
        committed = float(self.options.get(f"last_export_time_committed_{option}", "0"))
        document = self._orders.given(self._config.encoding, committed, session.schema)
        self.options[f"last_export_time_{option}"] = str(int(self._clock()))
        return self._xml(document)

    def _abroad(self, query: Mapping[str, str]) -> Answer:
        """``ZZZ``, the asker's offset from UTC, cancels the site's own out: what is compared is the
        clock on the wall."""
        label = int(query.get("MODIFICATION_LABEL", "0"))
        after = label + int(query.get("ZZZ", "0")) if label else 0
        most = int(query.get("IMPORT_SIZE", "0"))
        document = self._orders.told_abroad(after, most, query.get("ORDER_ID"))
        return Answer(200, document, "application/xml; charset=UTF-8")

    def _success(self, session: Session, option: str) -> Answer:
        if self.options.get(f"export_session_id_{option}") != session.id:
            return self._words("error")
        pending = self.options.get(f"last_export_time_{option}", "0")
        self.options[f"last_export_time_committed_{option}"] = pending
        self.said_success[option] = self.said_success.get(option, 0) + 1
        return self._words("success")

    def _catalog(self, session: Session) -> Answer:
        if session.place < 0:
            return self._plain("finished=yes")
        config = self._config
        document, after = self._goods.given(config.encoding, session.place, config.package)
        session.place = after or -1
        return self._xml(document)

    # ── answers ───────────────────────────────────────────────────────────────────────────────

    def _words(self, *lines: str) -> Answer:
        return self._plain("".join(f"{line}\n" for line in lines))

    def _plain(self, text: str) -> Answer:
        encoding = self._config.encoding
        return Answer(200, text.encode(encoding), f"text/html; charset={encoding}")

    def _xml(self, document: bytes) -> Answer:
        return Answer(200, document, f"application/xml; charset={self._config.encoding}")


def basic_of(call: Call) -> tuple[str, str] | None:
    """Returns the login that a call carries."""
    scheme, _, value = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        login, _, password = base64.b64decode(value).decode().partition(":")
    except ValueError:
        return None
    return login, password


def _name(text: str) -> str:
    return text.removeprefix("/tmp/").replace("\\", "/").strip("/")  # noqa: S108 - 1C's own
