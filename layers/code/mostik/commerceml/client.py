"""The exchange protocol as 1C speaks it, over any way to send an HTTP request.

Made for a boxed Bitrix site, which only ever knew 1C, and for the sandbox 1C. One client is one
session of one type.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlencode

from mostik.commerceml.client_reply import (
    Http,
    HttpCall,
    HttpReply,
    Login,
    SiteRefuses,
    Terms,
    document_of,
    lines_of,
    login_of,
    terms_of,
    word_of,
)
from mostik.commerceml.protocol import Word

_WHOLE_FILE = 1 << 62


@dataclass(frozen=True, slots=True)
class Told:
    """What the site said about an import, once: the word and the text after it."""

    word: Word
    text: str


@dataclass(frozen=True, slots=True)
class Manners:
    """How a client differs from a well-behaved one; old modules do.

    Attributes:
        keeps_cookie: sends the session's cookie.
        repeats_login: sends the login with every call.
        knows_sessid: sends ``sessid``.
    """

    keeps_cookie: bool = True
    repeats_login: bool = False
    knows_sessid: bool = True


class ExchangeClient:
    """Talks to a site in one session.

    Args:
        http: sends a request.
        url: the exchange's address; its own query, if it has one, is kept.
        login: of the site's user.
        password: of the same.
        kind: catalog or sale.
        schema: the newest CommerceML schema to agree on; ``None``: the site is asked for none.
        manners: how it behaves.
    """

    def __init__(
        self,
        http: Http,
        url: str,
        login: str,
        password: str,
        *,
        kind: str,
        schema: str | None = None,
        manners: Manners | None = None,
    ) -> None:
        self._http = http
        self._url = url
        self._login = f"{login}:{password}"
        self._kind = kind
        self._schema = schema
        self._manners = manners or Manners()
        self._session: Login | None = None
        self._sessid: str | None = None

    @property
    def timestamp(self) -> str | None:
        """The site's time at the login, as the site wrote it."""
        return self._session.timestamp if self._session is not None else None

    def check_auth(self, kind: str | None = None) -> Login:
        """Logs in and begins a session.

        Args:
            kind: whose login is asked for; ``None``: that of this client's own type. To a Bitrix
                site a session is one of all types.

        Raises:
            ConfigurationError: the login is refused.
            RetryLater: there is no proper answer.
        """
        self._session = self._sessid = None
        reply = self._call("GET", "checkauth", {}, login=True, kind=kind)
        self._session = login_of(reply)
        self._sessid = self._session.sessid
        return self._session

    def init(self) -> Terms:
        """Asks how files are to be sent; what was sent before is dropped by the site."""
        named = {"version": self._schema} if self._schema else {}
        terms = terms_of(self._call("GET", "init", named), named_schema=bool(named))
        self._sessid = terms.sessid or self._sessid
        return terms

    def send(self, name: str, source: IO[bytes], file_limit: int) -> int:
        """Sends a file in fragments. Returns how many they were.

        Raises:
            SiteRefuses: 1C stops at the first fragment that is not taken, ``progress`` included.
        """
        size = file_limit if file_limit > 0 else _WHOLE_FILE
        piece = source.read(size)
        count = 0
        while True:
            self.send_fragment(name, piece)
            count += 1
            piece = source.read(size)
            if not piece:
                return count

    def send_fragment(self, name: str, fragment: bytes) -> None:
        """Sends one fragment."""
        reply = self._call("POST", "file", {"filename": name}, body=fragment)
        self._expect_success("file", reply)

    def import_once(self, name: str) -> Told:
        """Asks once for a file's import."""
        reply = self._call("GET", "import", {"filename": name})
        word = word_of(reply, "import")
        return Told(word, "\n".join(lines_of(reply)[1:]).strip())

    def import_file(self, name: str) -> Iterator[Told]:
        """Asks for a file's import until it has ended; as tightly as 1C, which never pauses.

        Raises:
            SiteRefuses: the site says ``failure``.
        """
        while True:
            told = self.import_once(name)
            if told.word is Word.FAILURE:
                raise SiteRefuses("import", told.text)
            yield told
            if told.word is Word.SUCCESS:
                return

    def deactivate(self, since: str | None = None) -> None:
        """Says that a full package is at its end: what it did not hold may be switched off.

        Args:
            since: ``timestamp`` of the package's first login, where this session is not the first.
        """
        stamp = since or (self._session.timestamp if self._session else None) or ""
        self._expect_success("deactivate", self._call("GET", "deactivate", {"timestamp": stamp}))

    def complete(self) -> None:
        """Says that the package is at its end."""
        self._expect_success("complete", self._call("GET", "complete", {}))

    def query(self) -> bytes:
        """Returns the orders that the site has for us: XML, or an archive of it."""
        named = {"version": self._schema} if self._schema else {}
        return document_of(self._call("GET", "query", named), "query")

    def changed_orders(self, after: int, most: int) -> bytes:
        """Returns orders that were changed later than a moment, the oldest change first.

        What a Bitrix24 asks a shop for (type ``crm``): the caller keeps the moment, and the site
        none.

        Args:
            after: the moment; 0: all orders.
            most: so many at the most.
        """
        # ZZZ is the caller's offset from UTC in seconds: the site shows a moment in that zone.
        asked = {"MODIFICATION_LABEL": str(after), "ZZZ": "0", "IMPORT_SIZE": str(most)}
        return document_of(self._call("GET", "query", asked), "query")

    def order(self, key: str) -> bytes:
        """Returns one order by the site's id (type ``crm``), or none."""
        return document_of(self._call("GET", "query", {"ORDER_ID": key}), "query")

    def next_part(self) -> bytes | None:
        """Returns the next part of the site's catalogue (``get_catalog``); ``None``: it is over.

        Raises:
            SiteRefuses: the site gives none.
        """
        reply = self._call("GET", "query", {})
        if lines_of(reply)[0].strip().lower() == "finished=yes":
            return None
        return document_of(reply, "query")

    def success(self) -> None:
        """Says that what ``query`` gave was taken."""
        self._expect_success("success", self._call("GET", "success", {}))

    def info(self) -> bytes:
        """Returns the site's lists of statuses, pay systems and delivery services."""
        return document_of(self._call("GET", "info", {}), "info")

    def _call(
        self,
        method: str,
        mode: str,
        parameters: dict[str, str],
        *,
        body: bytes = b"",
        login: bool = False,
        kind: str | None = None,
    ) -> HttpReply:
        query = {"type": kind or self._kind, "mode": mode, **parameters}
        headers = {}
        if login or self._manners.repeats_login:
            headers["Authorization"] = f"Basic {b64encode(self._login.encode()).decode()}"
        if self._session is not None and self._manners.keeps_cookie:
            headers["Cookie"] = self._session.cookie
        if self._sessid and self._manners.knows_sessid and not login:
            query["sessid"] = self._sessid
        if method == "POST":
            headers["Content-Type"] = "application/octet-stream"
        joint = "&" if "?" in self._url else "?"
        return self._http(HttpCall(method, f"{self._url}{joint}{urlencode(query)}", headers, body))

    @staticmethod
    def _expect_success(mode: str, reply: HttpReply) -> None:
        if word_of(reply, mode) is not Word.SUCCESS:
            raise SiteRefuses(mode, " ".join(lines_of(reply)[1:]).strip())
