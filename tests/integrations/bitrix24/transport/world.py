"""A portal without sockets: the sandbox portal behind a ``requests`` adapter, on a clock to turn.

Everything between the integration and the wire is the real thing: client, gate, parking, log.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from integrations.bitrix24 import integration
from integrations.bitrix24.transport.batch import Command, Done, Outcome, Refused
from integrations.bitrix24.transport.portal import Portal
from local.sandbox.faults import Fault, FaultKind
from local.sandbox.portal import PortalConfig, PortalSandbox
from local.sandbox.portal.crm.fields import DEAL
from local.sandbox.server import Answer, Call
from mostik.errors import MostikError
from mostik.http.client import ApiClient, Effects
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.gate import CallGate
from mostik.http.gatekeeper import Gatekeeper
from mostik.http.limiter import Limit, Limiter
from mostik.http.parking import Parking
from mostik.http.redact import Redactor
from mostik.http.session import open_session
from mostik.http.trail import Trail
from mostik.requestlog.entry import LogEntry
from tests.support.clock import FakeClock
from tests.support.memory import MemoryTable, state_table
from tests.support.slots import MemorySlots
from tests.support.wire import response_of

ADD = Endpoint("POST", "crm.item.add", Replay.UNSAFE)
GET = Endpoint("POST", "crm.item.get", Replay.SAFE)
LIST = Endpoint("POST", "crm.item.list", Replay.SAFE)
UPDATE = Endpoint("POST", "crm.item.update", Replay.SAFE)
CONTACT = 3


class RealClock(FakeClock):
    """Time as it is, where several threads wait for it."""

    def __call__(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class PortalWire(HTTPAdapter):
    """Takes requests to a sandbox portal and its answers back, with the faults of the sandbox."""

    def __init__(self, portal: PortalSandbox, work: float = 0.0) -> None:
        super().__init__()
        self._portal = portal
        self._work = work
        self._lock = Lock()
        self._here = 0
        self.most_at_once = 0
        self.sent: list[str] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        with self._lock:
            self._here += 1
            self.most_at_once = max(self.most_at_once, self._here)
        try:
            if self._work:
                time.sleep(self._work)
            return self._exchange(request)
        finally:
            with self._lock:
                self._here -= 1

    def _exchange(self, request: requests.PreparedRequest) -> requests.Response:
        parts = urlsplit(request.url or "")
        body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
        headers = {name.lower(): str(value) for name, value in request.headers.items()}
        headers.setdefault("host", parts.netloc)
        call = Call("POST", parts.path, parts.query, headers, body, "127.0.0.1")
        method = self._portal.target_of(call)
        self.sent.append(method)
        fault = self._portal.faults.take(method, "POST")
        if fault is not None and fault.kind is FaultKind.DOWN:
            raise requests.ConnectionError("connection reset")
        if fault is not None and fault.kind is FaultKind.STATUS:
            return response_of(self._portal.scripted_error(fault), request)
        if fault is not None and fault.kind is FaultKind.HTML:
            return response_of(Answer(fault.status, b"<html>nginx</html>", "text/html"), request)
        with self._portal.lock:
            answer = self._portal.answer(call)
        if fault is not None and fault.kind is FaultKind.LOST_ANSWER:
            raise requests.ReadTimeout("no answer")
        return response_of(answer, request)


@dataclass
class World:
    """One connection to one portal.

    Attributes:
        config: of the portal; its limit is off unless it is asked for.
        limit: what our limiter knows of it.
        work: seconds that each exchange really takes.
        gate: instead of the gatekeeper.
        remaining: seconds that the invocation still has.
    """

    config: PortalConfig = field(default_factory=lambda: PortalConfig(rate_limit=None))
    limit: Limit | None = None
    work: float = 0.0
    gate: CallGate | None = None
    remaining: float = 900.0
    clock: FakeClock = field(default_factory=FakeClock)
    entries: list[LogEntry] = field(default_factory=list)
    slots: MemorySlots = field(default_factory=MemorySlots)
    table: MemoryTable = field(default_factory=state_table)

    def __post_init__(self) -> None:
        self.there = PortalSandbox(replace(self.config, clock=self.clock))
        self.wire = PortalWire(self.there, self.work)
        session = open_session(4)
        session.mount("https://", self.wire)
        webhook = f"https://company.bitrix24.ru/rest/1/{self.config.secret}/"
        self.portal = Portal(
            ApiClient(
                connection="portal",
                base_url=webhook,
                session=session,
                auth=None,
                dialect=integration.dialect,
                redactor=Redactor([webhook]),
                effects=Effects(self.clock, self.clock.sleep, lambda: 0.5),
                gate=self.gate
                or Gatekeeper(
                    "portal",
                    limiter=self._limiter(),
                    parking=Parking(self.table, "portal", self.clock),
                    clock=self.clock,
                    emit=lambda _line: None,
                ),
            ).following(Trail(lambda: self.remaining, self.entries.append))
        )

    def _limiter(self) -> Limiter | None:
        if self.limit is None:
            return None
        return Limiter(
            self.slots, self.limit, share=1.0, connection="portal", clock=self.clock,
            sleep=self.clock.sleep,
        )  # fmt: skip

    def hold(self, deals: int) -> None:
        """Lets the portal have had so many deals for ever."""
        self.there.seed(DEAL, [{"title": f"deal {number}"} for number in range(1, deals + 1)])

    def breaks(self, method: str, kind: FaultKind, **more: Any) -> None:
        """Scripts a fault."""
        self.there.faults.add(Fault(method, kind, **more))

    @property
    def parked(self) -> set[str]:
        """The methods that rest."""
        return set(Parking(self.table, "portal", self.clock).parked())

    def titles(self) -> list[str]:
        """The titles of all deals, by id."""
        return [deal["title"] for deal in self.there.deals]


def add(title: str, name: str | None = None, **fields: Any) -> Command:
    """Adds a deal, which must not be done twice."""
    return Command(ADD, {"entityTypeId": DEAL, "fields": {"title": title, **fields}}, name)


def update(id_: int, title: str) -> Command:
    """Gives a deal a title, which may be done twice."""
    return Command(UPDATE, {"entityTypeId": DEAL, "id": id_, "fields": {"title": title}})


def values(outcomes: Sequence[Outcome]) -> list[Any]:
    """The items that commands have come to."""
    return [outcome.value["item"] for outcome in outcomes if isinstance(outcome, Done)]


def errors(outcomes: Sequence[Outcome]) -> list[MostikError]:
    """Why commands were refused."""
    return [outcome.error for outcome in outcomes if isinstance(outcome, Refused)]
