"""Two sides, a link between them that a person has written down, and the worker and the tick that
keep them equal, over ports where things go wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any

from local.chaos.ledger import Invocation
from local.chaos.stage import TIMEOUT_SECONDS, InLine, Stage, WatchedLog
from local.chaos.sync_cards import DOCUMENT
from local.chaos.sync_judge import OWNERS, Judge
from local.chaos.sync_sides import RESOURCE, Base, CardSettings, integration
from mostik.bootstrap.runs import run_tick, run_work
from mostik.commerce.record import Canonical
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.connections.lastused import LastUsed
from mostik.connections.open import OpenConnections
from mostik.errors import CallFailed, RateLimited, RetryLater, Unknown, WhoActs
from mostik.http.client import Effects
from mostik.jobs.gates import Gates
from mostik.jobs.leases import Leases
from mostik.jobs.message import Touch, dump
from mostik.jobs.rows import JobRows
from mostik.jobs.tick import Tick
from mostik.linkdoc.yamlfile import load
from mostik.mapping.side import Side
from mostik.sync.link import Links
from mostik.sync.linkbook import LinkBook
from mostik.sync.parked import Parked
from mostik.sync.xref import Pairs
from mostik.worker.execute import Execution
from mostik.worker.worker import Worker

LINK = "cards"
APART_SECONDS = 300.0
"""The clock of one side is so much ahead, that of the other one so much behind."""
LONGEST_REQUEST_SECONDS = 60.0
LOST_EVENTS = 0.05
_POINTER = f"xref#{LINK}#{Side.RIGHT.value}#"
_XREF = f"xref#{LINK}#{Side.LEFT.value}#"


class SyncWorld(Stage):
    """One stack with its link, and both sides.

    Args:
        seed: of everything that is not decided by the code under test.
        tracing: keep a trace of every record.
    """

    def __init__(self, seed: int, *, tracing: bool = False) -> None:
        super().__init__(seed, tracing=tracing)
        self.judge = Judge(self.true_clock, self._violated)
        ahead = self.dice.choice((APART_SECONDS, -APART_SECONDS))
        self.bases = {
            Side.LEFT: Base(Side.LEFT, self, ahead),
            Side.RIGHT: Base(Side.RIGHT, self, -ahead),
        }
        self._reads: dict[tuple[str, str], float] = {}
        self._landings: list[tuple[float, int, Callable[[], Any]]] = []
        self._number = 0
        self.integrations = {base.name: integration(base) for base in self.bases.values()}
        for name in self.integrations:
            self.book.save(Connection(name, name, CardSettings().model_dump()))
            self.secrets.documents[f"client/{name}"] = json.dumps({})
        book = LinkBook(Links(self.table, self.true_clock), self.table, self.true_clock)
        [found] = load(DOCUMENT)
        assert found.document is not None, found.problems  # noqa: S101 - it is written above
        book.apply(found.document, by="the harness")
        book.settle(LINK)

    # ── people ─────────────────────────────────────────────────────────────────────────────────

    def enter(self, side: Side, code: str, values: dict[str, Any]) -> str:
        """A person makes a record. Returns its key."""
        base = self.bases[side]
        self.judge.entered(code, side, {name: values[name] for name in OWNERS})
        own = base.spelling
        said = {own.names[name]: own.spelled(name, value) for name, value in values.items()}
        key = base.add(code=code, **said)
        self._event(base, key)
        self.ledger.trace(code, f"{side} is entered as {key}: {values}")
        return key

    def edit(self, side: Side, key: str, name: str, value: Any) -> None:
        """A person changes a field."""
        base = self.bases[side]
        code = base.records[key].code
        if name in OWNERS:
            self.judge.edited(code, side, name, value)
        else:
            self.judge.moved(code, side)
        base.change(key, **{base.spelling.names[name]: base.spelling.spelled(name, value)})
        self._event(base, key)
        self.ledger.trace(code, f"{side} is edited: {name}={value}")

    def delete(self, side: Side, key: str) -> None:
        """A person deletes a record."""
        record = self.bases[side].remove(key)
        self.judge.deleted(_code(record), side)
        self._event(self.bases[side], key)
        self.ledger.trace(_code(record), f"{side} is deleted")

    def _event(self, base: Base, key: str) -> None:
        """A system tells of every change, also of our own; now and then that gets lost."""
        if self.dice.random() < LOST_EVENTS and self.odds.kill:
            return
        self._number += 1
        touch = Touch(base.name, RESOURCE, key, f"e{self._number}", self.sim.now)
        self.queue.send(dump(touch), group=base.name)

    # ── Surroundings ───────────────────────────────────────────────────────────────────────────

    def now(self) -> float:
        """See ``Surroundings.now``."""
        return self.sim.now

    def has_read(self, keys: Sequence[str]) -> None:
        """See ``Surroundings.has_read``."""
        for key in keys:
            self._reads[self._reader(), key] = self.sim.now

    def written(self, base: Base, key: str, before: Canonical | None) -> None:
        """See ``Surroundings.written``."""
        record = base.records[key]
        said = base.spelling.said(record)
        values = {name: said[name] for name in OWNERS}
        code = _code(record)
        self.ledger.trace(code, f"{self._reader()} writes {key} on the {base.side}: {said}")
        if before is None:
            self.judge.created(code, base.side, values)
        else:
            read_at = self._reads.get((self._reader(), key), float("-inf"))
            self.judge.wrote(code, base.side, values, read_at)
        self._event(base, key)

    def taken_away(self, base: Base, record: Canonical) -> None:
        """See ``Surroundings.taken_away``."""
        self.ledger.trace(_code(record), f"{self._reader()} deletes it on the {base.side}")
        read_at = self._reads.get((self._reader(), record.key), float("-inf"))
        self.judge.took_away(_code(record), base.side, read_at)
        self._event(base, record.key)

    def call(
        self,
        base: Base,
        about: str,
        effects: Sequence[Callable[[], Any]],
        *,
        writes: bool = False,
        creates: bool = False,
    ) -> list[Any]:
        """See ``Surroundings.call``."""
        run, dice, odds = self.run, self.dice, self.odds
        self.land()
        if run is None:
            raise AssertionError(f"{about} on the {base.side} outside of an invocation")
        takes = 0.03 + 0.3 * dice.random() ** 3
        if odds.api and dice.random() < odds.api / 2:
            takes += 10.0 * dice.random()
        self.pause(takes / 2)
        if odds.kill and writes and dice.random() < odds.kill * (20 if creates else 10):
            for effect in effects[: dice.randrange(len(effects) + 1)]:
                effect()
            self.kill(run, f"during a write on the {base.side}")
        if odds.api and dice.random() < odds.api:
            self.tally.faults += 1
            self._fail(base, effects, run, writes=writes, creates=creates)
        answers = [effect() for effect in effects]
        self.pause(takes / 2)
        self.maybe_kill(run, f"after {about.partition(' ')[0]} {base.side}")
        return answers

    def land(self, *, all_of_them: bool = False) -> None:
        """Lets creations stand whose time has come."""
        while self._landings and (all_of_them or self._landings[0][0] <= self.sim.now):
            heappop(self._landings)[2]()

    def _fail(
        self,
        base: Base,
        effects: Sequence[Callable[[], Any]],
        run: Invocation,
        *,
        writes: bool,
        creates: bool,
    ) -> None:
        """Raises what a client makes of an answer that is a refusal, or never comes."""
        dice, who = self.dice, WhoActs.SYSTEM
        kind = dice.choice(("limited", "refused", "refused", "lost", "lost", "late"))
        error: CallFailed
        if kind == "limited":
            wait = float(dice.randrange(1, 20))
            raise RateLimited("Too many.", who=who, status=429, retry_after=wait, gate=base.name)
        if kind == "refused" or not writes:
            raise RetryLater("It is not well.", who=who, status=503, gate=base.name)
        error = RetryLater("The answer was lost.", who=who, gate=base.name)
        if creates:
            error = Unknown("The answer was lost.", who=who, gate=base.name)
        if kind == "late" and creates:
            after = LONGEST_REQUEST_SECONDS * dice.choice((0.02, 0.3, 0.7, 0.98))
            for effect in effects:
                self._number += 1
                heappush(self._landings, (self.sim.now + after, self._number, effect))
        else:
            for effect in effects[: dice.randrange(len(effects) + 1)]:
                effect()
        self.pause(30.0)
        del run
        raise error

    # ── composition ────────────────────────────────────────────────────────────────────────────

    def wrote(self, operation: str, arguments: Any, result: Any) -> None:
        """See ``Stage.wrote``: what a pair says is told to the judge."""
        super().wrote(operation, arguments, result)
        if operation not in ("insert", "replace", "put") or not arguments:
            return
        item = arguments[0]
        there = self.bases[Side.RIGHT].records.get(item["pk"].removeprefix(_POINTER))
        if there is not None and "state" not in item:
            self.judge.paired(there.code)
        if not item["pk"].startswith(_XREF):
            return
        done = result is None if operation == "insert" else getattr(result, "done", True)
        record = self.bases[Side.LEFT].records.get(item["pk"].removeprefix(_XREF))
        linked = "state" not in item and "agreement" in item and "intent" not in item
        if self.ledger.tracing and record is not None and done:
            known = {name: item.get(name) for name in ("state", "did", "intent", "ask", "parked")}
            self.ledger.trace(record.code, f"{self._reader()} notes the pair: {known}")
        if done and linked and record is not None:
            self.judge.agreed(record.code)

    def worker(self) -> Worker:
        """Returns the worker of a new container."""
        table, clock = self.state, self.clock
        effects = Effects(clock, self.pause, self.dice.random)
        connections = OpenConnections(
            ConnectionBook(table, clock), self.secret_port, self.integrations.__getitem__, effects
        )
        links, pairs = Links(table, clock), Pairs(table)
        runs = run_work(table, self.blob_port, self.queue_port, links, clock, self._defect)
        return Worker(
            connections=connections,
            execution=Execution(
                connections, links, pairs, runs=runs, parked=Parked(table, pairs, clock)
            ),
            rows=JobRows(table),
            gates=Gates(table),
            leases=Leases(table, clock),
            queue=self.queue_port,
            blobs=self.blob_port,
            log=WatchedLog(self, self.log_port, self.blob_port),
            last_used=LastUsed(table, clock),
            pool=InLine(),
            clock=clock,
            random=self.dice.random,
            timeout=TIMEOUT_SECONDS,
            emit=self.line,
            read=_nobody,
        )

    def tick(self) -> Tick:
        """Returns the tick of a new container."""
        table, clock = self.state, self.clock
        rows = JobRows(table)
        return Tick(
            rows=rows,
            gates=Gates(table),
            leases=Leases(table, clock),
            queue=self.queue_port,
            letters=self.letter_port,
            clock=clock,
            runs=run_tick(table, rows, self.queue_port, clock),
        )

    def _reader(self) -> str:
        run = self.run
        return run.owner if run is not None else "what was on its way"

    def _violated(self, text: str, code: str) -> None:
        self.ledger.violated(text, code)

    def _defect(self, error: Exception, job: str) -> None:
        self.ledger.violated(f"a defect in {job}: {error!r}")


def _code(record: Canonical) -> str:
    return str(record.code)  # type: ignore[attr-defined]  # both kinds have it


def _nobody(url: str) -> bytes:
    raise OSError(f"nobody answers at {url}")
