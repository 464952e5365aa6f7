"""A worker over ports in memory whose one connection calls a real API; the other end is a shelf."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr

from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.connections.lastused import LastUsed
from mostik.connections.open import OpenConnections
from mostik.http.auth import Bearer
from mostik.http.client import ApiClient, Dialect, Effects
from mostik.http.endpoint import Endpoint, Replay
from mostik.integration import Check, CreateOnce, Integration
from mostik.jobs.gates import Gates
from mostik.jobs.leases import Leases
from mostik.jobs.message import Touch, dump
from mostik.jobs.rows import JobRows
from mostik.requestlog.store import RequestLog
from mostik.sync.link import End, Link, Links, Side
from mostik.sync.xref import Pairs
from mostik.worker.execute import Execution
from mostik.worker.worker import Received, Worker
from tests.support.memory import MemoryBlobs, MemorySecrets, log_table, state_table
from tests.support.queue import MemoryQueue
from tests.support.shelf import RESOURCE, Shelf, Thing
from tests.support.shelf import integration as shelf_integration

_HERE, _THERE = "here", "there"
_ORDER = Endpoint("GET", "orders/{id}", Replay.SAFE)


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    base_url: str
    api_key: SecretStr


class _Order(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)

    number: str
    status: str


class _Orders:
    """Orders that are read over HTTP, one call each."""

    def __init__(self, api: ApiClient, settings: _Settings, connection: str) -> None:
        del settings, connection
        self._api = api

    def read(self, key: str) -> Thing:
        """See ``Resource.read``."""
        found = self._api.fetch(_Order, _ORDER, path={"id": key})
        return Thing(key=key, text=f"{found.number} {found.status}")

    def find(self, system: str, key: str) -> Thing | None:
        """See ``Resource.find``."""
        raise NotImplementedError(f"{system}/{key}")

    def create(self, record: Thing, system: str, once: CreateOnce) -> Thing:
        """See ``Resource.create``."""
        raise NotImplementedError(f"{system}/{record.key}/{once}")

    def update(self, key: str, record: Thing, system: str, once: CreateOnce) -> Thing:
        """See ``Resource.update``."""
        raise NotImplementedError(f"{system}/{key}/{record.key}/{once}")

    def from_state(self, content: Mapping[str, Any]) -> Thing:
        """See ``Resource.from_state``."""
        return Thing.model_validate(content)


def _no_checks(_client: ApiClient, _settings: _Settings) -> Iterable[Check]:
    return []


_CALLING: Integration[_Settings, ApiClient] = Integration(
    name="calling",
    title="Calling",
    settings=_Settings,
    base_url=lambda settings: settings.base_url,
    auth=lambda settings: Bearer(settings.api_key.get_secret_value()),
    dialect=Dialect(errors={}),
    client=lambda api, _settings: api,
    resources={RESOURCE: _Orders},
    check=_no_checks,
)


class Stage:
    """One stack.

    Args:
        address: of the API.
        pool: the worker's threads.
    """

    def __init__(self, address: str, pool: Executor) -> None:
        table = state_table()
        self._log_table = log_table()
        blobs = MemoryBlobs()
        self._there = Shelf()
        shelves = shelf_integration(lambda _name: self._there)
        book = ConnectionBook(table, time.time)
        book.save(
            Connection(_HERE, _CALLING.name, {"base_url": address}, networks=("127.0.0.0/8",))
        )
        book.save(Connection(_THERE, shelves.name, {"name": _THERE}))
        links = Links(table, time.time)
        links.save(
            Link("link", End(_HERE, RESOURCE), End(_THERE, RESOURCE), creates=frozenset(Side))
        )
        known: dict[str, Integration[Any, Any]] = {_CALLING.name: _CALLING, shelves.name: shelves}
        secret = json.dumps({"api_key": "the-api-key-of-the-bench"})
        connections = OpenConnections(
            book,
            MemorySecrets({f"client/{name}": secret for name in (_HERE, _THERE)}),
            known.__getitem__,
            Effects(time.time, time.sleep, random.random),
        )
        self._worker = Worker(
            connections=connections,
            execution=Execution(connections, links, Pairs(table)),
            rows=JobRows(table),
            gates=Gates(table),
            leases=Leases(table, time.time),
            queue=MemoryQueue(time.time),
            blobs=blobs,
            log=RequestLog(self._log_table, blobs),
            pool=pool,
            clock=time.time,
            random=random.random,
            timeout=90.0,
            emit=lambda _line: None,
            last_used=LastUsed(table, time.time),
            read=_nobody_answers,
        )
        self._number = 0

    def run(self, jobs: int) -> float:
        """One invocation with so many touches of new records. Returns its seconds."""
        batch = []
        for _ in range(jobs):
            self._number += 1
            touch = Touch(_HERE, RESOURCE, str(self._number), "an-event", time.time())
            batch.append(Received(str(self._number), dump(touch), "handle"))
        self._there.things.clear()  # it looks through all of them, and is not what is measured
        logged = len(self._log_table.rows("log#"))
        began = time.perf_counter()
        answer = self._worker.handle(batch, owner="bench", remaining=lambda: 80.0)
        took = time.perf_counter() - began
        assert not answer["batchItemFailures"]
        assert len(self._there.created) == self._number, "a job did not do its work"
        assert len(self._log_table.rows("log#")) == logged + jobs
        return took


def _nobody_answers(url: str) -> bytes:
    raise OSError(f"nobody answers at {url}")
