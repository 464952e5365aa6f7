"""Hints delivered by the real worker over ports in memory: what each costs in units.

A hint is a receipt, one read of a record and one write of it on the other side, all with bodies of
1 KB. The poller is Lambda's: it waits for a batch of 20 or for the window, whichever comes first.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import requests
from pydantic import BaseModel, ConfigDict, SecretStr
from requests.adapters import HTTPAdapter

from bench.weighing import MeteredTable
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.connections.gatehouse import Gatehouse
from mostik.connections.lastused import LastUsed
from mostik.connections.open import OpenConnection, OpenConnections
from mostik.http.auth import Bearer
from mostik.http.client import ApiClient, Dialect, Effects
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.limiter import Limit
from mostik.ids import ulid
from mostik.integration import Check, CreateOnce, Finding, Hint, Integration, Webhook
from mostik.jobs.gates import Gates
from mostik.jobs.leases import Leases
from mostik.jobs.message import Receipt, dump
from mostik.jobs.rows import JobRows
from mostik.requestlog.entry import LogEntry
from mostik.requestlog.store import RequestLog, whole_entry
from mostik.sync.link import End, Link, Links, Side
from mostik.sync.xref import Pairs
from mostik.worker.execute import Execution
from mostik.worker.worker import Worker, received
from tests.support.api_router import answer
from tests.support.clock import FakeClock
from tests.support.memory import MemoryBlobs, MemorySecrets, log_table, state_table
from tests.support.queue import MemoryQueue
from tests.support.rig import AtOnce
from tests.support.shelf import RESOURCE, Thing
from tests.support.slots import MemorySlots
from tests.support.weight import weight_of

BATCH = 20
WINDOW_SECONDS = 1.0
_HERE, _THERE, _NAME = "shop", "portal", "orders"
_KEY = "the-api-key-of-the-bench"
_READ = Endpoint("GET", "orders/{id}", Replay.SAFE)
_WRITE = Endpoint("POST", "crm.item.update", Replay.SAFE)


@dataclass(slots=True)
class Delivered:
    """What some events came to.

    Attributes:
        events: delivered events.
        batches: how many messages each invocation took.
        sends: messages sent, by the door and by the worker.
        job_units: write units of job rows.
        xref_units: write units of cross-references.
        gate_units: write units of limits and gates.
        other_units: write units of any other row of the state.
        log_units: write units of the log, digests included.
        log_entries: entries written.
        log_bytes: bytes that the log keeps.
        plain_bytes: bytes of its entries as attributes, neither compressed nor digested.
        read_units: read units.
        line_bytes: bytes of the worker's own log lines.
        cpu_seconds: that the worker's code took here, without AWS and network.
    """

    events: int
    batches: list[int] = field(default_factory=list)
    sends: int = 0
    job_units: int = 0
    xref_units: int = 0
    gate_units: int = 0
    other_units: int = 0
    log_units: int = 0
    log_entries: int = 0
    log_bytes: int = 0
    plain_bytes: int = 0
    read_units: float = 0.0
    line_bytes: int = 0
    cpu_seconds: float = 0.0

    @property
    def batch(self) -> float:
        """Messages of a batch, on average."""
        return sum(self.batches) / len(self.batches)

    @property
    def queue_requests(self) -> float:
        """SQS requests of an event: a receive and a delete take ten messages at the most."""
        taken = sum(2 * -(-batch // 10) for batch in self.batches)
        return (self.sends + taken) / self.events


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    api_key: SecretStr


class _Order(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)

    number: str
    status: str


@dataclass(frozen=True, slots=True)
class _Orders:
    """Orders: one call to read one here, one to write one there. That it is there already is known
    without a call: an event of the budget is one read and one write."""

    api: ApiClient
    dice: random.Random

    def read(self, key: str) -> Thing:
        """See ``Resource.read``."""
        found = self.api.fetch(_Order, _READ, path={"id": key})
        return Thing(key=key, text=f"{found.number} {found.status}")

    def find(self, system: str, key: str) -> Thing:
        """See ``Resource.find``."""
        return Thing(key=key, text="as it was", external_ids={system: key})

    def create(self, record: Thing, system: str, once: CreateOnce) -> Thing:
        """See ``Resource.create``."""
        raise NotImplementedError(f"{record.key}/{system}/{once}")

    def update(self, key: str, record: Thing, system: str, once: CreateOnce) -> Thing:
        """See ``Resource.update``."""
        del once
        self.api.request(_WRITE, body=order(self.dice, key))
        return Thing(key=key, text=record.text, external_ids={system: record.key})

    def from_state(self, content: Mapping[str, Any]) -> Thing:
        """See ``Resource.from_state``."""
        return Thing.model_validate(content)


class _Api(HTTPAdapter):
    """Both external APIs."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self._dice = dice
        self.calls = 0

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Answers one request."""
        self.calls += 1
        key = (request.url or "").rpartition("/")[2]
        content: Any = order(self._dice, key)
        if request.method == "POST":
            spent = {"start": 1790000000.25, "duration": self._dice.random()}
            content = {"result": {"item": {"id": self._dice.randrange(10**5)}}, "time": spent}
        response = answer(200, _written(content), self._headers())
        response.request, response.url = request, request.url or ""
        return response

    def _headers(self) -> Mapping[str, str]:
        number = self._dice.randrange
        return {
            "Server": "nginx",
            "Date": f"Mon, 21 Sep 2026 12:{number(60):02}:{number(60):02} GMT",
            "Content-Type": "application/json; charset=utf-8",
            "X-Request-Id": f"{self._dice.getrandbits(96):x}",
        }


class _Opened(OpenConnections):
    """Connections whose network is the fake API."""

    api: _Api

    def get(self, connection_id: str) -> OpenConnection:
        """See ``OpenConnections.get``."""
        opened = super().get(connection_id)
        opened.api._session.mount("https://", self.api)
        return opened


def order(dice: random.Random, key: str) -> dict[str, Any]:
    """An order of 1 KB as JSON, no two alike."""
    number = dice.randrange
    content: dict[str, Any] = {
        "id": key,
        "number": f"A-{number(10**6)}",
        "status": dice.choice(["new", "paid", "sent", "done"]),
        "created_at": f"2026-09-{number(1, 29):02}T{number(24):02}:{number(60):02}:00Z",
        "customer": {"id": number(10**5), "name": "Иван Петров", "phone": f"+7999{number(10**7)}"},
        "items": [],
        "comment": "",
    }
    while len(_written(content)) < 900:
        content["items"].append(
            {
                "product_id": number(10**5),
                "sku": f"A-{number(10**4):04}",
                "name": dice.choice(["Стол письменный", "Лампа настольная", "Кресло"]),
                "quantity": number(1, 5),
                "price_kopecks": number(10**6),
            }
        )
    content["comment"] = f"{dice.getrandbits(800):x}"[: max(0, 1_024 - len(_written(content)))]
    return content


def deliver(rate: float, events: int, *, limit: Limit | None = None, seed: int = 5) -> Delivered:
    """Delivers so many hints that come at random, ``rate`` a second on average.

    Args:
        rate: events a second.
        events: how many.
        limit: of both APIs.
        seed: of everything that is random.
    """
    dice = random.Random(seed)  # noqa: S311 - repeatable
    clock = FakeClock(1_790_000_000.0)
    state, log = MeteredTable(state_table()), MeteredTable(log_table())
    queue, slots, api = MemoryQueue(clock), MemorySlots(), _Api(dice)
    lines: list[str] = []
    worker = _worker(state, log, queue, slots, api, dice, clock, lines, limit)
    result = Delivered(events)
    state.written.clear()  # what setting it up has cost
    state.read = 0.0
    coming = clock() + dice.expovariate(rate)
    while len(queue) or result.events > sum(result.batches):
        sent = queue.calls["send"]
        if not len(queue):
            clock.now = max(clock.now, coming)
        closes = max(clock.now, coming if not len(queue) else 0.0) + WINDOW_SECONDS
        while sent < events and coming <= closes and len(queue) < BATCH:
            clock.now = max(clock.now, coming)
            receipt = _receipt(dice, clock())
            queue.send(dump(receipt), group=_HERE)
            sent += 1
            coming += dice.expovariate(rate)
        if len(queue) < BATCH:
            clock.now = closes
        event = queue.event(BATCH)
        began = time.process_time()
        reply = worker.handle(received(event), owner="bench", remaining=lambda: 80.0)
        result.cpu_seconds += time.process_time() - began
        assert not reply["batchItemFailures"], "a job did not do its work"
        queue.settle(event, reply)
        result.batches.append(len(event["Records"]))
    assert api.calls == 2 * events, "an event is one read and one write"
    result.sends = queue.calls["send"]
    written = state.written
    result.job_units, result.xref_units = written["job"], written["xref"]
    gates = ("gates", "breakers", "park")
    result.gate_units = slots.calls["take"] + sum(written[kind] for kind in gates)
    result.other_units = written.total() - sum(written[k] for k in ("job", "xref", *gates))
    result.log_units = log.written.total()
    result.log_entries = len(log.rows("log#"))
    result.log_bytes = sum(map(_weight, log.rows()))
    result.plain_bytes = sum(weight_of(_plain(whole_entry(row, None))) for row in log.rows("log#"))
    result.read_units = state.read
    result.line_bytes = sum(len(line.encode()) + 1 for line in lines)
    return result


def _worker(
    state: MeteredTable, log: MeteredTable, queue: MemoryQueue, slots: MemorySlots, api: _Api,
    dice: random.Random, clock: FakeClock, lines: list[str], limit: Limit | None,
) -> Worker:  # fmt: skip
    book = ConnectionBook(state, clock)
    effects = Effects(clock, clock.sleep, dice.random)
    found = _integration(dice, limit)
    for name in (_HERE, _THERE):
        book.save(Connection(name, _NAME, {}))
    links = Links(state, clock)
    links.save(Link("link", End(_HERE, RESOURCE), End(_THERE, RESOURCE), creates=frozenset(Side)))
    secret = json.dumps({"api_key": _KEY})
    connections = _Opened(
        book,
        MemorySecrets({f"client/{name}": secret for name in (_HERE, _THERE)}),
        lambda _name: found,
        effects,
        gate=Gatehouse(state, slots, effects, lines.append),
    )
    connections.api = api
    blobs = MemoryBlobs()
    return Worker(
        connections=connections,
        execution=Execution(connections, links, Pairs(state)),
        rows=JobRows(state),
        gates=Gates(state),
        leases=Leases(state, clock),
        queue=queue,
        blobs=blobs,
        log=RequestLog(log, blobs),
        pool=AtOnce(),
        clock=clock,
        random=dice.random,
        timeout=90.0,
        emit=lines.append,
        last_used=LastUsed(state, clock),
        read=_nobody_answers,
    )


def _integration(dice: random.Random, limit: Limit | None) -> Integration[_Settings, ApiClient]:
    return Integration(
        name=_NAME,
        title="Orders",
        settings=_Settings,
        base_url=lambda _settings: "https://api.example/v1/",
        auth=lambda settings: Bearer(settings.api_key.get_secret_value()),
        dialect=Dialect(errors={}),
        client=lambda api, _settings: api,
        resources={RESOURCE: lambda api, _settings, _connection: _Orders(api, dice)},
        check=_no_checks,
        limit=lambda _settings: limit,
        webhook=Webhook(lambda _settings: "standard_webhooks", lambda _settings: {}, _findings),
    )


def _findings(receipt: Receipt, _settings: _Settings) -> Sequence[Finding]:
    return [Hint(RESOURCE, json.loads(receipt.body or b"")["id"])]


def _no_checks(_client: ApiClient, _settings: _Settings) -> Iterable[Check]:
    return []


def _receipt(dice: random.Random, now: float) -> Receipt:
    key = str(dice.randrange(10**9))
    body = _written(order(dice, key))
    return Receipt(
        id=f"{_HERE}:{ulid(now, dice.randbytes)}",
        connection=_HERE,
        received_at=now,
        scheme="standard_webhooks",
        key_id="1",
        method="POST",
        url=f"https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/webhooks/{_HERE}",
        headers={
            "content-type": "application/json",
            "content-length": str(len(body)),
            "user-agent": "shop/2.1",
            "x-forwarded-for": f"203.0.113.{dice.randrange(250)}",
            "webhook-id": f"msg_{dice.getrandbits(64):x}",
            "webhook-timestamp": f"{now:.0f}",
        },
        body=body,
        trace_id=f"{dice.getrandbits(72):x}=",
    )


def _written(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _weight(row: Mapping[str, Any]) -> int:
    return weight_of(row) + 100  # what the service adds to each row when it bills storage


def _plain(entry: LogEntry) -> Mapping[str, Any]:
    """An entry as tutorials keep it: one attribute for each field."""
    fields = asdict(entry) | {"direction": entry.direction.value}
    return {
        name: json.loads(json.dumps(value, default=lambda body: body.decode("utf-8", "replace")))
        for name, value in fields.items()
        if value is not None
    }


def _nobody_answers(url: str) -> bytes:
    raise OSError(f"nobody answers at {url}")
