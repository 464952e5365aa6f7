"""Five workers whose token has ended at one moment: real threads, real time."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier

import pytest

from local.sandbox.server import Call
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.connections.open import OpenConnection, OpenConnections
from mostik.connections.tokens import Tokens
from mostik.http.client import Effects
from mostik.http.trail import Trail
from mostik.integration import Storage, secret_fields
from mostik.registry import discovered, integration_named
from tests.integrations.acceptance.offers import EVERY_SIGNING, SIGNED, having_tests, signings_of
from tests.support.memory import MemoryBlobs, MemorySecrets, state_table
from tests.support.wire import SandboxWire

HERE = "here"
WORKERS = 5
SLOW_SECONDS = 0.2
"""So long the token service thinks: time enough for all others to ask too."""
OLD_SECONDS = 120.0
"""A token that is refused at once has not ended; one of this age may have."""


@dataclass
class Crowd:
    """Five containers of one connection.

    Attributes:
        name: of the integration.
        way: in which it gets tokens.
        later: seconds by which the clock is ahead of the wall's.
    """

    name: str
    way: str
    later: float = 0.0
    asked: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.played = signings_of(self.name)[self.way](self.now)
        self.wire = SandboxWire(self.played.there)
        self.wire.before = self._think
        self.table, self.secrets = state_table(), MemorySecrets()
        secret = secret_fields(discovered()[self.name].settings)
        given = self.played.settings
        self.book = ConnectionBook(self.table, self.now)
        public = {key: value for key, value in given.items() if key not in secret}
        self.book.save(Connection(HERE, self.name, public))
        hidden = {key: value for key, value in given.items() if key in secret}
        self.secrets.documents[f"client/{HERE}"] = json.dumps(hidden)
        self.containers = [self._container() for _ in range(WORKERS)]
        if self.played.refresh is not None:
            keeper = self.containers[0].keeper
            assert keeper is not None
            keeper.adopt(self.played.refresh, trail())
            self.asked.clear()

    def now(self) -> float:
        """Unix seconds."""
        return time.time() + self.later

    def _think(self, _place: int, call: Call) -> None:
        if self.played.is_token_call(call):
            self.asked.append(call)
            time.sleep(SLOW_SECONDS)

    def _container(self) -> OpenConnection:
        effects = Effects(self.now, time.sleep, lambda: 0.5)
        connections = OpenConnections(
            self.book,
            self.secrets,
            integration_named,
            effects,
            tokens=Tokens(self.secrets, self.table, effects),
            storage=lambda name: Storage(name, self.table, MemoryBlobs(), self.now),
        )
        opened = connections.get(HERE)
        opened.api._session.mount("https://", self.wire)
        return opened

    def all_read(self) -> None:
        """Every container reads a record, all at one moment."""
        barrier = Barrier(WORKERS)

        def read(opened: OpenConnection) -> object:
            build = opened.integration.resources[self.played.resource]
            resource = build(opened.client(trail()), opened.settings, HERE)
            barrier.wait()
            return resource.read("1")

        with ThreadPoolExecutor(WORKERS) as pool:
            for done in [pool.submit(read, one) for one in self.containers]:
                done.result()


def trail() -> Trail:
    """A job with time enough."""
    return Trail(lambda: 60.0)


@pytest.mark.parametrize("name", having_tests(SIGNED))
def test_an_integration_that_shows_tokens_has_its_token_service_played(name: str) -> None:
    assert signings_of(name), f"tests/integrations/{name}/signing.py offers no SIGNINGS"


@EVERY_SIGNING
def test_five_parallel_refreshes_are_one_token_call(name: str, way: str) -> None:
    # GIVEN five containers that have a token
    crowd = Crowd(name, way)
    crowd.all_read()
    begun = len(crowd.asked)
    assert begun <= 1
    # WHEN it ends, and all of them call at one moment
    crowd.later += OLD_SECONDS
    crowd.played.end()
    crowd.all_read()
    # THEN one of them has asked for another, and all were answered
    assert len(crowd.asked) == begun + 1
    # AND the next calls ask for none
    crowd.all_read()
    assert len(crowd.asked) == begun + 1
