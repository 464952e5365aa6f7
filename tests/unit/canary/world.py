"""A whole stack in memory around a talkative vendor, and every text that leaves it."""

from __future__ import annotations

import html
import json
import traceback
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

from mostik.admin.health import Health
from mostik.admin.views import job, log_detail, log_entry
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection, is_connection_id
from mostik.connections.lastused import LastUsed
from mostik.connections.open import OpenConnections
from mostik.connections.tokens import Tokens
from mostik.errors import MostikError
from mostik.http.client import Effects
from mostik.http.trail import Trail
from mostik.inbound.door import Door, dump_door
from mostik.inbound.intake import Arrival, Intake
from mostik.inbound.refusals import Refusals
from mostik.inbound.reply import Reply
from mostik.inbound.request import InboundRequest
from mostik.integration import Integration
from mostik.jobs.gates import Gates
from mostik.jobs.leases import Leases
from mostik.jobs.message import Touch, dump
from mostik.jobs.row import JobRow
from mostik.jobs.rows import JobRows
from mostik.jobs.tick import Tick
from mostik.jobs.waiting import waiting_row
from mostik.ports import QueueDepth
from mostik.requestlog.curl import as_curl
from mostik.requestlog.export import exported
from mostik.requestlog.query import LogFilter, LogReader
from mostik.requestlog.store import RequestLog
from mostik.sync.link import End, Link, Links, Side
from mostik.sync.xref import Pairs
from mostik.worker.execute import Execution
from mostik.worker.worker import Worker, received
from tests.integrations import mirror
from tests.integrations.mirror import Mirror
from tests.support.clock import FakeClock
from tests.support.memory import MemoryBlobs, MemorySecrets, log_table, state_table
from tests.support.queue import MemoryQueue
from tests.unit.canary.vendor import Vendor

HERE, THERE = "here", "there"
_LARGEST = 2_000_000


@dataclass
class World:
    """One stack. ``told`` holds everything that leaves it and is not a call or a secret document.

    Attributes:
        integration: of the connection ``here``.
        settings: of it, without secrets.
        secrets: of it.
        resource: of it, linked to a mirror.
        replies: what the door answered.
        lines: what the functions wrote to their logs.
        errors: what calls raised outside the worker.
    """

    integration: Integration[Any, Any]
    settings: Mapping[str, Any]
    secret_settings: Mapping[str, Any]
    resource: str
    vendor: Vendor = field(default_factory=Vendor)
    clock: FakeClock = field(default_factory=FakeClock)
    lines: list[str] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.table, self.log_table = state_table(), log_table()
        self.blobs, self.queue = MemoryBlobs(), MemoryQueue(self.clock)
        self.secrets = MemorySecrets({f"client/{HERE}": json.dumps(dict(self.secret_settings))})
        self.mirror = Mirror()
        self.rows, self.gates = JobRows(self.table), Gates(self.table)
        self.log = RequestLog(self.log_table, self.blobs)
        self.reader = LogReader(self.log_table, [HERE, THERE], self.blobs)
        book = ConnectionBook(self.table, self.clock)
        book.save(Connection(HERE, self.integration.name, self.settings))
        book.save(Connection(THERE, mirror.NAME))
        links = Links(self.table, self.clock)
        links.save(
            Link(
                "link", End(HERE, self.resource), End(THERE, mirror.RESOURCE),
                creates=frozenset(Side),
            )
        )  # fmt: skip
        effects = Effects(self.clock, self.clock.sleep, _half)
        found = {self.integration.name: self.integration, mirror.NAME: self.mirror.integration()}
        self.connections = OpenConnections(
            book, self.secrets, found.__getitem__, effects,
            tokens=Tokens(self.secrets, self.table, effects),
        )  # fmt: skip
        self._links = links
        self.pool = ThreadPoolExecutor(4)
        self.worker = Worker(
            connections=self.connections,
            execution=Execution(self.connections, links, Pairs(self.table)),
            rows=self.rows,
            gates=self.gates,
            leases=Leases(self.table, self.clock),
            queue=self.queue,
            blobs=self.blobs,
            log=self.log,
            pool=self.pool,
            clock=self.clock,
            random=_half,
            timeout=90.0,
            emit=self.lines.append,
            last_used=LastUsed(self.table, self.clock),
            read=_nobody_answers,
        )
        self.intake = Intake(
            secrets=self.secrets,
            queue=self.queue,
            divert=self._divert,
            blobs=self.blobs,
            refusals=Refusals(self.lines.append, self.clock),
            clock=self.clock,
            random_bytes=lambda size: self.vendor.calls.to_bytes(size, "big"),
            max_body=_LARGEST,
            is_connection_id=is_connection_id,
        )

    def close(self) -> None:
        """Ends its threads."""
        self.pool.shutdown()

    def open(self) -> None:
        """Puts the vendor below the client; the rest of the client is the real one."""
        # The one private name that this suite touches, as the integrations' suite does.
        self.connections.get(HERE).api._session.mount("https://", self.vendor)

    def door(self, door: Door) -> None:
        """A person saves the door's document."""
        self.secrets.documents[f"door/{HERE}"] = dump_door(door)

    def arrive(self, request: InboundRequest) -> Reply:
        """A request comes to the door."""
        reply = self.intake.take(Arrival(HERE, request, "trace-1"))
        self.replies.append(reply)
        self.messages += self.queue.bodies
        return reply

    def touch(self, key: str) -> None:
        """A record may have changed."""
        touch = Touch(HERE, self.resource, key, "an-event", self.clock())
        self.queue.send(dump(touch), group=HERE)

    def touch_mirror(self, key: str) -> None:
        """A record of the other end may have changed."""
        touch = Touch(THERE, mirror.RESOURCE, key, "an-event", self.clock())
        self.queue.send(dump(touch), group=THERE)

    def work(self, minutes: int = 3) -> None:
        """Some minutes of worker and tick."""
        for number in range(minutes):
            tick = Tick(
                rows=self.rows, gates=self.gates, leases=Leases(self.table, self.clock),
                queue=self.queue, letters=self.queue.dead, clock=self.clock,
            )  # fmt: skip
            tick(f"tick-{number}", lambda: 50.0)
            self.messages += self.queue.bodies
            event = self.queue.event()
            if event["Records"]:
                answer = self.worker.handle(
                    received(event), owner=f"run-{number}", remaining=lambda: 80.0
                )
                self.queue.settle(event, answer)
                self.messages += self.queue.bodies
            self.clock.advance(60.0)

    def directly(self, key: str) -> None:
        """Reads a record as a person's check does; keeps what the client raises."""
        opened = self.connections.get(HERE)
        trail = Trail(record_entry=lambda entry: _none_lost(self.log.write([entry])))
        client = opened.integration.client(opened.api.following(trail), opened.settings)
        resource = opened.integration.resources[self.resource](client, opened.settings, HERE)
        try:
            resource.read(key)
        except MostikError as error:
            self.errors.append(error)
        except RuntimeError:
            return  # a defect below the client: the worker shows its type and place only

    def told(self) -> dict[str, str]:
        """Every text that is kept, sent, logged, exported or shown, by its place."""
        return dict(self._told())

    def _told(self) -> Iterator[tuple[str, str]]:
        for row in self.table.rows():
            yield f"row {row['pk']} {row['sk']}", json.dumps(row, ensure_ascii=False, default=repr)
        for number, text in enumerate([*self.messages, *self.queue.bodies]):
            yield f"message {number}", text
        for number, body in enumerate(self.queue.dead.bodies):
            yield f"dead letter {number}", body
        for number, line in enumerate(self.lines):
            yield f"log line {number}", line
        for number, reply in enumerate(self.replies):
            yield f"reply {number}", repr(reply)
        for key, data in self.blobs.objects.items():
            yield f"blob {key}", data.decode("latin-1")
        yield from self._log_told()
        for number, error in enumerate(self.errors):
            kept = [*traceback.format_exception(error), repr(error), repr(error.args)]
            yield f"{type(error).__name__} {number}", "".join([*kept, repr(vars(error))])
        opened = self.connections.get(HERE)
        for shown in (opened, opened.settings, opened.api, opened.redactor, self.worker):
            yield f"repr of {type(shown).__name__}", f"{shown!r} {shown}"
        rows = [self.rows.get(item["id"]) for item in self.table.rows("job#")]
        for standing in (row for row in rows if isinstance(row, JobRow)):
            yield f"admin's job {standing.id}", json.dumps(job(standing), ensure_ascii=False)
        health = Health(_Gauge(self.queue), self.rows, self.gates, self.clock)
        yield "admin's health", json.dumps(health.read(), ensure_ascii=False)

    def _log_told(self) -> Iterator[tuple[str, str]]:
        everything = LogFilter(since=self.clock() - 86_400, until=self.clock() + 60)
        entries = self.reader.search(everything, limit=200).entries
        for entry in entries:
            whole = self.reader.get(entry.id, entry.connection)
            assert whole is not None
            yield f"log entry {entry.id} {entry.endpoint} {entry.status}", repr(whole)
            yield f"curl {entry.id}", as_curl(whole)
            detail = log_detail(whole, reveal=True)
            yield f"admin's entry {entry.id}", json.dumps(detail, ensure_ascii=False)
        lines = exported(self.reader, everything, log_entry)
        yield "export", "\n".join(lines)
        lines = exported(self.reader, everything, log_detail, bodies=True)
        yield "export with bodies", "\n".join(lines)

    def _divert(self, receipt: Any, payload: str) -> None:
        self.rows.write(waiting_row(receipt, payload, now=self.clock()), None)


@dataclass(frozen=True, slots=True)
class _Gauge:
    queue: MemoryQueue

    def jobs(self) -> QueueDepth:
        """See ``QueueGauge.jobs``."""
        return self.queue.depth

    def dead_letters(self) -> QueueDepth:
        """See ``QueueGauge.dead_letters``."""
        return QueueDepth(len(self.queue.dead), 0, 0)


def spellings(secret: str) -> set[str]:
    """Every way in which a secret is written on its way: as it is, in addresses, forms, JSON (also
    inside JSON), XML, base64, and beside a login in Basic."""
    as_json = json.dumps(secret)[1:-1]
    plain = {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        quote(quote(secret, safe=""), safe=""),
        quote(secret, safe="").lower(),
        as_json,
        json.dumps(as_json)[1:-1],
        html.escape(secret),
        html.escape(secret, quote=False),
        repr(secret)[1:-1],
        secret[::-1],
    }
    octets = [secret.encode(), f"login:{secret}".encode(), f"{secret}:".encode()]
    return plain | {
        encode(text).decode().rstrip("=")[: len(text) * 8 // 6]
        for text in octets
        for encode in (b64encode, urlsafe_b64encode)
    }


def leaks(texts: Mapping[str, str], secrets: Iterable[str]) -> list[str]:
    """Which secrets stand in which texts."""
    return [
        f"{place} holds {secret!r} as {spelling!r}: ...{_around(text, spelling)}..."
        for secret in secrets
        for spelling in spellings(secret)
        for place, text in texts.items()
        if spelling in text
    ]


def _around(text: str, found: str) -> str:
    at = text.index(found)
    return text[max(0, at - 60) : at + len(found) + 20]


def _none_lost(lost: int) -> None:
    assert lost == 0


def _half() -> float:
    return 0.5


def _nobody_answers(url: str) -> bytes:
    raise OSError(f"nobody answers at {url}")
