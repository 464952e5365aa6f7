"""A worker, a tick and runs in memory, between an integration's sandbox and a dictionary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from local.sandbox.server import Call
from mostik.commerce.record import Canonical
from mostik.connections.connection import Connection
from mostik.http.paging import Page
from mostik.http.trail import Trail
from mostik.integration import Blind, Integration, blind_to, secret_fields
from mostik.jobs.message import Touch
from mostik.registry import discovered
from mostik.sync.brakes import Brakes
from mostik.sync.link import End, Link, Links, Side
from mostik.sync.run import Run, RunKind, Runs
from mostik.sync.verdict import Totals
from mostik.worker.worker import Worker
from tests.integrations import mirror
from tests.integrations.acceptance.offers import play
from tests.integrations.acceptance.played import Played
from tests.integrations.mirror import Mirror, MirrorRecords
from tests.support.rig import HERE, THERE, Rig
from tests.support.wire import SandboxWire


class PeerRecords(MirrorRecords):
    """The peer's records, which can be walked through and deleted."""

    def __init__(self, kept: Mirror) -> None:
        super().__init__(kept)
        self._kept = kept

    def page(self, cursor: str | None, since: datetime | None) -> Page[Canonical]:
        """See ``Listed.page``."""
        del cursor, since
        return Page(list(self._kept.records.values()), None)

    def delete(self, key: str) -> None:
        """See ``Deletable.delete``."""
        self._kept.records.pop(key, None)
        self._kept.effects += 1


RECORDS = 23
"""Several pages of most sandboxes that are played."""
FEW = 5


@dataclass
class Stack(Rig):
    """A rig whose ``here`` is an integration under test.

    Attributes:
        name: of the integration.
        what: is played of it.
        peer: the other end of the link.
    """

    name: str = ""
    what: str = ""
    peer: Mirror = field(default_factory=Mirror)

    def __post_init__(self) -> None:
        self.played: Played = play(self.name, self.what, self.clock)
        self.wire = SandboxWire(self.played.sandbox)
        super().__post_init__()
        Links(self.table, self.clock).save(
            Link(
                "link",
                End(HERE, self.played.resource),
                End(THERE, mirror.RESOURCE),
                creates=frozenset(Side),
                brakes=Brakes(creates_percent=100),
            )
        )

    def connect(self, name: str) -> None:
        """Sets a connection up."""
        if name == THERE:
            self.book.save(Connection(THERE, mirror.NAME))
            return
        secret = secret_fields(discovered()[self.name].settings)
        given = self.played.settings
        public = {key: value for key, value in given.items() if key not in secret}
        self.book.save(Connection(HERE, self.name, public))
        hidden = {key: value for key, value in given.items() if key in secret}
        self.secrets.documents[f"client/{HERE}"] = json.dumps(hidden)

    def named(self, name: str, shelves: Integration[Any, Any]) -> Integration[Any, Any]:
        """The integration under test, and the peer."""
        del shelves
        if name != mirror.NAME:
            return discovered()[name]
        resources = {mirror.RESOURCE: lambda kept, _settings, _connection: PeerRecords(kept)}
        return replace(self.peer.integration(), resources=resources)

    def worker(self) -> Worker:
        """The worker; the network of ``here`` is the wire to the sandbox."""
        worker = super().worker()
        session = worker.connections.get(HERE).api._session
        session.mount("https://", self.wire)
        return worker

    # ── what happens ───────────────────────────────────────────────────────────────────────────

    def stock(self, records: int) -> list[str]:
        """People enter records. Returns their keys."""
        return [self.played.make(f"Text {number}") for number in range(records)]

    def relink(self, **changes: Any) -> None:
        """Changes the link."""
        links = Links(self.table, self.clock)
        links.save(replace(links.all()[0], **changes))
        self.restart()

    def run(self, kind: RunKind = RunKind.FULL, minutes: int = 240, side: Side = Side.LEFT) -> Run:
        """Makes a run of one side and waits for its end."""
        started = self.desk.start("link", kind, side=side)
        for _ in range(minutes):
            found = Runs(self.table).get(started.id)
            assert found is not None
            if not found.is_open:
                return found
            self.minute()
        raise AssertionError(f"after {minutes} minutes: {found}, {self.jobs()}")

    def peer_says(self, key: str, text: str) -> None:
        """A person enters a record in the peer."""
        self.peer.keep(key, self.played.record(key, text), {})

    def peer_changes(self, key: str, text: str) -> None:
        """A person lets a record of the peer say something else."""
        before = self.peer.records[key]
        self.peer.keep(key, self.played.saying(before, text), before.external_ids)

    def touch_here(self, key: str) -> None:
        """A webhook says that a record of the sandbox may have changed. A side that cannot tell of
        one alone is heard of by the next run."""
        self.send(Touch(HERE, self.played.resource, key, f"event-{key}", self.clock()))
        if Blind.ALONE in self.blind:
            self.settle_down()
            self.run(RunKind.INCREMENTAL)

    def touch_peer(self, key: str) -> None:
        """The peer says that one of its records may have changed."""
        self.send(Touch(THERE, mirror.RESOURCE, key, f"event-{key}", self.clock()))

    # ── what a test looks at ───────────────────────────────────────────────────────────────────

    @property
    def blind(self) -> frozenset[Blind]:
        """What the resource says that it cannot tell of."""
        opened = self.worker().connections.get(HERE)
        build = opened.integration.resources[self.played.resource]
        return blind_to(build(opened.client(Trail()), opened.settings, HERE))

    def written(self) -> list[Call]:
        """The calls that were to change something."""
        return [sent for sent in self.wire.sent if self.played.writes(sent)]

    def carried_over(self) -> Mapping[str, str]:
        """What the peer's records say, by the key that they have in the sandbox."""
        records = self.peer.records.values()
        known = {one.external_ids[HERE]: self.played.text_of(one) for one in records}
        assert len(known) == len(records), "a record of the sandbox is there twice"
        return known

    def agree(self) -> bool:
        """Whether both sides say the same, each text as often as the other one."""
        there = [self.played.text_of(one) for one in self.peer.records.values()]
        return sorted(there) == sorted(self.played.texts().values())

    def in_step(self) -> bool:
        """Whether both sides say the same of the same records; one that is gone there may still be
        in the peer where the side cannot tell of it."""
        here, there = self.played.texts(), self.carried_over()
        if Blind.GONE in self.blind:
            there = {key: text for key, text in there.items() if key in here}
        return there == here


def stack(name: str, what: str, records: int = RECORDS) -> Stack:
    """A stack whose sandbox holds records that nobody has read yet."""
    made = Stack(name=name, what=what)
    made.stock(records)
    made.clock.advance(60)
    return made


def several_pages(name: str, what: str) -> Stack:
    """A stack whose sandbox holds so many that a run reads them in several pages."""
    made = stack(name, what, 0)
    made.stock(made.played.many)
    made.clock.advance(60)
    return made


def with_peers_records(name: str, what: str) -> Stack:
    """A stack whose peer holds records that nobody has read yet."""
    made = stack(name, what, 0)
    for number in range(FEW):
        made.peer_says(f"m-{number}", f"Text {number}")
    return made


def totals(run: Run) -> Totals:
    """The figures of a run that has ended."""
    assert run.totals is not None
    return run.totals
