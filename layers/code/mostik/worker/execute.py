"""Runs one piece of work: reads the record and carries it over every link of its resource."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from mostik.commerce.record import Canonical
from mostik.connections.open import OpenConnection, OpenConnections
from mostik.errors import (
    ConfigurationError,
    GiveUp,
    MostikError,
    Pending,
    Skip,
    WhoActs,
    weightiest,
)
from mostik.http.redact import Redactor
from mostik.http.trail import Trail
from mostik.integration import CreateOnce, Resource
from mostik.jobs.message import StateEvent, Touch, Work
from mostik.jobs.outcome import Changed, Unchanged
from mostik.jobs.runwork import Import, RunChunk, RunPage
from mostik.sync.carry import Seen, carry
from mostik.sync.decide import Attempt, is_effect
from mostik.sync.decision import deletes
from mostik.sync.delete import Deletion
from mostik.sync.link import End, Link, Links, Side
from mostik.sync.parked import Parked
from mostik.sync.pause import refuse_runs_of, refuse_touches_of, run_gate
from mostik.sync.references import References
from mostik.sync.route import Route
from mostik.sync.run import Run
from mostik.sync.unfit import unfit
from mostik.sync.xref import Pairs
from mostik.worker.errands import Errands
from mostik.worker.imports import ImportWork
from mostik.worker.linkterms import LinkTerms
from mostik.worker.masking import Masks, mask_error
from mostik.worker.runs import RunWork
from mostik.worker.together import Together

LOOK_UP_MARGIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Prospect:
    """What is known of a piece of work before its first call.

    Attributes:
        gates: connections that it will call, and what else may hold it.
        unsafe: it may create something without an idempotency key.
        look_up_after: seconds until a lost write has surely landed.
        cures: it may be what opens a closed gate, so it is not held behind it.
    """

    gates: tuple[str, ...]
    unsafe: bool
    look_up_after: float
    cures: bool = False


class Execution:
    """Executes touches and full-state events over links.

    Args:
        connections: open connections.
        links: the links of the stack.
        pairs: cross-references.
        errands: runs work that is about no record.
        runs: runs the work of runs.
        parked: remembers records whose references are not there yet.
        imports: runs imports.
        fill: gives a record what is kept of it elsewhere, before it is written.
    """

    def __init__(
        self,
        connections: OpenConnections,
        links: Links,
        pairs: Pairs,
        errands: Errands | None = None,
        runs: RunWork | None = None,
        parked: Parked | None = None,
        imports: ImportWork | None = None,
        fill: Callable[[Canonical], Canonical] = lambda record: record,
    ) -> None:
        self._imports = imports
        self._fill = fill
        self._errands = errands
        self._runs = runs
        self._parked = parked
        self._connections = connections
        self._links = links
        self._pairs = pairs
        self._terms = LinkTerms()

    def prospect(self, work: Work) -> Prospect:
        """Returns what running ``work`` involves.

        Raises:
            ConfigurationError: a connection on the way is not set up.
        """
        here = self._connections.get(work.connection)
        gates = [work.connection]
        if isinstance(work, RunPage | RunChunk):
            gates.append(run_gate(work.run))
        longest = here.integration.longest_request_seconds
        unsafe = isinstance(work, RunChunk) and work.resource in here.integration.unsafe_resources
        for end in self._others(work):
            there = self._connections.get(end.connection)
            gates.append(end.connection)
            longest = max(longest, there.integration.longest_request_seconds)
            unsafe = unsafe or end.resource in there.integration.unsafe_resources
        errand = here.integration.errands.get(getattr(work, "resource", ""))
        cures = errand is not None and errand.cures
        return Prospect(tuple(gates), unsafe, longest + LOOK_UP_MARGIN_SECONDS, cures)

    def run(
        self,
        work: Work,
        trail: Trail,
        once: CreateOnce,
        attempt: Attempt,
        together: Together | None = None,
    ) -> Changed | Unchanged:
        """Runs ``work``; repeats it once when fresh credentials help.

        Args:
            work: what to run.
            trail: the context of its calls.
            once: guards the creation of secondary objects.
            attempt: who tries, and what is known of earlier tries.
            together: joins its first read with those of the jobs beside it.

        Raises:
            MostikError: what the calls raised, without secrets; of several links the weightiest.
            StillAbsent: see ``carry``.
        """
        try:
            return self._tried(work, trail, once, attempt, together)
        except MostikError as error:
            mask_error(error, self._redactors(work))
            raise

    def _tried(
        self,
        work: Work,
        trail: Trail,
        once: CreateOnce,
        attempt: Attempt,
        together: Together | None,
    ) -> Changed | Unchanged:
        try:
            return self._run(work, trail, once, attempt, together)
        except ConfigurationError as error:
            if error.gate is None or not self._connections.refresh(error.gate):
                raise
            return self._run(work, trail, once, attempt)
        except (ValidationError, UnicodeEncodeError) as error:
            raise unfit(error) or error from None

    def _run(
        self,
        work: Work,
        trail: Trail,
        once: CreateOnce,
        attempt: Attempt,
        together: Together | None = None,
    ) -> Changed | Unchanged:
        if isinstance(work, RunPage | RunChunk):
            return self._run_of_runs(work, trail, once, attempt)
        here = self._connections.get(work.connection)
        if isinstance(work, Import):
            return self._import(work, here, trail)
        if isinstance(work, Touch) and self._errands and work.resource in here.integration.errands:
            return self._errands.run(work, here, trail)
        routes = list(self._routes(work))
        if not routes:
            return Unchanged(f"No link uses {work.connection}/{work.resource}.")
        source = self._resource(work.connection, work.resource, trail)
        # Before the record: what is carried by others after this is found out by its version.
        known = [self._pairs.find(link.id, side, work.key) for link, side in routes]
        record = _state_of(work, source, together)
        if record is None:
            return self._gone(work, routes, source, trail, once, attempt)
        effects = 0
        reasons: list[str] = []
        errors: list[MostikError] = []  # of one link: the others are carried over all the same
        for (link, side), pair in zip(routes, known, strict=True):
            route = self._route(link, side, source, trail)
            cleared = self._cleared(link, side)
            try:
                refuse_touches_of(link.id, attempt.closed)
                result = carry(route, record, self._pairs, once, attempt, cleared, Seen(pair))
            except Pending as pending:
                mask_error(pending, self._redactors(work))
                self._park(route, record, pending, attempt)
                result = Unchanged(pending.text)
            except Skip as skip:
                mask_error(skip, self._redactors(work))
                result = Unchanged(skip.text)
            except MostikError as error:
                errors.append(error)
                continue
            match result:
                case Changed():
                    effects += result.effects
                case Unchanged():
                    reasons.append(result.why)
        if errors:
            raise weightiest(errors)
        return Changed(effects) if effects else Unchanged(" ".join(reasons))

    def _gone(
        self,
        work: Touch | StateEvent,
        routes: Sequence[tuple[Link, Side]],
        source: Resource[Any],
        trail: Trail,
        once: CreateOnce,
        attempt: Attempt,
    ) -> Changed | Unchanged:
        """A touch deletes only what a person has said shall be gone on the other side too."""
        effects = 0
        for link, side in routes:
            pair = self._pairs.find(link.id, side, work.key)
            if pair is None:
                continue
            if deletes(pair.decision, side):
                try:
                    refuse_touches_of(link.id, attempt.closed)
                except Pending as paused:
                    self._park_key(link, side, work.key, paused, attempt)
                    continue
                route = self._route(link, side, source, trail)
                [result] = Deletion(route, self._pairs, attempt, once)([work.key])
                if result.error is not None:
                    raise result.error
                effects += is_effect(result.verdict)
            if pair.parked is not None and self._parked is not None:
                self._parked.forget(link.id, side, work.key)  # there is nothing left to be tried
        return Changed(effects) if effects else Unchanged("The record is no longer there.")

    def _import(self, work: Import, here: OpenConnection, trail: Trail) -> Changed | Unchanged:
        if self._imports is None:
            raise GiveUp("This worker knows no imports.", who=WhoActs.DEVELOPER)
        return self._imports.run(work, here, trail.remaining)

    def _run_of_runs(
        self, work: RunPage | RunChunk, trail: Trail, once: CreateOnce, attempt: Attempt
    ) -> Changed | Unchanged:
        if self._runs is None:
            raise GiveUp("This worker knows no runs.", who=WhoActs.DEVELOPER)

        def route_of(run: Run, link: Link) -> Route:
            if not run.is_dry:
                refuse_runs_of(link.id, attempt.closed)
            own = replace(trail, lane=run.lane)
            end = link.end(run.side)
            source = self._resource(end.connection, end.resource, own)
            return self._route(link, run.side, source, own, bulk=True)

        masks = Masks(lambda: self._redactors(work))
        return self._runs.run(work, route_of, trail, once, attempt, masks)

    def _route(
        self, link: Link, side: Side, source: Resource[Any], trail: Trail, *, bulk: bool = False
    ) -> Route:
        here, there = link.end(side), link.end(side.other)
        links = self._links.all()
        references = References(links, self._pairs, here.connection, there.connection)
        back = References(links, self._pairs, there.connection, here.connection)
        target = self._resource(there.connection, there.resource, trail)

        def fill(record: Canonical) -> Canonical:
            return self._fill(references.filled(record))

        ends = {side: source, side.other: target}
        terms = self._terms.of(link, ends, bulk=bulk) if link.document is not None else None
        announced = self._connections.get(here.connection).integration.webhook is not None
        return Route(link, side, source, target, fill, back.filled, terms, announced)

    def _park(self, route: Route, record: Canonical, error: Pending, attempt: Attempt) -> None:
        mark = route.mark(record, route.side)
        self._park_key(route.link, route.side, record.key, error, attempt, mark)

    def _park_key(
        self, link: Link, side: Side, key: str, error: Pending, attempt: Attempt, mark: str = ""
    ) -> None:
        if self._parked is not None:
            self._parked.park(link, side, key, mark=mark, ask=attempt.ask, error=error)

    def _cleared(self, link: Link, side: Side) -> Callable[[str], None]:
        parked = self._parked
        if parked is None:
            return lambda _key: None
        return lambda key: parked.clear(link.id, side, key)

    def _others(self, work: Work) -> Iterator[End]:
        """The other ends that a piece of work calls."""
        if isinstance(work, RunPage | Import):
            return
        if isinstance(work, RunChunk):
            found = self._runs.of(work) if self._runs is not None else None
            if found is not None:
                run, link = found
                yield link.end(run.side)
            return
        for link, side in self._routes(work):
            yield link.end(side.other)

    def _redactors(self, work: Work) -> Iterator[Redactor]:
        names = [work.connection, *(end.connection for end in self._others(work))]
        for name in names:
            try:
                yield self._connections.get(name).redactor
            except MostikError:
                continue  # it could not be opened: nothing was read from it

    def _routes(self, work: Work) -> Iterator[tuple[Link, Side]]:
        for link in self._links.all():
            for side in link.sides_of(work.connection, work.resource):
                yield link, side

    def _resource(self, connection: str, name: str, trail: Trail) -> Resource[Any]:
        opened: OpenConnection = self._connections.get(connection)
        integration = opened.integration
        factory = integration.resources.get(name)
        if factory is None:
            known = ", ".join(sorted(integration.resources)) or "none"
            raise GiveUp(
                f"{integration.title} has no resource {name!r}. It has: {known}.",
                who=WhoActs.ADMIN,
            )
        return factory(opened.client(trail), opened.settings, connection)


def _state_of(work: Work, source: Resource[Any], together: Together | None) -> Canonical | None:
    record: Canonical | None
    match work:
        case Touch():
            record = together.read(source, work) if together else source.read(work.key)
        case StateEvent():
            record = source.from_state(work.content)
    return record
