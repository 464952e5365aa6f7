"""Runs one piece of work: reads the record and carries it over every link of its resource."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from mostik.commerce.order import Canonical
from mostik.connections.open import OpenConnection, OpenConnections
from mostik.errors import ConfigurationError, GiveUp, MostikError, Skip, WhoActs
from mostik.http.redact import Redactor
from mostik.http.trail import Trail
from mostik.integration import CreateOnce, Resource
from mostik.jobs.message import StateEvent, Touch, Work
from mostik.jobs.outcome import Changed, Unchanged
from mostik.sync.carry import carry
from mostik.sync.link import Link, Links, Side
from mostik.sync.xref import Pairs
from mostik.worker.masking import mask_error

LOOK_UP_MARGIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Prospect:
    """What is known of a piece of work before its first call.

    Attributes:
        gates: connections that it will call.
        unsafe: it may create something without an idempotency key.
        look_up_after: seconds until a lost write has surely landed.
    """

    gates: tuple[str, ...]
    unsafe: bool
    look_up_after: float


class Execution:
    """Executes touches and full-state events over links.

    Args:
        connections: open connections.
        links: the links of the stack.
        pairs: cross-references.
    """

    def __init__(self, connections: OpenConnections, links: Links, pairs: Pairs) -> None:
        self._connections = connections
        self._links = links
        self._pairs = pairs

    def prospect(self, work: Work) -> Prospect:
        """Returns what running ``work`` involves.

        Raises:
            ConfigurationError: a connection on the way is not set up.
        """
        here = self._connections.get(work.connection)
        gates = [work.connection]
        longest = here.integration.longest_request_seconds
        unsafe = False
        for link, side in self._routes(work):
            end = link.end(side.other)
            there = self._connections.get(end.connection)
            gates.append(end.connection)
            longest = max(longest, there.integration.longest_request_seconds)
            unsafe = unsafe or end.resource in there.integration.unsafe_resources
        return Prospect(tuple(gates), unsafe, longest + LOOK_UP_MARGIN_SECONDS)

    def run(
        self,
        work: Work,
        trail: Trail,
        once: CreateOnce,
        lookups: int | None,
        again: bool = False,
    ) -> Changed | Unchanged:
        """Runs ``work``; repeats it once when fresh credentials help.

        Args:
            work: what to run.
            trail: the context of its calls.
            once: guards the creation of secondary objects.
            lookups: see ``carry``.
            again: see ``carry``.

        Raises:
            MostikError: what the calls raised, without secrets.
            StillAbsent: see ``carry``.
        """
        try:
            return self._tried(work, trail, once, lookups, again)
        except MostikError as error:
            mask_error(error, self._redactors(work))
            raise

    def _tried(
        self, work: Work, trail: Trail, once: CreateOnce, lookups: int | None, again: bool
    ) -> Changed | Unchanged:
        try:
            return self._run(work, trail, once, lookups, again)
        except ConfigurationError as error:
            if error.gate is None or not self._connections.refresh(error.gate):
                raise
            return self._run(work, trail, once, lookups, again)
        except ValidationError as error:
            raise _does_not_fit(error) from None
        except UnicodeEncodeError:
            raise GiveUp(
                "A record holds broken characters. Correct it where it is kept, then repeat.",
                who=WhoActs.EXTERNAL_ADMIN,
            ) from None

    def _run(
        self, work: Work, trail: Trail, once: CreateOnce, lookups: int | None, again: bool
    ) -> Changed | Unchanged:
        routes = list(self._routes(work))
        if not routes:
            return Unchanged(f"No link uses {work.connection}/{work.resource}.")
        source = self._resource(work.connection, work.resource, trail)
        record = _state_of(work, source)
        if record is None:
            return Unchanged("The record is no longer there.")
        effects = 0
        reasons: list[str] = []
        for link, side in routes:
            end = link.end(side.other)
            try:
                result = carry(
                    link,
                    side,
                    record,
                    source=source,
                    target=self._resource(end.connection, end.resource, trail),
                    pairs=self._pairs,
                    once=once,
                    lookups=lookups,
                    again=again,
                )
            except Skip as skip:
                mask_error(skip, self._redactors(work))
                result = Unchanged(skip.text)
            match result:
                case Changed():
                    effects += result.effects
                case Unchanged():
                    reasons.append(result.why)
        return Changed(effects) if effects else Unchanged(" ".join(reasons))

    def _redactors(self, work: Work) -> Iterator[Redactor]:
        names = [
            work.connection,
            *(link.end(side.other).connection for link, side in self._routes(work)),
        ]
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
        client = integration.client(opened.api.following(trail), opened.settings)
        return factory(client, opened.settings, connection)


def _does_not_fit(error: ValidationError) -> GiveUp:
    """A record that is no record of the trade: names the fields, never what they hold."""
    fields = ", ".join(".".join(map(str, e["loc"])) or "record" for e in error.errors()[:5])
    return GiveUp(
        f"A record does not fit: {fields}. Correct it where it is kept, then repeat.",
        who=WhoActs.EXTERNAL_ADMIN,
    )


def _state_of(work: Work, source: Resource[Any]) -> Canonical | None:
    record: Canonical | None
    match work:
        case Touch():
            record = source.read(work.key)
        case StateEvent():
            record = source.from_state(work.content)
    return record
