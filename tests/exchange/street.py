"""1C on one side of the street, the site on the other: between them HTTP and the real function."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import pytest
import requests

import exchange.handler
from local.sandbox.onec import program
from local.sandbox.onec.ledger import Ledger
from local.sandbox.onec.program import Habits, Program
from local.sandbox.onec.wire import Wire
from mostik.commerceml.client_reply import Http
from mostik.commerceml.rules import Rules
from tests.support.endpoint import Endpoint, Shown
from tests.support.exchange import LOGIN, PASSWORD, Site, basic


class Street:
    """A stack whose ports are in memory, behind its own HTTP endpoint, and 1Cs that call there.

    Args:
        monkeypatch: gives the function ports in memory.
        site: the exchange's ports, where somebody else has them too.

    Attributes:
        site: the exchange's ports; its clock turns only when somebody waits.
        endpoint: what 1C calls.
        wire: 1C's connection.
        heard: what 1C's own log says.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, site: Site | None = None) -> None:
        self.site = site or Site()
        self.endpoint = Endpoint(exchange.handler.handler)
        self.wire = Wire()
        self.heard: list[str] = []
        monkeypatch.setattr(exchange.handler, "exchange", lambda: self.site.exchange)

    def __enter__(self) -> Self:
        self.endpoint.__enter__()
        self.wire.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.wire.__exit__(kind, error, traceback)
        self.endpoint.__exit__(kind, error, traceback)

    def ruled(self, rules: Rules) -> Self:
        """Gives the connection settings of its exchange."""
        self.site.rules = rules
        return self

    def onec(
        self,
        habits: Habits | None = None,
        *,
        http: Http | None = None,
        ledger: Ledger | None = None,
    ) -> Program:
        """A 1C at the endpoint.

        Args:
            habits: of this one; without retries, unless it says otherwise.
            http: a proxy on the way.
            ledger: its orders.
        """
        return Program(
            http or self.wire,
            program.Site(self.endpoint.url(), LOGIN, PASSWORD),
            habits or Habits(retries=0),
            ledger=ledger,
            say=self.heard.append,
        )

    def call(
        self,
        query: str,
        *,
        body: bytes = b"",
        cookie: str | None = None,
        login: str | None = None,
    ) -> Shown:
        """One bare request: what 1C sees of the answer."""
        sent = {"Cookie": cookie} if cookie is not None else {}
        if login is not None:
            sent["Authorization"] = basic(login)
        with requests.Session() as session:
            session.trust_env = False
            session.request(
                "POST" if body else "GET",
                f"{self.endpoint.url()}?{query}",
                headers=sent,
                data=body or None,
                timeout=30,
                allow_redirects=False,
            )
        return self.endpoint.seen[-1]

    def cookie(self, kind: str = "catalog") -> str:
        """Logs in with a bare request. Returns the cookie as 1C puts it together."""
        lines = self.call(f"type={kind}&mode=checkauth", login=f"{LOGIN}:{PASSWORD}").lines
        return f"{lines[1]}={lines[2]}"

    def stored(self, name: str) -> bytes:
        """The bytes of the file that was sent last under a name, as a worker would read them."""
        rows = [row for row in self.site.table.rows("upload#") if row["name"] == name]
        connection, upload = max(row["pk"] for row in rows).split("#")[1:]
        file = self.site.uploads.find(connection, upload, name)
        assert file is not None
        return b"".join(self.site.blobs.objects[key] for key in file.keys)

    def logged(self, words: str) -> list[str]:
        """Lines of the function's log that hold words."""
        return [line for line in self.site.lines if words in line]
