"""The door: size -> known connection -> verify -> filter -> accept -> acknowledge.

Nothing is acknowledged before one durable write. Verified traffic is never refused for its rate:
the queue is the buffer, and some senders (Bitrix24) never repeat. What is refused gives nothing
away, and what is accepted travels without the secret that proved it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from mostik.errors import Busy, ConfigurationError, RejectReason, WebhookRejected
from mostik.ids import RandomBytes, ulid
from mostik.inbound import install
from mostik.inbound.door import Door, parse_door, passes
from mostik.inbound.keys import Fetch
from mostik.inbound.private import Cut, cut
from mostik.inbound.refusals import Refusals
from mostik.inbound.reply import Reply, problem, refusal
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import Verified
from mostik.inbound.travel import VERIFIED, Proofs, kept_headers
from mostik.jobs.message import Receipt, dump

if TYPE_CHECKING:
    from mostik.ports import Blobs, Clock, JobQueue, Secrets

INLINE_BODY_BYTES = 131_072
"""A longer body goes to the blobs first; a batch of messages must stay below Lambda's 6 MB."""
_BUSY_RETRY_SECONDS = 5
_REFRESHING = frozenset(
    {RejectReason.SIGNATURE_MISMATCH, RejectReason.NO_SECRET, RejectReason.SIGNATURE_MISSING}
)
"""A refusal that a secret rotated a moment ago explains."""

Proven = TypeVar("Proven")
Prove = Callable[[Door, InboundRequest], Proven]
"""Proves a request with the secrets of a door, or raises ``WebhookRejected``."""

Divert = Callable[[Receipt, str], None]
"""Stores an event that the queue refused, as a row that the tick sends. Raises ``Busy``."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request as the gateway gave it.

    Attributes:
        connection: from the path, not yet checked.
        request: raw.
        trace_id: the gateway's request id.
    """

    connection: str
    request: InboundRequest
    trace_id: str | None = None


class Intake:
    """Takes events of every connection of the stack.

    Args:
        secrets: door documents.
        queue: takes jobs.
        divert: stores a job when the queue refuses it.
        blobs: takes big bodies.
        refusals: counts what is refused.
        clock: unix seconds.
        random_bytes: for ids.
        max_body: bytes; a longer body is refused.
        is_connection_id: the pattern of connection ids.
        fetch: reads public keys, for the schemes that need it.
        deposit: keeps the credentials of an installation; the door can write there and not read.
    """

    def __init__(
        self,
        *,
        secrets: Secrets,
        queue: JobQueue,
        divert: Divert,
        blobs: Blobs,
        refusals: Refusals,
        clock: Clock,
        random_bytes: RandomBytes,
        max_body: int,
        is_connection_id: Callable[[str], bool],
        fetch: Fetch | None = None,
        deposit: install.Deposit = install.refuse,
    ) -> None:
        self._deposit = deposit
        self._secrets = secrets
        self._queue = queue
        self._divert = divert
        self._blobs = blobs
        self._refusals = refusals
        self._clock = clock
        self._random_bytes = random_bytes
        self._max_body = max_body
        self._is_connection_id = is_connection_id
        self._fetch = fetch
        self._doors: dict[str, tuple[str, Door]] = {}

    def take(self, arrival: Arrival) -> Reply:
        """Takes one request. Never raises: every failure is a reply."""
        try:
            return self._take(arrival)
        except WebhookRejected as rejected:
            limited = self._refusals.note(rejected.reason, arrival.connection, arrival.request)
            return refusal(RejectReason.TOO_MANY_FAILURES if limited else rejected.reason)
        except ConfigurationError as error:
            self._refusals.misconfigured(arrival.connection, error)
            return problem(503, "Not available now", retry_after=_BUSY_RETRY_SECONDS)
        except Busy:
            self._refusals.unavailable(arrival.connection)
            return problem(503, "Not available now", retry_after=_BUSY_RETRY_SECONDS)

    def _take(self, arrival: Arrival) -> Reply:
        request = arrival.request
        if len(request.body) > self._max_body:
            raise WebhookRejected(RejectReason.TOO_LARGE)
        door = self._door(arrival.connection)
        if door.max_body is not None and len(request.body) > door.max_body:
            raise WebhookRejected(RejectReason.TOO_LARGE)
        if door.handshake is not None:
            _, greeting = self._with_fresh_secrets(arrival, door, _greeting)
            if greeting is not None:
                return greeting
        if request.method not in door.methods:
            raise WebhookRejected(RejectReason.METHOD)
        if not door.admits_content_type(request):
            raise WebhookRejected(RejectReason.CONTENT_TYPE)
        installs = bool(door.install) and request.path_token is not None
        door, verified = self._with_fresh_secrets(
            arrival, door, _installing if installs else _verified
        )
        parts = cut(request.body, door.private)
        if installs:
            document = install.deposit_of(parts.fields, request.received_at)
            self._deposit(arrival.connection, document)
        receipt = self._receipt(arrival, door, verified, parts)
        verdict = passes(door, request)
        if installs or verdict.passed:
            self._accept(receipt)
        else:
            self._refusals.filtered(arrival.connection, verdict.rule)
        acknowledgement = door.acknowledgement
        return Reply(
            acknowledgement.status,
            acknowledgement.render(receipt.id),
            acknowledgement.content_type,
        )

    def _door(self, connection: str) -> Door:
        """Returns the door of a connection; unknown ids cost one look a minute."""
        if not self._is_connection_id(connection):
            raise WebhookRejected(RejectReason.UNKNOWN_CONNECTION)
        document = self._secrets.read(f"door/{connection}")
        if document is None:
            raise WebhookRejected(RejectReason.UNKNOWN_CONNECTION)
        return self._parsed(connection, document)

    def _parsed(self, connection: str, document: str) -> Door:
        known = self._doors.get(connection)
        if known is not None and known[0] == document:
            return known[1]
        door = parse_door(document, self._fetch)
        self._doors[connection] = (document, door)
        return door

    def _with_fresh_secrets(
        self, arrival: Arrival, door: Door, prove: Prove[Proven]
    ) -> tuple[Door, Proven]:
        """Proves a request; when that fails, once more with secrets that were rotated just now.

        Returns:
            The door that proved it (its secrets must not travel), and the proof.
        """
        try:
            return door, prove(door, arrival.request)
        except WebhookRejected as rejected:
            if rejected.reason not in _REFRESHING:
                raise
            document = self._secrets.refresh(f"door/{arrival.connection}")
            fresh = self._parsed(arrival.connection, document) if document is not None else door
            if fresh is door:
                raise
        return fresh, prove(fresh, arrival.request)

    def _receipt(self, arrival: Arrival, door: Door, verified: Verified, parts: Cut) -> Receipt:
        request = arrival.request
        now = self._clock()
        own_id = verified.delivery_id or ulid(now, self._random_bytes)
        proofs, credentials = door.proofs, Proofs(parts.values)
        return Receipt(
            id=f"{arrival.connection}:{own_id}",
            connection=arrival.connection,
            received_at=now,
            scheme=verified.scheme,
            key_id=verified.key_id,
            delivery_id=verified.delivery_id,
            method=request.method,
            url=credentials.out_of_text(proofs.out_of_text(_without_token(arrival))),
            headers={
                name: credentials.out_of_text(proofs.out_of_text(value))
                for name, value in kept_headers(request.headers).items()
            },
            body=credentials.out_of(proofs.out_of(parts.body)),
            trace_id=arrival.trace_id,
        )

    def _accept(self, receipt: Receipt) -> None:
        """Makes one durable write: the queue's, else a row that the tick will send.

        Raises:
            Busy: neither took it; the sender must try again.
        """
        if receipt.body is not None and len(receipt.body) > INLINE_BODY_BYTES:
            key = f"bodies/{receipt.connection}/{ulid(receipt.received_at, self._random_bytes)}"
            self._blobs.put(key, receipt.body)
            receipt = receipt.in_blob(key)
        body = dump(receipt)
        try:
            self._queue.send(body, group=receipt.connection)
        except Busy:
            self._divert(receipt, body)
            self._refusals.diverted(receipt.connection)


def _verified(door: Door, request: InboundRequest) -> Verified:
    return door.scheme.verify(request, door.live_secrets(request.received_at))


def _installing(door: Door, request: InboundRequest) -> Verified:
    return install.proven(door.install, request)


def _greeting(door: Door, request: InboundRequest) -> Reply | None:
    from mostik.inbound.handshake import handshake  # noqa: PLC0415 - few doors greet

    greeting = handshake(door, request)
    return Reply(greeting.status, greeting.body, greeting.content_type) if greeting else None


def _without_token(arrival: Arrival) -> str:
    """The URL without its secret path segment, however the gateway and the sender spell it."""
    url = arrival.request.url
    if arrival.request.path_token is None:
        return url
    address, mark, query = url.partition("?")
    before, found, _ = address.partition(f"/{arrival.connection}/")
    return f"{before}{found}{VERIFIED}{mark}{query}"
